import type { Document } from '../bson/codec.js';
import { InvalidOperationError } from '../errors/usage-errors.js';
import { ReadConcern } from '../options/read-concern.js';
import { ReadPreference } from '../options/read-preference.js';
import { WriteConcern } from '../options/write-concern.js';
import type { TransactionOptions } from './session-options.js';

/**
 * A transaction's states, with the names of the specification. An illegal move throws: it is a defect of the driver's.
 *
 * ```
 *   none --> starting --> in_progress --> committed --+--> none, by the next operation; or starting
 *                |             |             ^ again  |
 *                +-------------+----------> aborted --+
 * ```
 *
 * @see MongoDB Transactions specification, "ClientSession changes"
 */
const MOVES = {
  none: ['starting'],
  starting: ['in_progress', 'committed', 'aborted'],
  in_progress: ['committed', 'aborted'],
  committed: ['committed', 'starting', 'none'],
  aborted: ['starting', 'none'],
} as const satisfies Record<string, readonly string[]>;

export type TransactionState = keyof typeof MOVES;

/** An operation that failed within a transaction. */
export interface FailedOperation {
  readonly error: Error;
  readonly command: string;
  readonly namespace: string;
}

/** "Drivers MUST also apply wtimeout: 10000 to the write concern in order to avoid waiting forever." Milliseconds. */
const RETRY_WTIMEOUT = 10_000;

/** The one transaction that a session may have at a time. Does no I/O. */
export class Transaction {
  #state: TransactionState = 'none';
  #options: TransactionOptions | undefined;
  /** The token of the last reply, by which another mongos finds out what became of the transaction. */
  recoveryToken: Document | undefined;
  /** Whether an attempt to commit has been made whose outcome may be unknown. */
  triedToCommit = false;
  /** Whether the server has never heard of it. */
  #isEmpty = false;
  #failed: FailedOperation | undefined;

  get state(): TransactionState {
    return this.#state;
  }

  /** Whether operations belong to it. */
  get isActive(): boolean {
    return this.#state === 'starting' || this.#state === 'in_progress';
  }

  get readConcern(): ReadConcern {
    return this.#options?.readConcern ?? DEFAULT_READ_CONCERN;
  }

  get readPreference(): ReadPreference {
    return this.#options?.readPreference ?? ReadPreference.PRIMARY;
  }

  /** The operation that failed first: the server has aborted the transaction then. */
  get failed(): FailedOperation | undefined {
    return this.#failed;
  }

  /** @throws InvalidOperationError where one is active */
  begin(options: TransactionOptions): void {
    this.refuseActive();
    this.#move('starting');
    this.#options = options;
    this.recoveryToken = undefined;
    this.triedToCommit = false;
    this.#isEmpty = false;
    this.#failed = undefined;
  }

  /** @throws InvalidOperationError where one is active */
  refuseActive(): void {
    if (this.isActive)
      throw new InvalidOperationError('Transaction already in progress: commit or abort it before you start another');
  }

  /** The first command has been sent. */
  began(): void {
    if (this.#state === 'starting') this.#move('in_progress');
  }

  /** An operation without a transaction: what the last one has left is forgotten. */
  leave(): void {
    if (this.#state !== 'committed' && this.#state !== 'aborted') return;
    this.#move('none');
    this.recoveryToken = undefined;
  }

  /** An operation failed in a way that ends the transaction on the server. The first is the one that counts. */
  noteFailure(failed: FailedOperation): void {
    this.#failed ??= failed;
  }

  /**
   * True where the server has to be told; not of a transaction without operations.
   *
   * @throws InvalidOperationError where there is nothing to commit
   */
  commit(): boolean {
    if (this.#state === 'none') throw new InvalidOperationError('No transaction started: there is nothing to commit');
    if (this.#state === 'aborted')
      throw new InvalidOperationError('Cannot call commitTransaction after calling abortTransaction');
    if (this.#state === 'starting') this.#isEmpty = true;
    else if (this.#state === 'committed') this.triedToCommit = true;
    this.#move('committed');
    return !this.#isEmpty;
  }

  /**
   * True where the server has to be told; not of a transaction without operations.
   *
   * @throws InvalidOperationError where there is nothing to abort
   */
  abort(): boolean {
    if (this.#state === 'none') throw new InvalidOperationError('No transaction started: there is nothing to abort');
    if (this.#state === 'committed')
      throw new InvalidOperationError('Cannot call abortTransaction after calling commitTransaction');
    if (this.#state === 'aborted') throw new InvalidOperationError('Cannot call abortTransaction twice');
    const isKnown = this.#state === 'in_progress';
    this.#move('aborted');
    return isKnown;
  }

  /** The fields of the command that commits it: another try waits for a majority. */
  get commitFields(): Document {
    const maxTimeMS = this.#options?.maxCommitTimeMS;
    return { ...this.#endFields(this.triedToCommit), ...(maxTimeMS === undefined ? {} : { maxTimeMS }) };
  }

  /** The fields of the command that aborts it. */
  get abortFields(): Document {
    return this.#endFields(false);
  }

  /** @see MongoDB Transactions specification, "writeConcern for commitTransaction attempts" */
  #endFields(again: boolean): Document {
    const { recoveryToken } = this;
    const concern = this.#options?.writeConcern ?? DEFAULT_WRITE_CONCERN;
    const given = concern.toDocument();
    const writeConcern = again ? { ...given, w: 'majority', wtimeout: given.wtimeout ?? RETRY_WTIMEOUT } : given;
    return {
      ...(again || !concern.isServerDefault ? { writeConcern } : {}),
      ...(recoveryToken === undefined ? {} : { recoveryToken }),
    };
  }

  #move(to: TransactionState): void {
    if (!(MOVES[this.#state] as readonly TransactionState[]).includes(to))
      throw new Error(`a transaction cannot go from ${this.#state} to ${to}`);
    this.#state = to;
  }
}

const DEFAULT_READ_CONCERN = new ReadConcern();
const DEFAULT_WRITE_CONCERN = new WriteConcern();
