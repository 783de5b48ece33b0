import { isDeepStrictEqual } from 'node:util';
import { bsonTypeOf, type Document } from '../bson/codec.js';

/**
 * Which events a listener wants: a predicate, or values by their paths, all of which have to be there. A list of values
 * stands for any of them.
 *
 * @example
 * const filters: ChangeFilter[] = [
 *   { operationType: ['insert', 'update'], 'ns.coll': 'orders' },
 *   (change) => change.fullDocument?.total > 100,
 * ];
 */
export type ChangeFilter<Change = any> = ((change: Change) => boolean) | Readonly<Record<string, unknown>>;

/** @throws TypeError for what is neither a function nor an object */
export function predicateOf<Change>(filter: ChangeFilter<Change> | undefined): (change: Change) => boolean {
  if (filter === undefined) return () => true;
  if (typeof filter === 'function') return filter;
  if (typeof filter !== 'object' || filter === null || Array.isArray(filter)) {
    throw new TypeError(`filter must be a function or an object of paths and values, not ${String(filter)}`);
  }
  const wanted = Object.entries(filter).map(([path, value]) => ({
    path: path.split('.'),
    values: Array.isArray(value) ? value : [value],
  }));
  return (change) => wanted.every(({ path, values }) => matches(valueAt(change, path), values));
}

function valueAt(change: unknown, path: readonly string[]): unknown {
  let value = change;
  for (const name of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Document)[name];
  }
  return value;
}

function matches(value: unknown, values: readonly unknown[]): boolean {
  return values.some((wanted) => {
    if (Object.is(value, wanted)) return true;
    if (typeof value !== 'object' || typeof wanted !== 'object' || value === null || wanted === null) return false;
    // ObjectId, UUID, Timestamp and their like know by themselves.
    const type = bsonTypeOf(value);
    const { equals } = value as { equals?: (other: unknown) => boolean };
    if (type !== undefined && type === bsonTypeOf(wanted) && equals !== undefined) return equals.call(value, wanted);
    return isDeepStrictEqual(value, wanted);
  });
}
