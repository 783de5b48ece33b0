import {
  Binary,
  BSONRegExp,
  BSONSymbol,
  Code,
  DBRef,
  Decimal128,
  type Document,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  UUID,
} from './codec.js';

/** What the reading of a type wrapper needs of the document around it. */
export interface WrapperContext {
  /** Plain numbers instead of `Int32`, `Long` and `Double`. */
  readonly relaxed: boolean;
  /** 64-bit integers as `bigint`. */
  readonly useBigInt64: boolean;
  /**
   * Throws the error for a value of this wrapper.
   *
   * @param where the keys that lead to the value, such as `$binary.base64`; empty for the wrapper itself
   * @param expected what should stand there, in words
   */
  refuse(where: string, expected: string, found: unknown, cause?: unknown): never;
  /** Reads a document within the wrapper: the scope of code. */
  readDocument(key: string, given: Document): Document;
}

interface TypeWrapper {
  /** "It must contain exactly the keys of the type wrapper": these, and none beside them and `mayHave`. */
  readonly keys: readonly string[];
  readonly mayHave?: string;
  read(wrapper: Document, context: WrapperContext): unknown;
}

/**
 * Extended JSON, "Conversion table": its rows that are written as an object with `$` keys. DBRef is not among them, as
 * "an object that resembles a DBRef but fails to fully comply with its structure MUST be left as-is".
 */
const WRAPPERS: readonly TypeWrapper[] = [
  { keys: ['$oid'], read: ({ $oid }, context) => objectId($oid, '$oid', context) },
  { keys: ['$symbol'], read: ({ $symbol }, context) => new BSONSymbol(text($symbol, '$symbol', context)) },
  { keys: ['$numberInt'], read: ({ $numberInt }, context) => int32($numberInt, context) },
  { keys: ['$numberLong'], read: ({ $numberLong }, context) => int64($numberLong, context) },
  { keys: ['$numberDouble'], read: ({ $numberDouble }, context) => double($numberDouble, context) },
  { keys: ['$numberDecimal'], read: ({ $numberDecimal }, context) => decimal128($numberDecimal, context) },
  { keys: ['$binary'], read: ({ $binary }, context) => binary($binary, context) },
  { keys: ['$uuid'], read: ({ $uuid }, context) => uuid($uuid, context) },
  { keys: ['$code'], mayHave: '$scope', read: code },
  { keys: ['$timestamp'], read: ({ $timestamp }, context) => timestamp($timestamp, context) },
  { keys: ['$regularExpression'], read: ({ $regularExpression }, context) => regExp($regularExpression, context) },
  { keys: ['$dbPointer'], read: ({ $dbPointer }, context) => dbPointer($dbPointer, context) },
  { keys: ['$date'], read: ({ $date }, context) => date($date, context) },
  { keys: ['$minKey'], read: ({ $minKey }, context) => only(1, $minKey, '$minKey', new MinKey(), context) },
  { keys: ['$maxKey'], read: ({ $maxKey }, context) => only(1, $maxKey, '$maxKey', new MaxKey(), context) },
  // BSON deprecated undefined, and JavaScript's would make the field disappear.
  { keys: ['$undefined'], read: ({ $undefined }, context) => only(true, $undefined, '$undefined', null, context) },
];

const BY_KEY: ReadonlyMap<string, TypeWrapper> = new Map(
  WRAPPERS.flatMap((wrapper) => {
    const keys = wrapper.mayHave === undefined ? wrapper.keys : [...wrapper.keys, wrapper.mayHave];
    return keys.map((key) => [key, wrapper] as const);
  }),
);

/** Whether a document with this key can be nothing but a type wrapper. `$ref`, `$id` and `$db` are plain keys. */
export function isWrapperKey(key: string): boolean {
  return BY_KEY.has(key);
}

/**
 * The value that a type wrapper stands for.
 *
 * @param given an object that has `key`, one for which {@link isWrapperKey} holds
 * @throws what `context.refuse` throws, where a key is missing or too many, or a value has the wrong type or range
 */
export function readWrapper(given: Document, key: string, context: WrapperContext): unknown {
  const wrapper = BY_KEY.get(key)!;
  const { keys, mayHave } = wrapper;
  exactly(given, mayHave !== undefined && Object.hasOwn(given, mayHave) ? [...keys, mayHave] : keys, '', context);
  return wrapper.read(given, context);
}

function exactly(given: unknown, keys: readonly string[], where: string, context: WrapperContext): Document {
  const names = keys.join(' and ');
  if (!isObject(given)) return context.refuse(where, `an object of ${names}`, given);
  const found = Object.keys(given);
  if (found.length === keys.length && keys.every((key) => Object.hasOwn(given, key))) return given;
  return context.refuse(where, `an object of ${names} and nothing else`, given);
}

function isObject(given: unknown): given is Document {
  return typeof given === 'object' && given !== null && !Array.isArray(given);
}

function only<T>(required: unknown, given: unknown, where: string, value: T, context: WrapperContext): T {
  return given === required ? value : context.refuse(where, String(required), given);
}

function text(given: unknown, where: string, context: WrapperContext, expected = 'a string'): string {
  return typeof given === 'string' ? given : context.refuse(where, expected, given);
}

function matching(pattern: RegExp, given: unknown, where: string, expected: string, context: WrapperContext): string {
  const found = text(given, where, context, expected);
  return pattern.test(found) ? found : context.refuse(where, expected, given);
}

/** What the bson package makes of text that it checks itself. */
function made<T>(make: () => T, given: unknown, where: string, expected: string, context: WrapperContext): T {
  try {
    return make();
  } catch (error) {
    return context.refuse(where, `${expected} (${(error as Error).message})`, given, error);
  }
}

function objectId(given: unknown, where: string, context: WrapperContext): ObjectId {
  return new ObjectId(matching(/^[0-9a-f]{24}$/i, given, where, 'a string of 24 hexadecimal digits', context));
}

const INTEGER = /^(?:0|-?[1-9]\d{0,18})$/;

function integer(given: unknown, where: string, bits: 32 | 64, context: WrapperContext): string {
  const expected = `a ${bits}-bit signed integer as a string`;
  const found = matching(INTEGER, given, where, expected, context);
  const value = BigInt(found);
  return BigInt.asIntN(bits, value) === value ? found : context.refuse(where, expected, given);
}

function int32(given: unknown, context: WrapperContext): Int32 | number {
  const value = Number(integer(given, '$numberInt', 32, context));
  return context.relaxed ? value : new Int32(value);
}

function int64(given: unknown, context: WrapperContext): Long | bigint | number {
  const found = integer(given, '$numberLong', 64, context);
  if (context.useBigInt64) return BigInt(found);
  return context.relaxed ? Number(found) : Long.fromString(found);
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const NON_FINITE: ReadonlySet<unknown> = new Set(['Infinity', '-Infinity', 'NaN']);

function double(given: unknown, context: WrapperContext): Double | number {
  const expected = 'a finite double in decimal digits, Infinity, -Infinity or NaN, as a string';
  const value = Number(NON_FINITE.has(given) ? given : matching(DECIMAL, given, '$numberDouble', expected, context));
  if (!Number.isFinite(value) && !NON_FINITE.has(given)) context.refuse('$numberDouble', expected, given);
  return context.relaxed ? value : new Double(value);
}

function decimal128(given: unknown, context: WrapperContext): Decimal128 {
  const expected = 'a 128-bit decimal as a string';
  const found = text(given, '$numberDecimal', context, expected);
  return made(() => Decimal128.fromString(found), given, '$numberDecimal', expected, context);
}

function binary(given: unknown, context: WrapperContext): Binary {
  const { base64, subType } = exactly(given, ['base64', 'subType'], '$binary', context);
  const bytes = base64Bytes(text(base64, '$binary.base64', context));
  if (bytes === undefined) context.refuse('$binary.base64', 'base64 text with its padding', base64);
  const digits = matching(/^[0-9a-f]{1,2}$/i, subType, '$binary.subType', 'one or two hexadecimal digits', context);
  const value = new Binary(bytes, Number.parseInt(digits, 16));
  return UUID.isValid(value) ? value.toUUID() : value;
}

/**
 * Undefined for text that is not base64. By length, as a regular expression would take long for megabytes: Node.js
 * leaves out what it cannot read, and each character left out makes fewer bytes.
 */
function base64Bytes(base64: string): Buffer | undefined {
  if (base64.length % 4 !== 0 || base64.includes('-') || base64.includes('_')) return undefined;
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0;
  const bytes = Buffer.from(base64, 'base64');
  return bytes.length === (base64.length / 4) * 3 - padding ? bytes : undefined;
}

const UUID_TEXT = /^(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;

function uuid(given: unknown, context: WrapperContext): UUID {
  const expected = 'a UUID as a string, in groups of 8-4-4-4-12 hexadecimal digits or without hyphens';
  return new UUID(matching(UUID_TEXT, given, '$uuid', expected, context));
}

function code(wrapper: Document, context: WrapperContext): Code {
  const source = text(wrapper.$code, '$code', context);
  if (!Object.hasOwn(wrapper, '$scope')) return new Code(source);
  const { $scope } = wrapper;
  if (!isObject($scope) || Object.keys($scope).some(isWrapperKey)) context.refuse('$scope', 'a document', $scope);
  return new Code(source, context.readDocument('$scope', $scope));
}

function timestamp(given: unknown, context: WrapperContext): Timestamp {
  const { t, i } = exactly(given, ['t', 'i'], '$timestamp', context);
  return new Timestamp({ t: uint32(t, '$timestamp.t', context), i: uint32(i, '$timestamp.i', context) });
}

function uint32(given: unknown, where: string, context: WrapperContext): number {
  // `>>> 0` gives the number itself for these alone; -0 it makes 0.
  if (typeof given === 'number' && given >>> 0 === given) return given >>> 0;
  return context.refuse(where, 'an integer from 0 to 4294967295', given);
}

function regExp(given: unknown, context: WrapperContext): BSONRegExp {
  const { pattern, options } = exactly(given, ['pattern', 'options'], '$regularExpression', context);
  const source = text(pattern, '$regularExpression.pattern', context);
  const flags = text(options, '$regularExpression.options', context);
  const expected = 'a pattern without NUL and options of i, l, m, s, u and x';
  return made(() => new BSONRegExp(source, flags), given, '$regularExpression', expected, context);
}

/** As a DBRef, as the decoder gives it. */
function dbPointer(given: unknown, context: WrapperContext): DBRef {
  const { $ref, $id } = exactly(given, ['$ref', '$id'], '$dbPointer', context);
  const namespace = text($ref, '$dbPointer.$ref', context);
  const { $oid } = exactly($id, ['$oid'], '$dbPointer.$id', context);
  return new DBRef(namespace, objectId($oid, '$dbPointer.$id.$oid', context));
}

/** Milliseconds on either side of 1970 that a Date holds. */
const MAX_DATE_MS = 8.64e15;

function date(given: unknown, context: WrapperContext): Date {
  if (typeof given === 'string') return new Date(internetTime(given, context));
  const expected = 'an Internet date and time as a string, or an object of $numberLong';
  if (!isObject(given)) return context.refuse('$date', expected, given);
  const { $numberLong } = exactly(given, ['$numberLong'], '$date', context);
  const ms = Number(integer($numberLong, '$date.$numberLong', 64, context));
  if (Math.abs(ms) <= MAX_DATE_MS) return new Date(ms);
  return context.refuse('$date.$numberLong', `milliseconds that a Date holds, up to ${MAX_DATE_MS}`, $numberLong);
}

/** RFC 3339, section 5.6, "with maximum time precision of milliseconds". */
const INTERNET_TIME =
  /^(\d{4}-\d\d-(\d\d))T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,3})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i;

function internetTime(given: string, context: WrapperContext): number {
  const [, day, dayOfMonth] = INTERNET_TIME.exec(given) ?? [];
  // A 30th of February is the 1st of March to Date.
  const midnight = new Date(`${day}T00:00:00Z`);
  if (midnight.getUTCDate() === Number(dayOfMonth)) return Date.parse(given.toUpperCase());
  return context.refuse('$date', 'a date such as "2012-12-24T12:15:30.501Z", with at most milliseconds', given);
}
