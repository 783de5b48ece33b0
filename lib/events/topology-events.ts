import type { Document } from '../bson/codec.js';
import type { ServerDescription, TopologyDescription } from './topology-descriptions.js';

/** What the events of a topology have in common. */
interface TopologyEvent {
  /** The client's view of its deployment: the same in all events of one client, and in those of no other. */
  readonly topologyId: number;
}

interface ServerEvent extends TopologyEvent {
  /** `host:port` of the server. */
  readonly address: string;
}

/** The client begins to look at its deployment: the first event. */
export interface TopologyOpeningEvent extends TopologyEvent {}

/** The client is closed: the last event. */
export interface TopologyClosedEvent extends TopologyEvent {}

/** Something that matters is different in the deployment. */
export interface TopologyDescriptionChangedEvent extends TopologyEvent {
  /** The first time: of type `Unknown` and without servers. */
  readonly previousDescription: TopologyDescription;
  readonly newDescription: TopologyDescription;
}

/** A server belongs to the deployment, as far as the client knows; it has not been asked yet. */
export interface ServerOpeningEvent extends ServerEvent {}

/** A server no longer belongs to the deployment, or the client is closed. */
export interface ServerClosedEvent extends ServerEvent {}

/** Something that matters is different with a server. Round trips alone are not. */
export interface ServerDescriptionChangedEvent extends ServerEvent {
  readonly previousDescription: ServerDescription;
  readonly newDescription: ServerDescription;
}

/** A server is about to be asked for its state; where a connection is to be made for it, that comes after. */
export interface ServerHeartbeatStartedEvent extends TopologyEvent {
  /** `host:port` of the server. */
  readonly connectionId: string;
  /** The number of the monitor's connection among those that it has made, from 1; such a connection is in no pool. */
  readonly driverConnectionId: number;
  /** The server's own number of the connection, where that is open already. MongoDB 4.2 and later. */
  readonly serverConnectionId: number | undefined;
  /** Whether the server answers only when something changes, or after a while. */
  readonly awaited: boolean;
}

/** A server has answered. */
export interface ServerHeartbeatSucceededEvent extends ServerHeartbeatStartedEvent {
  /** Milliseconds from asking to the answer; no round trip where `awaited`. */
  readonly durationMS: number;
  readonly reply: Document;
}

/** A server has not answered, or with an error. */
export interface ServerHeartbeatFailedEvent extends ServerHeartbeatStartedEvent {
  /** Milliseconds from asking to the failure. */
  readonly durationMS: number;
  readonly failure: Error;
}

/**
 * The events of a deployment's discovery and monitoring, and what their listeners get.
 *
 * @see MongoDB SDAM Logging and Monitoring specification, "Events API"
 */
export interface TopologyEvents {
  topologyOpening: (event: TopologyOpeningEvent) => void;
  topologyClosed: (event: TopologyClosedEvent) => void;
  topologyDescriptionChanged: (event: TopologyDescriptionChangedEvent) => void;
  serverOpening: (event: ServerOpeningEvent) => void;
  serverClosed: (event: ServerClosedEvent) => void;
  serverDescriptionChanged: (event: ServerDescriptionChangedEvent) => void;
  serverHeartbeatStarted: (event: ServerHeartbeatStartedEvent) => void;
  serverHeartbeatSucceeded: (event: ServerHeartbeatSucceededEvent) => void;
  serverHeartbeatFailed: (event: ServerHeartbeatFailedEvent) => void;
}
