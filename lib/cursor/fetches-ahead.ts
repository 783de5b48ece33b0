import { inspect } from 'node:util';

/**
 * Whether a cursor with these options asks for the next batch while the current one is read: by default, and with
 * `prefetch` true or 1.
 *
 * @throws TypeError for another value
 */
export function fetchesAhead({ prefetch }: { readonly prefetch?: unknown }, isTailable: boolean): boolean {
  if (prefetch === undefined || prefetch === null || prefetch === true || prefetch === 1) return !isTailable;
  if (prefetch === false || prefetch === 0) return false;
  throw new TypeError(`prefetch must be true or 1, false or 0, not ${inspect(prefetch, { depth: 0 })}`);
}
