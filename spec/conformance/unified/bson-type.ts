/** The names of BSON types, as the query operator `$type` has them, for values as the driver decodes them. */

const INT32_MIN = -(2 ** 31);
const INT32_MAX = 2 ** 31 - 1;

/** The aliases of `$type` for the `_bsontype` of a value. */
const OF_BSON_VALUE: Readonly<Record<string, readonly string[]>> = {
  Binary: ['binData'],
  BSONRegExp: ['regex'],
  BSONSymbol: ['symbol'],
  Code: ['javascript'],
  DBRef: ['object'],
  Decimal128: ['decimal', 'number'],
  Double: ['double', 'number'],
  Int32: ['int', 'number'],
  Long: ['long', 'number'],
  MaxKey: ['maxKey'],
  MinKey: ['minKey'],
  ObjectId: ['objectId'],
  Timestamp: ['timestamp'],
};

/** All type names that the format knows. */
export const BSON_TYPE_NAMES: ReadonlySet<string> = new Set([
  ...Object.values(OF_BSON_VALUE).flat(),
  ...['string', 'object', 'array', 'undefined', 'bool', 'date', 'null', 'dbPointer', 'javascriptWithScope'],
]);

function ofNumber(value: number): readonly string[] {
  if (!Number.isSafeInteger(value)) return ['double', 'number'];
  // A number in JavaScript no longer tells whether it was an int, a long or a double on the wire.
  return value >= INT32_MIN && value <= INT32_MAX ? ['int', 'long', 'double', 'number'] : ['long', 'double', 'number'];
}

/** The names of the types that a value may have had on the wire. Empty for what is not there at all. */
export function bsonTypes(value: unknown): readonly string[] {
  if (value === null) return ['null'];
  switch (typeof value) {
    case 'undefined':
    case 'function':
    case 'symbol':
      return [];
    case 'number':
      return ofNumber(value);
    case 'bigint':
      return ['long', 'number'];
    case 'string':
      return ['string'];
    case 'boolean':
      return ['bool'];
    default:
      return ofObject(value as object);
  }
}

function ofObject(value: object): readonly string[] {
  if (Array.isArray(value)) return ['array'];
  if (value instanceof Date) return ['date'];
  if (value instanceof RegExp) return ['regex'];
  if (value instanceof Uint8Array) return ['binData'];
  const { _bsontype: type, scope } = value as { _bsontype?: string; scope?: unknown };
  if (type === 'Code' && scope !== undefined && scope !== null) return ['javascriptWithScope'];
  return type === undefined ? ['object'] : (OF_BSON_VALUE[type] ?? []);
}

/** Whether a value is a document, and not one of the BSON values that are objects in JavaScript. */
export function isDocument(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !('_bsontype' in value) && bsonTypes(value)[0] === 'object';
}

/** The value of an int, long or double; undefined for everything else, decimals included. */
export function numericValue(value: unknown): number | bigint | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  const type = (value as { _bsontype?: string } | null | undefined)?._bsontype;
  if (type === 'Long') return (value as { toBigInt(): bigint }).toBigInt();
  if (type === 'Int32' || type === 'Double') return Number((value as { value: number }).value);
  return undefined;
}
