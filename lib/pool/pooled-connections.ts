import type { ObjectId } from '../bson/codec.js';
import { NetworkTimeoutError, PoolClearedError, type PoolTimeoutError } from '../errors/connection-errors.js';
import { AuthenticationError } from '../errors/operation-errors.js';
import type { ConnectionClosedReason, PoolTeller } from '../events/pool-events.js';
import type { Connection } from '../net/connection.js';
import { type AttemptOwner, ConnectionAttempts } from './connection-attempts.js';
import { type Borrower, type GateKeeper, type Holders, HostGate } from './host-gate.js';
import { PoolAlarm } from './pool-alarm.js';
import type { PoolHost } from './pool-host.js';
import { type ClearOptions, ownOptions, type PoolOptions } from './pool-options.js';
import { holdersOf, operationsOn, type PoolStats } from './pool-stats.js';
import { PoolWatch } from './pool-watch.js';
import { ServiceGenerations } from './service-generations.js';

/** A pool's states. An illegal move throws: it is a defect of the driver's. */
const MOVES = {
  paused: ['ready', 'closed'],
  ready: ['paused', 'closed'],
  closed: [],
} as const satisfies Record<string, readonly string[]>;

type State = keyof typeof MOVES;

const SWEEP_MS = 1_000;

/**
 * The connections of one pool, from their opening to their end, and the pool's states, which decide about both. How they
 * are lent is the pool's own (`connection-pool`).
 *
 * @see MongoDB Connection Monitoring and Pooling specification
 */
export abstract class PooledConnections implements AttemptOwner, GateKeeper {
  readonly address: string;
  protected readonly options: PoolOptions;
  protected readonly host: PoolHost;
  protected readonly watch: PoolWatch;
  protected readonly gate: HostGate;
  protected readonly all = new Set<Connection>();
  /** Those that nobody uses, the newest on top. */
  protected readonly free: Connection[] = [];
  protected readonly services = new ServiceGenerations();
  protected state: State = 'paused';
  readonly #attempts: ConnectionAttempts;
  /** What those hear who come while the pool is paused. */
  #pausedBy: PoolClearedError;
  /** Why the pool lends no more. */
  #closedBy: Error | undefined;
  #generation = 0;
  #sweep: NodeJS.Timeout | undefined;

  /** A new pool is paused. */
  constructor(address: string, options: PoolOptions, host: PoolHost, teller?: PoolTeller) {
    this.address = address;
    this.options = options;
    this.host = host;
    this.watch = new PoolWatch(address, teller);
    const { maxPoolSize, waitQueueMultiple = 0, waitQueueTimeoutMS, serverSelectionTimeoutMS, maxConnecting } = options;
    const maxWaiting = maxPoolSize * waitQueueMultiple;
    this.gate = new HostGate(
      address,
      { maxConcurrent: maxPoolSize, maxWaiting, maxWaitTime: waitQueueTimeoutMS, serverSelectionTimeoutMS },
      this,
      new PoolAlarm(address),
    );
    this.#attempts = new ConnectionAttempts(maxConnecting, this.watch, this);
    this.#pausedBy = new PoolClearedError(`the connection pool of ${address} waits until its server has been reached`);
    this.watch.poolCreated(ownOptions(options));
  }

  /** A connection is there: whoever is first in line gets it. */
  abstract opened(connection: Connection): void;

  /** Why a connection that comes back is not lent again. */
  protected abstract perished(connection: Connection): ConnectionClosedReason | undefined;

  /** Whether a connection has been idle for longer than `maxIdleTimeMS`. */
  protected abstract isTooOld(connection: Connection): boolean;

  /** Connections of an earlier generation are given up. */
  get generation(): number {
    return this.#generation;
  }

  /** The generation of a service behind a load balancer. */
  generationOf(serviceId: ObjectId): number {
    return this.services.of(serviceId);
  }

  get isReady(): boolean {
    return this.state === 'ready';
  }

  /** Whether anybody uses or wants a connection. */
  get isQuiet(): boolean {
    return this.free.length === this.all.size && this.gate.waiting === 0;
  }

  /** The server was reached: the pool lends, and is filled up to minPoolSize. Nothing happens to one that is ready. */
  ready(): void {
    if (this.state === 'ready') return;
    this.#move('ready');
    this.watch.poolReady();
    const { maxIdleTimeMS, minPoolSize } = this.options;
    if (maxIdleTimeMS > 0 || minPoolSize > 0) this.#sweep ??= setInterval(() => this.#tidy(), SWEEP_MS).unref();
    this.#fill();
  }

  /**
   * After a failure: the pool is paused and who waits is sent away. Connections that are idle are closed, those in use
   * when they come back.
   */
  clear({ error, serviceId, interrupt = false }: ClearOptions = {}): void {
    if (this.state === 'closed') return;
    if (serviceId === undefined) {
      this.#giveUpAll(error, interrupt);
      this.gate.empty((borrower) => this.decline(borrower));
      return;
    }
    this.services.increment(serviceId);
    this.watch.poolCleared(serviceId, interrupt);
    this.#discardStale(interrupt);
    this.open();
  }

  /** Connections are opened anew, as who the client is has changed. Who is in line stays there, and gets one of them. */
  renew(): void {
    if (this.state === 'closed') return;
    const wasReady = this.isReady;
    this.#giveUpAll(undefined, false);
    if (!wasReady) return;
    this.ready();
    this.open();
  }

  /**
   * Closes the connections whose operations can go on elsewhere: these fail with `error`, which makes them try again.
   * Those in line have sent nothing, and choose again.
   */
  moveOver(error: Error): void {
    for (const connection of [...this.all]) {
      if (connection.handler?.moveOver?.() === true) this.#interrupt(connection, 'stale', error);
    }
    const moved = this.#clearedBy(error);
    this.gate.empty((borrower) => {
      this.watch.checkOutFailed(borrower, 'connectionError', moved);
      borrower.turnedAway(moved);
    });
  }

  /** Lends no more. Operations in line fail with `error`; connections in use are closed when they come back. */
  retire(error: Error): void {
    if (this.state === 'closed') return;
    this.#move('closed');
    this.#closedBy = error;
    this.#generation++;
    this.#stop('poolClosed');
    for (const connection of this.free.splice(0)) this.discard(connection, 'poolClosed');
    this.watch.poolClosed();
    this.gate.empty((borrower) => this.decline(borrower));
  }

  /** Closes everything. Operations under way and in line fail with `error`. */
  close(error: Error): void {
    this.retire(error);
    for (const connection of [...this.all]) this.#interrupt(connection, 'poolClosed', error);
  }

  stats(): PoolStats {
    return {
      address: this.address,
      maxConcurrent: this.gate.maxConcurrent,
      total: this.all.size,
      inUse: this.all.size - this.free.length,
      idle: this.free.length,
      connecting: this.#attempts.count,
      waiting: this.gate.waiting,
      generation: this.#generation,
      holders: operationsOn(this.all),
    };
  }

  holders(): Holders {
    return holdersOf(this.all, this.free.length);
  }

  connect(id: number, signal: AbortSignal): Promise<Connection> {
    return this.host.connect(id, signal, this.gate.waiting === 0);
  }

  needsAttempt(): boolean {
    const opening = this.#attempts.count;
    return opening <= this.gate.waiting || this.all.size + opening <= this.options.minPoolSize;
  }

  /** The first in line is the one who asked for it. */
  attemptFailed(id: number, error: Error): void {
    const asker = this.gate.next();
    // Nor will the others in line be let in, or wait until somebody else is told so.
    if (error instanceof AuthenticationError) this.gate.empty((borrower) => this.refuse(borrower, error));
    this.host.connectFailed(error, this.#generation);
    this.watch.closed(id, 'error', error);
    if (asker !== undefined) this.refuse(asker, error);
    // No connection will come back, and who opens one waits in vain: the others in line have waited as long.
    if (this.all.size === 0 && error instanceof NetworkTimeoutError) {
      this.gate.empty((borrower) => this.refuse(borrower, error));
    }
    this.open();
  }

  /** The error of an operation that has waited in vain. */
  timeout(waitedMS: number): PoolTimeoutError {
    return this.gate.timeout(waitedMS);
  }

  timedOut(borrower: Borrower, error: PoolTimeoutError): void {
    this.watch.checkOutFailed(borrower, 'timeout', error);
    borrower.refused(error);
  }

  /** Sends somebody away as the pool's state demands. */
  protected decline(borrower: Borrower): void {
    if (this.#closedBy !== undefined) {
      this.watch.checkOutFailed(borrower, 'poolClosed', this.#closedBy);
      borrower.refused(this.#closedBy);
      return;
    }
    this.watch.checkOutFailed(borrower, 'connectionError', this.#pausedBy);
    borrower.turnedAway(this.#pausedBy);
  }

  protected refuse(borrower: Borrower, error: Error): void {
    this.watch.checkOutFailed(borrower, 'connectionError', error);
    borrower.refused(error);
  }

  /** Opens connections for those in line, as far as the gate admits. */
  protected open(): void {
    while (this.gate.waiting > this.#attempts.count && this.#admits()) this.#attempts.add();
  }

  /** Forgets the connection first, so that its end is no news. */
  protected discard(connection: Connection, reason: ConnectionClosedReason, error?: Error): void {
    this.forget(connection, reason, undefined);
    connection.close(error);
  }

  protected forget(connection: Connection, reason: ConnectionClosedReason, error: Error | undefined): void {
    this.all.delete(connection);
    if (connection.serviceId !== undefined) this.services.removed(connection.serviceId);
    this.watch.closed(connection.id, reason, error);
  }

  /** Pauses the pool. The connections there are belong to an earlier generation from now on. */
  #giveUpAll(error: Error | undefined, interrupt: boolean): void {
    this.services.increment();
    this.#generation++;
    this.#pausedBy = this.#clearedBy(error);
    if (this.state === 'ready') {
      this.#move('paused');
      this.watch.poolCleared(undefined, interrupt);
    }
    this.#stop('stale');
    this.#discardStale(interrupt);
  }

  /** One error for all whom a clear sends away, however many: each operation makes it its own. */
  #clearedBy(cause: Error | undefined): PoolClearedError {
    const reason = cause === undefined ? '' : ` because another operation failed with: ${cause.message}`;
    return new PoolClearedError(`the connection pool of ${this.address} was cleared${reason}`, { cause });
  }

  #discardStale(interrupt: boolean): void {
    const stale = [...this.all].filter((connection) => this.perished(connection) !== undefined);
    const error = new PoolClearedError(`connection to ${this.address} interrupted due to server monitor timeout`);
    for (const connection of stale) {
      const at = this.free.indexOf(connection);
      if (at >= 0) {
        this.free.splice(at, 1);
        this.discard(connection, 'stale');
      } else if (interrupt) {
        this.#interrupt(connection, 'stale', error);
      }
    }
  }

  /** Closes a connection in use. The operation on it fails with `error`. */
  #interrupt(connection: Connection, reason: ConnectionClosedReason, error: Error): void {
    this.watch.checkedIn(connection.id);
    this.discard(connection, reason, error);
  }

  /** Opens connections up to minPoolSize. */
  #fill(): void {
    while (this.#size < this.options.minPoolSize && this.#admits()) this.#attempts.add();
  }

  /** Connections, and attempts at some. */
  get #size(): number {
    return this.all.size + this.#attempts.count;
  }

  #admits(): boolean {
    return this.state === 'ready' && this.gate.admits(this.#size);
  }

  /** Ends the work in the background. */
  #stop(reason: ConnectionClosedReason): void {
    clearInterval(this.#sweep);
    this.#sweep = undefined;
    this.#attempts.abandon(reason);
  }

  #tidy(): void {
    for (const connection of this.free.filter((candidate) => this.isTooOld(candidate))) {
      this.free.splice(this.free.indexOf(connection), 1);
      this.discard(connection, 'idle');
    }
    this.#fill();
  }

  #move(to: State): void {
    if (!(MOVES[this.state] as readonly State[]).includes(to)) {
      throw new Error(`the pool of ${this.address} cannot go from ${this.state} to ${to}`);
    }
    this.state = to;
  }
}
