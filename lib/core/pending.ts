import { type ErrorContext, RotorError } from '../errors/rotor-error.js';
import { abortSignalOf } from '../util/abort-signal.js';
import type { Deadline } from '../util/deadline.js';
import type { DeadlineTicker } from './deadline-ticker.js';

/**
 * The caller's side of an operation: a promise that is settled once, and the two ways in which that happens before the
 * operation has ended: by the caller's signal, or by the deadline.
 */
export abstract class Pending<Result> {
  settled = false;
  /** Where and since when it waits in a line; the line writes both. */
  line: { abandon(): void } | undefined;
  queuedAt = 0;
  protected readonly startedAt = performance.now();
  /** Undefined where the operation may take as long as it takes. */
  readonly deadline: Deadline | undefined;
  private readonly signal: AbortSignal | undefined;
  private ticker: DeadlineTicker | undefined;
  private readonly resolve: (result: Result) => void;
  private readonly reject: (error: unknown) => void;

  /** @throws TypeError for what is no signal */
  constructor(
    signal: AbortSignal | undefined,
    deadline: Deadline | undefined,
    resolve: (result: Result) => void,
    reject: (error: unknown) => void,
  ) {
    this.signal = signal === undefined ? undefined : abortSignalOf(signal);
    this.deadline = deadline;
    this.resolve = resolve;
    this.reject = reject;
  }

  /** Where the operation is, for its error. */
  protected abstract get context(): ErrorContext;

  /** The error of an operation whose time is over. */
  protected abstract get timeout(): RotorError;

  /** The operation is settled. */
  protected abstract over(): void;

  /** The caller has given up: what is under way goes on by itself, and what is held goes back. */
  protected abstract givenUp(reason: unknown): void;

  protected succeed(result: Result): void {
    if (this.settled) return;
    this.settle();
    this.resolve(result);
  }

  /** Ends the operation with an error, which is told where it arose. */
  protected fail(error: unknown): void {
    this.end(error instanceof RotorError ? error.at(this.context) : error);
  }

  /** Ends the operation with an error that has its place already. */
  protected end(error: unknown): void {
    if (this.settled) return;
    this.settle();
    this.reject(error);
  }

  /** False where the signal has been aborted already. */
  protected watchSignal(): boolean {
    if (this.signal === undefined) return true;
    if (this.signal.aborted) {
      this.abort();
      return false;
    }
    this.signal.addEventListener('abort', this, { once: true });
    return true;
  }

  protected watchDeadline(ticker: DeadlineTicker): void {
    if (this.deadline === undefined) return;
    this.ticker = ticker;
    ticker.watch(this, this.deadline);
  }

  /** By the ticker. */
  expired(): void {
    this.leave(this.timeout.at(this.context));
  }

  /** The signal's only event. */
  handleEvent(): void {
    this.abort();
  }

  private abort(): void {
    this.leave(this.signal!.reason);
  }

  /** The caller gets its answer at once. */
  protected leave(reason: unknown): void {
    if (this.settled) return;
    this.settle();
    this.line?.abandon();
    this.givenUp(reason);
    this.reject(reason);
  }

  private settle(): void {
    this.settled = true;
    if (this.signal !== undefined) this.signal.removeEventListener('abort', this);
    this.ticker?.forget(this, this.deadline!);
    this.over();
  }
}
