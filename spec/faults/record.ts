/** What becomes of operations: how many, how long the longest, which errors. */
export class OperationRecord {
  operations = 0;
  duplicates = 0;
  readonly errors: Record<string, number> = {};
  readonly stallsMS: number[] = [0];
  /** When the operations under way have begun. */
  readonly #running = new Map<object, number>();

  /** Whether it succeeded. */
  async run(operation: () => Promise<unknown>): Promise<boolean> {
    const start = performance.now();
    const key = {};
    this.#running.set(key, start);
    try {
      await operation();
      return true;
    } catch (error) {
      this.#failed(error as Error);
      return false;
    } finally {
      this.#running.delete(key);
      this.operations++;
      this.#took(performance.now() - start);
    }
  }

  /** From here on, the longest operation is counted anew. */
  strike(): void {
    this.stallsMS.push(0);
  }

  get unsettled(): number {
    return this.#running.size;
  }

  /** One that never ends has taken as long as it has been waited for. */
  countUnsettled(): void {
    for (const start of this.#running.values()) this.#took(performance.now() - start);
  }

  #took(ms: number): void {
    const at = this.stallsMS.length - 1;
    this.stallsMS[at] = Math.max(this.stallsMS[at]!, ms);
  }

  #failed(error: Error & { code?: unknown }): void {
    if (error.code === DUPLICATE_KEY) this.duplicates++;
    // Which operation, connection and address it was differs with each.
    const text = `${error.name}: ${error.message}`.replace(/\d[\d.:]{3,}/g, '#').slice(0, 200);
    this.errors[text] = (this.errors[text] ?? 0) + 1;
  }
}

const DUPLICATE_KEY = 11_000;
