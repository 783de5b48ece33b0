import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { engineOf } from '../api/collection-base.js';
import { insertChunks } from '../commands/insert-chunks.js';
import { ConnectionFailureError } from '../errors/connection-errors.js';
import { FileExistsError } from '../errors/gridfs-errors.js';
import { DuplicateKeyError } from '../errors/operation-errors.js';
import { OperationTimeoutError } from '../errors/operation-timeout-error.js';
import { InvalidOperationError } from '../errors/usage-errors.js';
import type { WriteConcernLike } from '../options/write-concern.js';
import { LimitedQueue } from '../util/limited-queue.js';
import { ChunkBlock, ChunkHead } from './chunk-block.js';
import { type GridFSCollections, requireAcknowledged } from './gridfs-collections.js';
import type { GridFSFile } from './gridfs-file.js';

/** 255 KiB: with the other fields of its document, a chunk stays below 256 KiB. */
export const DEFAULT_CHUNK_SIZE_BYTES = 255 * 1024;
/** A chunk is one document of at most 16 MiB. */
const MAX_CHUNK_SIZE_BYTES = 16 * 1024 * 1024 - 16 * 1024;

/** Bytes of file that one insert message holds. */
const BLOCK_BYTES = 4 * 1024 * 1024;
/** For tiny chunks: each is a document with an index entry. */
const BLOCK_CHUNKS = 1_000;
/** Insert messages that are under way while the next one is filled. */
const IN_FLIGHT = 2;

/** A server may still be at work on an insert whose connection broke: how long until the next look at what it left. */
const SECOND_LOOK_MS = 100;

/** A writer's states. An illegal move throws: it is a defect of the driver's. */
const MOVES = {
  open: ['finished', 'aborted'],
  finished: ['stored', 'aborted'],
  stored: [],
  aborted: [],
} as const satisfies Record<string, readonly string[]>;

type State = keyof typeof MOVES;

export interface ChunkWriterOptions {
  readonly chunkSizeBytes: number;
  /** Instead of the bucket's. */
  readonly writeConcern?: WriteConcernLike | undefined;
  /** When it aborts, nothing more is sent; where `killOnAbort` holds, what is under way is given up, too. */
  readonly signal?: AbortSignal | undefined;
}

/** @throws TypeError or RangeError for what is no size of a chunk */
export function checkChunkSize(size: unknown, name = 'chunkSizeBytes'): number {
  if (typeof size !== 'number' || !Number.isInteger(size))
    throw new TypeError(`${name} must be a whole number of bytes, not ${inspect(size)}`);
  if (size < 1 || size > MAX_CHUNK_SIZE_BYTES)
    throw new RangeError(`${name} must be from 1 to ${MAX_CHUNK_SIZE_BYTES} bytes, but is ${size}`);
  return size;
}

/**
 * Stores the bytes of one file as chunks. They are gathered into blocks, of which each goes out as one insert message; the
 * first has one chunk and each further one twice as many, so that small files take little memory and large ones few
 * round trips.
 */
export class ChunkWriter {
  readonly chunkSizeBytes: number;
  readonly #collections: GridFSCollections;
  readonly #id: unknown;
  readonly #head: ChunkHead;
  readonly #queue = new LimitedQueue(IN_FLIGHT);
  readonly #sending = new Set<Promise<void>>();
  readonly #spare: ChunkBlock[] = [];
  /** Chunks of the largest blocks. */
  readonly #most: number;
  readonly #options: { readonly writeConcern?: WriteConcernLike; readonly signal?: AbortSignal };
  readonly #signal: AbortSignal | undefined;
  #state: State = 'open';
  #block: ChunkBlock | undefined;
  /** Chunks of the next new block. */
  #capacity = 1;
  /** The first message. The others wait for it: if the id is taken, its chunk is the one that is refused. */
  #first: Promise<void> | undefined;
  #isFirstStored = false;
  #length = 0;
  #failure: { readonly error: unknown } | undefined;
  /** Whether an insert was given up that the server may have been at work on. */
  #gaveUp = false;
  /** The file's document, from the attempt to store it on. */
  #file: GridFSFile | undefined;
  #storing: Promise<void> | undefined;
  #aborting: Promise<void> | undefined;

  /**
   * @throws TypeError or RangeError for a wrong size, InvalidDocumentError for an id that BSON does not know,
   *   ConfigurationError for writes without acknowledgement
   */
  constructor(collections: GridFSCollections, id: unknown, options: ChunkWriterOptions) {
    const { chunkSizeBytes, writeConcern, signal } = options;
    if (writeConcern !== undefined) requireAcknowledged(writeConcern);
    this.#collections = collections;
    this.#id = id;
    // What is given up and not killed would be carried out after its chunks have been deleted.
    const isKilled = signal !== undefined && engineOf(collections.chunks).scope.killOnAbort;
    this.#options = { ...(writeConcern && { writeConcern }), ...(isKilled && { signal }) };
    this.#signal = signal;
    this.chunkSizeBytes = checkChunkSize(chunkSizeBytes);
    this.#head = new ChunkHead(id);
    this.#most = Math.max(1, Math.min(Math.floor(BLOCK_BYTES / chunkSizeBytes), BLOCK_CHUNKS));
  }

  /** Bytes taken so far. */
  get length(): number {
    return this.#length;
  }

  /**
   * Takes bytes: when this resolves, `data` may be changed again. Waits while enough messages are under way. Calls must
   * not overlap.
   *
   * @throws the first failure of any insert, InvalidOperationError after `finish` and `abort`
   */
  async write(data: Uint8Array): Promise<void> {
    for (let at = 0; at < data.length; ) {
      this.#refuseUnless('open');
      this.#block ??= await this.#nextBlock();
      // It may have been aborted meanwhile.
      this.#refuseUnless('open');
      const block = this.#block;
      const taken = block.fill(data, at, Math.floor(this.#length / this.chunkSizeBytes));
      at += taken;
      this.#length += taken;
      if (block.isFull) this.#send();
    }
    this.#refuseUnless('open');
  }

  /**
   * Sends what is left and waits until everything is acknowledged.
   *
   * @returns the file's length in bytes
   * @throws the first failure of any insert
   */
  async finish(): Promise<number> {
    this.#refuseUnless('open');
    this.#moveTo('finished');
    if (this.#block !== undefined) {
      this.#block.close();
      this.#send();
    }
    // An empty file has no chunks, and still is the first write.
    await this.#collections.ensureIndexes();
    await this.#settled();
    this.#refuseUnless('finished');
    return this.#length;
  }

  /**
   * Stores the file's document, after `finish`: from then on the file is there for readers.
   *
   * @throws FileExistsError where its `_id` is taken; what the insert throws
   */
  store(file: GridFSFile): Promise<void> {
    this.#refuseUnless('finished');
    this.#file = file;
    this.#storing = this.#store(file);
    return this.#storing;
  }

  /**
   * Waits for what is under way, then deletes every chunk of the file. A second call waits for the first.
   *
   * @throws InvalidOperationError where the file is stored, or the client was closed, which is not opened again for this;
   *   what the delete throws
   */
  abort(): Promise<void> {
    this.#aborting ??= this.#abort();
    return this.#aborting;
  }

  async #store(file: GridFSFile): Promise<void> {
    try {
      const { writeConcern } = this.#options;
      await this.#collections.insertFile(file, writeConcern === undefined ? {} : { writeConcern });
    } catch (error) {
      this.#failure ??= { error };
      throw error;
    }
    this.#moveTo('stored');
  }

  async #abort(): Promise<void> {
    // Who stores the file hears of its failure. Where nobody does, the state changes at once, so that nobody begins to.
    if (this.#storing !== undefined) await this.#storing.catch(() => undefined);
    if (this.#state === 'stored')
      throw new InvalidOperationError(`cannot abort: the file ${inspect(this.#id)} has been stored`);
    this.#moveTo('aborted');
    this.#block = undefined;
    await this.#settled();
    if (this.#first === undefined && this.#file === undefined) return;
    if (!engineOf(this.#collections.chunks).core.isOpen)
      throw new InvalidOperationError('the client was closed before the chunks of the upload could be deleted');
    await this.#remove();
    if (!this.#isUncertain) return;
    do await sleep(SECOND_LOOK_MS);
    while ((await this.#remove()) > 0);
  }

  /** Whether the server may have carried out, or still carry out, what is known to have failed. */
  get #isUncertain(): boolean {
    const error = this.#failure?.error;
    return this.#gaveUp || error instanceof ConnectionFailureError || error instanceof OperationTimeoutError;
  }

  /** Deletes what the upload has stored, and says how many documents that were. */
  async #remove(): Promise<number> {
    const files = this.#file !== undefined && this.#isUncertain ? await this.#collections.deleteFile(this.#file) : 0;
    return files + ((await this.#ownsChunks()) ? await this.#collections.deleteChunks(this.#id) : 0);
  }

  /** Whether the chunks with the file's id are this upload's: those of a stored file must not be deleted. */
  async #ownsChunks(): Promise<boolean> {
    if (this.#isFirstStored) return true;
    if (this.#first === undefined) return false;
    if (this.#failure?.error instanceof FileExistsError) return false;
    return !(await this.#collections.hasFile(this.#id));
  }

  async #nextBlock(): Promise<ChunkBlock> {
    await this.#queue.room();
    const spare = this.#spare.pop();
    if (spare !== undefined) return spare;
    const block = new ChunkBlock(this.#head, this.chunkSizeBytes, this.#capacity);
    this.#capacity = Math.min(this.#capacity * 2, this.#most);
    return block;
  }

  #send(): void {
    const block = this.#block!;
    this.#block = undefined;
    const first = this.#first;
    const sent = this.#queue
      .add(async () => {
        await first;
        await this.#insert(block);
      })
      .catch((error) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#sending.delete(sent));
    this.#first ??= sent;
    this.#sending.add(sent);
  }

  async #insert(block: ChunkBlock): Promise<void> {
    // What has not begun is of no use any more.
    if (this.#failure !== undefined || this.#state === 'aborted' || this.#signal?.aborted) return;
    await this.#collections.ensureIndexes();
    const { core, scope } = engineOf(this.#collections.chunks);
    await core.run(insertChunks, scope, { block, count: block.count, options: this.#options }).catch((error) => {
      this.#gaveUp ||= this.#options.signal?.aborted === true;
      throw error instanceof DuplicateKeyError ? this.#collections.fileExists(this.#id, error) : error;
    });
    this.#isFirstStored = true;
    // Its memory is free again. After a failure it is not: a broken connection may still be reading it.
    block.clear();
    if (block.capacity === this.#most) this.#spare.push(block);
  }

  /** Nothing is under way any more. */
  async #settled(): Promise<void> {
    await Promise.all(this.#sending);
  }

  #refuseUnless(state: State): void {
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#state !== state) throw new InvalidOperationError(`the upload is ${this.#state}: it takes no more bytes`);
  }

  #moveTo(to: State): void {
    if (!(MOVES[this.#state] as readonly State[]).includes(to))
      throw new Error(`a chunk writer cannot go from ${this.#state} to ${to}`);
    this.#state = to;
  }
}
