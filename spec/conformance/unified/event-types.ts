import type { Capability } from './capabilities.js';
import type { EventKind } from './unified-file.js';

/** An event that a test may observe. */
export interface EventType {
  /** The event's name at the driver's client. */
  readonly name: string;
  readonly kind: EventKind;
}

const rows = (kind: EventKind, names: Readonly<Record<string, string>>): [string, EventType][] =>
  Object.entries(names).map(([type, name]) => [type, { name, kind }]);

/** The names of the format and those of the driver. */
export const EVENT_TYPES: ReadonlyMap<string, EventType> = new Map([
  ...rows('command', {
    commandStartedEvent: 'commandStarted',
    commandSucceededEvent: 'commandSucceeded',
    commandFailedEvent: 'commandFailed',
  }),
  ...rows('cmap', {
    poolCreatedEvent: 'connectionPoolCreated',
    poolReadyEvent: 'connectionPoolReady',
    poolClearedEvent: 'connectionPoolCleared',
    poolClosedEvent: 'connectionPoolClosed',
    connectionCreatedEvent: 'connectionCreated',
    connectionReadyEvent: 'connectionReady',
    connectionClosedEvent: 'connectionClosed',
    connectionCheckOutStartedEvent: 'connectionCheckOutStarted',
    connectionCheckOutFailedEvent: 'connectionCheckOutFailed',
    connectionCheckedOutEvent: 'connectionCheckedOut',
    connectionCheckedInEvent: 'connectionCheckedIn',
  }),
  ...rows('sdam', {
    serverOpeningEvent: 'serverOpening',
    serverClosedEvent: 'serverClosed',
    serverDescriptionChangedEvent: 'serverDescriptionChanged',
    serverHeartbeatStartedEvent: 'serverHeartbeatStarted',
    serverHeartbeatSucceededEvent: 'serverHeartbeatSucceeded',
    serverHeartbeatFailedEvent: 'serverHeartbeatFailed',
    topologyOpeningEvent: 'topologyOpening',
    topologyClosedEvent: 'topologyClosed',
    topologyDescriptionChangedEvent: 'topologyDescriptionChanged',
  }),
]);

/** What the driver must have to tell of events of a kind. */
export const CAPABILITY_OF_KIND: Readonly<Record<EventKind, Capability>> = {
  command: 'command events',
  cmap: 'connection pool events',
  sdam: 'server and topology events',
};
