import { Readable } from 'node:stream';
import { inspect } from 'node:util';
import { steps } from '../api/call.js';
import type { ClientSession } from '../api/client-session.js';
import type { Abortable } from '../api/operation-options.js';
import type { Document } from '../bson/codec.js';
import { InvalidOperationError } from '../errors/usage-errors.js';
import { LimitedQueue } from '../util/limited-queue.js';
import { checkOffset, checkRange } from './byte-range.js';
import { readChunks } from './chunk-reader.js';
import type { GridFSCollections } from './gridfs-collections.js';
import { type GridFSFile, readGridFSFile } from './gridfs-file.js';
import { ReadHead } from './read-head.js';
import { collectionsOf, type RootCollection } from './root-collection.js';
import { type FileTarget, streamTo } from './stream-to.js';

/** Which file: by its id, or by its files document where that has been read already. */
export interface GridOutOptions {
  fileId?: unknown;
  /** Has priority over `fileId`, and makes opening needless. */
  fileDocument?: Document | undefined;
  /** Motor's name for `fileId`. */
  file_id?: unknown;
  /** Motor's name for `fileDocument`. */
  file_document?: Document | undefined;
  /** Ends all reading, at once or when it aborts: it rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** Options of reading. */
export interface GridFSReadOptions extends Abortable {
  /**
   * Milliseconds from now for all that the call asks servers for, and for reading the file that it gives; 0 for no limit.
   * Default: that of the database, for each operation.
   */
  timeoutMS?: number | undefined;
  session?: ClientSession | null | undefined;
}

/** The whence of `seek`. */
const FROM_START = 0;
const FROM_HERE = 1;
const FROM_END = 2;

/**
 * A stored file, read like a file: from a position that reading moves on. Reads that are not awaited are carried out in
 * their order. All ways to read share the position, but for `range`.
 *
 * Buffers that it returns may share the memory of the server's replies: copy what is kept for long.
 *
 * @example
 * const gridOut = await fs.get(fileId);
 * const content = await gridOut.read();
 * @example
 * for await (const bytes of await fs.getLastVersion({ filename: 'film.mp4' })) hash.update(bytes);
 */
export class AsyncGridOut {
  readonly #collections: GridFSCollections;
  readonly #fileId: unknown;
  /** One read at a time, in order. */
  readonly #reads = new LimitedQueue(1);
  /** As it was read, until somebody asks for its fields. */
  #document: Document | undefined;
  #file: GridFSFile | undefined;
  readonly #head: ReadHead;
  readonly #signal: AbortSignal | undefined;
  /** Ends the reads that have been asked for so far. */
  #stop = new AbortController();
  /** Aborts when either of the two does. */
  #ended: AbortSignal;

  /**
   * @param rootCollection the one that the bucket is named after, such as `db.collection('fs')`
   * @throws TypeError where `options` names no file
   */
  constructor(rootCollection: RootCollection, options: GridOutOptions) {
    this.#collections = collectionsOf(rootCollection);
    const { fileId = options?.file_id, fileDocument = options?.file_document } = options ?? {};
    if (fileId === undefined && fileDocument === undefined)
      throw new TypeError('options must have fileId or fileDocument: which file is to be read?');
    this.#fileId = fileId;
    this.#head = new ReadHead(this.#collections);
    this.#document = fileDocument;
    this.#signal = options.signal;
    this.#ended = anySignal(this.#signal, this.#stop.signal);
  }

  /**
   * Reads the files document, if it is not there yet. The methods that read do so by themselves.
   *
   * @throws NoFileError, CorruptGridFileError
   */
  open(options: GridFSReadOptions = {}): Promise<this> {
    return steps(async () => {
      const { timeoutMS, session, signal } = options;
      await this.#load(this.#collections.until(timeoutMS, session), signal);
      return this;
    });
  }

  /**
   * The next bytes.
   *
   * @param size how many at most; all that are left where it is negative or left out. Fewer come only at the end of the file
   * @returns no bytes at the end
   * @throws CorruptGridFileError for a chunk that is missing, too many or of the wrong size; NoFileError
   */
  read(size = -1): Promise<Buffer> {
    return this.#inTurn((file, signal) => this.#head.read(file, checkSize(size), signal));
  }

  /**
   * The next line with its newline, which the last line of a file may lack.
   *
   * @param size how many bytes at most; negative or left out for no limit
   * @returns no bytes at the end
   */
  readline(size = -1): Promise<Buffer> {
    return this.#inTurn((file, signal) => this.#head.readLine(file, checkSize(size), signal));
  }

  /** The rest of the current chunk: the cheapest way to read. No bytes at the end. */
  readChunk(): Promise<Buffer> {
    return this.#inTurn((file, signal) => this.#head.readChunk(file, signal));
  }

  /** The position: how many bytes of the file are before it. */
  tell(): number {
    return this.#head.position;
  }

  /**
   * Moves the position, also beyond the end, where there is nothing to read. Nothing is sent before the next read.
   *
   * @param offset bytes
   * @param whence from where: 0 the start, 1 the position, 2 the end of the file
   * @returns the new position
   * @throws RangeError for a position before the start and for another whence, TypeError for what is no whole number;
   *   InvalidOperationError while a read is under way, and with whence 2 before the file is open
   */
  seek(offset: number, whence: 0 | 1 | 2 = FROM_START): number {
    if (!Number.isSafeInteger(offset)) throw new TypeError(`offset must be a whole number, not ${inspect(offset)}`);
    if (this.#reads.size > 0) throw new InvalidOperationError('cannot seek while a read is under way: await it first');
    const target = this.#origin(whence) + offset;
    if (target < 0) throw new RangeError(`offset leads to ${target}, before the start of the file`);
    this.#head.moveTo(target);
    return target;
  }

  /**
   * Lets go of the cursor, if there is one; a read that is under way rejects. The position stays, and a further read goes on
   * from there with a new cursor.
   */
  close(): Promise<void> {
    this.#stop.abort(new InvalidOperationError('the file has been closed while it was read'));
    this.#stop = new AbortController();
    this.#ended = anySignal(this.#signal, this.#stop.signal);
    return this.#head.letGo();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * The bytes from `start` up to, and without, `end`, without regard to the position and with a cursor of their own.
   *
   * @param end default: the length of the file
   * @throws RangeError where it is not `0 <= start <= end <= length`, TypeError for what is no whole number
   */
  async *range(start = 0, end?: number, options: GridFSReadOptions = {}): AsyncGenerator<Buffer, void, void> {
    const from = checkOffset(start, 'start');
    const to = end === undefined ? undefined : checkOffset(end, 'end');
    const collections = this.#collections.until(options.timeoutMS, options.session);
    const signal = options.signal === undefined ? this.#signal : anySignal(this.#signal, options.signal);
    const file = await this.#load(collections, signal);
    yield* readChunks(collections, file, checkRange(file.length, from, to), { signal });
  }

  /** Chunk by chunk from the position to the end. Leaving the loop closes the cursor; a further loop goes on behind it. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Buffer, void, void> {
    return {
      next: async () => {
        const value = await this.readChunk();
        return value.length === 0 ? { done: true, value: undefined } : { done: false, value };
      },
      return: async () => {
        await this.close();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  /** The file from the position on as a stream of Node.js, with backpressure. Destroying it closes the cursor. */
  stream(): Readable {
    const gridOut = this;
    return new Readable({
      read() {
        gridOut.readChunk().then(
          (bytes) => this.push(bytes.length === 0 ? null : bytes),
          (error) => this.destroy(error),
        );
      },
      destroy(error, done) {
        gridOut.close().then(() => done(error), done);
      },
    });
  }

  /** The file from the position on as a stream of the web, with backpressure: the body of a `Response`. */
  readableStream(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const bytes = await this.readChunk();
          if (bytes.length === 0) controller.close();
          else controller.enqueue(bytes);
        },
        cancel: () => this.close(),
      },
      { highWaterMark: 0 },
    );
  }

  /**
   * Sends the file from the position on, as fast as the target takes it, and ends the target. The first bytes are read
   * before anything is sent: an error up to then leaves the target as it is. A later one destroys it, so that what has been
   * sent does not look whole.
   *
   * @param target a stream of Node.js or of the web that can be written
   * @throws CorruptGridFileError, NoFileError; the target's error, with code `ERR_STREAM_PREMATURE_CLOSE` where it was closed,
   *   such as by a client that went away. Reading has been stopped then and the cursor killed
   */
  streamTo(target: FileTarget, options: Pick<GridFSReadOptions, 'signal'> = {}): Promise<void> {
    return steps(async () => {
      const filled = (): Promise<void> => this.#inTurn((file, signal) => this.#head.fill(file, signal));
      await this.#unlessAborted(filled, options.signal);
      // Where the target is none, nothing of the stream has begun that would close the cursor.
      await streamTo(this, target, options.signal).finally(() => this.close());
    });
  }

  /**
   * `streamTo` for the response of a web server: status and headers are the caller's, who sets them before.
   *
   * @example
   * response.setHeader('content-type', gridOut.contentType ?? 'application/octet-stream');
   * response.setHeader('content-length', gridOut.length);
   * await gridOut.streamToHandler(response);
   */
  streamToHandler(response: FileTarget, options: Pick<GridFSReadOptions, 'signal'> = {}): Promise<void> {
    return this.streamTo(response, options);
  }

  get _id(): any {
    return this.get('_id');
  }

  get filename(): string | undefined {
    return this.get('filename');
  }

  /** The file-like name for `filename`. */
  get name(): string | undefined {
    return this.get('filename');
  }

  get contentType(): string | undefined {
    return this.get('contentType');
  }

  /**
   * Bytes, a number however it is stored.
   *
   * @throws CorruptGridFileError where the files document has no sensible one
   */
  get length(): number {
    return this.#opened('length').length;
  }

  /** Bytes of each chunk but the last. */
  get chunkSize(): number {
    return this.#opened('chunkSize').chunkSize;
  }

  get uploadDate(): Date {
    return this.get('uploadDate');
  }

  get aliases(): string[] | undefined {
    return this.get('aliases');
  }

  get metadata(): Document | undefined {
    return this.get('metadata');
  }

  /** In hexadecimal, where the upload has stored it. */
  get md5(): string | undefined {
    return this.get('md5');
  }

  /** The file's document, which stands for the file wherever it is written as BSON or JSON, as in `fs.find().pipeTo(res)`. */
  toBSON(): Document {
    return this.#fields('toBSON');
  }

  /** The same as `toBSON`. */
  toJSON(): Document {
    return this.#fields('toJSON');
  }

  /**
   * Any field of the files document; undefined where there is none.
   *
   * @throws InvalidOperationError before the file is open, as all properties do
   */
  get(field: string): any {
    const fields = this.#fields(field);
    return Object.hasOwn(fields, field) ? fields[field] : undefined;
  }

  #fields(what: string): Document {
    if (this.#document !== undefined) return this.#document;
    throw new InvalidOperationError(`${what} is known once the file is open: await gridOut.open()`);
  }

  async #load(collections: GridFSCollections, signal: AbortSignal | undefined): Promise<GridFSFile> {
    this.#document ??= await collections.file(this.#fileId, { signal });
    return this.#opened('length');
  }

  /** Its sizes are looked at when they are needed: a list of files is not to fail by one that is damaged. */
  #opened(what: string): GridFSFile {
    this.#file ??= readGridFSFile(this.#fields(what));
    return this.#file;
  }

  #inTurn<T>(read: (file: GridFSFile, signal: AbortSignal) => Promise<T>): Promise<T> {
    const signal = this.#ended;
    return steps(() => this.#reads.add(async () => read(await this.#load(this.#collections, signal), signal)));
  }

  /** Closes the file when the signal aborts meanwhile: nothing goes on behind its reason. */
  async #unlessAborted(read: () => Promise<void>, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    const close = (): void => void this.close();
    signal?.addEventListener('abort', close, { once: true });
    try {
      await read();
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    } finally {
      signal?.removeEventListener('abort', close);
    }
  }

  #origin(whence: number): number {
    if (whence === FROM_START) return 0;
    if (whence === FROM_HERE) return this.#head.position;
    if (whence === FROM_END) return this.#opened('length').length;
    throw new RangeError(`whence must be 0 (start), 1 (position) or 2 (end), not ${inspect(whence)}`);
  }
}

function anySignal(given: AbortSignal | undefined, own: AbortSignal): AbortSignal {
  return given === undefined ? own : AbortSignal.any([given, own]);
}

function checkSize(size: unknown): number {
  if (typeof size !== 'number' || !Number.isInteger(size))
    throw new TypeError(`size must be a whole number of bytes, negative for all, not ${inspect(size)}`);
  return size < 0 ? Number.POSITIVE_INFINITY : size;
}
