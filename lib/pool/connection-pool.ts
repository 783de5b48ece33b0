import type { ObjectId } from '../bson/codec.js';
import { NetworkTimeoutError, PoolClearedError, type PoolTimeoutError } from '../errors/connection-errors.js';
import { AuthenticationError } from '../errors/operation-errors.js';
import type { ConnectionClosedReason, PoolTeller } from '../events/pool-events.js';
import type { Connection, ConnectionOwner } from '../net/connection.js';
import { type AttemptOwner, ConnectionAttempts } from './connection-attempts.js';
import { type Borrower, type GateKeeper, type Holders, HostGate } from './host-gate.js';
import { PoolAlarm } from './pool-alarm.js';
import type { PoolHost } from './pool-host.js';
import { type ClearOptions, ownOptions, type PoolOptions } from './pool-options.js';
import { holdersOf, operationsOn, type PoolStats } from './pool-stats.js';
import { PoolWatch } from './pool-watch.js';
import { ServiceGenerations } from './service-generations.js';

export type { PoolHost, PoolOptions, PoolStats };

/** A pool's states. An illegal move throws: it is a defect of the driver's. */
const MOVES = {
  paused: ['ready', 'closed'],
  ready: ['paused', 'closed'],
  closed: [],
} as const satisfies Record<string, readonly string[]>;

type State = keyof typeof MOVES;

const SWEEP_MS = 1_000;

/**
 * The connections to one host.
 *
 * ```
 *   lend -> #idle (newest on top) -> in use -> idle() -> next in line, else #idle
 *        -> the gate's line <- #attempts (at most maxConnecting at a time)
 * ```
 * A connection comes back by itself when its reply has been read: there is no check-in to forget. A pool lends only
 * while it is ready; its server says when.
 *
 * @see MongoDB Connection Monitoring and Pooling specification
 */
export class ConnectionPool implements ConnectionOwner, AttemptOwner, GateKeeper {
  readonly address: string;
  readonly #options: PoolOptions;
  readonly #host: PoolHost;
  readonly #watch: PoolWatch;
  readonly #gate: HostGate;
  readonly #attempts: ConnectionAttempts;
  readonly #all = new Set<Connection>();
  readonly #idle: Connection[] = [];
  readonly #services = new ServiceGenerations();
  #state: State = 'paused';
  /** What those hear who come while the pool is paused. */
  #pausedBy: PoolClearedError;
  /** Why the pool lends no more. */
  #closedBy: Error | undefined;
  #generation = 0;
  #sweep: NodeJS.Timeout | undefined;

  /** A new pool is paused. */
  constructor(address: string, options: PoolOptions, host: PoolHost, teller?: PoolTeller) {
    this.address = address;
    this.#options = options;
    this.#host = host;
    this.#watch = new PoolWatch(address, teller);
    const { maxPoolSize, waitQueueMultiple = 0, waitQueueTimeoutMS, serverSelectionTimeoutMS, maxConnecting } = options;
    const maxWaiting = maxPoolSize * waitQueueMultiple;
    this.#gate = new HostGate(
      address,
      { maxConcurrent: maxPoolSize, maxWaiting, maxWaitTime: waitQueueTimeoutMS, serverSelectionTimeoutMS },
      this,
      new PoolAlarm(address),
    );
    this.#attempts = new ConnectionAttempts(maxConnecting, this.#watch, this);
    this.#pausedBy = new PoolClearedError(`the connection pool of ${address} waits until its server has been reached`);
    this.#watch.poolCreated(ownOptions(options));
  }

  /** Connections of an earlier generation are given up. */
  get generation(): number {
    return this.#generation;
  }

  /** The generation of a service behind a load balancer. */
  generationOf(serviceId: ObjectId): number {
    return this.#services.of(serviceId);
  }

  get isReady(): boolean {
    return this.#state === 'ready';
  }

  /** Whether anybody uses or wants a connection. */
  get isQuiet(): boolean {
    return this.#idle.length === this.#all.size && this.#gate.waiting === 0;
  }

  /** Lends a connection, now or when it is the borrower's turn. */
  lend(borrower: Borrower): void {
    this.#watch.checkOutStarted(borrower);
    if (this.#state !== 'ready') {
      this.#decline(borrower);
      return;
    }
    const connection = this.#takeIdle();
    if (connection !== undefined) {
      this.#serve(connection, borrower);
      return;
    }
    const full = this.#gate.wait(borrower, this.#all.size);
    if (full === undefined) this.#open();
    else this.#refuse(borrower, full);
  }

  /** The server was reached: the pool lends, and is filled up to minPoolSize. Nothing happens to one that is ready. */
  ready(): void {
    if (this.#state === 'ready') return;
    this.#move('ready');
    this.#watch.poolReady();
    const { maxIdleTimeMS, minPoolSize } = this.#options;
    if (maxIdleTimeMS > 0 || minPoolSize > 0) this.#sweep ??= setInterval(() => this.#tidy(), SWEEP_MS).unref();
    this.#fill();
  }

  idle(connection: Connection): void {
    this.#watch.checkedIn(connection.id);
    if (!this.#dropsPerished(connection)) this.#serve(connection, this.#gate.next());
  }

  closed(connection: Connection, error: Error | undefined): void {
    // One that the pool itself has closed.
    if (!this.#all.has(connection)) return;
    const at = this.#idle.indexOf(connection);
    if (at >= 0) {
      this.#idle.splice(at, 1);
    } else {
      if (error !== undefined) this.#host.connectionLost(error, connection);
      // Whoever keeps it comes to know when it is used next, and gives it back then.
      if (connection.pinnedBy !== undefined || !this.#all.has(connection)) return;
      this.#watch.checkedIn(connection.id);
    }
    this.#forget(connection, 'error', error);
    this.#open();
  }

  /**
   * After a failure: the pool is paused and who waits is sent away. Connections that are idle are closed, those in use
   * when they come back.
   */
  clear({ error, serviceId, interrupt = false }: ClearOptions = {}): void {
    if (this.#state === 'closed') return;
    this.#services.increment(serviceId);
    if (serviceId !== undefined) {
      this.#watch.poolCleared(serviceId, interrupt);
      this.#discardStale(interrupt);
      this.#open();
      return;
    }
    this.#generation++;
    this.#pausedBy = this.#clearedBy(error);
    if (this.#state === 'ready') {
      this.#move('paused');
      this.#watch.poolCleared(undefined, interrupt);
    }
    this.#stop('stale');
    this.#discardStale(interrupt);
    this.#gate.empty((borrower) => this.#decline(borrower));
  }

  /**
   * Closes the connections whose operations can go on elsewhere: these fail with `error`, which makes them try again.
   * Those in line have sent nothing, and choose again.
   */
  moveOver(error: Error): void {
    for (const connection of [...this.#all]) {
      if (connection.handler?.moveOver?.() === true) this.#interrupt(connection, 'stale', error);
    }
    const moved = this.#clearedBy(error);
    this.#gate.empty((borrower) => {
      this.#watch.checkOutFailed(borrower, 'connectionError', moved);
      borrower.turnedAway(moved);
    });
  }

  /** Lends no more. Operations in line fail with `error`; connections in use are closed when they come back. */
  retire(error: Error): void {
    if (this.#state === 'closed') return;
    this.#move('closed');
    this.#closedBy = error;
    this.#generation++;
    this.#stop('poolClosed');
    for (const connection of this.#idle.splice(0)) this.#discard(connection, 'poolClosed');
    this.#watch.poolClosed();
    this.#gate.empty((borrower) => this.#decline(borrower));
  }

  /** Closes everything. Operations under way and in line fail with `error`. */
  close(error: Error): void {
    this.retire(error);
    for (const connection of [...this.#all]) this.#interrupt(connection, 'poolClosed', error);
  }

  stats(): PoolStats {
    return {
      address: this.address,
      maxConcurrent: this.#gate.maxConcurrent,
      total: this.#all.size,
      inUse: this.#all.size - this.#idle.length,
      idle: this.#idle.length,
      connecting: this.#attempts.count,
      waiting: this.#gate.waiting,
      generation: this.#generation,
      holders: operationsOn(this.#all),
    };
  }

  holders(): Holders {
    return holdersOf(this.#all, this.#idle.length);
  }

  connect(id: number, signal: AbortSignal): Promise<Connection> {
    return this.#host.connect(id, signal, this.#gate.waiting === 0);
  }

  needsAttempt(): boolean {
    const opening = this.#attempts.count;
    return opening <= this.#gate.waiting || this.#all.size + opening <= this.#options.minPoolSize;
  }

  opened(connection: Connection): void {
    const { serviceId } = connection;
    connection.generation = serviceId === undefined ? this.#generation : this.#services.added(serviceId);
    this.#all.add(connection);
    connection.ownedBy(this, this.#options.socketTimeoutMS);
    this.#serve(connection, this.#gate.next());
  }

  /** The first in line is the one who asked for it. */
  attemptFailed(id: number, error: Error): void {
    const asker = this.#gate.next();
    // Nor will the others in line be let in, or wait until somebody else is told so.
    if (error instanceof AuthenticationError) this.#gate.empty((borrower) => this.#refuse(borrower, error));
    this.#host.connectFailed(error, this.#generation);
    this.#watch.closed(id, 'error', error);
    if (asker !== undefined) this.#refuse(asker, error);
    // No connection will come back, and who opens one waits in vain: the others in line have waited as long.
    if (this.#all.size === 0 && error instanceof NetworkTimeoutError) {
      this.#gate.empty((borrower) => this.#refuse(borrower, error));
    }
    this.#open();
  }

  /** The error of an operation that has waited in vain. */
  timeout(waitedMS: number): PoolTimeoutError {
    return this.#gate.timeout(waitedMS);
  }

  timedOut(borrower: Borrower, error: PoolTimeoutError): void {
    this.#watch.checkOutFailed(borrower, 'timeout', error);
    borrower.refused(error);
  }

  /** Goes on with the line as long as the connection stays idle: borrowers that expect no reply leave it at once. */
  #serve(connection: Connection, first: Borrower | undefined): void {
    for (let borrower = first; borrower !== undefined; borrower = this.#gate.next()) {
      this.#watch.checkedOut(borrower, connection.id);
      borrower.lent(connection);
      if (!connection.isIdle || connection.pinnedBy !== undefined) return;
      this.#watch.checkedIn(connection.id);
      if (this.#dropsPerished(connection)) return;
    }
    if (this.#options.maxIdleTimeMS > 0) connection.idleSince = performance.now();
    this.#idle.push(connection);
  }

  /** Sends somebody away as the pool's state demands. */
  #decline(borrower: Borrower): void {
    if (this.#closedBy !== undefined) {
      this.#watch.checkOutFailed(borrower, 'poolClosed', this.#closedBy);
      borrower.refused(this.#closedBy);
      return;
    }
    this.#watch.checkOutFailed(borrower, 'connectionError', this.#pausedBy);
    borrower.turnedAway(this.#pausedBy);
  }

  #refuse(borrower: Borrower, error: Error): void {
    this.#watch.checkOutFailed(borrower, 'connectionError', error);
    borrower.refused(error);
  }

  /** One error for all whom a clear sends away, however many: each operation makes it its own. */
  #clearedBy(cause: Error | undefined): PoolClearedError {
    const reason = cause === undefined ? '' : ` because another operation failed with: ${cause.message}`;
    return new PoolClearedError(`the connection pool of ${this.address} was cleared${reason}`, { cause });
  }

  #takeIdle(): Connection | undefined {
    for (let connection = this.#idle.pop(); connection !== undefined; connection = this.#idle.pop()) {
      if (!this.#isTooOld(connection)) return connection;
      this.#discard(connection, 'idle');
    }
    return undefined;
  }

  #isTooOld(connection: Connection): boolean {
    const limit = this.#options.maxIdleTimeMS;
    return limit > 0 && performance.now() - connection.idleSince > limit;
  }

  /** Why a connection that comes back is not lent again. */
  #perished({ serviceId, generation }: Connection): ConnectionClosedReason | undefined {
    if (this.#state === 'closed') return 'poolClosed';
    const current = serviceId === undefined ? this.#generation : this.#services.of(serviceId);
    return generation === current ? undefined : 'stale';
  }

  /** Closes a connection that comes back and is not lent again. Who is in line gets another. */
  #dropsPerished(connection: Connection): boolean {
    const reason = this.#perished(connection);
    if (reason === undefined) return false;
    this.#discard(connection, reason);
    this.#open();
    return true;
  }

  #discardStale(interrupt: boolean): void {
    const stale = [...this.#all].filter((connection) => this.#perished(connection) !== undefined);
    const error = new PoolClearedError(`connection to ${this.address} interrupted due to server monitor timeout`);
    for (const connection of stale) {
      const at = this.#idle.indexOf(connection);
      if (at >= 0) {
        this.#idle.splice(at, 1);
        this.#discard(connection, 'stale');
      } else if (interrupt) {
        this.#interrupt(connection, 'stale', error);
      }
    }
  }

  /** Closes a connection in use. The operation on it fails with `error`. */
  #interrupt(connection: Connection, reason: ConnectionClosedReason, error: Error): void {
    this.#watch.checkedIn(connection.id);
    this.#discard(connection, reason, error);
  }

  /** Forgets the connection first, so that its end is no news. */
  #discard(connection: Connection, reason: ConnectionClosedReason, error?: Error): void {
    this.#forget(connection, reason, undefined);
    connection.close(error);
  }

  #forget(connection: Connection, reason: ConnectionClosedReason, error: Error | undefined): void {
    this.#all.delete(connection);
    if (connection.serviceId !== undefined) this.#services.removed(connection.serviceId);
    this.#watch.closed(connection.id, reason, error);
  }

  /** Opens connections for those in line, as far as the gate admits. */
  #open(): void {
    while (this.#gate.waiting > this.#attempts.count && this.#admits()) this.#attempts.add();
  }

  /** Opens connections up to minPoolSize. */
  #fill(): void {
    while (this.#size < this.#options.minPoolSize && this.#admits()) this.#attempts.add();
  }

  /** Connections, and attempts at some. */
  get #size(): number {
    return this.#all.size + this.#attempts.count;
  }

  #admits(): boolean {
    return this.#state === 'ready' && this.#gate.admits(this.#size);
  }

  /** Ends the work in the background. */
  #stop(reason: ConnectionClosedReason): void {
    clearInterval(this.#sweep);
    this.#sweep = undefined;
    this.#attempts.abandon(reason);
  }

  #tidy(): void {
    for (const connection of this.#idle.filter((candidate) => this.#isTooOld(candidate))) {
      this.#idle.splice(this.#idle.indexOf(connection), 1);
      this.#discard(connection, 'idle');
    }
    this.#fill();
  }

  #move(to: State): void {
    if (!(MOVES[this.#state] as readonly State[]).includes(to)) {
      throw new Error(`the pool of ${this.address} cannot go from ${this.#state} to ${to}`);
    }
    this.#state = to;
  }
}
