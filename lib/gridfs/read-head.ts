import { readChunks } from './chunk-reader.js';
import type { GridFSCollections } from './gridfs-collections.js';
import type { GridFSFile } from './gridfs-file.js';

const NO_BYTES = Buffer.alloc(0);
const NEWLINE = 0x0a;

/**
 * A position in a stored file, and what has come in from there on. Reading moves it, so that one cursor serves all reads until
 * the position is moved elsewhere. Reads must not overlap.
 */
export class ReadHead {
  readonly #collections: GridFSCollections;
  #position = 0;
  /** The bytes from the position on that are there already. */
  #rest: Buffer = NO_BYTES;
  /** Chunks as they come in from behind those bytes. */
  #chunks: AsyncGenerator<Buffer, void, void> | undefined;

  constructor(collections: GridFSCollections) {
    this.#collections = collections;
  }

  /** Bytes of the file before it. */
  get position(): number {
    return this.#position;
  }

  /** At most `size` bytes; fewer only at the end of the file. */
  async read(file: GridFSFile, size: number, signal: AbortSignal): Promise<Buffer> {
    return this.#gather(size, (left) => this.#take(file, signal, () => left));
  }

  /** The bytes up to a newline and with it, at most `size`. */
  async readLine(file: GridFSFile, size: number, signal: AbortSignal): Promise<Buffer> {
    let isWhole = false;
    return this.#gather(size, async (left) => {
      if (isWhole) return NO_BYTES;
      const piece = await this.#take(file, signal, (rest) => Math.min(left, rest.indexOf(NEWLINE) + 1 || left));
      isWhole = piece.at(-1) === NEWLINE;
      return piece;
    });
  }

  /** What is left of the current chunk. */
  readChunk(file: GridFSFile, signal: AbortSignal): Promise<Buffer> {
    return this.#take(file, signal, (rest) => rest.length);
  }

  /** Makes sure that the next bytes are there, if there are any. */
  async fill(file: GridFSFile, signal: AbortSignal): Promise<void> {
    await this.#take(file, signal, () => 0);
  }

  /** Nothing is sent before the next read. */
  moveTo(position: number): void {
    const ahead = position - this.#position;
    if (ahead >= 0 && ahead <= this.#rest.length) this.#rest = this.#rest.subarray(ahead);
    else void this.letGo();
    this.#position = position;
  }

  /**
   * Forgets what has been read ahead, and closes the cursor. Never rejects. A read that is under way has to be ended by its
   * signal before.
   */
  async letGo(): Promise<void> {
    const chunks = this.#chunks;
    this.#chunks = undefined;
    this.#rest = NO_BYTES;
    // Whatever goes wrong with the end of the reading, nobody reads from it any more.
    await chunks?.return().catch(() => undefined);
  }

  /** Pieces until there are `size` bytes, or none come any more. After a failure the position is where it was. */
  async #gather(size: number, next: (left: number) => Promise<Buffer>): Promise<Buffer> {
    const start = this.#position;
    const pieces: Buffer[] = [];
    try {
      for (let left = size; left > 0; left -= pieces.at(-1)!.length) {
        const piece = await next(left);
        if (piece.length === 0) break;
        pieces.push(piece);
      }
    } catch (error) {
      this.moveTo(start);
      throw error;
    }
    return joined(pieces);
  }

  /**
   * The next bytes, as many of those that are there as `sizeOf` says. None only at the end of the file and behind it.
   *
   * @param signal the same for all reads until the next `letGo`
   */
  async #take(file: GridFSFile, signal: AbortSignal, sizeOf: (rest: Buffer) => number): Promise<Buffer> {
    signal.throwIfAborted();
    if (this.#rest.length === 0) await this.#fetch(file, signal);
    signal.throwIfAborted();
    const piece = this.#rest.subarray(0, sizeOf(this.#rest));
    this.#rest = this.#rest.subarray(piece.length);
    this.#position += piece.length;
    return piece;
  }

  async #fetch(file: GridFSFile, signal: AbortSignal): Promise<void> {
    if (this.#position >= file.length) return this.letGo();
    const range = { start: this.#position, end: file.length };
    this.#chunks ??= readChunks(this.#collections, file, range, { signal });
    const chunks = this.#chunks;
    try {
      const { value } = await chunks.next();
      // Bytes that were on their way when it was closed are no longer wanted.
      if (this.#chunks === chunks) this.#rest = value ?? NO_BYTES;
    } catch (error) {
      if (this.#chunks === chunks) this.#chunks = undefined;
      throw error;
    }
  }
}

/** One piece is returned as it is: a copy would cost as much as reading it. */
function joined(pieces: readonly Buffer[]): Buffer {
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
}
