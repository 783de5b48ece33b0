import { Decoder, type Document, Timestamp } from './codec.js';
import { DocumentBatch } from './document-batch.js';
import { BSONType, endOfDocument, MalformedBSONError, numberAt, skipCString, skipValue } from './elements.js';

/** What a server's cursor reply holds; the documents are still bytes. */
export interface CursorReply {
  /** 0n where the server keeps no cursor. */
  readonly id: bigint;
  /** `database.collection` that getMore must name. */
  readonly namespace: string;
  readonly batch: DocumentBatch;
  readonly postBatchResumeToken: Document | undefined;
}

const PLAIN = new Decoder();

/**
 * A command's reply, seen through one scan of its top level: success, counts, cursor. Nothing is decoded until it is
 * asked for, and replies to plain reads and writes never are decoded whole.
 */
export class Reply {
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly #end: number;
  #cursorAt = -1;
  #clusterTimeAt = -1;
  /** Whether `ok` is 1. */
  ok = false;
  /** Whether there is an error to tell of: not ok, a write error or a write concern error. */
  failed = false;
  /** How many documents a write matched or inserted. */
  n = 0;
  nModified = 0;
  /** Whether the server made documents of an upsert. */
  hasUpserted = false;

  /** `start` is the offset of the reply's document in its message. */
  constructor(bytes: Buffer, start: number, limit: number) {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = endOfDocument(bytes, start, limit) - 1;
    this.#scan();
    if (!this.ok) this.failed = true;
  }

  /** The whole reply, decoded. */
  document(decoder: Decoder = PLAIN): Document {
    return decoder.decode(this.#bytes, this.#start);
  }

  /** The reply's cursor. Throws where there is none. */
  cursor(): CursorReply {
    if (this.#cursorAt < 0) throw new MalformedBSONError('the reply has no cursor');
    return readCursor(this.#bytes, this.#cursorAt, this.#end);
  }

  get hasCursor(): boolean {
    return this.#cursorAt >= 0;
  }

  /** The time of `$clusterTime` as one number, or 0n where the reply has none. */
  get clusterTime(): bigint {
    if (this.#clusterTimeAt < 0) return 0n;
    // int32 size, then 0x11 "clusterTime\0" and the timestamp, which is its first field.
    const at = this.#clusterTimeAt + 4;
    const isTimestamp = this.#bytes[at] === BSONType.timestamp && named(this.#bytes, at + 1, 'clusterTime\0');
    return isTimestamp ? this.#bytes.readBigUInt64LE(at + 13) : 0n;
  }

  /** The value of `$clusterTime` alone: on a set that is written to, nearly every reply has a new one. */
  get clusterTimeDocument(): Document | undefined {
    return this.#clusterTimeAt < 0 ? undefined : PLAIN.decode(this.#bytes, this.#clusterTimeAt);
  }

  /** When the operation took place, for the few who ask: it is looked for by a scan of its own. */
  get operationTime(): Timestamp | undefined {
    return this.#timestamp(this.#start, this.#end, 'operationTime');
  }

  /** The point in time of a snapshot: of the cursor, or where there is none of the reply. */
  get atClusterTime(): Timestamp | undefined {
    if (this.#cursorAt < 0) return this.#timestamp(this.#start, this.#end, 'atClusterTime');
    const end = endOfDocument(this.#bytes, this.#cursorAt, this.#end) - 1;
    return this.#timestamp(this.#cursorAt, end, 'atClusterTime');
  }

  /** By which another mongos finds out what became of a transaction. */
  get recoveryToken(): Document | undefined {
    const at = offsetOf(this.#bytes, this.#start, this.#end, 'recoveryToken', BSONType.document);
    return at < 0 ? undefined : PLAIN.decode(this.#bytes, at);
  }

  #timestamp(start: number, end: number, name: string): Timestamp | undefined {
    const at = offsetOf(this.#bytes, start, end, name, BSONType.timestamp);
    return at < 0 ? undefined : new Timestamp(this.#bytes.readBigUInt64LE(at));
  }

  #scan(): void {
    const bytes = this.#bytes;
    for (let at = this.#start + 4; at < this.#end; ) {
      const type = bytes[at++]!;
      const value = skipCString(bytes, at, this.#end);
      // Before the value is read: it may claim to lie behind the end.
      const next = skipValue(bytes, type, value, this.#end);
      this.#note(type, at, value - at - 1, value);
      at = next;
    }
  }

  /** Names are told apart by length first: most elements are passed over after one comparison. */
  #note(type: number, name: number, length: number, value: number): void {
    const bytes = this.#bytes;
    switch (length) {
      case 1:
        if (named(bytes, name, 'n')) this.n = numberAt(bytes, type, value);
        return;
      case 2:
        if (named(bytes, name, 'ok')) this.ok = numberAt(bytes, type, value) === 1;
        return;
      case 6:
        if (type === BSONType.document && named(bytes, name, 'cursor')) this.#cursorAt = value;
        return;
      case 8:
        if (named(bytes, name, 'upserted')) this.hasUpserted = true;
        return;
      case 9:
        if (named(bytes, name, 'nModified')) this.nModified = numberAt(bytes, type, value);
        return;
      case 11:
        if (named(bytes, name, 'writeErrors')) this.failed = true;
        return;
      case 12:
        if (type === BSONType.document && named(bytes, name, '$clusterTime')) this.#clusterTimeAt = value;
        return;
      case 17:
        if (named(bytes, name, 'writeConcernError')) this.failed = true;
        return;
    }
  }
}

function named(bytes: Buffer, at: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) if (bytes[at + i] !== name.charCodeAt(i)) return false;
  return true;
}

/** Where the value of a document's field begins; -1 where there is none of this name and type. */
function offsetOf(bytes: Buffer, start: number, end: number, wanted: string, wantedType: number): number {
  for (let at = start + 4; at < end; ) {
    const type = bytes[at++]!;
    const value = skipCString(bytes, at, end);
    if (type === wantedType && value - at - 1 === wanted.length && named(bytes, at, wanted)) return value;
    at = skipValue(bytes, type, value, end);
  }
  return -1;
}

function readCursor(bytes: Buffer, start: number, limit: number): CursorReply {
  const end = endOfDocument(bytes, start, limit) - 1;
  let id = 0n;
  let namespace = '';
  let batch: DocumentBatch | undefined;
  let postBatchResumeToken: Document | undefined;
  for (let at = start + 4; at < end; ) {
    const type = bytes[at++]!;
    const value = skipCString(bytes, at, end);
    const name = bytes.toString('latin1', at, value - 1);
    at = skipValue(bytes, type, value, end);
    if (name === 'id') id = cursorId(bytes, type, value);
    else if (name === 'ns' && type === BSONType.string) namespace = bytes.toString('utf8', value + 4, at - 1);
    else if (name === 'firstBatch' || name === 'nextBatch') batch = new DocumentBatch(bytes, value, end);
    else if (name === 'postBatchResumeToken') postBatchResumeToken = PLAIN.decode(bytes, value);
  }
  if (batch === undefined) throw new MalformedBSONError('the reply has a cursor without a batch');
  return { id, namespace, batch, postBatchResumeToken };
}

/** A cursor id is a 64-bit integer; a proxy or a mock may send a smaller type. */
function cursorId(bytes: Buffer, type: number, at: number): bigint {
  return type === BSONType.int64 ? bytes.readBigInt64LE(at) : BigInt(numberAt(bytes, type, at));
}
