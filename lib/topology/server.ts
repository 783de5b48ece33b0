import { NetworkTimeoutError, ProtocolError } from '../errors/connection-errors.js';
import { ConfigurationError } from '../errors/usage-errors.js';
import type { Connection } from '../net/connection.js';
import { type HandshakeOptions, handshake } from '../net/handshake.js';
import type { Connect } from '../net/transport.js';
import { ConnectionPool, type PoolHost, type PoolOptions } from '../pool/connection-pool.js';
import { describeServer, incompatibility, type ServerDescription } from './server-description.js';

export type ServerOptions = PoolOptions & HandshakeOptions;

/** What a server reports upward. */
export interface ServerEvents {
  /** A check has succeeded: `description` is there and the pool can lend. */
  available(server: Server): void;
  /** A check has failed; `server.lastError` says how. */
  unavailable(server: Server): void;
}

/** A server's states. An illegal move throws: it is a defect of the driver's. */
const MOVES = {
  unknown: ['checking', 'closed'],
  checking: ['available', 'unknown', 'closed'],
  available: ['unknown', 'closed'],
  closed: [],
} as const satisfies Record<string, readonly string[]>;

type State = keyof typeof MOVES;

/**
 * One server and its pool. It is checked when somebody needs it and nothing is known of it; the connection of a check
 * that succeeds is the pool's first.
 */
export class Server implements PoolHost {
  readonly address: string;
  readonly pool: ConnectionPool;
  /** What the last successful check said; undefined before the first. */
  description: ServerDescription | undefined;
  /** Why the server is not available. */
  lastError: Error | undefined;
  readonly #connect: Connect;
  readonly #options: ServerOptions;
  readonly #events: ServerEvents;
  readonly #closing = new AbortController();
  #state: State = 'unknown';

  constructor(address: string, connect: Connect, options: ServerOptions, events: ServerEvents) {
    this.address = address;
    this.#connect = connect;
    this.#options = options;
    this.#events = events;
    this.pool = new ConnectionPool(address, options, this);
  }

  get isAvailable(): boolean {
    return this.#state === 'available';
  }

  /** Finds out whether the server is there, unless that is under way or known. */
  check(): void {
    if (this.#state !== 'unknown') return;
    this.#move('checking');
    this.connect(this.pool.generation, this.#closing.signal).then(
      (connection) => this.#found(connection),
      (error: Error) => this.#missed(error),
    );
  }

  async connect(generation: number, signal: AbortSignal): Promise<Connection> {
    const { connection, hello } = await handshake(this.address, generation, this.#connect, this.#options, signal);
    const description = describeServer(this.address, hello);
    const reason = incompatibility(description);
    if (reason !== undefined) {
      connection.close();
      throw new ConfigurationError(reason);
    }
    this.description = description;
    if (hello.connectionId !== undefined) connection.serverConnectionId = Number(hello.connectionId);
    return connection;
  }

  connectFailed(error: Error): void {
    this.#lost(error);
  }

  /**
   * A connection that timed out or broke the protocol says nothing of the others; one that was cut does.
   *
   * @see MongoDB Server Discovery and Monitoring specification, "Network error when reading or writing"
   */
  connectionLost(error: Error, generation: number): void {
    const ofOneConnection = error instanceof NetworkTimeoutError || error instanceof ProtocolError;
    if (!ofOneConnection && generation === this.pool.generation) this.#lost(error);
  }

  close(error: Error): void {
    if (this.#state === 'closed') return;
    this.#move('closed');
    this.#closing.abort(error);
    this.pool.close(error);
  }

  #found(connection: Connection): void {
    if (this.#state === 'closed') {
      connection.close();
      return;
    }
    this.#move('available');
    this.lastError = undefined;
    this.pool.adopt(connection);
    this.#events.available(this);
  }

  #missed(error: Error): void {
    if (this.#state === 'closed') return;
    this.#move('unknown');
    this.lastError = error;
    this.#events.unavailable(this);
  }

  /** After a network error nothing is known of the server any more. Who waits for its pool selects a server again. */
  #lost(error: Error): void {
    if (this.#state === 'closed') return;
    // A cursor's next batch comes here without a selection, also where the server is unknown or being checked.
    if (this.#state === 'available') this.#move('unknown');
    this.lastError = error;
    this.pool.clear();
  }

  #move(to: State): void {
    if (!(MOVES[this.#state] as readonly State[]).includes(to)) {
      throw new Error(`server ${this.address} cannot go from ${this.#state} to ${to}`);
    }
    this.#state = to;
  }
}
