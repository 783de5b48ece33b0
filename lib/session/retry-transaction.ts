import { OperationFailureError } from '../errors/operation-errors.js';
import { OperationTimeoutError } from '../errors/operation-timeout-error.js';
import type { Deadline } from '../util/deadline.js';

/** A transaction, as far as trying it again needs to know it. */
export interface RetriedTransaction {
  /** Whether it has been begun, and neither been committed nor aborted. */
  readonly isActive: boolean;
  begin(): void;
  commit(): Promise<void>;
  abort(): Promise<void>;
}

/** Milliseconds for which a transaction is tried again, where no timeoutMS is given. */
const RETRY_LIMIT_MS = 120_000;
const BACKOFF_INITIAL_MS = 5;
const BACKOFF_GROWTH = 1.5;
const BACKOFF_MAX_MS = 500;
const MAX_TIME_MS_EXPIRED = 50;

/**
 * Runs `work` within a transaction and commits, as often as it takes: all of it after a failure that may pass by itself,
 * the commit alone where only its outcome is not known.
 *
 * @param deadline by default there are 120 seconds for further tries
 * @param signal ends the tries: nothing is committed that has not been by then
 * @throws what `work` throws, and what the commit throws; the signal's reason; OperationTimeoutError with that as its cause where the time for
 * further tries is over
 * @see MongoDB Convenient API for Transactions specification, "Sequence of Actions"
 */
export async function retryTransaction<Result>(
  transaction: RetriedTransaction,
  work: () => PromiseLike<Result> | Result,
  deadline?: Deadline,
  signal?: AbortSignal,
): Promise<Result> {
  const time = new RetryTime(deadline);
  for (;;) {
    signal?.throwIfAborted();
    transaction.begin();
    let result: Result;
    try {
      result = await work();
    } catch (error) {
      if (transaction.isActive) await transaction.abort();
      if (!hasLabel(error, 'TransientTransactionError')) throw error;
      await time.pause(error);
      continue;
    }
    // The work has committed or aborted by itself.
    if (!transaction.isActive) return result;
    if (signal?.aborted) {
      await transaction.abort();
      throw signal.reason;
    }
    const transient = await commit(transaction, time);
    if (transient === undefined) return result;
    await time.pause(transient);
  }
}

/** The error for which the whole transaction is to be tried again; undefined where it has been committed. */
async function commit(transaction: RetriedTransaction, time: RetryTime): Promise<unknown> {
  for (;;) {
    try {
      await transaction.commit();
      return undefined;
    } catch (error) {
      const isUnknown = hasLabel(error, 'UnknownTransactionCommitResult') && !isOutOfTime(error);
      // It has not even begun where its time was over before.
      if (transaction.isActive) await transaction.abort();
      if (!isUnknown && !hasLabel(error, 'TransientTransactionError')) throw error;
      time.requireLeft(error);
      if (!isUnknown) return error;
    }
  }
}

/** How long, and after which pauses, a transaction is tried again. */
class RetryTime {
  readonly #deadline: Deadline | undefined;
  readonly #startedAt = performance.now();
  #failed = 0;

  constructor(deadline: Deadline | undefined) {
    this.#deadline = deadline;
  }

  /** @throws OperationTimeoutError where the time is over */
  requireLeft(error: unknown, neededMS = 0): void {
    const leftMS = this.#deadline?.remainingMS ?? this.#startedAt + RETRY_LIMIT_MS - performance.now();
    if (leftMS <= neededMS) throw timeoutError(error, this.#deadline?.timeoutMS ?? RETRY_LIMIT_MS);
  }

  /** @throws OperationTimeoutError where the next try would not begin in time */
  async pause(error: unknown): Promise<void> {
    const longestMS = Math.min(BACKOFF_INITIAL_MS * BACKOFF_GROWTH ** this.#failed++, BACKOFF_MAX_MS);
    const pauseMS = Math.random() * longestMS;
    this.requireLeft(error, pauseMS);
    await new Promise((resolve) => setTimeout(resolve, pauseMS));
  }
}

function timeoutError(cause: unknown, timeoutMS: number): OperationTimeoutError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const labels = (cause as { errorLabels?: readonly string[] }).errorLabels ?? [];
  return new OperationTimeoutError(`the transaction was not committed within ${timeoutMS} ms: ${reason}`, {
    stage: 'retry',
    timeoutMS,
    cause,
    labels,
  });
}

/** What the work throws may be anybody's error, also another version's of this package. */
function hasLabel(error: unknown, label: string): boolean {
  const { hasErrorLabel } = (error ?? {}) as { hasErrorLabel?: unknown };
  return typeof hasErrorLabel === 'function' && hasErrorLabel.call(error, label) === true;
}

/** "a maxTimeMS error ... can be reported as a top-level error or inside writeConcernError." */
function isOutOfTime(error: unknown): boolean {
  if (!(error instanceof OperationFailureError)) return false;
  return error.code === MAX_TIME_MS_EXPIRED || error.response.writeConcernError?.code === MAX_TIME_MS_EXPIRED;
}
