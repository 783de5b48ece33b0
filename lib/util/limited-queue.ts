import PQueue from 'p-queue';

/** Runs tasks in their order, at most `concurrency` at a time. The one door to the p-queue package. */
export class LimitedQueue {
  readonly #queue: PQueue;

  constructor(concurrency: number) {
    this.#queue = new PQueue({ concurrency });
  }

  /** Tasks that wait or run. */
  get size(): number {
    return this.#queue.size + this.#queue.pending;
  }

  /** The task's own result; its rejection is the caller's to handle. */
  add<T>(task: () => Promise<T>): Promise<T> {
    return this.#queue.add(task);
  }

  /** Resolves when no task waits for its turn: another one would begin at once, or be the first in the line. */
  room(): Promise<void> {
    return this.#queue.onSizeLessThan(1);
  }

  /** Forgets the tasks that have not begun. Their promises stay pending. */
  clear(): void {
    this.#queue.clear();
  }
}
