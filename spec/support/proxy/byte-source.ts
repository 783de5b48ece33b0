import type { Socket } from 'node:net';

/** So many bytes of one socket are held before its peer is made to wait. */
const HIGH_WATER_BYTES = 1024 * 1024;

/**
 * Reads a socket in pieces of known size. A connection that breaks is an end of input here: what it means is up to the
 * reader, who sees a piece missing.
 */
export class ByteSource {
  readonly #socket: Socket;
  #chunks: Buffer[] = [];
  #held = 0;
  #ended = false;
  #wake: (() => void) | undefined;

  /** @param onEnd is called once, when nothing more will arrive, even while nobody reads. */
  constructor(socket: Socket, onEnd: () => void) {
    this.#socket = socket;
    const end = (): void => {
      if (this.#ended) return;
      this.#ended = true;
      this.#notify();
      onEnd();
    };
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#held += chunk.length;
      if (this.#held > HIGH_WATER_BYTES) socket.pause();
      this.#notify();
    });
    socket.on('end', end);
    socket.on('close', end);
  }

  /** The next bytes without taking them, or undefined when fewer arrive before the end. */
  async peek(count: number): Promise<Buffer | undefined> {
    while (this.#held < count) {
      if (this.#ended) return undefined;
      this.#socket.resume(); // a message may be larger than what is held at most
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if ((this.#chunks[0]?.length ?? 0) < count) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0]?.subarray(0, count) ?? Buffer.alloc(0);
  }

  /** The next bytes, or undefined when fewer arrive before the end. */
  async take(count: number): Promise<Buffer | undefined> {
    const bytes = await this.peek(count);
    if (bytes !== undefined) this.#drop(count);
    return bytes;
  }

  /** The next bytes in pieces as they arrive. Ends early when the input does. */
  async *stream(count: number): AsyncGenerator<Buffer> {
    let missing = count;
    while (missing > 0) {
      if ((await this.peek(1)) === undefined) return;
      const piece = (this.#chunks[0] as Buffer).subarray(0, missing);
      this.#drop(piece.length);
      missing -= piece.length;
      yield piece;
    }
  }

  #drop(count: number): void {
    const first = this.#chunks[0];
    if (first === undefined) return;
    if (first.length === count) this.#chunks.shift();
    else this.#chunks[0] = first.subarray(count);
    this.#held -= count;
    if (this.#held <= HIGH_WATER_BYTES && !this.#socket.destroyed) this.#socket.resume();
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
