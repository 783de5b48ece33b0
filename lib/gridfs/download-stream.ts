import { Readable } from 'node:stream';
import { InvalidOperationError } from '../errors/usage-errors.js';
import { checkOffset, checkRange } from './byte-range.js';
import { readChunks } from './chunk-reader.js';
import type { GridFSCollections } from './gridfs-collections.js';
import type { GridFSFile } from './gridfs-file.js';
import type { GridFSDownloadOptions } from './stream-options.js';

/** Finds the file that is to be read. */
export type Locate = (options: { readonly signal: AbortSignal }) => Promise<GridFSFile>;

/**
 * The bytes of a stored file, or of a part of it. The server is asked when the first byte is: errors arrive as the
 * stream's. Destroying the stream closes the cursor on the server.
 *
 * It emits `file` with the file's document before the first byte.
 *
 * @example
 * await pipeline(bucket.openDownloadStreamByName('film.mp4'), createWriteStream('film.mp4'));
 * @see MongoDB GridFS specification, "File Download"
 */
export class GridFSDownloadStream extends Readable {
  readonly #collections: GridFSCollections;
  readonly #locate: Locate;
  readonly #signal: AbortSignal | undefined;
  readonly #stopped = new AbortController();
  #start: number;
  #end: number | undefined;
  #chunks: Promise<AsyncGenerator<Buffer, void, void>> | undefined;

  /** @internal Made by `bucket.openDownloadStream()`. */
  constructor(collections: GridFSCollections, locate: Locate, { start, end, signal }: GridFSDownloadOptions = {}) {
    const from = checkOffset(start ?? 0, 'start');
    const to = end === undefined ? undefined : checkOffset(end, 'end');
    super();
    this.#collections = collections;
    this.#locate = locate;
    this.#start = from;
    this.#end = to;
    this.#signal = signal;
    if (signal?.aborted) this.destroy(signal.reason);
    else signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /**
   * Begins at this byte.
   *
   * @throws InvalidOperationError when the stream is being read
   */
  start(start = 0): this {
    this.#refuseStarted('start');
    this.#start = checkOffset(start, 'start');
    return this;
  }

  /**
   * Ends before this byte.
   *
   * @throws InvalidOperationError when the stream is being read
   */
  end(end = 0): this {
    this.#refuseStarted('end');
    this.#end = checkOffset(end, 'end');
    return this;
  }

  /** Destroys the stream, and resolves when the cursor is closed on the server. */
  async abort(): Promise<void> {
    this.destroy();
    await this.#close();
  }

  override _read(): void {
    this.#next().then(
      (data) => this.push(data),
      (error) => this.destroy(error),
    );
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#close().then(() => done(error), done);
  }

  async #next(): Promise<Buffer | null> {
    this.#chunks ??= this.#open();
    const { done, value } = await (await this.#chunks).next();
    return done ? null : value;
  }

  async #open(): Promise<AsyncGenerator<Buffer, void, void>> {
    const { signal } = this.#stopped;
    const file = await this.#locate({ signal });
    const range = checkRange(file.length, this.#start, this.#end);
    this.emit('file', file);
    return readChunks(this.#collections, file, range, { signal });
  }

  async #close(): Promise<void> {
    this.#stopped.abort();
    // What went wrong before has been reported by the read that it broke.
    const chunks = await this.#chunks?.catch(() => undefined);
    await chunks?.return();
  }

  #refuseStarted(what: string): void {
    if (this.#chunks !== undefined || this.destroyed)
      throw new InvalidOperationError(`cannot set ${what}: the stream is being read`);
  }

  readonly #onAbort = (): void => {
    this.destroy(this.#signal!.reason);
  };
}
