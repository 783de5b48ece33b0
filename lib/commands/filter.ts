import { inspect } from 'node:util';
import { bsonTypeOf, type Document } from '../bson/codec.js';
import type { Scope } from './scope.js';

const NO_FILTER: Document = Object.freeze({});

/**
 * Checks a filter. `undefined` in it is refused unless `ignoreUndefined` is set: a field that a request left out would
 * match documents without it, or everything.
 *
 * @throws TypeError
 */
export function checkFilter(filter: unknown, scope: Scope, name = 'filter'): Document {
  if (filter === undefined || filter === null) return NO_FILTER;
  if (typeof filter !== 'object' || Array.isArray(filter) || bsonTypeOf(filter) !== undefined) {
    throw new TypeError(`${name} must be a document, not ${inspect(filter, { depth: 0 })}`);
  }
  if (!scope.encoder.ignoreUndefined) refuseUndefined(filter, name, 0);
  return filter;
}

/**
 * Checks the filter of a write, which must be there: what is undefined by mistake must not mean all documents.
 *
 * @throws TypeError
 */
export function checkWriteFilter(filter: unknown, scope: Scope): Document {
  if (filter === undefined || filter === null)
    throw new TypeError(`filter must be a document, not ${filter}; {} matches all`);
  return checkFilter(filter, scope);
}

/** Documents may be circular: the encoder finds that out, with a better message. */
const MAX_DEPTH = 100;

function refuseUndefined(value: object, path: string, depth: number): void {
  if (depth > MAX_DEPTH) return;
  if (value instanceof Map) {
    for (const [key, entry] of value) refuseEntry(entry, path, key, depth);
    return;
  }
  for (const key in value) refuseEntry((value as Document)[key], path, key, depth);
}

function refuseEntry(entry: unknown, path: string, key: string, depth: number): void {
  if (entry === undefined) {
    throw new TypeError(
      `${path}.${key} is undefined: give a value, null, or { $exists: false }; ignoreUndefined: true leaves such fields out`,
    );
  }
  if (typeof entry !== 'object' || entry === null || bsonTypeOf(entry) !== undefined) return;
  if (entry instanceof Date || entry instanceof RegExp || ArrayBuffer.isView(entry)) return;
  refuseUndefined(entry, `${path}.${key}`, depth + 1);
}
