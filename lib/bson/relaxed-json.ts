import { bsonTypeOf, type Document, LaxEJSON, type Long, type ObjectId } from './codec.js';

/**
 * A value as relaxed Extended JSON, version 2, on one line: what `EJSON.stringify` gives, made for long results.
 *
 * It differs where the bson package loses something: 64-bit integers keep all their digits ("Int64: integer"), a negative
 * zero keeps its sign, bytes are `$binary` and not an object of numbers, and a regular expression that was stored with
 * the flag `s`, which is read as `g`, is written as it was stored.
 *
 * @throws TypeError for what is no value in JSON, such as undefined; Error for BSON types of another version
 * @see MongoDB Extended JSON specification, "Conversion table"
 */
export function relaxedJSON(value: unknown): string {
  const text = write(value);
  if (text === undefined) throw new TypeError(`expected a value that JSON can hold, found ${typeof value}`);
  return text;
}

/** Undefined for functions and symbols, which JSON leaves out. */
function write(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return quote(value);
    case 'number':
      return writeNumber(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'bigint':
      return BigInt.asIntN(64, value).toString();
    case 'object':
      return value === null ? 'null' : writeObject(value);
    default:
      return undefined;
  }
}

/** Text without what JSON escapes: quotes, backslashes, control characters, and halves of surrogate pairs (with the whole ones). */
const PLAIN = /^[ !#-[\]-\ud7ff\ue000-\uffff]*$/;

function quote(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

function writeNumber(value: number): string {
  if (!Number.isFinite(value)) return `{"$numberDouble":"${value}"}`;
  return value === 0 && Object.is(value, -0) ? '-0.0' : String(value);
}

function writeObject(value: object): string {
  const type = bsonTypeOf(value);
  if (type === 'ObjectId') return `{"$oid":"${(value as ObjectId).toHexString()}"}`;
  if (type === 'Long') return (value as Long).toString();
  if (type !== undefined) return LaxEJSON.stringify(value, RELAXED);
  if (Array.isArray(value)) return writeArray(value);
  if ('toBSON' in value && typeof value.toBSON === 'function') return write(value.toBSON()) ?? 'null';
  if (value instanceof Date) return writeDate(value);
  if (value instanceof RegExp) return writeRegExp(value);
  if (value instanceof Uint8Array) return writeBytes(value);
  return value instanceof Map ? writeDocument(Object.fromEntries(value)) : writeDocument(value);
}

const RELAXED = { relaxed: true };

function writeArray(items: readonly unknown[]): string {
  let text = '[';
  for (let index = 0; index < items.length; index++) {
    if (index > 0) text += ',';
    text += write(items[index]) ?? 'null';
  }
  return `${text}]`;
}

function writeDocument(document: Document): string {
  let text = '{';
  for (const key of Object.keys(document)) {
    const value = document[key];
    // As in BSON, a field without a value is null.
    const written = value === undefined ? 'null' : write(value);
    if (written === undefined) continue;
    if (text.length > 1) text += ',';
    text += `${quote(key)}:${written}`;
  }
  return `${text}}`;
}

/** The first millisecond of the year 10000. */
const AFTER_9999 = 253_402_300_800_000;

/** "Datetime [year from 1970 to 9999 inclusive]" is text, without fractional seconds where these are zero. */
function writeDate(date: Date): string {
  const at = date.getTime();
  if (!(at >= 0 && at < AFTER_9999)) return `{"$date":{"$numberLong":"${at}"}}`;
  const text = date.toISOString();
  return `{"$date":"${at % 1000 === 0 ? `${text.slice(0, -5)}Z` : text}"}`;
}

/** "Options ... in alphabetical order". What JavaScript alone knows, such as `y`, BSON cannot hold either. */
function writeRegExp({ source, ignoreCase, multiline, global, dotAll }: RegExp): string {
  const options = `${ignoreCase ? 'i' : ''}${multiline ? 'm' : ''}${global || dotAll ? 's' : ''}`;
  return `{"$regularExpression":{"pattern":${quote(source)},"options":"${options}"}}`;
}

function writeBytes(bytes: Uint8Array): string {
  const base64 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  return `{"$binary":{"base64":"${base64}","subType":"00"}}`;
}
