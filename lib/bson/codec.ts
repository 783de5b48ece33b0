/** Values, and documents in and out of bytes. */
import { InvalidDocumentError } from '../errors/usage-errors.js';
import { adoptForeign } from './foreign-values.js';
import { PlainDecoder } from './plain-decoder.js';
import {
  Binary,
  BSONError,
  BSONRegExp,
  BSONSymbol,
  BSONVersionError,
  Code,
  DBRef,
  Decimal128,
  type DeserializeOptions,
  type Document,
  Double,
  deserialize,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  type SerializeOptions,
  serialize,
  serializeWithBufferAndIndex,
  Timestamp,
} from './values.js';

export {
  Binary,
  BSONRegExp,
  BSONSymbol,
  Code,
  DBRef,
  Decimal128,
  type Document,
  Double,
  EJSON as LaxEJSON,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  UUID,
} from './values.js';

/**
 * How documents are read and written, with the names of the bson package. Resolved once and frozen; a collection's
 * options are its database's with its own on top.
 */
export interface BSONOptions {
  /** Numbers, strings and so on instead of `Int32`, `Double` ... Default true. */
  readonly promoteValues?: boolean;
  /** 64-bit integers as numbers where these hold them exactly. Default true. */
  readonly promoteLongs?: boolean;
  /** Binary data as `Buffer` instead of `Binary`. Default false. */
  readonly promoteBuffers?: boolean;
  /** 64-bit integers as `bigint`. Default false. */
  readonly useBigInt64?: boolean;
  /** Regular expressions as `BSONRegExp`, which keeps every flag. Default false. */
  readonly bsonRegExp?: boolean;
  /** Embedded documents as `Buffer`. Default false. */
  readonly raw?: boolean;
  /** Fields whose arrays come as bytes. */
  readonly fieldsAsRaw?: Document;
  /** Refuse strings that are not UTF-8. Default true. */
  readonly enableUtf8Validation?: boolean;
  /** Leave fields out whose value is `undefined`, where they would be written as null. Default false. */
  readonly ignoreUndefined?: boolean;
  /** Write functions as code. Default false: they are left out. */
  readonly serializeFunctions?: boolean;
  /** Refuse keys that start with `$` or hold a dot. Default false. */
  readonly checkKeys?: boolean;
}

/** A fresh ObjectId, made here and not by the server. */
export function newObjectId(): ObjectId {
  return new ObjectId();
}

/** The name of a BSON value's class, such as `ObjectId`; undefined for plain values and documents. */
export function bsonTypeOf(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null ? (value as { _bsontype?: string })._bsontype : undefined;
}

/** Turns documents into bytes, with one set of options. */
export class Encoder {
  readonly #options: SerializeOptions & { index: number };

  constructor(options: BSONOptions = {}) {
    this.#options = {
      index: 0,
      checkKeys: options.checkKeys ?? false,
      serializeFunctions: options.serializeFunctions ?? false,
      ignoreUndefined: options.ignoreUndefined ?? false,
    };
  }

  get ignoreUndefined(): boolean {
    return this.#options.ignoreUndefined === true;
  }

  /**
   * Writes a document at `offset` and returns the offset behind it, or -1 where `target` is too small.
   *
   * @throws InvalidDocumentError for a document that BSON cannot hold.
   */
  encodeInto(target: Buffer, offset: number, document: Document): number {
    this.#options.index = offset;
    try {
      const end = serializeWithBufferAndIndex(document, target, this.#options) + 1;
      // The bson package drops, without a word, numbers that it writes behind its work space.
      if (end - offset > SERIALIZE_LIMIT) throw new RangeError('offset is out of bounds');
      return end;
    } catch (error) {
      if (isOutOfRoom(error) && target.length - offset < SERIALIZE_LIMIT) return -1;
      if (error instanceof BSONVersionError) return this.encodeInto(target, offset, withOwnValues(document));
      throw invalidDocument(error);
    }
  }

  /** The document as bytes of its own. */
  encode(document: Document): Buffer {
    try {
      const bytes = serialize(document, this.#options) as Buffer;
      if (bytes.length > SERIALIZE_LIMIT) throw new RangeError('offset is out of bounds');
      return bytes;
    } catch (error) {
      if (error instanceof BSONVersionError) return this.encode(withOwnValues(document));
      throw invalidDocument(error);
    }
  }
}

/** The bson package's work space: no document above this size can be serialized, whatever the target's. */
const SERIALIZE_LIMIT = 17 * 1024 * 1024;

function invalidDocument(error: unknown): unknown {
  if (isOutOfRoom(error)) {
    return new InvalidDocumentError(`the document is larger than ${SERIALIZE_LIMIT} bytes`, { cause: error });
  }
  if (error instanceof BSONError) {
    return new InvalidDocumentError(`the document cannot be written as BSON: ${error.message}`, { cause: error });
  }
  return error;
}

/**
 * By its name: in a `vm` context, such as jest's, Node.js throws the RangeError of another realm. And by the offset in its
 * words, for a `toBSON` of the user's may throw a RangeError of its own.
 */
function isOutOfRoom(error: unknown): boolean {
  const { name, message } = (error ?? {}) as Partial<Error>;
  return name === 'RangeError' && String(message).includes('offset');
}

/** How a value of another version of the bson package becomes one of this. Version 1 wrote ObjectID and Symbol. */
const ADOPT: Readonly<Record<string, (foreign: any) => unknown>> = {
  ObjectId: (foreign) => new ObjectId(String(foreign.toHexString())),
  ObjectID: (foreign) => new ObjectId(String(foreign.toHexString())),
  Binary: (foreign) => new Binary(foreign.buffer.subarray(0, foreign.position), foreign.sub_type),
  Long: (foreign) => Long.fromString(String(foreign)),
  Timestamp: (foreign) => new Timestamp(BigInt.asUintN(64, BigInt(String(foreign)))),
  Decimal128: (foreign) => new Decimal128(foreign.bytes),
  Double: (foreign) => new Double(Number(foreign.value)),
  Int32: (foreign) => new Int32(Number(foreign.value)),
  Code: (foreign) => new Code(foreign.code, foreign.scope ? withOwnValues(foreign.scope) : undefined),
  DBRef: (foreign) => {
    const { $ref, $id, $db, ...fields } = withOwnValues(foreign.toJSON());
    return new DBRef($ref, $id, $db, fields);
  },
  BSONRegExp: (foreign) => new BSONRegExp(foreign.pattern, foreign.options),
  BSONSymbol: (foreign) => new BSONSymbol(foreign.value),
  Symbol: (foreign) => new BSONSymbol(foreign.value),
  MinKey: () => new MinKey(),
  MaxKey: () => new MaxKey(),
};

const VERSION = (ObjectId.prototype as unknown as Record<symbol, unknown>)[Symbol.for('@@mdb.bson.version')];

function withOwnValues(document: Document): Document {
  return adoptForeign(document, VERSION, (type, foreign) => {
    const make = ADOPT[type];
    if (make === undefined) {
      throw new InvalidDocumentError(`the document holds a ${type} of another version of the bson package`);
    }
    return make(foreign);
  });
}

/** Turns bytes into documents, with one set of options. */
export class Decoder {
  readonly #options: DeserializeOptions & { index: number };
  /** Undefined where the options ask for something else than it makes. */
  readonly #plain: PlainDecoder | undefined;

  constructor(options: BSONOptions = {}) {
    const checksText = options.enableUtf8Validation ?? true;
    this.#options = {
      index: 0,
      allowObjectSmallerThanBufferSize: true,
      promoteValues: options.promoteValues ?? true,
      promoteLongs: options.promoteLongs ?? true,
      promoteBuffers: options.promoteBuffers ?? false,
      useBigInt64: options.useBigInt64 ?? false,
      bsonRegExp: options.bsonRegExp ?? false,
      raw: options.raw ?? false,
      validation: { utf8: checksText },
      ...(options.fieldsAsRaw === undefined ? {} : { fieldsAsRaw: options.fieldsAsRaw }),
    };
    if (isPlain(this.#options)) this.#plain = new PlainDecoder(checksText);
  }

  /** The document that starts at `offset`. Throws the bson package's errors for invalid bytes. */
  decode(source: Buffer, offset: number): Document {
    const plain = this.#plain?.decode(source, offset);
    if (plain !== undefined) return plain;
    this.#options.index = offset;
    return deserialize(source, this.#options);
  }
}

/** Whether plain values come as JavaScript has them. */
function isPlain(options: DeserializeOptions): boolean {
  const { promoteValues, promoteLongs, promoteBuffers, useBigInt64, raw, fieldsAsRaw } = options;
  const promotes = promoteValues === true && promoteLongs === true && promoteBuffers === false;
  return promotes && useBigInt64 === false && raw === false && fieldsAsRaw === undefined;
}
