import type { TopologyDescription } from './topology-descriptions.js';

/** What the events of one search for a server have in common. */
interface SelectionEvent {
  /** The name of the command that a server is wanted for; `open` where the client is opened. */
  readonly operation: string;
  /** The number in the events of the operation's commands, where it has one before a server is known: bulks have. */
  readonly operationId: number | undefined;
  /** What is asked for: all parts of the read preference, and whether the application's `serverSelector` has a say. */
  readonly selector: string;
  /** What is known of the deployment at that moment. */
  readonly topologyDescription: TopologyDescription;
}

/** An operation, or another attempt at it, asks for a server. */
export interface ServerSelectionStartedEvent extends SelectionEvent {}

export interface ServerSelectionSucceededEvent extends SelectionEvent {
  /** `host:port` of the server. */
  readonly address: string;
}

/** No server came in time, none ever will, or the operation was given up while it waited. */
export interface ServerSelectionFailedEvent extends SelectionEvent {
  readonly failure: Error;
}

/** No suitable server is known: the operation waits. Told once. */
export interface WaitingForSuitableServerEvent extends SelectionEvent {
  /** Milliseconds until the search is given up; undefined where it has no limit. */
  readonly remainingTimeMS: number | undefined;
}

/**
 * The events of server selection and what their listeners get. Each search that starts either succeeds or fails.
 *
 * @see MongoDB Server Selection specification, "Logging"
 */
export interface SelectionEvents {
  serverSelectionStarted: (event: ServerSelectionStartedEvent) => void;
  serverSelectionSucceeded: (event: ServerSelectionSucceededEvent) => void;
  serverSelectionFailed: (event: ServerSelectionFailedEvent) => void;
  waitingForSuitableServer: (event: WaitingForSuitableServerEvent) => void;
}

/** Passes the events of server selection on to their listeners. Does not throw. */
export interface SelectionTeller {
  /** Whether anybody listens. Read once an operation: a field, or as cheap as one. */
  readonly hearsSelection: boolean;
  /** Whether anybody listens to this event. */
  hears(name: keyof SelectionEvents): boolean;
  tell<Name extends keyof SelectionEvents>(name: Name, event: Parameters<SelectionEvents[Name]>[0]): void;
}
