/**
 * Walking BSON without decoding it. A document is int32 size, then elements of one type byte, the name as a C string and
 * the value, then a zero byte.
 *
 * @see https://bsonspec.org/spec.html
 */

/** BSON element types, by their byte. */
export const BSONType = {
  double: 0x01,
  string: 0x02,
  document: 0x03,
  array: 0x04,
  binary: 0x05,
  undefined: 0x06,
  objectId: 0x07,
  boolean: 0x08,
  date: 0x09,
  null: 0x0a,
  regularExpression: 0x0b,
  dbPointer: 0x0c,
  code: 0x0d,
  symbol: 0x0e,
  codeWithScope: 0x0f,
  int32: 0x10,
  timestamp: 0x11,
  int64: 0x12,
  decimal128: 0x13,
  minKey: 0xff,
  maxKey: 0x7f,
} as const;

/** The bytes are not the BSON document that their lengths claim. */
export class MalformedBSONError extends Error {
  override readonly name: string = 'MalformedBSONError';
}

/** The offset behind a C string that starts at `at`; the zero byte must come before `end`. */
export function skipCString(bytes: Buffer, at: number, end: number): number {
  let i = at;
  while (i < end && bytes[i] !== 0) i++;
  if (i >= end) throw new MalformedBSONError(`a name at byte ${at} does not end within its document`);
  return i + 1;
}

/** The offset behind the value at `at`, which never lies behind `end`, the end of the document around it. */
export function skipValue(bytes: Buffer, type: number, at: number, end: number): number {
  const next = at + sizeOfValue(bytes, type, at, end);
  if (next > end) throw new MalformedBSONError(`a value at byte ${at} runs over the end of its document`);
  return next;
}

/** The end of the document at `at`, checked against the end of what surrounds it. */
export function endOfDocument(bytes: Buffer, at: number, limit: number): number {
  const size = int32(bytes, at, limit);
  if (size < 5 || at + size > limit || bytes[at + size - 1] !== 0) {
    throw new MalformedBSONError(`a document at byte ${at} claims ${size} bytes, of ${limit - at}`);
  }
  return at + size;
}

/** The integer or double at `at`, as a number. Other types count as 0. */
export function numberAt(bytes: Buffer, type: number, at: number): number {
  switch (type) {
    case BSONType.double:
      return bytes.readDoubleLE(at);
    case BSONType.int32:
      return bytes.readInt32LE(at);
    case BSONType.int64:
      return Number(bytes.readBigInt64LE(at));
    case BSONType.boolean:
      return bytes[at] === 1 ? 1 : 0;
    default:
      return 0;
  }
}

function int32(bytes: Buffer, at: number, end: number): number {
  if (at + 4 > end) throw new MalformedBSONError(`a length at byte ${at} lies outside its document`);
  return bytes.readInt32LE(at);
}

function sizeOfValue(bytes: Buffer, type: number, at: number, end: number): number {
  switch (type) {
    case BSONType.double:
    case BSONType.date:
    case BSONType.timestamp:
    case BSONType.int64:
      return 8;
    case BSONType.int32:
      return 4;
    case BSONType.boolean:
      return 1;
    case BSONType.objectId:
      return 12;
    case BSONType.decimal128:
      return 16;
    case BSONType.null:
    case BSONType.undefined:
    case BSONType.minKey:
    case BSONType.maxKey:
      return 0;
    case BSONType.document:
    case BSONType.array:
      return endOfDocument(bytes, at, end) - at;
    default:
      return sizeOfVariable(bytes, type, at, end);
  }
}

function sizeOfVariable(bytes: Buffer, type: number, at: number, end: number): number {
  switch (type) {
    case BSONType.string:
    case BSONType.code:
    case BSONType.symbol:
      return 4 + positive(bytes, at, end);
    case BSONType.binary:
      return 5 + positive(bytes, at, end);
    case BSONType.dbPointer:
      return 16 + positive(bytes, at, end);
    case BSONType.codeWithScope:
      return positive(bytes, at, end);
    case BSONType.regularExpression:
      return skipCString(bytes, skipCString(bytes, at, end), end) - at;
    default:
      throw new MalformedBSONError(`an element before byte ${at} has the unknown type ${type}`);
  }
}

function positive(bytes: Buffer, at: number, end: number): number {
  const length = int32(bytes, at, end);
  if (length < 0) throw new MalformedBSONError(`a value at byte ${at} has the negative length ${length}`);
  return length;
}
