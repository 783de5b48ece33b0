import { RotorError } from './rotor-error.js';

/** A connection could not be made, or broke. */
export class ConnectionFailureError extends RotorError {
  override readonly name: string = 'ConnectionFailureError';
  override readonly code: number | string = 'CONNECTION_FAILURE';
}

/** The connection to the server was lost; the next operation connects again. */
export class AutoReconnectError extends ConnectionFailureError {
  override readonly name: string = 'AutoReconnectError';
  override readonly code: number | string = 'AUTO_RECONNECT';
}

/** The server did not connect within `connectTimeoutMS` or did not answer within `socketTimeoutMS`. */
export class NetworkTimeoutError extends AutoReconnectError {
  override readonly name: string = 'NetworkTimeoutError';
  override readonly code: number | string = 'NETWORK_TIMEOUT';
}

/** No suitable server was found within `serverSelectionTimeoutMS`. */
export class ServerSelectionTimeoutError extends AutoReconnectError {
  override readonly name: string = 'ServerSelectionTimeoutError';
  override readonly code: number | string = 'SERVER_SELECTION_TIMEOUT';
}

/**
 * The server's connection pool was cleared or is paused, as the server failed another operation or its check. Nothing was
 * sent on a connection of it, or the connection was closed while the reply was awaited.
 *
 * @see MongoDB Connection Monitoring and Pooling specification, "Connection Pool Errors"
 */
export class PoolClearedError extends AutoReconnectError {
  override readonly name: string = 'PoolClearedError';
  override readonly code: number | string = 'POOL_CLEARED';
}

/** As many operations wait for a connection as `maxPoolSize` times `waitQueueMultiple` allows. */
export class PoolQueueFullError extends ConnectionFailureError {
  override readonly name: string = 'PoolQueueFullError';
  override readonly code: number | string = 'POOL_QUEUE_FULL';
}

/** No connection of the pool became free within `maxWaitTime` (`waitQueueTimeoutMS`), or before a deadline. */
export class PoolTimeoutError extends ConnectionFailureError {
  override readonly name: string = 'PoolTimeoutError';
  override readonly code: number | string = 'POOL_TIMEOUT';
}

/** The server's reply breaks the wire protocol or is not valid BSON; its connection has been closed. */
export class ProtocolError extends ConnectionFailureError {
  override readonly name: string = 'ProtocolError';
  override readonly code: number | string = 'PROTOCOL';
}
