import { Encoder, newObjectId, ObjectId } from '../bson/codec.js';
import type { WrittenEntries } from '../wire/document-sequence.js';

/** Room before the first chunk, in which the head of the insert message is put. */
const HEADROOM = 1024;
/** Behind the fields that the encoder writes: 0x05 "data\0", int32 length, subtype. */
const DATA_HEAD = 6 + 4 + 1;
/** 0x05, `d`, `a`, `t`, little-endian. */
const DATA_START = 0x74616405;
/** Behind the document's size and 0x07 "_id\0". */
const ID_OFFSET = 4 + 5;

const encoder = new Encoder();

/**
 * What the chunks of one file begin with, written once by the encoder, as `files_id` may be of any type; per chunk, its
 * size, `_id` and `n` are put in.
 *
 * ```
 *   int32 size | 07 _id\0 ObjectId | .. files_id\0 id | 10 n\0 int32 | 05 data\0 int32 length, 00, bytes | 00
 *   <------------------------- prefix --------------------------------> <---- DATA_HEAD -->
 * ```
 */
export class ChunkHead {
  readonly #prefix: Buffer;

  constructor(filesId: unknown) {
    const document = encoder.encode({ _id: new ObjectId('0'.repeat(24)), files_id: filesId, n: 0 });
    this.#prefix = document.subarray(0, -1);
  }

  /** Bytes of a chunk beside its data. */
  get overhead(): number {
    return this.#prefix.length + DATA_HEAD + 1;
  }

  /** Writes everything before the data, without the sizes, and returns the offset of the data. */
  begin(target: Buffer, offset: number, n: number): number {
    const prefix = this.#prefix;
    prefix.copy(target, offset);
    target.set(newObjectId().id, offset + ID_OFFSET);
    const at = offset + prefix.length;
    target.writeInt32LE(n, at - 4);
    target.writeUInt32LE(DATA_START, at);
    target.writeUInt16LE(0x61, at + 4);
    target[at + 10] = 0;
    return at + DATA_HEAD;
  }

  /** Closes the chunk that began at `offset`, whose data end at `end`, and returns the offset behind it. */
  close(target: Buffer, offset: number, end: number): number {
    const data = offset + this.#prefix.length + DATA_HEAD;
    target.writeInt32LE(end - data, data - 5);
    target[end] = 0;
    target.writeInt32LE(end + 1 - offset, offset);
    return end + 1;
  }
}

/**
 * The documents of several chunks as the bytes of an insert message: what is uploaded is copied here and nowhere else.
 */
export class ChunkBlock implements WrittenEntries {
  readonly headroom: number = HEADROOM;
  /** How many chunks the block has room for. */
  readonly capacity: number;
  readonly #memory: Buffer;
  readonly #head: ChunkHead;
  readonly #chunkSizeBytes: number;
  #count = 0;
  /** Where the chunk that is being filled begins. */
  #start = HEADROOM;
  /** The end of its data; equal to `#start` where none is being filled. */
  #end = HEADROOM;
  /** How many more bytes it takes. */
  #left = 0;

  constructor(head: ChunkHead, chunkSizeBytes: number, capacity: number) {
    this.#head = head;
    this.#chunkSizeBytes = chunkSizeBytes;
    this.capacity = capacity;
    this.#memory = Buffer.allocUnsafeSlow(HEADROOM + capacity * (chunkSizeBytes + head.overhead));
  }

  /** How many chunks it holds. */
  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count === this.capacity && this.#left === 0;
  }

  /** All closed chunks, with the room before them. */
  get bytes(): Buffer {
    return this.#memory.subarray(0, this.#end);
  }

  /** Copies from `data` what fits into the current chunk, which is number `n` if it is a new one; returns how much. */
  fill(data: Uint8Array, from: number, n: number): number {
    if (this.#left === 0) {
      this.#end = this.#head.begin(this.#memory, this.#start, n);
      this.#left = this.#chunkSizeBytes;
      this.#count++;
    }
    const taken = Math.min(this.#left, data.length - from);
    this.#memory.set(taken === data.length ? data : data.subarray(from, from + taken), this.#end);
    this.#end += taken;
    this.#left -= taken;
    if (this.#left === 0) this.close();
    return taken;
  }

  /** Ends the current chunk, if one is being filled: the last of a file may be shorter. */
  close(): void {
    if (this.#end === this.#start) return;
    this.#left = 0;
    this.#end = this.#head.close(this.#memory, this.#start, this.#end);
    this.#start = this.#end;
  }

  /** Forgets its chunks: the memory is used again. */
  clear(): void {
    this.#count = 0;
    this.#left = 0;
    this.#start = this.#end = HEADROOM;
  }
}
