import { Ring } from '../../lib/util/ring.js';

function all<T>(ring: Ring<T>): T[] {
  return Array.from({ length: ring.size }, () => ring.shift()!);
}

describe('Ring', () => {
  it('is empty at first', () => {
    const ring = new Ring<number>();
    expect([ring.size, ring.peek(), ring.shift()]).toEqual([0, undefined, undefined]);
  });

  it('keeps the order while it wraps around and grows', () => {
    const ring = new Ring<number>();
    const expected: number[] = [];
    const seen: number[] = [];
    for (let i = 0; i < 1000; i++) {
      ring.push(i);
      expected.push(i);
      // Two of three stay: the head moves on, and the array grows at every position of the head.
      if (i % 3 === 0) seen.push(ring.shift()!);
      expect(ring.peek()).toBe(seen.length === expected.length ? undefined : expected[seen.length]);
    }
    expect([...seen, ...all(ring)]).toEqual(expected);
    expect(ring.size).toBe(0);
  });

  it('retains in order, also across its end', () => {
    const ring = new Ring<number>();
    for (let i = 0; i < 12; i++) ring.push(-1);
    for (let i = 0; i < 12; i++) ring.shift();
    for (let i = 0; i < 10; i++) ring.push(i);
    ring.retain((entry) => entry % 2 === 1);
    expect(ring.size).toBe(5);
    expect(all(ring)).toEqual([1, 3, 5, 7, 9]);
    ring.push(1);
    ring.retain(() => false);
    expect([ring.size, ring.peek()]).toEqual([0, undefined]);
  });
});
