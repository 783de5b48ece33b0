import type { ByteRange } from './byte-range.js';

/** Field lines with more ranges than this are ignored: each costs a query. */
export const MAX_RANGES = 32;

/**
 * Ranges that are this near to each other are sent as one: "a server SHOULD coalesce any of the ranges that overlap, or
 * that are separated by a gap that is smaller than the overhead of sending multiple parts", which is about 80 bytes.
 */
const MAX_GAP = 80;

const SPEC = /^(?:(\d+)-(\d*)|-(\d+))$/;

/**
 * The bytes that a Range field asks for.
 *
 * @param field the field's value, such as `bytes=0-99,-500`
 * @param length bytes of the whole file
 * @returns `'whole'` where the field is to be ignored, as its unit is unknown, it is written wrongly, or it asks for too
 *   many ranges; `'unsatisfiable'` where no range begins within the file; else the ranges in the order of the request,
 *   those that overlap or nearly touch joined; with their ends, where HTTP has the last byte
 * @see RFC 9110, 14.1.2 and 14.2
 */
export function parseRange(field: string, length: number): 'whole' | 'unsatisfiable' | readonly ByteRange[] {
  const [, list] = /^bytes=(.*)$/is.exec(field) ?? [];
  if (list === undefined) return 'whole';
  const specs = list
    .split(',')
    .map((spec) => spec.trim())
    .filter((spec) => spec !== '');
  if (specs.length === 0 || specs.length > MAX_RANGES) return 'whole';
  const ranges: ByteRange[] = [];
  for (const spec of specs) {
    const [, first, last, suffix] = SPEC.exec(spec) ?? [];
    if (first === undefined && suffix === undefined) return 'whole';
    // "An int-range is invalid if the last-pos value is present and less than first-pos"
    if (first !== undefined && last !== '' && Number(last) < Number(first)) return 'whole';
    // A suffix is satisfiable, but has no place in a Content-Range where there are no bytes.
    if (suffix !== undefined && Number(suffix) > 0 && length === 0) return 'whole';
    const start = suffix === undefined ? Number(first) : Math.max(0, length - Number(suffix));
    const end = suffix !== undefined || last === '' ? length : Math.min(length, Number(last) + 1);
    if (start < length) ranges.push({ start, end });
  }
  return ranges.length === 0 ? 'unsatisfiable' : coalesce(ranges);
}

/** Joins ranges; each joined one stands where the first of its ranges was asked for. */
function coalesce(ranges: readonly ByteRange[]): readonly ByteRange[] {
  const inFile = ranges.map((range, asked) => ({ ...range, asked })).sort((a, b) => a.start - b.start);
  const joined: typeof inFile = [];
  for (const range of inFile) {
    const before = joined.at(-1);
    if (before === undefined || range.start > before.end + MAX_GAP) {
      joined.push(range);
    } else {
      before.end = Math.max(before.end, range.end);
      before.asked = Math.min(before.asked, range.asked);
    }
  }
  return joined.sort((a, b) => a.asked - b.asked).map(({ start, end }) => ({ start, end }));
}
