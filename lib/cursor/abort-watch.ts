/** Tells a cursor that its signal has aborted, without keeping alive for the signal's sake what nobody else holds. */
export class AbortWatch {
  readonly #signal: AbortSignal;
  readonly #cursor: WeakRef<{ aborted(): void }>;

  constructor(signal: AbortSignal, cursor: { aborted(): void }) {
    this.#signal = signal;
    this.#cursor = new WeakRef(cursor);
    signal.addEventListener('abort', this);
  }

  /** The signal's only event. */
  handleEvent(): void {
    this.#cursor.deref()?.aborted();
  }

  stop(): void {
    this.#signal.removeEventListener('abort', this);
  }
}
