/**
 * Hands values on in the order in which they are added, also where one of them is only promised: whatever follows it
 * waits.
 */
export class InOrder<Value> {
  readonly #take: (value: Value) => void;
  readonly #failed: (error: unknown) => void;
  #last: Promise<void> | undefined;

  /**
   * @param take gets the values
   * @param failed hears why a promise was rejected, and what `take` has thrown for a value that had to wait
   */
  constructor(take: (value: Value) => void, failed: (error: unknown) => void) {
    this.#take = take;
    this.#failed = failed;
  }

  /** Resolves when the last value that waits has been handed on; undefined where none waits. Never rejects. */
  get last(): Promise<void> | undefined {
    return this.#last;
  }

  /** Returns whether the value was handed on at once. What `take` throws then is thrown. */
  add(value: Value | Promise<Value>): boolean {
    if (this.#last === undefined && !isPromise(value)) {
      this.#take(value);
      return true;
    }
    const handedOn = this.#takeBehind(this.#last, value);
    this.#last = handedOn;
    void handedOn.then(() => {
      if (this.#last === handedOn) this.#last = undefined;
    });
    return false;
  }

  /** Never rejects. */
  async #takeBehind(previous: Promise<void> | undefined, promised: Value | Promise<Value>): Promise<void> {
    try {
      const [value] = await Promise.all([promised, previous]);
      this.#take(value);
    } catch (error) {
      this.#failed(error);
    }
  }
}

function isPromise<Value>(value: Value | Promise<Value>): value is Promise<Value> {
  return typeof (value as { then?: unknown }).then === 'function';
}
