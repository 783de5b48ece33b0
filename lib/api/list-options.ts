import { ResultTooLargeError } from '../errors/usage-errors.js';
import { limit } from './body-options.js';

/** What `cursor.toList` and `cursor.toArray` take. */
export interface ListOptions {
  /** How many bytes the documents may have together, as BSON. More is an error, which closes the cursor. */
  maxBytes?: number | undefined;
}

/** The limits of a list, checked. */
export interface ListPlan {
  /** Documents at most. */
  readonly most: number;
  readonly maxBytes: number;
}

/** @throws TypeError or RangeError that names the argument */
export function planList(length: unknown, options: ListOptions = {}): ListPlan {
  return {
    most: length === null ? Number.POSITIVE_INFINITY : checkLength(length),
    maxBytes: limit('maxBytes', options.maxBytes, 1),
  };
}

function checkLength(length: unknown): number {
  if (typeof length !== 'number' || !Number.isInteger(length)) {
    throw new TypeError(`length must be a whole number, or null for all, not ${String(length)}`);
  }
  if (length < 0) throw new RangeError(`length must not be negative, but is ${length}`);
  return length;
}

/** The failure of a list whose documents after the first `count` would make it larger than `maxBytes`. */
export function tooLarge(count: number, maxBytes: number): ResultTooLargeError {
  return new ResultTooLargeError(`the documents have more than maxBytes (${maxBytes}) after the first ${count}`);
}
