import { engineOf } from '../api/collection-base.js';
import { BSONType, numberAt, skipCString, skipValue } from '../bson/elements.js';
import { find } from '../commands/find.js';
import { BatchCursor } from '../cursor/batch-cursor.js';
import { OperationFailureError } from '../errors/operation-errors.js';
import { exactly } from './exactly.js';
import type { GridFSCollections } from './gridfs-collections.js';
import type { GridFSFile } from './gridfs-file.js';

/** Bytes of file in the first reply: few, so that the first byte comes soon, and a look at a file's head costs little. */
const FIRST_BATCH_BYTES = 1024 * 1024;
/** Bytes of file in each further reply. One is read while the next is on its way. */
const BATCH_BYTES = 4 * 1024 * 1024;
const BATCH_CHUNKS = 1_000;

/** Binary data of the old subtype 2 have their length a second time. */
const OLD_BINARY = 2;

/** Server error 43, CursorNotFound. */
const CURSOR_NOT_FOUND = 43;

/** A chunk as it is stored, right or wrong. */
export interface Chunk {
  readonly n: number;
  /** Shares the memory of the reply; undefined where the document has no binary data. */
  readonly data: Buffer | undefined;
}

/**
 * Fetches the chunks of a file in their order, one batch ahead. Whether they are the right ones is for the reader to see.
 */
export class ChunkCursor {
  readonly #collections: GridFSCollections;
  readonly #file: GridFSFile;
  readonly #behind: number;
  readonly #signal: AbortSignal | undefined;
  #cursor: BatchCursor;

  /** @param behind the chunk number before which it ends */
  constructor(
    collections: GridFSCollections,
    file: GridFSFile,
    first: number,
    behind: number,
    signal: AbortSignal | undefined,
  ) {
    this.#collections = collections;
    this.#file = file;
    this.#behind = behind;
    this.#signal = signal;
    this.#cursor = this.#open(first);
  }

  /**
   * The next chunk, which should be number `n`; undefined at the end.
   *
   * A server forgets cursors that nobody asks for 10 minutes, as a paused film does: then a new one goes on from `n`.
   */
  async next(n: number): Promise<Chunk | undefined> {
    try {
      return await this.#next();
    } catch (error) {
      if (!(error instanceof OperationFailureError && error.code === CURSOR_NOT_FOUND)) throw error;
      this.#cursor = this.#open(n);
      return await this.#next();
    }
  }

  /** Also on the server. Never rejects. */
  close(): Promise<void> {
    return this.#cursor.close();
  }

  async #next(): Promise<Chunk | undefined> {
    const cursor = this.#cursor;
    const bytes = cursor.takeRaw() ?? ((await cursor.fetch()) ? cursor.takeRaw() : null);
    return bytes === null ? undefined : readChunk(bytes);
  }

  #open(first: number): BatchCursor {
    const { core, scope } = engineOf(this.#collections.chunks);
    const { _id, chunkSize } = this.#file;
    const signal = this.#signal;
    const files_id = exactly(_id);
    const filter = first === 0 ? { files_id } : { files_id, n: { $gte: first } };
    const limit = this.#behind - first;
    const chunksIn = (bytes: number): number => Math.max(1, Math.min(Math.floor(bytes / chunkSize), BATCH_CHUNKS));
    const options = { sort: { n: 1 }, limit, batchSize: chunksIn(FIRST_BATCH_BYTES), signal };
    return new BatchCursor(core, scope, {
      open: () => core.run(find, scope, { filter, options }),
      batchSize: chunksIn(BATCH_BYTES),
      limit,
      tailable: false,
      awaitData: false,
      maxAwaitTimeMS: undefined,
      comment: undefined,
      signal,
      prefetch: true,
    });
  }
}

/** Reads `n` and `data` off a chunk's document: decoding would copy the data. */
function readChunk(bytes: Buffer): Chunk {
  const end = bytes.length - 1;
  let n = Number.NaN;
  let data: Buffer | undefined;
  for (let at = 4; at < end; ) {
    const type = bytes[at]!;
    const value = skipCString(bytes, at + 1, end);
    const next = skipValue(bytes, type, value, end);
    const name = bytes.toString('latin1', at + 1, value - 1);
    if (name === 'n') n = numberAt(bytes, type, value);
    else if (name === 'data' && type === BSONType.binary) data = binaryAt(bytes, value, next);
    at = next;
  }
  return { n, data };
}

/** int32 length, subtype, bytes; with the old subtype the bytes begin with their own int32 length. */
function binaryAt(bytes: Buffer, at: number, end: number): Buffer {
  return bytes.subarray(bytes[at + 4] === OLD_BINARY ? at + 9 : at + 5, end);
}
