import { inspect } from 'node:util';

/** Bytes from `start` up to, and without, `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** @throws TypeError for what is no whole number, RangeError for a negative one */
export function checkOffset(offset: unknown, name: 'start' | 'end'): number {
  if (typeof offset !== 'number' || !Number.isSafeInteger(offset))
    throw new TypeError(`${name} must be a whole number of bytes, not ${inspect(offset)}`);
  if (offset < 0) throw new RangeError(`${name} must not be negative, but is ${offset}`);
  return offset;
}

/**
 * A part of a file.
 *
 * @param start an offset that has been checked, as `end`
 * @param end default: the length
 * @throws RangeError: "These values are considered invalid if they are negative, greater than the file length, or if start is
 *   greater than end." (GridFS specification)
 */
export function checkRange(length: number, start: number, end = length): ByteRange {
  if (start > length) throw new RangeError(`start must not be beyond the file's ${length} bytes, but is ${start}`);
  if (end > length) throw new RangeError(`end must not be beyond the file's ${length} bytes, but is ${end}`);
  if (start > end) throw new RangeError(`start must not be behind end (${end}), but is ${start}`);
  return { start, end };
}
