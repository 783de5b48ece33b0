import { Writable } from 'node:stream';
import { inspect } from 'node:util';
import { ChunkWriter, DEFAULT_CHUNK_SIZE_BYTES } from './chunk-writer.js';
import type { GridFSCollections } from './gridfs-collections.js';
import { type GridFSFile, newGridFSFile } from './gridfs-file.js';
import type { GridFSUploadOptions } from './stream-options.js';

/**
 * Stores what is written to it as one file. The file is there when the stream has finished: `gridFSFile` is its document
 * then.
 *
 * Destroying the stream, `abort()`, and the failure of a stream that is piped into it by `pipeline`, delete what has been
 * stored. After the failure of an insert the chunks stay, as the specification demands; `abort()` deletes them.
 *
 * @example
 * await pipeline(createReadStream('film.mp4'), bucket.openUploadStream('film.mp4'));
 * @see MongoDB GridFS specification, "File Upload"
 */
export class GridFSUploadStream extends Writable {
  /** The file's `_id`. */
  readonly id: any;
  readonly filename: string;
  readonly chunkSizeBytes: number;
  /** The stored file, from the event `finish` on; null before. */
  gridFSFile: GridFSFile | null = null;
  readonly #writer: ChunkWriter;
  readonly #options: GridFSUploadOptions;
  /** An insert failed: what is stored stays, unless the user aborts. */
  #failed = false;

  /** @internal Made by `bucket.openUploadStream()`. */
  constructor(collections: GridFSCollections, id: unknown, filename: string, options: GridFSUploadOptions = {}) {
    if (typeof filename !== 'string') throw new TypeError(`filename must be a string, not ${inspect(filename)}`);
    if (id === undefined) throw new TypeError('id must be a value that BSON knows, not undefined');
    const { chunkSizeBytes = DEFAULT_CHUNK_SIZE_BYTES, writeConcern, signal } = options;
    const writer = new ChunkWriter(collections, id, { chunkSizeBytes, writeConcern, signal });
    super();
    this.id = id;
    this.filename = filename;
    this.chunkSizeBytes = chunkSizeBytes;
    this.#writer = writer;
    this.#options = options;
    if (signal?.aborted) this.destroy(signal.reason);
    else signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#writer.length;
  }

  /**
   * Gives the upload up: the stream is destroyed, and every chunk of the file deleted. A second call waits for the first.
   *
   * @throws InvalidOperationError where the file is stored already, OperationFailureError where the chunks cannot be deleted
   */
  async abort(): Promise<void> {
    const aborted = this.#writer.abort();
    this.destroy();
    await aborted;
  }

  override _write(data: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.#writer.write(data).then(() => done(), this.#failure(done));
  }

  override _final(done: (error?: Error) => void): void {
    this.#store().then(() => done(), this.#failure(done));
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    // An error here would end a process that does not listen to a stream that it has given up: `abort` tells of it.
    this.#cleanUp().then(
      () => done(error),
      () => done(error),
    );
  }

  /** The file's document comes last: a reader sees the whole file or none. */
  async #store(): Promise<void> {
    const length = await this.#writer.finish();
    const { metadata, contentType, aliases } = this.#options;
    const file = newGridFSFile(this.id, length, this.chunkSizeBytes, {
      filename: this.filename,
      metadata,
      contentType,
      aliases,
    });
    // From here on the signal changes nothing: an insert that is given up may still be carried out.
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    await this.#writer.store(file);
    this.gridFSFile = file;
  }

  async #cleanUp(): Promise<void> {
    if (this.gridFSFile !== null || this.#failed) return;
    await this.#writer.abort();
  }

  #failure(done: (error: Error) => void): (error: Error) => void {
    return (error) => {
      this.#failed = true;
      done(error);
    };
  }

  readonly #onAbort = (): void => {
    this.destroy(this.#options.signal!.reason);
  };
}
