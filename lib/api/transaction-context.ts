import type { ClientSession, EndTransactionOptions } from './client-session.js';

/**
 * The transaction that `session.startTransaction()` has begun, for `await using`: at the end of the block it is aborted,
 * unless it was committed or aborted before.
 */
export class TransactionContext implements AsyncDisposable {
  readonly session: ClientSession;
  readonly #number: number;
  readonly #currentNumber: () => number;

  /** @internal Made by `session.startTransaction()`. */
  constructor(session: ClientSession, number: number, currentNumber: () => number) {
    this.session = session;
    this.#number = number;
    this.#currentNumber = currentNumber;
  }

  /** See `session.commitTransaction`. */
  commit(options?: EndTransactionOptions): Promise<void> {
    return this.session.commitTransaction(options);
  }

  /** See `session.abortTransaction`. */
  abort(options?: EndTransactionOptions): Promise<void> {
    return this.session.abortTransaction(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The session may have gone on to another transaction.
    const isCurrent = this.#currentNumber() === this.#number;
    if (isCurrent && this.session.inTransaction() && !this.session.hasEnded) await this.abort();
  }
}
