import { fetchesAhead } from '../../lib/cursor/fetches-ahead.js';

it.each([
  [undefined, true],
  [null, true],
  [true, true],
  [1, true],
  [false, false],
  [0, false],
])('prefetch: %p is %p, and never of a tailable cursor', (prefetch, ahead) => {
  expect(fetchesAhead({ prefetch }, false)).toBe(ahead);
  expect(fetchesAhead({ prefetch }, true)).toBe(false);
});

it.each([[2], ['yes'], [{}]])('prefetch: %p is refused', (prefetch) => {
  expect(() => fetchesAhead({ prefetch }, false)).toThrow(/^prefetch must be true or 1, false or 0, not /);
});
