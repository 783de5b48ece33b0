import type { Connection, ConnectionOwner } from '../net/connection.js';
import { LimitedQueue } from '../util/limited-queue.js';
import { type Borrower, type Holder, HostGate } from './host-gate.js';

/** The pool's part of the client's options, resolved. Durations are milliseconds, 0 for no limit. */
export interface PoolOptions {
  readonly maxPoolSize: number;
  readonly minPoolSize: number;
  readonly maxConnecting: number;
  readonly maxIdleTimeMS: number;
  readonly waitQueueTimeoutMS: number;
  readonly socketTimeoutMS: number;
}

/** One host's pool at one moment. */
export interface PoolStats {
  /** `host:port` or the path of a unix socket. */
  readonly address: string;
  readonly maxConcurrent: number;
  /** Open connections: `inUse` plus `idle`. */
  readonly total: number;
  readonly inUse: number;
  readonly idle: number;
  readonly connecting: number;
  /** Operations that wait for a connection. */
  readonly waiting: number;
  /** Counts up each time all connections are given up after a failure. */
  readonly generation: number;
  readonly holders: Holder[];
}

/** What the pool asks of its server. */
export interface PoolHost {
  /** Opens a connection and introduces the client on it. */
  connect(generation: number, signal: AbortSignal): Promise<Connection>;
  /** A connection could not be opened. */
  connectFailed(error: Error): void;
  /** A connection in use broke. */
  connectionLost(error: Error, generation: number): void;
}

const SWEEP_MS = 1_000;

/**
 * The connections to one host.
 *
 * ```
 *   lend -> #idle (newest on top) -> in use -> idle() -> next in line, else #idle
 *        -> the gate's line <- #opening (at most maxConnecting at a time)
 * ```
 * A connection comes back by itself when its reply has been read: there is no check-in to forget.
 */
export class ConnectionPool implements ConnectionOwner {
  readonly address: string;
  readonly #options: PoolOptions;
  readonly #host: PoolHost;
  readonly #gate: HostGate;
  readonly #opening: LimitedQueue;
  readonly #all = new Set<Connection>();
  readonly #idle: Connection[] = [];
  #connecting = 0;
  /** Whether the host has been reached and not been lost since: only then is the pool filled up to minPoolSize. */
  #ready = false;
  /** Why the pool lends no more. */
  #closedBy: Error | undefined;
  #generation = 0;
  #attempts = new AbortController();
  #sweep: NodeJS.Timeout | undefined;

  constructor(address: string, options: PoolOptions, host: PoolHost) {
    this.address = address;
    this.#options = options;
    this.#host = host;
    this.#gate = new HostGate(address, options.maxPoolSize, options.waitQueueTimeoutMS, () => this.#holders());
    this.#opening = new LimitedQueue(options.maxConnecting);
  }

  get generation(): number {
    return this.#generation;
  }

  /** Whether anybody uses or wants a connection. */
  get isQuiet(): boolean {
    return this.#idle.length === this.#all.size && this.#gate.waiting === 0;
  }

  /** Lends a connection, now or when it is the borrower's turn. */
  lend(borrower: Borrower): void {
    if (this.#closedBy !== undefined) {
      borrower.refused(this.#closedBy);
      return;
    }
    const connection = this.#takeIdle();
    if (connection !== undefined) {
      this.#serve(connection, borrower);
      return;
    }
    this.#gate.wait(borrower);
    this.#grow();
  }

  /** Takes over a connection that was opened elsewhere, such as by the server's check. */
  adopt(connection: Connection): void {
    this.#ready = true;
    this.#all.add(connection);
    connection.ownedBy(this, this.#options.socketTimeoutMS);
    if (this.#options.maxIdleTimeMS > 0) this.#sweep ??= setInterval(() => this.#sweepIdle(), SWEEP_MS).unref();
    this.idle(connection);
    this.#grow();
  }

  idle(connection: Connection): void {
    if (connection.generation === this.#generation) this.#serve(connection, this.#gate.next());
    else connection.close();
  }

  closed(connection: Connection, error: Error | undefined): void {
    this.#all.delete(connection);
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
    else if (error !== undefined) this.#host.connectionLost(error, connection.generation);
    this.#grow();
  }

  /** After a failure: connections that are idle are closed, those in use when they come back; who waits is sent away. */
  clear(): void {
    this.#ready = false;
    this.#generation++;
    this.#abandonAttempts();
    for (const connection of this.#idle.splice(0)) connection.close();
    this.#gate.empty((borrower) => borrower.turnedAway());
  }

  /** Closes everything. Operations under way and in line fail with `error`. */
  close(error: Error): void {
    this.#closedBy = error;
    this.#generation++;
    this.#abandonAttempts();
    clearInterval(this.#sweep);
    this.#sweep = undefined;
    this.#gate.empty((borrower) => borrower.refused(error));
    for (const connection of [...this.#all]) connection.close(error);
  }

  stats(): PoolStats {
    return {
      address: this.address,
      maxConcurrent: this.#gate.maxConcurrent,
      total: this.#all.size,
      inUse: this.#all.size - this.#idle.length,
      idle: this.#idle.length,
      connecting: this.#connecting,
      waiting: this.#gate.waiting,
      generation: this.#generation,
      holders: this.#holders(),
    };
  }

  /** Goes on with the line as long as the connection stays idle: borrowers that expect no reply leave it at once. */
  #serve(connection: Connection, first: Borrower | undefined): void {
    for (let borrower = first; borrower !== undefined; borrower = this.#gate.next()) {
      borrower.lent(connection);
      if (!connection.isIdle) return;
    }
    if (this.#options.maxIdleTimeMS > 0) connection.idleSince = performance.now();
    this.#idle.push(connection);
  }

  #takeIdle(): Connection | undefined {
    for (let connection = this.#idle.pop(); connection !== undefined; connection = this.#idle.pop()) {
      if (!this.#isStale(connection)) return connection;
      connection.close();
    }
    return undefined;
  }

  #isStale(connection: Connection): boolean {
    const limit = this.#options.maxIdleTimeMS;
    return limit > 0 && performance.now() - connection.idleSince > limit;
  }

  /** Opens connections for those in line and up to minPoolSize, as far as the gate admits. */
  #grow(): void {
    while (this.#closedBy === undefined) {
      const total = this.#all.size + this.#connecting;
      const wanted = this.#gate.waiting > this.#connecting || (this.#ready && total < this.#options.minPoolSize);
      if (!wanted || !this.#gate.admits(total)) return;
      this.#connecting++;
      const { signal } = this.#attempts;
      const generation = this.#generation;
      void this.#opening.add(() => this.#open(generation, signal));
    }
  }

  /** Never rejects: a failure goes to the server, which decides for everybody who waits. */
  async #open(generation: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    try {
      const connection = await this.#host.connect(generation, signal);
      if (signal.aborted) return connection.close();
      this.#connecting--;
      this.adopt(connection);
    } catch (error) {
      if (signal.aborted) return;
      this.#connecting--;
      this.#host.connectFailed(error as Error);
    }
  }

  /** Attempts of an earlier generation end by themselves and count no longer. */
  #abandonAttempts(): void {
    this.#attempts.abort();
    this.#attempts = new AbortController();
    this.#connecting = 0;
  }

  #sweepIdle(): void {
    for (const connection of this.#idle.filter((candidate) => this.#isStale(candidate))) connection.close();
  }

  #holders(): Holder[] {
    const holders: Holder[] = [];
    for (const { handler } of this.#all) {
      if (handler !== undefined && 'describe' in handler) holders.push((handler as unknown as Borrower).describe());
    }
    return holders;
  }
}
