import { inspect } from 'node:util';
import type { AsyncCollection } from '../api/async-collection.js';
import type { AsyncCursor } from '../api/async-cursor.js';
import type { AsyncDatabase } from '../api/async-database.js';
import { steps } from '../api/call.js';
import { engineOf } from '../api/collection-base.js';
import type { Filter } from '../api/filter.js';
import type { ConcernOptions } from '../api/operation-options.js';
import type { FindOneOptions, FindOptions } from '../api/read-options.js';
import { bsonTypeOf, type Document } from '../bson/codec.js';
import { NoFileError } from '../errors/gridfs-errors.js';
import { AsyncGridIn } from './async-grid-in.js';
import { AsyncGridOut, type GridFSReadOptions } from './async-grid-out.js';
import { exactly } from './exactly.js';
import type { GridInOptions } from './grid-in-options.js';
import { GridFSCollections } from './gridfs-collections.js';
import type { GridFSFile } from './gridfs-file.js';
import type { UploadRequest } from './request-body.js';
import type { GridFSSource } from './source.js';
import { type SweepOptions, type SweepResult, sweepOrphans } from './sweep-orphans.js';
import { receive, type UploadOptions, upload } from './upload.js';
import { ensureVersionsIndex } from './versions-index.js';

/** The fields of files documents are looked at here, also where the application has its documents as bytes. */
const DECODED = { raw: false } as const;

/** Which versions of a file: all conditions must hold. Those beside `filename` are on fields of the files document. */
export interface VersionQuery {
  filename?: string | undefined;
  [field: string]: unknown;
}

/**
 * Files of any size in a database, in the style of Motor and PyMongo. `AsyncGridFSBucket` is the same store by the names of the
 * GridFS specification.
 *
 * Files of one name are its versions; the last one that was stored is the newest.
 *
 * @example
 * const fs = new AsyncGridFS(client.db('media'));
 * const id = await fs.put(createReadStream('film.mp4'), { filename: 'film.mp4', contentType: 'video/mp4' });
 * const gridOut = await fs.get(id);
 * await gridOut.streamTo(createWriteStream('copy.mp4'));
 * @see MongoDB GridFS specification
 */
export class AsyncGridFS {
  readonly #collections: GridFSCollections;

  /**
   * @param collection what the bucket is called: its collections are `<collection>.files` and `<collection>.chunks`
   * @param concerns what is not given comes from the database
   * @throws TypeError where `database` is none, ConfigurationError for writes without acknowledgement (`w: 0`)
   */
  constructor(database: AsyncDatabase, collection = 'fs', concerns: ConcernOptions = {}) {
    this.#collections = new GridFSCollections(database, collection, concerns);
  }

  /** A bucket whose indexes are there. See the method `open`. */
  static async open(database: AsyncDatabase, collection?: string, concerns?: ConcernOptions): Promise<AsyncGridFS> {
    return new AsyncGridFS(database, collection, concerns).open();
  }

  /**
   * Makes the indexes of a bucket that is still empty. There is no need to: the first upload does the same.
   *
   * @throws OperationFailureError, ConnectionFailureError
   */
  open(): Promise<this> {
    return steps(async () => {
      await this.#collections.ensureIndexes();
      return this;
    });
  }

  /** The collection that the bucket is named after. Nothing is stored in it. */
  get collection(): AsyncCollection {
    return this.#collections.database.collection(this.#collections.bucketName);
  }

  /** What carries out the client's I/O; Motor's method. */
  getIoLoop(): object {
    return engineOf(this.#collections.files).core;
  }

  /**
   * Stores a file, or nothing of it.
   *
   * @param data a string, Buffer, typed array, ArrayBuffer, Blob, stream of Node.js or the web, another `AsyncGridOut`, or
   *   any (async) iterable of strings and bytes
   * @param options `_id`, `filename`, `contentType`, `chunkSize`, `encoding`, `maxBytes`, `onProgress`, `sniffContentType`,
   *   `signal`, `session` ...; any other name becomes a field of the files document
   * @returns the file's `_id`
   * @throws FileExistsError for an `_id` that is taken; UploadError for more than `maxBytes`; what the source throws; the
   *   reason of the signal
   * @example
   * const id = await fs.put('Contents', { filename: 'notes.txt', author: 'Ada' });
   */
  put(data: GridFSSource, options?: UploadOptions): Promise<any> {
    return steps(async () => (await upload(this.#collections, data, options))._id);
  }

  /**
   * Stores the body of an HTTP request as a file, or nothing of it.
   *
   * @param request of `node:http` or of a fetch-style framework, with the file itself as its body; of a form, give the stream
   *   that a parser makes of the part to `put`
   * @param options as for `put`; the content type is the request's by default
   * @returns the files document
   * @throws UploadError, with the `status` and `headers` to answer with, where the body is too long, not as long as its
   *   Content-Length, broken off, or no file; InvalidOperationError where it has been read already
   * @example
   * try {
   *   const { _id, length } = await fs.receive(request, { filename: 'a.png', maxBytes: 10_000_000 });
   *   response.writeHead(201).end(JSON.stringify({ id: _id, length }));
   * } catch (error) {
   *   if (!(error instanceof UploadError)) throw error;
   *   response.writeHead(error.status, error.headers).end(error.message);
   * }
   */
  receive(request: UploadRequest, options?: UploadOptions): Promise<GridFSFile> {
    return steps(() => receive(this.#collections, request, options));
  }

  /**
   * A file to be written piece by piece.
   *
   * @throws TypeError, RangeError, ConfigurationError for wrong options
   */
  newFile(options?: GridInOptions): Promise<AsyncGridIn> {
    return steps(async () => new AsyncGridIn(this.#collections, options));
  }

  /**
   * The file with this id, open for reading.
   *
   * @throws NoFileError
   */
  get(fileId: unknown, options: GridFSReadOptions = {}): Promise<AsyncGridOut> {
    return steps(() => {
      const { timeoutMS, session, signal } = options;
      return new AsyncGridOut(this.#collections.until(timeoutMS, session), { fileId, signal }).open({ signal });
    });
  }

  /**
   * A version of a file. The first call that finds one makes the index `{ filename: 1, uploadDate: -1 }`, as Motor's does.
   *
   * @param filename the file's name; or, as an object, the name with further conditions; left out, any name
   * @param version 0 for the oldest, 1 for the next ...; -1 for the newest, -2 for the one before ...
   * @param metadata further conditions, on fields of the files document
   * @throws NoFileError; TypeError for a name that is no string and a version that is no whole number
   * @example
   * const first = await fs.getVersion('notes.txt', 0, { author: 'Ada' });
   */
  getVersion(
    filename?: string | VersionQuery,
    version = -1,
    metadata: Document = {},
    options: GridFSReadOptions = {},
  ): Promise<AsyncGridOut> {
    return steps(async () => {
      const query = versionQuery(filename, metadata);
      if (!Number.isSafeInteger(version))
        throw new TypeError(`version must be a whole number, not ${inspect(version)}`);
      const { timeoutMS, session, signal } = options;
      const collections = this.#collections.until(timeoutMS, session);
      const fileDocument = await collections.files.findOne(query, {
        ...{ signal, ...DECODED },
        sort: { uploadDate: version < 0 ? -1 : 1 },
        skip: version < 0 ? -version - 1 : version,
      });
      if (fileDocument === null)
        throw new NoFileError(`there is no version ${version} of ${inspect(query)} in ${this.#collections.bucketName}`);
      await ensureVersionsIndex(collections.files, signal);
      return new AsyncGridOut(collections, { fileDocument, signal });
    });
  }

  /**
   * The newest version of a file. See `getVersion`.
   *
   * @example
   * const gridOut = await fs.getLastVersion({ filename: 'notes.txt', author: 'Ada' });
   */
  getLastVersion(filename?: string | VersionQuery, options?: GridFSReadOptions): Promise<AsyncGridOut> {
    return this.getVersion(filename, -1, {}, options);
  }

  /** The names of the files, each once. */
  list(options: GridFSReadOptions = {}): Promise<string[]> {
    return steps(async () => {
      const names: unknown[] = await this.#collections.files.distinct('filename', {}, options);
      return names.filter((name) => typeof name === 'string');
    });
  }

  /**
   * Whether there is a file.
   *
   * @param queryOrId an id, or conditions on the files document; left out, whether there is any file
   * @example
   * await fs.exists(id); // the same as fs.exists({ _id: id })
   * await fs.exists({ filename: 'notes.txt' });
   */
  exists(queryOrId?: unknown, options: GridFSReadOptions = {}): Promise<boolean> {
    return steps(async () => {
      const found = await this.#collections.files.findOne(fileQuery(queryOrId), { ...options, projection: { _id: 1 } });
      return found !== null;
    });
  }

  /**
   * The files that match, as a cursor.
   *
   * @param filter conditions on the files document, such as `{ filename: /\.png$/, 'metadata.owner': 'Ada' }`
   * @example
   * for await (const gridOut of fs.find({ contentType: 'image/png' }).sort({ uploadDate: -1 })) console.log(gridOut.name);
   */
  find(filter: Filter<GridFSFile> = {}, options: FindOptions<GridFSFile> = {}): AsyncCursor<AsyncGridOut> {
    return this.#gridOuts(this.#collections.files.find(filter, { ...options, ...DECODED }), options);
  }

  /** The first file that matches, or null. What is no document is an id. */
  findOne(queryOrId?: unknown, options: FindOneOptions<GridFSFile> = {}): Promise<AsyncGridOut | null> {
    return steps(async () => {
      const { timeoutMS, session, signal, ...others } = options;
      const collections = this.#collections.until(timeoutMS, session);
      const found = { ...others, ...DECODED, signal };
      const fileDocument = await collections.files.findOne(fileQuery(queryOrId), found);
      return fileDocument === null ? null : new AsyncGridOut(collections, { fileDocument, signal });
    });
  }

  /**
   * Deletes a file. Succeeds where there is none, unlike the bucket's method; chunks without a file go too.
   *
   * A reader of the file gets a CorruptGridFileError.
   */
  delete(fileId: unknown, options: GridFSReadOptions = {}): Promise<void> {
    return steps(async () => {
      // Files first, so that nobody finds a file without its chunks.
      const { timeoutMS, session, signal } = options;
      const { files, chunks } = this.#collections.until(timeoutMS, session);
      await files.deleteOne(byId(fileId), { signal });
      await chunks.deleteMany({ files_id: exactly(fileId) }, { signal });
    });
  }

  /**
   * Finds chunks that belong to no file, as a process that ended during an upload leaves them, and deletes them.
   *
   * @param options `olderThan` spares uploads that are under way (default: one day); `dryRun` deletes nothing
   * @returns what was found and deleted
   * @throws TypeError or RangeError for a wrong `olderThan`
   * @example
   * const { files, chunks } = await fs.sweepOrphans({ olderThan: 7 * 24 * 3600 * 1000, dryRun: true });
   */
  sweepOrphans(options?: SweepOptions): Promise<SweepResult> {
    return steps(() => sweepOrphans(this.#collections, options));
  }

  /** The file is read in the session in which it was found. */
  #gridOut(fileDocument: Document, { session, signal }: GridFSReadOptions): AsyncGridOut {
    return new AsyncGridOut(this.#collections.within(session), { fileDocument, signal });
  }

  #gridOuts(documents: AsyncCursor<any>, options: GridFSReadOptions): AsyncCursor<AsyncGridOut> {
    const clone = documents.clone.bind(documents);
    const files = documents.map((document) => this.#gridOut(document, options)) as AsyncCursor<AsyncGridOut>;
    // A clone of a cursor has the query alone.
    return Object.assign(files, { clone: () => this.#gridOuts(clone(), options) });
  }
}

function byId(id: unknown): Filter<GridFSFile> {
  return { _id: exactly(id) };
}

function fileQuery(queryOrId: unknown): Filter<GridFSFile> {
  if (queryOrId === undefined) return {};
  const isQuery =
    typeof queryOrId === 'object' &&
    queryOrId !== null &&
    !Array.isArray(queryOrId) &&
    !(queryOrId instanceof Date) &&
    bsonTypeOf(queryOrId) === undefined;
  return isQuery ? (queryOrId as Filter<GridFSFile>) : byId(queryOrId);
}

/** A name is no condition: an object in its place, as web frameworks make of a query string, would choose another file. */
function versionQuery(given: string | VersionQuery | null | undefined, metadata: Document): Filter<GridFSFile> {
  const query: Document = typeof given === 'object' ? { ...given, ...metadata } : { filename: given, ...metadata };
  const { filename, ...others } = query;
  if (filename === undefined || filename === null) return others;
  if (typeof filename === 'string') return { filename, ...others };
  throw new TypeError(`filename must be a string, not ${inspect(filename)}`);
}
