import type { ObjectId } from '../bson/codec.js';

/** What all events of a pool have in common. */
interface PoolEvent {
  /** `host:port` of the server that the pool is for. */
  readonly address: string;
}

/** What all events of one connection have in common. */
interface ConnectionEvent extends PoolEvent {
  /** The connection's number within its pool, from 1. */
  readonly connectionId: number;
}

export interface ConnectionPoolCreatedEvent extends PoolEvent {
  /** The pool's options that differ from their defaults. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** The pool lends connections from now on. */
export interface ConnectionPoolReadyEvent extends PoolEvent {}

/** The pool has given up its connections and is paused, or has given up those of one service behind a load balancer. */
export interface ConnectionPoolClearedEvent extends PoolEvent {
  readonly serviceId: ObjectId | undefined;
  /** Whether connections in use are closed at once, and not when they come back. */
  readonly interruptInUseConnections: boolean;
}

export interface ConnectionPoolClosedEvent extends PoolEvent {}

/** A connection is about to be opened. */
export interface ConnectionCreatedEvent extends ConnectionEvent {}

/** A connection can be used: it is open, and the server knows who is there. */
export interface ConnectionReadyEvent extends ConnectionEvent {
  /** Milliseconds since it was created. */
  readonly durationMS: number;
}

/**
 * Why a connection was closed: it was unused for longer than `maxIdleTimeMS`; its pool was cleared; it broke or could
 * not be opened; its pool was closed.
 */
export type ConnectionClosedReason = 'idle' | 'stale' | 'error' | 'poolClosed';

export interface ConnectionClosedEvent extends ConnectionEvent {
  readonly reason: ConnectionClosedReason;
  /** For the reason `error`, what happened. */
  readonly error: Error | undefined;
}

/** An operation asks for a connection. */
export interface ConnectionCheckOutStartedEvent extends PoolEvent {}

/**
 * Why an operation got no connection: the pool had been closed; `waitQueueTimeoutMS` ran out; none could be opened, the
 * pool was cleared, or too many wait already.
 */
export type ConnectionCheckOutFailedReason = 'poolClosed' | 'timeout' | 'connectionError';

export interface ConnectionCheckOutFailedEvent extends PoolEvent {
  readonly reason: ConnectionCheckOutFailedReason;
  readonly error: Error;
  /** Milliseconds since the operation asked. */
  readonly durationMS: number;
}

export interface ConnectionCheckedOutEvent extends ConnectionEvent {
  /** Milliseconds since the operation asked. */
  readonly durationMS: number;
}

/** An operation has done with a connection. */
export interface ConnectionCheckedInEvent extends ConnectionEvent {}

/**
 * The events of connection pools and what their listeners get.
 *
 * @see MongoDB Connection Monitoring and Pooling specification, "Connection Pool Monitoring"
 */
export interface PoolEvents {
  connectionPoolCreated: (event: ConnectionPoolCreatedEvent) => void;
  connectionPoolReady: (event: ConnectionPoolReadyEvent) => void;
  connectionPoolCleared: (event: ConnectionPoolClearedEvent) => void;
  connectionPoolClosed: (event: ConnectionPoolClosedEvent) => void;
  connectionCreated: (event: ConnectionCreatedEvent) => void;
  connectionReady: (event: ConnectionReadyEvent) => void;
  connectionClosed: (event: ConnectionClosedEvent) => void;
  connectionCheckOutStarted: (event: ConnectionCheckOutStartedEvent) => void;
  connectionCheckOutFailed: (event: ConnectionCheckOutFailedEvent) => void;
  connectionCheckedOut: (event: ConnectionCheckedOutEvent) => void;
  connectionCheckedIn: (event: ConnectionCheckedInEvent) => void;
}

/** Passes the events of a pool on to their listeners. Does not throw. */
export interface PoolTeller {
  /** Whether anybody listens. Read three times an operation: a field, or as cheap as one. */
  readonly hearsPool: boolean;
  tell<Name extends keyof PoolEvents>(name: Name, event: Parameters<PoolEvents[Name]>[0]): void;
}
