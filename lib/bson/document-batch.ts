import type { Decoder, Document } from './codec.js';
import { BSONType, endOfDocument, MalformedBSONError, skipCString, skipValue } from './elements.js';

/**
 * A BSON array of documents that are decoded when they are asked for: bytes from the current position to the end.
 *
 * ```
 *   array:  int32 size | 0x03 "0\0" document | 0x03 "1\0" document | ... | 0x00
 *                                             ^ #at                      ^ #end
 * ```
 */
export class DocumentBatch {
  readonly #bytes: Buffer;
  readonly #end: number;
  readonly #middle: number;
  #at: number;
  /** Where the document that was taken last begins; 0 for none. */
  #last = 0;

  /** `start` is the offset of the array's size. */
  constructor(bytes: Buffer, start: number, limit: number) {
    this.#bytes = bytes;
    this.#end = endOfDocument(bytes, start, limit) - 1;
    this.#at = start + 4;
    this.#middle = (this.#at + this.#end) >>> 1;
  }

  static readonly empty: DocumentBatch = new DocumentBatch(Buffer.from([5, 0, 0, 0, 0]), 0, 5);

  get isEmpty(): boolean {
    return this.#at >= this.#end;
  }

  /** Bytes of the documents that are left, with the few bytes that the array has for each. */
  get bytesLeft(): number {
    return this.#end - this.#at;
  }

  /** Whether more than half of the bytes have been read. */
  get isPastMiddle(): boolean {
    return this.#at > this.#middle;
  }

  /** How many documents are left. Walks over them. */
  get count(): number {
    let count = 0;
    for (let at = this.#at; at < this.#end; count++) at = endOfDocument(this.#bytes, this.#documentAt(at), this.#end);
    return count;
  }

  /** Decodes the next document, or returns null at the end. */
  next(decoder: Decoder): Document | null {
    if (this.#at >= this.#end) return null;
    const start = this.#documentAt(this.#at);
    this.#at = endOfDocument(this.#bytes, start, this.#end);
    const document = decoder.decode(this.#bytes, start);
    this.#last = start;
    return document;
  }

  /** The next document's bytes, which share the reply's memory, or null at the end. */
  nextRaw(): Buffer | null {
    if (this.#at >= this.#end) return null;
    const start = this.#documentAt(this.#at);
    this.#at = endOfDocument(this.#bytes, start, this.#end);
    this.#last = start;
    return this.#bytes.subarray(start, this.#at);
  }

  /** Whether the document that was taken last has an `_id` that is a document, such as a change event's resume token. */
  get lastHasToken(): boolean {
    return this.#last > 0 && this.#tokenAt() > 0;
  }

  /** That `_id`, decoded afresh; undefined where there is none. */
  lastToken(decoder: Decoder): Document | undefined {
    const at = this.#last > 0 ? this.#tokenAt() : 0;
    return at > 0 ? decoder.decode(this.#bytes, at) : undefined;
  }

  /** Of a document that has been read whole. The server writes the field first; a `$project` may have moved it. */
  #tokenAt(): number {
    const bytes = this.#bytes;
    const end = this.#last + bytes.readInt32LE(this.#last) - 1;
    for (let at = this.#last + 4; at < end; ) {
      const type = bytes[at]!;
      const value = skipCString(bytes, at + 1, end);
      // "_id\0"
      if (value === at + 5 && bytes[at + 1] === 0x5f && bytes[at + 2] === 0x69 && bytes[at + 3] === 0x64) {
        return type === BSONType.document ? value : 0;
      }
      at = skipValue(bytes, type, value, end);
    }
    return 0;
  }

  #documentAt(element: number): number {
    if (this.#bytes[element] !== BSONType.document) {
      throw new MalformedBSONError(`a batch holds a value of type ${this.#bytes[element]} where a document should be`);
    }
    return skipCString(this.#bytes, element + 1, this.#end);
  }
}
