import { InvalidDocumentError } from '../errors/usage-errors.js';
import { DBRef, type Document, Double, Int32, LaxEJSON, Long } from './codec.js';
import { isWrapperKey, readWrapper, type WrapperContext } from './type-wrappers.js';

/** The options of `EJSON.parse`, with the names of the bson package. */
type ParseOptions = NonNullable<Parameters<typeof LaxEJSON.parse>[1]>;

/**
 * MongoDB's Extended JSON, version 2: documents as text that keeps the types of BSON.
 *
 * It has the interface of the bson package, and reads as the specification demands: an object with the key of a type,
 * such as `$oid` or `$numberLong`, has exactly the keys of that type, with values of its types and ranges. Other keys
 * with a dollar, such as the query operators `$regex` and `$type`, are plain keys.
 *
 * - `parse(text, options?)` reads text: `relaxed` (default true) gives plain numbers where false gives `Int32`, `Long`
 *   and `Double`; `useBigInt64` (default false) gives `$numberLong` as `bigint`; `legacy` (default false) reads
 *   version 1 too, which is ambiguous, as laxly as the bson package does.
 * - `stringify(value, replacer?, space?, options?)` writes text, relaxed unless `{ relaxed: false }`.
 * - `serialize` and `deserialize` do the same with an object in place of text.
 *
 * `parse` and `deserialize` throw a SyntaxError for text that is not JSON, and an InvalidDocumentError for a type that
 * is written wrongly: it names the place, what should stand there and what does.
 *
 * @example
 * ```ts
 * EJSON.parse('{"at":{"$date":"2012-12-24T12:15:30Z"},"n":{"$numberLong":"7"}}'); // { at: Date, n: 7 }
 * EJSON.stringify({ n: Long.fromNumber(7) }, { relaxed: false }); // '{"n":{"$numberLong":"7"}}'
 * EJSON.parse('{"a":[{"$oid":42}]}');
 * // InvalidDocumentError: invalid Extended JSON at a.0.$oid: expected a string of 24 hexadecimal digits, found 42
 * ```
 */
export const EJSON: typeof LaxEJSON = Object.freeze({
  parse,
  stringify: LaxEJSON.stringify,
  serialize: LaxEJSON.serialize,
  deserialize: (ejson: Document, options?: ParseOptions) => parse(JSON.stringify(ejson), options),
});

function parse(text: string, options?: ParseOptions): any {
  if (options?.legacy === true) return LaxEJSON.parse(text, options);
  // JSON has no other way to write a NUL, and to look at every name costs more than to look here.
  return new Reading(options, text.includes('\\u0000')).value(JSON.parse(text));
}

/** One walk over a value that JSON.parse has just made: it is changed in place. */
class Reading implements WrapperContext {
  readonly relaxed: boolean;
  readonly useBigInt64: boolean;
  readonly #mayHoldNUL: boolean;
  readonly #path: (string | number)[] = [];

  constructor({ relaxed, useBigInt64 }: ParseOptions = {}, mayHoldNUL: boolean) {
    this.relaxed = relaxed ?? true;
    this.useBigInt64 = useBigInt64 ?? false;
    this.#mayHoldNUL = mayHoldNUL;
  }

  value(given: unknown): unknown {
    if (typeof given === 'number') return this.relaxed ? given : this.#number(given);
    if (typeof given !== 'object' || given === null) return given;
    return Array.isArray(given) ? this.#array(given) : this.#object(given);
  }

  readDocument(key: string, given: Document): Document {
    this.#path.push(key);
    this.#fields(given, Object.keys(given));
    this.#path.pop();
    return given;
  }

  refuse(where: string, expected: string, found: unknown, cause?: unknown): never {
    const path = [...this.#path, ...(where === '' ? [] : [where])].join('.');
    const place = path === '' ? 'the top level' : path;
    const message = `invalid Extended JSON at ${place}: expected ${expected}, found ${inShort(found)}`;
    throw new InvalidDocumentError(message, cause === undefined ? {} : { cause });
  }

  #array(items: unknown[]): unknown[] {
    for (let index = 0; index < items.length; index++) {
      const item = items[index];
      if (this.#isKept(item)) continue;
      this.#path.push(index);
      items[index] = this.value(item);
      this.#path.pop();
    }
    return items;
  }

  /**
   * "The presence of a `$`-prefixed key indicates the object could be a type wrapper". The specification excepts the
   * object at the top; here it is one too, as `stringify` writes a lone value that way.
   */
  #object(given: Document): unknown {
    const keys = Object.keys(given);
    let hasReference = false;
    for (const key of keys) {
      if (key.charCodeAt(0) !== DOLLAR) continue;
      if (isWrapperKey(key)) return readWrapper(given, key, this);
      hasReference ||= key === '$ref';
    }
    this.#fields(given, keys);
    return hasReference && isReference(given, keys) ? toDBRef(given) : given;
  }

  #fields(given: Document, keys: readonly string[]): void {
    for (const key of keys) {
      if (this.#mayHoldNUL && key.includes('\0')) this.refuse('', 'names of fields without NUL', key);
      const value = given[key];
      if (this.#isKept(value)) continue;
      this.#path.push(key);
      const read = this.value(value);
      this.#path.pop();
      if (read === value) continue;
      if (key !== '__proto__') given[key] = read;
      // An assignment would change the prototype.
      else Object.defineProperty(given, key, { value: read, enumerable: true, writable: true, configurable: true });
    }
  }

  /** Most values of most documents: strings, and numbers that stay plain. */
  #isKept(value: unknown): boolean {
    return typeof value !== 'object' && (this.relaxed || typeof value !== 'number');
  }

  /** "The smallest BSON integer type that can represent the number exactly", or else a double. */
  #number(given: number): Int32 | Long | Double | bigint {
    if (!Number.isInteger(given) || Object.is(given, -0)) return new Double(given);
    if ((given | 0) === given) return new Int32(given);
    if (given < -MAX_INT64 || given >= MAX_INT64) return new Double(given);
    return this.useBigInt64 ? BigInt(given) : Long.fromNumber(given);
  }
}

const DOLLAR = 0x24;

/** The first double that is too large. */
const MAX_INT64 = 2 ** 63;

/** Enough to recognize a value in an error. */
function inShort(found: unknown): string {
  const text = JSON.stringify(found) ?? String(found);
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`;
}

const REFERENCE_KEYS: readonly string[] = ['$ref', '$id', '$db'];

/**
 * Whether the class DBRef can hold the document; a document it stays otherwise, which BSON writes the same way. The class
 * takes no more fields with a dollar, and makes a database's name of what precedes the dot in a collection's.
 */
function isReference(given: Document, keys: readonly string[]): boolean {
  const { $ref, $id } = given;
  if (typeof $ref !== 'string' || $ref.split('.').length === 2 || $id === undefined || $id === null) return false;
  if (Object.hasOwn(given, '$db') && typeof given.$db !== 'string') return false;
  return keys.every((key) => key.charCodeAt(0) !== DOLLAR || REFERENCE_KEYS.includes(key));
}

function toDBRef({ $ref, $id, $db, ...fields }: Document): DBRef {
  return new DBRef($ref, $id, $db, fields);
}
