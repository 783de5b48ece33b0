import { inspect } from 'node:util';
import type { AsyncCollection } from '../api/async-collection.js';
import { AsyncDatabase } from '../api/async-database.js';
import type { ClientSession } from '../api/client-session.js';
import { engineOf } from '../api/collection-base.js';
import type { CollectionOptions } from '../api/collection-options.js';
import type { IndexDescriptionInfo } from '../api/index-options.js';
import type { Abortable, ConcernOptions } from '../api/operation-options.js';
import { type Document, Long } from '../bson/codec.js';
import { CorruptGridFileError, FileExistsError, NoFileError } from '../errors/gridfs-errors.js';
import { DuplicateKeyError } from '../errors/operation-errors.js';
import { OperationTimeoutError } from '../errors/operation-timeout-error.js';
import { ConfigurationError } from '../errors/usage-errors.js';
import { WriteConcern, type WriteConcernLike } from '../options/write-concern.js';
import { withoutSession } from '../session/ambient-session.js';
import { underDeadlineAnew } from '../util/ambient-deadline.js';
import { Deadline } from '../util/deadline.js';
import { exactly } from './exactly.js';
import { type GridFSFile, readGridFSFile } from './gridfs-file.js';

const FILES_INDEX = { filename: 1, uploadDate: 1 } as const;
const CHUNKS_INDEX = { files_id: 1, n: 1 } as const;

/** What the driver itself has to read does not depend on how the application wants its documents decoded. */
const OWN_READS = { promoteValues: true, promoteLongs: true, useBigInt64: false, raw: false } as const;

/** What the commands of one operation share. */
interface GridFSShared {
  readonly timeoutMS?: number | Deadline | undefined;
  readonly session?: ClientSession | null | undefined;
  readonly killOnAbort?: boolean | undefined;
}

/**
 * The two collections of a bucket, under the concerns that they share, and their indexes.
 *
 * @see MongoDB GridFS specification
 */
export class GridFSCollections {
  readonly database: AsyncDatabase;
  readonly bucketName: string;
  readonly files: AsyncCollection<GridFSFile>;
  readonly chunks: AsyncCollection;
  /** The bucket's own, where these are for one operation. */
  readonly #whole: GridFSCollections;
  #indexed: Promise<void> | undefined;

  /**
   * @param bucketName what the names of both collections begin with
   * @param options what is not given comes from the database
   * @throws TypeError where `database` is none, InvalidNameError, ConfigurationError for writes without acknowledgement
   */
  constructor(
    database: AsyncDatabase,
    bucketName = 'fs',
    options: ConcernOptions & GridFSShared = {},
    whole?: GridFSCollections,
  ) {
    if (!(database instanceof AsyncDatabase))
      throw new TypeError(`database must be an AsyncDatabase, not ${inspect(database, { depth: 0 })}`);
    const { readConcern, readPreference, writeConcern, timeoutMS, session, killOnAbort } = options;
    const shared = { timeoutMS, session, killOnAbort };
    const inherited = { readConcern, readPreference, writeConcern, ...shared } as CollectionOptions;
    this.database = database;
    this.bucketName = bucketName;
    this.files = database.collection<GridFSFile>(`${bucketName}.files`, inherited);
    this.chunks = database.collection(`${bucketName}.chunks`, inherited);
    this.#whole = whole ?? this;
    requireAcknowledged(this.chunks.writeConcern);
  }

  /**
   * The same collections for one operation, whose commands share its time and its session.
   *
   * @param timeoutMS milliseconds; by default what these collections, the bucket or the database have, as of the others
   * @param killOnAbort whether what is given up ends on the server too
   * @throws TypeError or RangeError for a wrong time and a `killOnAbort` that is none
   * @see MongoDB Client Side Operations Timeout specification, "GridFS API"
   */
  until(timeoutMS: number | undefined, session?: ClientSession | null, killOnAbort?: boolean): GridFSCollections {
    const { scope } = engineOf(this.files);
    const deadline = scope.deadline({ timeoutMS });
    if (deadline === scope.timeoutMS && session === undefined && killOnAbort === undefined) return this;
    return this.#with({ timeoutMS: deadline, session, killOnAbort });
  }

  /** The same collections in a session, or in none (`null`); themselves where nothing is said. */
  within(session: ClientSession | null | undefined): GridFSCollections {
    return session === undefined ? this : this.#with({ session });
  }

  #with({ timeoutMS, session, killOnAbort }: GridFSShared): GridFSCollections {
    const { readConcern, readPreference, writeConcern } = this.files;
    const { scope } = engineOf(this.files);
    const shared = {
      timeoutMS: timeoutMS ?? scope.timeoutMS,
      session: session === undefined ? (scope.session as ClientSession | null | undefined) : session,
      killOnAbort: killOnAbort ?? scope.killOnAbort,
    };
    const options = { readConcern, readPreference, writeConcern, ...shared };
    return new GridFSCollections(this.database, this.bucketName, options, this.#whole);
  }

  /**
   * Makes the indexes, if the bucket is empty and has none. To be called before the first write; asks the server once, and
   * again only where it failed.
   *
   * @see MongoDB GridFS specification, "Before write operations"
   */
  async ensureIndexes(): Promise<void> {
    const whole = this.#whole;
    while (whole.#indexed !== undefined) {
      try {
        return await whole.#indexed;
      } catch (error) {
        // The time of the upload that asked for them was over: this one has its own.
        if (!(error instanceof OperationTimeoutError)) throw error;
      }
    }
    // Outside of any transaction: the server makes no index within one, and the bucket keeps them whatever becomes of it.
    whole.#indexed = withoutSession(() => this.within(null).#ensureIndexes()).catch((error) => {
      whole.#indexed = undefined;
      throw error;
    });
    return whole.#indexed;
  }

  /**
   * The document of a file.
   *
   * @param id any value; it is compared with `$eq`, so that a document with operators finds nothing but itself
   * @throws NoFileError, CorruptGridFileError for a length that is none
   */
  async file(id: unknown, options: Abortable = {}): Promise<GridFSFile> {
    const document = await this.files.findOne({ _id: exactly(id) } as Document, { ...OWN_READS, ...options });
    if (document === null) throw new NoFileError(`there is no file with the id ${inspect(id)} in ${this.bucketName}`);
    return readGridFSFile(document);
  }

  /**
   * The document of a file by its name.
   *
   * @param revision 0 for the first that was stored, 1 for the next ...; -1 for the newest, -2 for the one before ...
   * @throws NoFileError, with a message of its own where the name is known and the revision is not
   */
  async revision(filename: string, revision = -1, options: Abortable = {}): Promise<GridFSFile> {
    if (typeof filename !== 'string') throw new TypeError(`filename must be a string, not ${inspect(filename)}`);
    if (!Number.isSafeInteger(revision))
      throw new TypeError(`revision must be a whole number, not ${inspect(revision)}`);
    const document = await this.files.findOne({ filename } as Document, {
      ...OWN_READS,
      ...options,
      sort: { uploadDate: revision < 0 ? -1 : 1 },
      skip: revision < 0 ? -revision - 1 : revision,
    });
    if (document !== null) return readGridFSFile(document);
    const name = JSON.stringify(filename);
    const isKnown =
      revision !== -1 && revision !== 0 && (await this.files.findOne({ filename } as Document, options)) !== null;
    throw new NoFileError(
      isKnown
        ? `the file ${name} in ${this.bucketName} has no revision ${revision}`
        : `there is no file with the name ${name} in ${this.bucketName}`,
    );
  }

  /** Whether the primary knows such a file; also where the time of the operation is over, as for cleaning up. */
  async hasFile(id: unknown): Promise<boolean> {
    const own = { ...OWN_READS, projection: { _id: 1 }, readPreference: 'primary', ...this.#timeToCleanUp } as const;
    const found = await underDeadlineAnew(() => this.files.findOne({ _id: exactly(id) } as Document, own));
    return found !== null;
  }

  /** A chunk is missing: the error says so, and whether that is because the file has been deleted meanwhile. */
  async corrupt({ _id }: GridFSFile, problem: string): Promise<CorruptGridFileError> {
    // Where the server cannot be asked, the caller still hears of the chunk.
    const isThere = await this.hasFile(_id).catch(() => true);
    const state = isThere ? 'is corrupt' : 'was deleted while it was read';
    return new CorruptGridFileError(`the file ${inspect(_id)} in ${this.bucketName} ${state}: ${problem}`);
  }

  /**
   * Stores the document of a file whose chunks are there.
   *
   * @throws FileExistsError where its `_id` is taken
   */
  async insertFile(file: GridFSFile, options: { writeConcern?: WriteConcernLike | undefined } = {}): Promise<void> {
    // "Drivers SHOULD store length as Int64 and chunkSize as Int32."
    const document: Document = { ...file, length: Long.fromNumber(file.length) };
    await this.files.insertOne(document as GridFSFile, options).catch((error) => {
      throw error instanceof DuplicateKeyError ? this.fileExists(file._id, error) : error;
    });
  }

  fileExists(id: unknown, cause: DuplicateKeyError): FileExistsError {
    const message = `there is a file, or an upload that is under way, with the id ${inspect(id)} in ${this.bucketName}`;
    return new FileExistsError(message, { cause });
  }

  /** Deletes exactly this document, and says how many there were: one with the same id is another file. */
  async deleteFile({ _id, uploadDate, length, filename }: GridFSFile): Promise<number> {
    const named = filename === undefined ? {} : { filename };
    const filter = { _id: exactly(_id), uploadDate, length, ...named } as Document;
    const { files } = this.#whereStored;
    return (await underDeadlineAnew(() => files.deleteOne(filter, this.#timeToCleanUp))).deletedCount ?? 0;
  }

  /** Deletes the chunks of a file, and says how many there were. */
  async deleteChunks(id: unknown): Promise<number> {
    const filter = { files_id: exactly(id) };
    const { chunks } = this.#whereStored;
    return (await underDeadlineAnew(() => chunks.deleteMany(filter, this.#timeToCleanUp))).deletedCount ?? 0;
  }

  /** For cleaning up: what a transaction that goes on has stored is there within it alone. The session may else have ended. */
  get #whereStored(): GridFSCollections {
    const session = engineOf(this.files).scope.session as ClientSession | null | undefined;
    return session?.inTransaction() ? this : this.#whole;
  }

  /**
   * What is left of the operation's time. Where nothing is, as much again, as for closing a cursor: what the operation has
   * stored is to be removed when its time is over, too.
   */
  get #timeToCleanUp(): { timeoutMS?: number } {
    const { timeoutMS } = engineOf(this.files).scope;
    if (!(timeoutMS instanceof Deadline)) return {};
    const deadline = timeoutMS.remainingMS > 0 ? timeoutMS : new Deadline(timeoutMS.timeoutMS);
    return { timeoutMS: deadline as unknown as number };
  }

  /** Files first, so that nobody finds a file without its chunks. */
  async drop(options: Abortable = {}): Promise<void> {
    this.#whole.#indexed = undefined;
    await this.files.drop(options);
    await this.chunks.drop(options);
  }

  async #ensureIndexes(): Promise<void> {
    const any = { ...OWN_READS, projection: { _id: 1 }, readPreference: 'primary' } as const;
    if ((await this.files.findOne({}, any)) !== null) return;
    if (!(await has(this.files, FILES_INDEX))) await this.files.createIndex(FILES_INDEX);
    if (!(await has(this.chunks, CHUNKS_INDEX))) await this.chunks.createIndex(CHUNKS_INDEX, { unique: true });
  }
}

/** @throws ConfigurationError for writes that the server does not answer */
export function requireAcknowledged(writeConcern: WriteConcernLike): void {
  if (WriteConcern.from(writeConcern).isAcknowledged) return;
  throw new ConfigurationError(
    'GridFS needs acknowledged writes, but writeConcern has w: 0: nobody would hear of a chunk that is lost',
  );
}

async function has(collection: AsyncCollection<any>, key: Document): Promise<boolean> {
  return (await collection.indexes(OWN_READS)).some((index) => sameKey(index, key));
}

/** "Drivers MUST compare numeric values by value even when they are of different types." */
function sameKey(index: IndexDescriptionInfo, key: Document): boolean {
  const wanted = Object.entries(key);
  const found = Object.entries(index.key);
  return (
    found.length === wanted.length &&
    wanted.every(([field, direction], i) => found[i]![0] === field && Number(found[i]![1]) === direction)
  );
}
