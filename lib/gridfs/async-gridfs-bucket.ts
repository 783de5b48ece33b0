import { pipeline } from 'node:stream/promises';
import { inspect } from 'node:util';
import type { AsyncCursor } from '../api/async-cursor.js';
import type { AsyncDatabase } from '../api/async-database.js';
import type { Filter } from '../api/filter.js';
import type { ConcernOptions } from '../api/operation-options.js';
import type { FindOptions } from '../api/read-options.js';
import { type Document, newObjectId, type ObjectId } from '../bson/codec.js';
import { NoFileError } from '../errors/gridfs-errors.js';
import type { ReadConcern } from '../options/read-concern.js';
import type { ReadPreference } from '../options/read-preference.js';
import type { WriteConcern } from '../options/write-concern.js';
import { checkChunkSize, DEFAULT_CHUNK_SIZE_BYTES } from './chunk-writer.js';
import { GridFSDownloadStream } from './download-stream.js';
import { exactly } from './exactly.js';
import { GridFSCollections } from './gridfs-collections.js';
import type { GridFSFile } from './gridfs-file.js';
import { bytesOf, type GridFSSource } from './source.js';
import type {
  GridFSDownloadByNameOptions,
  GridFSDownloadOptions,
  GridFSOperationOptions,
  GridFSUploadOptions,
} from './stream-options.js';
import { GridFSUploadStream } from './upload-stream.js';
import { type ByteSink, writeAll } from './write-all.js';

/** Options of a bucket. Concerns that are not given come from the database. */
export interface GridFSBucketOptions extends ConcernOptions {
  /** What the names of the two collections begin with. Default `fs`. */
  bucketName?: string | undefined;
  /** Bytes per chunk of files that are uploaded. Default 255 KiB. */
  chunkSizeBytes?: number | undefined;
  /** How long each operation may take as a whole, in milliseconds. */
  timeoutMS?: number | undefined;
}

/**
 * Files of any size, stored as documents in two collections.
 *
 * @example
 * const bucket = new AsyncGridFSBucket(client.db('media'));
 * const id = await bucket.uploadFromStream('film.mp4', createReadStream('film.mp4'), { metadata: { type: 'video/mp4' } });
 * await pipeline(bucket.openDownloadStream(id, { start: 0, end: 1024 }), process.stdout);
 * @see MongoDB GridFS specification
 */
export class AsyncGridFSBucket {
  readonly chunkSizeBytes: number;
  readonly #collections: GridFSCollections;

  /**
   * Asks the server nothing.
   *
   * @throws TypeError where `database` is none, InvalidNameError, RangeError for a wrong size, ConfigurationError for
   *   `writeConcern: { w: 0 }`, given here or inherited
   */
  constructor(database: AsyncDatabase, options: GridFSBucketOptions = {}) {
    const { bucketName, chunkSizeBytes = DEFAULT_CHUNK_SIZE_BYTES, ...concerns } = options;
    this.chunkSizeBytes = checkChunkSize(chunkSizeBytes);
    this.#collections = new GridFSCollections(database, bucketName, concerns);
  }

  get bucketName(): string {
    return this.#collections.bucketName;
  }

  get readPreference(): ReadPreference {
    return this.#collections.files.readPreference;
  }

  get readConcern(): ReadConcern {
    return this.#collections.files.readConcern;
  }

  get writeConcern(): WriteConcern {
    return this.#collections.files.writeConcern;
  }

  /**
   * A stream that stores what is written to it as a new file, whose `id` it has at once.
   *
   * @param options `id` instead of a new ObjectId, as in the official driver
   * @throws TypeError, RangeError, ConfigurationError for wrong options; everything else is the stream's error
   * @example
   * const upload = bucket.openUploadStream('notes.txt');
   * upload.end('first line\n');
   * await once(upload, 'finish');
   */
  openUploadStream(filename: string, options: GridFSUploadOptions & { id?: unknown } = {}): GridFSUploadStream {
    const { id = newObjectId(), ...others } = options;
    return this.openUploadStreamWithId(id, filename, others);
  }

  /**
   * As `openUploadStream`, with an id of any BSON type. Where there is a file with the id, the stream fails with
   * FileExistsError, and that file stays as it is.
   */
  openUploadStreamWithId(id: unknown, filename: string, options: GridFSUploadOptions = {}): GridFSUploadStream {
    const { chunkSizeBytes = this.chunkSizeBytes, timeoutMS, session, killOnAbort, ...others } = options;
    const collections = this.#collections.until(timeoutMS, session, killOnAbort);
    return new GridFSUploadStream(collections, id, filename, { ...others, chunkSizeBytes });
  }

  /**
   * Stores whatever `source` gives as a new file.
   *
   * @param source text, bytes, a Blob, a stream of Node.js or the web, or an iterable of text and bytes
   * @returns the file's id
   * @throws what the source throws, after the chunks have been deleted; the error of a failed insert, with which they stay
   */
  async uploadFromStream(filename: string, source: GridFSSource, options?: GridFSUploadOptions): Promise<ObjectId> {
    const id = newObjectId();
    await this.uploadFromStreamWithId(id, filename, source, options);
    return id;
  }

  /** As `uploadFromStream`, with an id of any BSON type. */
  async uploadFromStreamWithId(
    id: unknown,
    filename: string,
    source: GridFSSource,
    options?: GridFSUploadOptions,
  ): Promise<void> {
    const bytes = bytesOf(source);
    const upload = this.openUploadStreamWithId(id, filename, options);
    try {
      await pipeline(bytes, upload);
    } catch (error) {
      // It is closed when the chunks have been deleted.
      if (!upload.closed) await new Promise((resolve) => upload.once('close', resolve));
      throw error;
    }
  }

  /**
   * A stream of a file's bytes, or of those from `start` up to, and without, `end`.
   *
   * @throws TypeError or RangeError for offsets that no file has. The stream fails with NoFileError, with RangeError for
   *   offsets beyond the file, with CorruptGridFileError
   * @example
   * for await (const bytes of bucket.openDownloadStream(id)) hash.update(bytes);
   */
  openDownloadStream(id: unknown, options?: GridFSDownloadOptions): GridFSDownloadStream {
    const collections = this.#collections.until(options?.timeoutMS, options?.session);
    return new GridFSDownloadStream(collections, (more) => collections.file(id, more), options);
  }

  /** As `openDownloadStream`, for the newest file of a name or an earlier revision of it. */
  openDownloadStreamByName(filename: string, options: GridFSDownloadByNameOptions = {}): GridFSDownloadStream {
    const { revision, timeoutMS, session, ...others } = options;
    const collections = this.#collections.until(timeoutMS, session);
    return new GridFSDownloadStream(collections, (more) => collections.revision(filename, revision, more), others);
  }

  /**
   * Writes a file's bytes to a stream of Node.js or the web, which stays open. Resolves when it has taken them.
   *
   * @throws NoFileError, CorruptGridFileError, RangeError; what the stream fails with
   */
  downloadToStream(id: unknown, destination: ByteSink, options?: GridFSDownloadOptions): Promise<void> {
    return writeAll(this.openDownloadStream(id, options), destination);
  }

  /** As `downloadToStream`, for the newest file of a name or an earlier revision of it. */
  downloadToStreamByName(
    filename: string,
    destination: ByteSink,
    options?: GridFSDownloadByNameOptions,
  ): Promise<void> {
    return writeAll(this.openDownloadStreamByName(filename, options), destination);
  }

  /**
   * The documents of the stored files that match.
   *
   * @example
   * for await (const { filename, length } of bucket.find({ 'metadata.type': 'video/mp4' })) console.log(filename, length);
   */
  find<Metadata extends object = Document>(
    filter: Filter<GridFSFile<Metadata>> = {},
    options: FindOptions<GridFSFile<Metadata>> = {},
  ): AsyncCursor<GridFSFile<Metadata>> {
    return this.#collections.files.find(filter as Document, options) as AsyncCursor<any>;
  }

  /**
   * Deletes a file.
   *
   * @throws NoFileError where there is none; chunks that were left over under the id are gone then, too
   */
  async delete(id: unknown, { timeoutMS, ...options }: GridFSOperationOptions = {}): Promise<void> {
    const { files, chunks } = this.#collections.until(timeoutMS);
    const { deletedCount } = await files.deleteOne({ _id: exactly(id) } as Document, options);
    await chunks.deleteMany({ files_id: exactly(id) }, options);
    if (deletedCount === 0) throw this.#noFile(`the id ${inspect(id)}`);
  }

  /**
   * Deletes all files of a name.
   *
   * @throws NoFileError where there is none
   */
  async deleteByName(filename: string, { timeoutMS, ...options }: GridFSOperationOptions = {}): Promise<void> {
    const { files, chunks } = this.#collections.until(timeoutMS);
    const filter = { filename: checkFilename(filename) } as Document;
    const found = await files.find(filter, { projection: { _id: 1 }, raw: false, ...options }).toArray();
    if (found.length === 0) throw this.#noFile(`the name ${JSON.stringify(filename)}`);
    const $in = found.map(({ _id }) => _id);
    await files.deleteMany({ _id: { $in } }, options);
    await chunks.deleteMany({ files_id: { $in } }, options);
  }

  /**
   * Gives a file another name.
   *
   * @throws NoFileError
   */
  async rename(
    id: unknown,
    newFilename: string,
    { timeoutMS, ...options }: GridFSOperationOptions = {},
  ): Promise<void> {
    const update = { $set: { filename: checkFilename(newFilename, 'newFilename') } };
    const { matchedCount } = await this.#collections
      .until(timeoutMS)
      .files.updateOne({ _id: exactly(id) } as Document, update, options);
    if (matchedCount === 0) throw this.#noFile(`the id ${inspect(id)}`);
  }

  /**
   * Gives all files of a name another name.
   *
   * @throws NoFileError
   */
  async renameByName(
    filename: string,
    newFilename: string,
    { timeoutMS, ...options }: GridFSOperationOptions = {},
  ): Promise<void> {
    const filter = { filename: checkFilename(filename) } as Document;
    const update = { $set: { filename: checkFilename(newFilename, 'newFilename') } };
    const { matchedCount } = await this.#collections.until(timeoutMS).files.updateMany(filter, update, options);
    if (matchedCount === 0) throw this.#noFile(`the name ${JSON.stringify(filename)}`);
  }

  /** Drops both collections, with all files. Succeeds where there are none. */
  drop({ timeoutMS, ...options }: GridFSOperationOptions = {}): Promise<void> {
    return this.#collections.until(timeoutMS).drop(options);
  }

  #noFile(what: string): NoFileError {
    return new NoFileError(`there is no file with ${what} in ${this.bucketName}`);
  }
}

function checkFilename(filename: unknown, name = 'filename'): string {
  if (typeof filename === 'string') return filename;
  throw new TypeError(`${name} must be a string, not ${inspect(filename)}`);
}
