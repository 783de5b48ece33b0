import { type ErrorContext, RotorError } from '../errors/rotor-error.js';

/** The caller's side of an operation: a promise that is settled once, and a signal by which the caller gives up. */
export abstract class Pending<Result> {
  settled = false;
  /** Where and since when it waits in a line; the line writes both. */
  line: { abandon(): void } | undefined;
  queuedAt = 0;
  protected readonly startedAt = performance.now();
  private readonly signal: AbortSignal | undefined;
  private readonly resolve: (result: Result) => void;
  private readonly reject: (error: unknown) => void;

  constructor(signal: AbortSignal | undefined, resolve: (result: Result) => void, reject: (error: unknown) => void) {
    this.signal = signal;
    this.resolve = resolve;
    this.reject = reject;
  }

  /** Where the operation is, for its error. */
  protected abstract get context(): ErrorContext;

  /** The operation is settled. */
  protected abstract over(): void;

  /** The caller has given up: what is under way goes on by itself, and what is held goes back. */
  protected abstract givenUp(): void;

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

  /** The signal's only event. */
  handleEvent(): void {
    this.abort();
  }

  /** The caller gets its answer at once. */
  private abort(): void {
    if (this.settled) return;
    this.settle();
    this.line?.abandon();
    this.givenUp();
    this.reject(this.signal!.reason);
  }

  private settle(): void {
    this.settled = true;
    if (this.signal !== undefined) this.signal.removeEventListener('abort', this);
    this.over();
  }
}
