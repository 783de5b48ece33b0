import { BSONType } from './elements.js';
import { Binary, Decimal128, type Document, Long, ObjectId, Timestamp, UUID } from './values.js';

/** Thrown, and caught here, for what is left to the bson package. One for all: it says nothing that anybody reads. */
const NOT_PLAIN = new Error('not plain');
/** Documents within documents; servers allow as many. Here each is a call in a call. */
const MAX_DEPTH = 180;
/** Up to here, bytes turn into text faster by themselves than by a call of Node.js. */
const SHORT_TEXT = 24;
const CODES = Array.from({ length: SHORT_TEXT }, (_, length): number[] => new Array(length).fill(0));
/** Names of one document that are guessed for the next. */
const MAX_GUESSES = 512;
/** Bytes of the longest name that is kept. */
const LONGEST_NAME = 64;
const NAME_SLOTS = 2048;
/** Names that have been met, by a hash of their bytes: each name is one string, however often it comes. ASCII alone. */
const NAMES: string[] = new Array(NAME_SLOTS).fill('');
const LARGEST = Long.fromNumber(2 ** 53);
const SMALLEST = Long.fromNumber(-(2 ** 53));
const NO_BYTES = Buffer.alloc(0);

/**
 * Turns the bytes of plain documents into what the bson package makes of them by default, in less than half of its time. A
 * document with anything else in it, and one whose bytes are not in order, is left to that package: its values and its
 * errors are the only ones.
 *
 * Documents of a batch resemble each other: the names of one are the guess for those of the next, so that to find the end
 * of a name and to know it are one step.
 *
 * @see https://bsonspec.org/spec.html
 */
export class PlainDecoder {
  #bytes: Buffer = NO_BYTES;
  #at = 0;
  /** The names of the last document, in their order. */
  readonly #guesses: string[] = [];
  #guess = 0;
  readonly #checksText: boolean;

  /** @param checksText whether strings that are not UTF-8 are refused */
  constructor(checksText: boolean) {
    this.#checksText = checksText;
  }

  /** The document that starts at `start`; undefined where it is not plain. */
  decode(bytes: Buffer, start: number): Document | undefined {
    this.#bytes = bytes;
    this.#at = start;
    this.#guess = 0;
    try {
      return this.#document(bytes.length, 0);
    } catch (error) {
      if (error === NOT_PLAIN) return undefined;
      throw error;
    } finally {
      // A message of 48 MB is not to live as long as its collection.
      this.#bytes = NO_BYTES;
    }
  }

  #document(limit: number, depth: number): Document {
    const end = this.#end(limit, depth);
    const document: Document = {};
    while (this.#at < end) {
      const type = this.#bytes[this.#at++]!;
      const name = this.#name(end);
      document[name] = this.#value(type, end, depth);
    }
    this.#leave(end);
    return document;
  }

  #array(limit: number, depth: number): unknown[] {
    const end = this.#end(limit, depth);
    const array: unknown[] = [];
    while (this.#at < end) {
      const type = this.#bytes[this.#at++]!;
      // The names are numbers, which nobody needs.
      while (this.#bytes[this.#at] !== 0) this.#at++;
      this.#at++;
      array.push(this.#value(type, end, depth));
    }
    this.#leave(end);
    return array;
  }

  /**
   * Where the zero byte behind the last element is. It is there, and within what surrounds the document: no search for a
   * zero byte runs further.
   */
  #end(limit: number, depth: number): number {
    const start = this.#at;
    if (start + 5 > limit || depth > MAX_DEPTH) throw NOT_PLAIN;
    const end = start + this.#int32() - 1;
    if (end < start + 4 || end >= limit || this.#bytes[end] !== 0) throw NOT_PLAIN;
    return end;
  }

  #leave(end: number): void {
    if (this.#at !== end) throw NOT_PLAIN;
    this.#at = end + 1;
  }

  #name(end: number): string {
    const bytes = this.#bytes;
    const start = this.#at;
    const guess = this.#guesses[this.#guess++];
    if (guess !== undefined) {
      const behind = start + guess.length;
      if (behind < end && bytes[behind] === 0 && isText(bytes, start, guess)) {
        this.#at = behind + 1;
        return guess;
      }
    }
    return this.#learn(start, end);
  }

  #learn(start: number, end: number): string {
    const bytes = this.#bytes;
    let behind = start;
    let hash = 0;
    let bits = 0;
    for (let byte = bytes[behind]!; byte !== 0; byte = bytes[++behind]!) {
      hash = (hash * 31 + byte) | 0;
      bits |= byte;
    }
    if (behind >= end) throw NOT_PLAIN;
    this.#at = behind + 1;
    const length = behind - start;
    if (bits > 0x7f || length > LONGEST_NAME) return checkedName(bytes.toString('utf8', start, behind));
    const slot = hash & (NAME_SLOTS - 1);
    let name = NAMES[slot]!;
    if (name.length !== length || !isText(bytes, start, name)) {
      name = asName(checkedName(bytes.toString('latin1', start, behind)));
      NAMES[slot] = name;
    }
    if (this.#guess <= MAX_GUESSES) this.#guesses[this.#guess - 1] = name;
    return name;
  }

  #value(type: number, end: number, depth: number): unknown {
    switch (type) {
      case BSONType.string:
        return this.#string(end);
      case BSONType.int32:
        this.#require(4, end);
        return this.#int32();
      case BSONType.objectId:
        return new ObjectId(this.#view(12, end));
      case BSONType.document:
        return this.#document(end, depth + 1);
      case BSONType.array:
        return this.#array(end, depth + 1);
      case BSONType.double:
        this.#require(8, end);
        this.#at += 8;
        return this.#bytes.readDoubleLE(this.#at - 8);
      case BSONType.boolean:
        return this.#boolean(end);
      case BSONType.null:
        return null;
      default:
        return this.#rarer(type, end);
    }
  }

  #rarer(type: number, end: number): unknown {
    switch (type) {
      case BSONType.date:
        this.#require(8, end);
        return new Date(this.#uint32() + this.#int32() * 2 ** 32);
      case BSONType.int64:
        return this.#int64(end);
      case BSONType.timestamp:
        this.#require(8, end);
        return new Timestamp({ i: this.#uint32(), t: this.#uint32() });
      case BSONType.binary:
        return this.#binary(end);
      case BSONType.decimal128:
        return new Decimal128(Buffer.from(this.#view(16, end)));
      default:
        throw NOT_PLAIN;
    }
  }

  #string(end: number): string {
    const bytes = this.#bytes;
    this.#require(5, end);
    const size = this.#int32();
    const start = this.#at;
    const last = start + size - 1;
    if (size < 1 || last >= end || bytes[last] !== 0) throw NOT_PLAIN;
    this.#at = last + 1;
    const short = size <= SHORT_TEXT ? shortText(bytes, start, size - 1) : undefined;
    if (short !== undefined) return short;
    const text = bytes.toString('utf8', start, last);
    // The sign for what is not UTF-8, unless it was written itself.
    if (this.#checksText && text.includes('\ufffd')) throw NOT_PLAIN;
    return text;
  }

  #boolean(end: number): boolean {
    this.#require(1, end);
    const byte = this.#bytes[this.#at++]!;
    if (byte > 1) throw NOT_PLAIN;
    return byte === 1;
  }

  /** A number, unless that could not hold it exactly. */
  #int64(end: number): number | Long {
    this.#require(8, end);
    const low = this.#int32();
    const high = this.#int32();
    const number = (low >>> 0) + high * 2 ** 32;
    if (Number.isSafeInteger(number)) return number;
    const long = new Long(low, high);
    return long.lessThanOrEqual(LARGEST) && long.greaterThanOrEqual(SMALLEST) ? number : long;
  }

  #binary(end: number): Binary | UUID {
    this.#require(5, end);
    const size = this.#int32();
    const subtype = this.#bytes[this.#at++]!;
    if (size < 0 || this.#at + size > end || subtype === Binary.SUBTYPE_BYTE_ARRAY) throw NOT_PLAIN;
    const start = this.#at;
    this.#at += size;
    const binary = new Binary(this.#bytes.subarray(start, this.#at), subtype);
    return subtype === Binary.SUBTYPE_UUID && UUID.isValid(binary) ? binary.toUUID() : binary;
  }

  #require(size: number, end: number): void {
    if (this.#at + size > end) throw NOT_PLAIN;
  }

  /** The next bytes where they are. They are copied by whoever keeps them. */
  #view(size: number, end: number): Uint8Array {
    this.#require(size, end);
    const { buffer, byteOffset } = this.#bytes;
    this.#at += size;
    return new Uint8Array(buffer, byteOffset + this.#at - size, size);
  }

  #uint32(): number {
    return this.#int32() >>> 0;
  }

  #int32(): number {
    const bytes = this.#bytes;
    const at = this.#at;
    this.#at = at + 4;
    return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
  }
}

/** Whether these bytes are that text, which is ASCII. */
function isText(bytes: Buffer, start: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** Undefined for what is not ASCII. */
function shortText(bytes: Buffer, start: number, length: number): string | undefined {
  const codes = CODES[length]!;
  for (let i = 0; i < length; i++) {
    const byte = bytes[start + i]!;
    if (byte > 0x7f) return undefined;
    codes[i] = byte;
  }
  return String.fromCharCode.apply(null, codes);
}

/** References may have to become `DBRef`, and what would change a prototype is written with care: by the bson package. */
function checkedName(name: string): string {
  if (name === '$ref' || name === '__proto__') throw NOT_PLAIN;
  return name;
}

/** The text as V8 keeps the names of properties, so that it need not look for that each time. */
function asName(text: string): string {
  return Object.keys({ [text]: 0 })[0]!;
}
