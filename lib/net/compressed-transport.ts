import { compressRequest } from '../wire/compression.js';
import type { Compressor } from '../wire/compressors.js';
import type { Transport } from './transport.js';

/**
 * Compresses what goes out over another transport. Large requests are compressed by a thread; whatever follows one of them
 * waits for it, so that nothing overtakes.
 *
 * @param broken is told where a request cannot be compressed
 */
export class CompressedTransport implements Transport {
  readonly #inner: Transport;
  readonly #compressor: Compressor;
  readonly #broken: (error: unknown) => void;
  /** The last request that is being compressed, or waits for one that is. */
  #last: Promise<void> | undefined;
  #destroyed = false;

  constructor(inner: Transport, compressor: Compressor, broken: (error: unknown) => void) {
    this.#inner = inner;
    this.#compressor = compressor;
    this.#broken = broken;
  }

  write(bytes: Buffer): boolean {
    const compressed = compressRequest(bytes, this.#compressor);
    if (compressed instanceof Buffer && this.#last === undefined) {
      // A request that is not compressed goes out in the caller's memory, all others in their own.
      return this.#inner.write(compressed) || compressed !== bytes;
    }
    const sent = this.#sendBehind(this.#last, compressed);
    this.#last = sent;
    void sent.then(() => {
      if (this.#last === sent) this.#last = undefined;
    });
    return false;
  }

  /** Never rejects. */
  async #sendBehind(previous: Promise<void> | undefined, compressed: Buffer | Promise<Buffer>): Promise<void> {
    try {
      const [bytes] = await Promise.all([compressed, previous]);
      if (!this.#destroyed) this.#inner.write(bytes);
    } catch (error) {
      if (!this.#destroyed) this.#broken(error);
    }
  }

  setTimeout(silenceMS: number): void {
    this.#inner.setTimeout(silenceMS);
  }

  keepAlive(yes: boolean): void {
    this.#inner.keepAlive(yes);
  }

  destroy(): void {
    this.#destroyed = true;
    this.#inner.destroy();
  }
}
