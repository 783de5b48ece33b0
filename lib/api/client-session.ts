import { inspect } from 'node:util';
import type { Document, Timestamp } from '../bson/codec.js';
import type { Scope } from '../commands/scope.js';
import type { IoCore } from '../core/io-core.js';
import { InvalidOperationError } from '../errors/usage-errors.js';
import { bindSession } from '../session/ambient-session.js';
import { retryTransaction } from '../session/retry-transaction.js';
import { requireObject, type SessionOptions, type TransactionSettings, timestamp } from '../session/session-options.js';
import { SESSION_STATE, type SessionState } from '../session/session-state.js';
import type { TransactionState } from '../session/transaction.js';
import { abortSignalOf } from '../util/abort-signal.js';
import type { AsyncClient } from './async-client.js';
import { steps } from './call.js';
import { isStateOf } from './given-session.js';
import type { Abortable } from './operation-options.js';
import { TransactionContext } from './transaction-context.js';
import { workAndOptions } from './work-and-options.js';

/** What a session is made of. */
export interface ClientSessionSource {
  readonly client: AsyncClient;
  readonly core: IoCore;
  readonly scope: Scope;
  readonly options: SessionOptions;
}

/** What ends a transaction may take. */
export interface EndTransactionOptions extends Abortable {
  /** Milliseconds. Default: the session's `defaultTimeoutMS`, then the client's `timeoutMS`. */
  readonly timeoutMS?: number | undefined;
}

export type WithTransactionOptions = TransactionSettings & EndTransactionOptions;

/**
 * A session: operations that are given it see what the ones before them have seen and done (causal consistency), read one
 * point in time (`snapshot`), or belong to a transaction. Operations that are started together run one after another, in
 * the order of their calls. It is of one client and of one process. Use it within a minute, and end it: the server forgets
 * a session that rests.
 *
 * @example
 * await using session = client.startSession();
 * await session.withTransaction(async () => {
 *   await accounts.updateOne({ _id: 'A' }, { $inc: { balance: -10 } }, { session });
 *   await accounts.updateOne({ _id: 'B' }, { $inc: { balance: 10 } }, { session });
 * });
 * @see MongoDB Driver Sessions, Causal Consistency and Transactions specifications
 */
export class ClientSession {
  readonly client: AsyncClient;
  readonly options: SessionOptions;
  readonly #core: IoCore;
  readonly #scope: Scope;
  readonly #state: SessionState;

  /** @internal Made by `client.startSession()`. */
  constructor({ client, core, scope, options }: ClientSessionSource) {
    this.client = client;
    this.options = options;
    this.#core = core;
    this.#scope = scope;
    this.#state = core.clientSessions.start(options);
    isStateOf(this.#state, this);
  }

  /** @internal */
  get [SESSION_STATE](): SessionState {
    return this.#state;
  }

  /** The logical session id, `{ id: UUID }`. */
  get sessionId(): Readonly<Document> {
    return this.#state.lsid;
  }

  /** The official driver's name for `sessionId`. */
  get id(): Readonly<Document> {
    return this.#state.lsid;
  }

  get hasEnded(): boolean {
    return this.#state.hasEnded;
  }

  /** The highest cluster time that the session has seen; undefined before its first operation. */
  get clusterTime(): Readonly<Document> | undefined {
    return this.#state.clusterTime.document;
  }

  /** When the session's last operation took place; undefined before the first. */
  get operationTime(): Timestamp | undefined {
    return this.#state.operationTime;
  }

  /**
   * The point in time that all reads of a snapshot session see; undefined before the first of them.
   *
   * @throws InvalidOperationError where the session was not started with `snapshot: true`
   */
  get snapshotTime(): Timestamp | undefined {
    if (!this.options.snapshot) throw new InvalidOperationError('snapshotTime is of sessions with snapshot: true only');
    return this.#state.snapshotTime;
  }

  /** Whether the session was started with `snapshot: true`. */
  get snapshotEnabled(): boolean {
    return this.options.snapshot;
  }

  /** Whether a network error has befallen the session, so that the server's part of it is not used again. */
  get isDirty(): boolean {
    return this.#state.server.dirty;
  }

  /** Whether the transaction is bound to a mongos, or behind a load balancer to a connection. */
  get isPinned(): boolean {
    return this.#state.pin !== undefined;
  }

  /** `host:port` of the server to which the transaction is bound. */
  get pinnedAddress(): string | undefined {
    return this.#state.pin?.address;
  }

  get transactionState(): TransactionState {
    return this.#state.transaction.state;
  }

  inTransaction(): boolean {
    return this.#state.transaction.isActive;
  }

  /** Whether the other is a session with the same id. */
  equals(other: unknown): boolean {
    return other instanceof ClientSession && String(other.id.id) === String(this.id.id);
  }

  /**
   * Takes a cluster time over, of another session: for what this session is to see of that one's work.
   *
   * @throws TypeError for what is no cluster time
   */
  advanceClusterTime(clusterTime: Readonly<Document>): void {
    if (typeof clusterTime !== 'object' || clusterTime === null)
      throw new TypeError(`clusterTime must be a document, not ${inspect(clusterTime)}`);
    timestamp(clusterTime.clusterTime, 'clusterTime.clusterTime');
    this.#state.clusterTime.advanceTo({ document: clusterTime });
  }

  /**
   * Takes an operation time over, of another session.
   *
   * @throws TypeError for what is no Timestamp
   */
  advanceOperationTime(operationTime: Timestamp): void {
    this.#state.advanceOperationTime(timestamp(operationTime, 'operationTime'));
  }

  /**
   * Begins a transaction: the operations that are given the session belong to it until it is committed or aborted. Sends
   * nothing by itself.
   *
   * @param options what is left out comes from `defaultTransactionOptions`, and then from the client
   * @returns for `await using`, by which the transaction is aborted at the end of the block unless it was committed
   * @throws InvalidOperationError where one is under way, and of a snapshot session; ConfigurationError for `w: 0`
   * @example
   * await using transaction = session.startTransaction({ writeConcern: 'majority' });
   * await orders.insertOne(order, { session });
   * await transaction.commit();
   */
  startTransaction(options?: TransactionSettings): TransactionContext {
    if (this.options.snapshot) throw new InvalidOperationError('Transactions are not supported in snapshot sessions');
    this.#core.clientSessions.begin(this.#state, options, this.#scope);
    return new TransactionContext(this, this.#state.server.txnNumber, () => this.#state.server.txnNumber);
  }

  /**
   * Makes lasting what the transaction has written, after the operations that were started before. Tried twice by itself;
   * may be called again after an error that is labelled `UnknownTransactionCommitResult`.
   *
   * @throws InvalidOperationError where there is none; the server's error, which names the operation of the transaction
   * that had failed, if one had
   */
  commitTransaction(options: EndTransactionOptions = {}): Promise<void> {
    return steps(async () => this.#core.clientSessions.commit(this.#state, ...limitsOf(options)));
  }

  /**
   * Undoes what the transaction has written, after the operations that were started before. What the server says to that is
   * ignored: it would undo it by itself after a while.
   *
   * @throws InvalidOperationError where there is none
   */
  abortTransaction(options: EndTransactionOptions = {}): Promise<void> {
    return steps(async () => {
      const [timeoutMS, signal] = limitsOf(options);
      signal?.throwIfAborted();
      await this.#core.clientSessions.abort(this.#state, timeoutMS, signal);
    });
  }

  /**
   * Runs `work` within a transaction and commits, as often as it takes: `work` may run several times, so what it does
   * beside the transaction should bear that. Let the errors of its operations through: one that is swallowed has ended the
   * transaction all the same. Operations belong to it that are given the session.
   *
   * @param options those of the transaction; `timeoutMS` limits it all, and no operation within may then set its own.
   * Without it, further tries begin for 120 seconds. `signal` ends every operation of the transaction, which is then aborted;
   * work that waits for something else has to heed it itself
   * @returns what `work` returned
   * @see MongoDB Convenient API for Transactions specification
   */
  withTransaction<Result>(
    work: (session: this) => PromiseLike<Result> | Result,
    options?: WithTransactionOptions,
  ): Promise<Result>;
  withTransaction<Result>(
    options: WithTransactionOptions,
    work: (session: this) => PromiseLike<Result> | Result,
  ): Promise<Result>;
  withTransaction(first: unknown, second?: unknown): Promise<unknown> {
    return steps(() => {
      const { work, options } = workAndOptions<this, WithTransactionOptions>(first, second);
      return this.#retried(() => work(this), options ?? {});
    });
  }

  /**
   * Runs `work` within a transaction, once: commits when it is done, aborts when it throws.
   *
   * @throws what `work` throws, and what the commit throws
   * @example
   * await session.transaction({ readConcern: 'snapshot' }, () => orders.insertOne(order, { session }));
   */
  transaction<Result>(
    options: TransactionSettings,
    work: (session: this) => PromiseLike<Result> | Result,
  ): Promise<Result>;
  transaction<Result>(
    work: (session: this) => PromiseLike<Result> | Result,
    options?: TransactionSettings,
  ): Promise<Result>;
  transaction(first: unknown, second?: unknown): Promise<unknown> {
    return steps(async () => {
      const { work, options } = workAndOptions<this, TransactionSettings>(first, second);
      await using context = this.startTransaction(options);
      const result = await work(this);
      if (this.inTransaction()) await context.commit();
      return result;
    });
  }

  /**
   * Runs `work` with the session bound to it: operations of the client belong to the session without being given it, in all
   * that `work` calls and awaits. One that names another session is refused; `{ session: null }` is outside of both.
   */
  bind<Result>(work: () => PromiseLike<Result> | Result): Promise<Result> {
    return steps(async () => bindSession(this.#state, requireFunction(work)));
  }

  /** @internal As `withTransaction`, with the session bound to each try. */
  boundTransaction<Result>(work: () => PromiseLike<Result> | Result, options: WithTransactionOptions): Promise<Result> {
    return this.#retried(() => bindSession(this.#state, work), options);
  }

  /**
   * Aborts the transaction that is under way, if there is one, and ends the session. May be called again. Rejects for nothing
   * but a wrong `timeoutMS`: what the server does not hear of, it ends by itself.
   */
  endSession({ timeoutMS }: Pick<EndTransactionOptions, 'timeoutMS'> = {}): Promise<void> {
    return steps(() => this.#core.clientSessions.end(this.#state, timeoutMS));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.endSession();
  }

  /** A session is an option, and no part of a document. */
  toBSON(): never {
    throw new InvalidOperationError('a session cannot be stored: it belongs into the options of an operation');
  }

  #retried<Result>(work: () => PromiseLike<Result> | Result, options: WithTransactionOptions): Promise<Result> {
    return steps(async () => {
      requireObject(options, 'the options of a transaction');
      const { timeoutMS, signal: given, ...ofTransaction } = options;
      const signal = abortSignalOf(given);
      const state = this.#state;
      const deadline = this.#scope.deadline({ timeoutMS: timeoutMS ?? this.options.defaultTimeoutMS });
      const transaction = {
        get isActive() {
          return state.transaction.isActive;
        },
        begin: () => void this.startTransaction(ofTransaction),
        commit: () => this.#core.clientSessions.commit(state, undefined, signal),
        // As much time again as the whole had, which may be over. Who has given up does not wait.
        abort: () =>
          this.#core.clientSessions.abort(state, deadline?.timeoutMS, signal).catch((error) => {
            if (!signal?.aborted) throw error;
          }),
      };
      state.deadline = deadline;
      state.signal = signal;
      try {
        return await retryTransaction(transaction, work, deadline, signal);
      } finally {
        state.deadline = undefined;
        state.signal = undefined;
      }
    });
  }
}

function limitsOf(options: EndTransactionOptions): [timeoutMS: number | undefined, signal: AbortSignal | undefined] {
  requireObject(options, 'the options of what ends a transaction');
  return [options.timeoutMS, abortSignalOf(options.signal)];
}

function requireFunction<Work>(work: Work): Work {
  if (typeof work === 'function') return work;
  throw new TypeError(`work must be a function, not ${inspect(work, { depth: 0 })}`);
}
