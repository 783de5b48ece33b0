import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { steps } from '../api/call.js';
import type { Document } from '../bson/codec.js';
import { FileExistsError, NoFileError } from '../errors/gridfs-errors.js';
import { InvalidOperationError } from '../errors/usage-errors.js';
import { LimitedQueue } from '../util/limited-queue.js';
import { ChunkWriter } from './chunk-writer.js';
import { exactly } from './exactly.js';
import {
  changeableField,
  fieldNameOf,
  type GridInOptions,
  type GridInSettings,
  readGridInOptions,
} from './grid-in-options.js';
import type { GridFSCollections } from './gridfs-collections.js';
import { type GridFSFile, newGridFSFile } from './gridfs-file.js';
import { collectionsOf, type RootCollection } from './root-collection.js';
import { bytesOf, type GridFSSource } from './source.js';
import { untilAborted } from './until-aborted.js';

/** A file's states while it is stored. An illegal move throws: it is a defect of the driver's. */
const MOVES = {
  open: ['closing', 'aborting'],
  closing: ['closed', 'aborting'],
  closed: [],
  aborting: ['aborted'],
  aborted: [],
} as const satisfies Record<string, readonly string[]>;

type State = keyof typeof MOVES;

/**
 * A file that is being stored. It exists for readers once `close` has resolved, and not before.
 *
 * Calls that are not awaited are carried out in their order. After a failure, of the server or of a source, the chunks so
 * far have been removed, and every further call rejects.
 *
 * @example
 * const gridIn = await fs.newFile({ filename: 'notes.txt', contentType: 'text/plain' });
 * await gridIn.write('First part\n');
 * await gridIn.write(createReadStream('second-part.txt'));
 * await gridIn.close();
 */
export class AsyncGridIn {
  /** For what is done when the upload, and its time, are over. */
  readonly #root: GridFSCollections;
  readonly #collections: GridFSCollections;
  readonly #settings: GridInSettings;
  readonly #fields: Document;
  readonly #writer: ChunkWriter;
  readonly #md5: ReturnType<typeof createHash> | undefined;
  /** One call at a time, in order. */
  readonly #calls = new LimitedQueue(1);
  /** Ends a call that waits for its source. */
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  #state: State = 'open';
  /** What ended the upload against the caller's will. */
  #failure: { readonly error: unknown } | undefined;
  /** As it is stored. */
  #file: GridFSFile | undefined;

  /**
   * @param rootCollection the one that the bucket is named after, such as `db.collection('fs')`
   * @param options what the file is called and how it is stored; unknown names become fields of the files document
   * @throws TypeError, RangeError, ConfigurationError for wrong options and for unacknowledged writes
   */
  constructor(rootCollection: RootCollection, options: GridInOptions = {}) {
    this.#settings = readGridInOptions(options);
    const { _id, chunkSizeBytes, computeMd5, fields, signal, killOnAbort, timeoutMS, session } = this.#settings;
    this.#root = collectionsOf(rootCollection).within(session);
    this.#collections = this.#root.until(timeoutMS, session, killOnAbort);
    this.#fields = { ...fields };
    this.#md5 = computeMd5 ? createHash('md5') : undefined;
    this.#signal = signal === undefined ? this.#stop.signal : AbortSignal.any([signal, this.#stop.signal]);
    this.#writer = new ChunkWriter(this.#collections, _id, { chunkSizeBytes, signal: this.#signal });
  }

  /** Does nothing: there is no need to open a file. Motor has it. */
  async open(): Promise<this> {
    return this;
  }

  /**
   * Stores bytes behind those so far. Reads a source to its end; `data` must not be changed until the promise resolves.
   *
   * @param data a string, Buffer, typed array, ArrayBuffer, Blob, stream of Node.js or the web, another `AsyncGridOut`, or
   *   any (async) iterable of strings and bytes
   * @throws TypeError for anything else, which leaves the file as it is; InvalidOperationError for a file that is closed;
   *   FileExistsError for an `_id` that is taken; what the source throws; the reason of the signal
   */
  write(data: GridFSSource): Promise<void> {
    return this.#inTurn(() => {
      this.#refuseUnlessOpen('write to');
      return this.#pump(bytesOf(data, this.#settings.encoding));
    });
  }

  /**
   * Writes one after the other. Nothing is put between them.
   *
   * @param sequence anything that `write` takes, in an iterable or async iterable
   */
  writelines(sequence: Iterable<GridFSSource> | AsyncIterable<GridFSSource>): Promise<void> {
    return this.#inTurn(() => {
      this.#refuseUnlessOpen('write to');
      return this.#pump(bytesOfAll(sequence, this.#settings.encoding));
    });
  }

  /**
   * Sets a field of the files document: before `close` it is stored with the others, after it at once.
   *
   * @param name such as `contentType` (or `content_type`), `filename`, `metadata`, or any other
   * @throws TypeError for a name with dots or `$`, InvalidOperationError for what the upload decides, such as `length`;
   *   NoFileError where the file has been deleted meanwhile
   * @example
   * await gridIn.set('my_field', 'my_value');
   */
  set(name: string, value: unknown): Promise<void> {
    return this.#inTurn(async () => {
      const field = changeableField(name);
      if (this.#state !== 'closed') this.#refuseUnlessOpen('change');
      else {
        const update = { $set: { [field]: value } } as Document;
        const { matchedCount } = await this.#root.files.updateOne({ _id: exactly(this._id) } as Document, update);
        if (matchedCount === 0) throw new NoFileError(`there is no file with the id ${inspect(this._id)} any more`);
      }
      this.#fields[field] = value;
    });
  }

  /**
   * Stores what is left, and the files document: now readers find the file. A second call does nothing.
   *
   * @throws FileExistsError, OperationFailureError, ConnectionFailureError; nothing of the file is left then, and a further
   *   call rejects with the same error
   */
  close(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#state === 'open') await this.#close();
    });
  }

  /**
   * Gives the file up and removes the chunks that it has so far. Ends a `write` that is under way. A second call does
   * nothing.
   *
   * @throws InvalidOperationError for a file that has been closed: `fs.delete` is for those
   */
  abort(): Promise<void> {
    this.#stop.abort(new InvalidOperationError('the upload has been aborted'));
    return this.#inTurn(async () => {
      if (this.#state === 'closed')
        throw new InvalidOperationError('the file has been stored and cannot be aborted; fs.delete() removes it');
      if (this.#state === 'open') await this.#abort();
      // Also of an upload that failed before: whether its chunks could be deleted, nobody has heard yet.
      else await this.#writer.abort();
    });
  }

  /**
   * For `await using`: closes the file, unless a call has failed or the signal has aborted. A block that is left by an error
   * of its own has to call `abort`, or a part of the file is stored.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#failure !== undefined) return;
    if (this.#settings.signal?.aborted && this.#state === 'open') await this.abort();
    else await this.close();
  }

  /** Whether nothing can be written any more. */
  get closed(): boolean {
    return this.#state === 'closed' || this.#state === 'aborted';
  }

  /** There from the start. */
  get _id(): any {
    return this.#settings._id;
  }

  get filename(): string | undefined {
    return this.#fields.filename;
  }

  /** The file-like name for `filename`. */
  get name(): string | undefined {
    return this.filename;
  }

  get contentType(): string | undefined {
    return this.#fields.contentType;
  }

  get content_type(): string | undefined {
    return this.contentType;
  }

  /** Bytes of each chunk but the last. */
  get chunkSize(): number {
    return this.#settings.chunkSizeBytes;
  }

  get chunk_size(): number {
    return this.chunkSize;
  }

  /**
   * Bytes.
   *
   * @throws InvalidOperationError before `close`, as `uploadDate` and `md5` do
   */
  get length(): number {
    return this.#stored('length').length;
  }

  get uploadDate(): Date {
    return this.#stored('uploadDate').uploadDate;
  }

  get upload_date(): Date {
    return this.uploadDate;
  }

  /** In hexadecimal; undefined without the option `computeMd5`. */
  get md5(): string | undefined {
    return this.#stored('md5').md5;
  }

  /** Any field of the files document, by either spelling; undefined where there is none. */
  get(name: string): any {
    const field = fieldNameOf(name);
    if (field === '_id') return this._id;
    if (field === 'chunkSize') return this.chunkSize;
    if (field === 'length' || field === 'uploadDate' || field === 'md5') return this.#stored(field)[field];
    return Object.hasOwn(this.#fields, field) ? this.#fields[field] : undefined;
  }

  /** @internal The document of the stored file. */
  get file(): GridFSFile {
    return { ...this.#stored('file'), ...this.#fields };
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    return steps(() => this.#calls.add(async () => task()));
  }

  async #pump(source: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      for await (const bytes of untilAborted(source, this.#signal)) {
        this.#md5?.update(bytes);
        await this.#writer.write(bytes);
      }
    } catch (error) {
      throw await this.#fail(error);
    }
  }

  async #close(): Promise<void> {
    this.#moveTo('closing');
    try {
      this.#signal.throwIfAborted();
      const length = await this.#writer.finish();
      // From here on the signal changes nothing: an insert that is given up may still be carried out.
      this.#signal.throwIfAborted();
      const md5 = this.#md5?.digest('hex');
      const file = newGridFSFile(this._id, length, this.chunkSize, { ...this.#fields, md5 });
      await this.#insert(file);
      this.#file = file;
      this.#moveTo('closed');
    } catch (error) {
      throw await this.#fail(error);
    }
  }

  async #insert(file: GridFSFile): Promise<void> {
    try {
      await this.#collections.insertFile(file);
    } catch (error) {
      // After a broken connection, whether it is there is unknown; a file without chunks must not stay.
      // A further failure would hide the first.
      if (!(error instanceof FileExistsError)) await this.#collections.deleteFile(file).catch(() => undefined);
      throw error;
    }
  }

  /** Ends the upload by an error: removes what there is of it, and returns the error that the caller gets. */
  async #fail(error: unknown): Promise<unknown> {
    if (!this.#stop.signal.aborted) this.#failure = { error };
    // The caller has to hear of the first failure. What could not be deleted is found by sweepOrphans.
    await this.#abort().catch(() => undefined);
    return error;
  }

  async #abort(): Promise<void> {
    this.#moveTo('aborting');
    try {
      await this.#writer.abort();
    } finally {
      this.#moveTo('aborted');
    }
  }

  #stored(what: string): GridFSFile {
    if (this.#file === undefined) throw new InvalidOperationError(`${what} is known once the file has been closed`);
    return this.#file;
  }

  #refuseUnlessOpen(what: string): void {
    if (this.#state === 'open') return;
    throw new InvalidOperationError(
      `cannot ${what} the file ${inspect(this._id)}: it is ${this.#state}`,
      this.#failure === undefined ? {} : { cause: this.#failure.error },
    );
  }

  #moveTo(to: State): void {
    if (!(MOVES[this.#state] as readonly State[]).includes(to))
      throw new Error(`a file that is stored cannot go from ${this.#state} to ${to}`);
    this.#state = to;
  }
}

function bytesOfAll(
  sequence: Iterable<GridFSSource> | AsyncIterable<GridFSSource>,
  encoding: BufferEncoding,
): AsyncIterable<Uint8Array> {
  const isIterable =
    typeof sequence === 'object' &&
    sequence !== null &&
    (Symbol.iterator in sequence || Symbol.asyncIterator in sequence);
  if (!isIterable && typeof sequence !== 'string')
    throw new TypeError(`sequence must be an iterable or async iterable, not ${inspect(sequence, { depth: 0 })}`);
  return (async function* () {
    for await (const data of sequence) yield* bytesOf(data, encoding);
  })();
}
