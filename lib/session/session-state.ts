import type { Timestamp } from '../bson/codec.js';
import type { Reply } from '../bson/reply.js';
import type { TransactionSpan } from '../events/spans.js';
import type { Deadline } from '../util/deadline.js';
import { Turns } from '../util/turns.js';
import { ClusterTime } from './cluster-time.js';
import type { ServerSession, ServerSessionPool } from './server-session-pool.js';
import type { SessionOptions } from './session-options.js';
import { Transaction } from './transaction.js';

/** The server, or the connection, with which a transaction began and to which the rest of it goes. */
export interface Pin {
  readonly address: string;
  /** Gives a connection back. */
  release?(): void;
}

/** Under which a session of the façade shows what the core needs of it. */
export const SESSION_STATE = Symbol('session state');

/**
 * A session that the application has started: what it has seen, its transaction, and whose turn it is. Does no I/O.
 *
 * @see MongoDB Driver Sessions, Causal Consistency and Snapshot Reads specifications
 */
export class SessionState {
  /** The core of the client that the session belongs to. */
  readonly owner: object;
  readonly options: SessionOptions;
  readonly server: ServerSession;
  /** Operations that were started together run one after another. */
  readonly turns = new Turns();
  readonly transaction = new Transaction();
  readonly clusterTime = new ClusterTime();
  /** Of the `withTransaction` that is under way: all operations of the session share it. */
  deadline: Deadline | undefined;
  /** The signal that ends all its operations; undefined outside of a `withTransaction` that has one. */
  signal: AbortSignal | undefined;
  /** Of the transaction that is under way, where spans are made: its operations are nested in it. */
  transactionSpan: TransactionSpan | undefined;
  #operationTime: Timestamp | undefined;
  #snapshotTime: Timestamp | undefined;
  #pin: Pin | undefined;
  #ended = false;
  /** How many commands that end a transaction the server is at. */
  #ending = 0;
  /** Who gets the server's session when it is free. */
  #pool: ServerSessionPool | undefined;

  constructor(owner: object, options: SessionOptions, server: ServerSession) {
    this.owner = owner;
    this.options = options;
    this.server = server;
    this.#snapshotTime = options.snapshotTime;
  }

  /** The driver itself may give the state in the place of the session. */
  get [SESSION_STATE](): SessionState {
    return this;
  }

  /** The state of a session of the façade; undefined for anything else. */
  static of(session: unknown): SessionState | undefined {
    if (typeof session !== 'object' || session === null) return undefined;
    return (session as { [SESSION_STATE]?: SessionState })[SESSION_STATE];
  }

  /** What commands carry: `{ id: UUID }`. */
  get lsid(): ServerSession['lsid'] {
    return this.server.lsid;
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  /** False where it had ended before. */
  end(): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    return true;
  }

  /**
   * For a command that ends a transaction. One that is given up gives the turn on at once, so that a commit can be repeated;
   * it says `sessionFree` when the server has done with it.
   */
  lend(): this {
    this.#ending++;
    return this;
  }

  sessionFree(): void {
    this.#ending--;
    this.#giveBack();
  }

  /**
   * Gives the server's session back as soon as it is free: a write of whoever got it before could overtake a commit, which
   * the server would then refuse, or would have to wait for it.
   */
  giveBackTo(pool: ServerSessionPool): void {
    this.#pool = pool;
    this.#giveBack();
  }

  #giveBack(): void {
    if (this.#ending > 0) return;
    this.#pool?.release(this.server);
    this.#pool = undefined;
  }

  /** The time of the last operation; undefined before the first, and of a standalone server. */
  get operationTime(): Timestamp | undefined {
    return this.#operationTime;
  }

  advanceOperationTime(time: Timestamp): void {
    if (this.#operationTime === undefined || time.greaterThan(this.#operationTime)) this.#operationTime = time;
  }

  /** The point in time that all reads of a snapshot session see; undefined before the first. */
  get snapshotTime(): Timestamp | undefined {
    return this.#snapshotTime;
  }

  /** Takes what a reply tells of the time. `client` is the client's cluster time, which has read it already. */
  heard(reply: Reply, client: ClusterTime): void {
    this.clusterTime.advanceWith(client, reply);
    const { operationTime } = reply;
    if (operationTime !== undefined) this.advanceOperationTime(operationTime);
    if (this.options.snapshot && this.#snapshotTime === undefined) this.#snapshotTime = reply.atClusterTime;
  }

  /** Where the transaction is bound to. */
  get pin(): Pin | undefined {
    return this.#pin;
  }

  pinTo(pin: Pin): void {
    if (this.#pin === pin) return;
    this.unpin();
    this.#pin = pin;
  }

  /** @see MongoDB Transactions specification, "When to unpin" */
  unpin(): void {
    const pin = this.#pin;
    this.#pin = undefined;
    pin?.release?.();
  }

  /** The transaction is over, whatever came of it. */
  endTransactionSpan(): void {
    this.transactionSpan?.end();
    this.transactionSpan = undefined;
  }

  /** An operation outside of a transaction begins: what the last transaction has left is forgotten. */
  leaveTransaction(): void {
    this.transaction.leave();
    if (this.#pin !== undefined) this.unpin();
  }
}

/** Gives back a session that a cursor had. One that the application has started goes on without the cursor. */
export function giveBack(session: object | undefined, pool: ServerSessionPool): void {
  if (session !== undefined && !(session instanceof SessionState)) pool.release(session as ServerSession);
}
