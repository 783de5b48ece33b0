import { Binary, bsonTypeOf, type Document } from '../bson/codec.js';
import { relaxedJSON } from '../bson/relaxed-json.js';

/**
 * A value as relaxed Extended JSON, cut behind so many code points. The work grows with the limit, not with the value.
 *
 * @param limit - the most code points; `...` follows where something was cut off and does not count. 0 for no limit
 *
 * @example
 * boundedJSON({ find: 'users' }, 5); // '{"fin...'
 * @see MongoDB Logging specification, "Configurable Max Document Length"
 */
export function boundedJSON(value: unknown, limit: number): string {
  if (limit === 0) return relaxedJSON(new Pruning(Number.POSITIVE_INFINITY).value(value));
  // A code point has at most two code units: this many hold the limit, whatever they are.
  return cut(relaxedJSON(new Pruning(2 * limit).value(value)), limit);
}

/** The first code points of a text. */
function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  let end = 0;
  for (let points = 0; points < limit && end < text.length; points++) end += text.codePointAt(end)! > 0xffff ? 2 : 1;
  return end < text.length ? `${text.slice(0, end)}...` : text;
}

/** Copies the beginning of a value: as much as gives more than so many code units of Extended JSON, or all of it. */
class Pruning {
  readonly #most: number;
  /** Counts no value as longer than it is written: what is left out lies behind the cut. */
  #left: number;

  constructor(most: number) {
    this.#most = most;
    this.#left = most;
  }

  value(given: unknown): unknown {
    if (typeof given === 'string') return this.#text(given);
    this.#left -= 1;
    if (typeof given !== 'object' || given === null) return given;
    const type = bsonTypeOf(given);
    if (type === 'Binary') return this.#binary(given as Binary);
    if (type !== undefined || given instanceof Date || given instanceof RegExp) return given;
    if (given instanceof Uint8Array) return this.#bytes(given);
    if (Array.isArray(given)) return this.#array(given);
    const { toBSON } = given as { toBSON?: unknown };
    if (typeof toBSON === 'function') return this.value(toBSON.call(given));
    return given instanceof Map
      ? this.#document(given.keys(), (name) => given.get(name))
      : this.#document(Object.keys(given), (name) => (given as Document)[name]);
  }

  #text(text: string): string {
    this.#left -= text.length;
    return text.length > this.#most ? text.slice(0, this.#most) : text;
  }

  #bytes(bytes: Uint8Array): Uint8Array {
    this.#left -= bytes.length;
    // Base64 of a beginning is the beginning of base64 where that ends with a whole group of three bytes.
    return bytes.length > this.#most ? bytes.subarray(0, this.#most + 3 - (this.#most % 3)) : bytes;
  }

  #binary(binary: Binary): Binary {
    const bytes = binary.buffer.subarray(0, binary.position);
    const beginning = this.#bytes(bytes);
    return beginning.length === bytes.length ? binary : new Binary(beginning, binary.sub_type);
  }

  #array(items: readonly unknown[]): unknown[] {
    const kept: unknown[] = [];
    for (const item of items) {
      if (this.#left < 0) break;
      kept.push(this.value(item));
    }
    return kept;
  }

  #document(names: Iterable<string>, read: (name: string) => unknown): Document {
    // Without a prototype `__proto__` is a name as any other.
    const kept: Document = Object.create(null);
    for (const name of names) {
      if (this.#left < 0) break;
      const value = read(name);
      if (typeof value === 'function' || typeof value === 'symbol') continue;
      this.#left -= name.length;
      kept[name] = this.value(value);
    }
    return kept;
  }
}
