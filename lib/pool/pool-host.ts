import type { Connection } from '../net/connection.js';

/** What the pool asks of its server. */
export interface PoolHost {
  /** Opens a connection, the pool's `id`th, and introduces the client on it. */
  connect(id: number, signal: AbortSignal, inBackground: boolean): Promise<Connection>;
  /**
   * A connection could not be opened. Who asked for it gets the error behind this call, so that a second try finds the
   * server's new state.
   */
  connectFailed(error: Error, generation: number): void;
  /** A connection in use broke. Its generation and service say whether that is news. */
  connectionLost(error: Error, connection: Connection): void;
}
