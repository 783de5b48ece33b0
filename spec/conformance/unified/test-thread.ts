import { Difference } from './verdicts.js';

/** The longest that a thread may need for its last operation, in milliseconds. */
const JOIN_TIMEOUT_MS = 10_000;

/** A line of operations that run one after another, beside the test's own. */
export class TestThread {
  #last: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;

  /** Runs an operation as soon as those before it are done. Its failure is kept for `join`. */
  run(operation: () => Promise<void>): void {
    this.#last = this.#last.then(operation).catch((error) => {
      this.#failure ??= { error };
    });
  }

  /**
   * Waits until all operations are done.
   *
   * @throws what the first one that failed threw; Difference after 10 seconds
   */
  async join(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Difference(`the thread was not done after ${JOIN_TIMEOUT_MS} ms`)),
        JOIN_TIMEOUT_MS,
      );
    });
    await Promise.race([this.#last, late]).finally(() => clearTimeout(timer));
    this.rethrow();
  }

  /** @throws what an operation threw so far */
  rethrow(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
