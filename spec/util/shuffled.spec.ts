import { shuffled } from '../../lib/util/shuffled.js';

describe('shuffled', () => {
  it('leaves the list as it is and loses nothing', () => {
    const list = Object.freeze(['a', 'b', 'c', 'd']);
    expect(shuffled(list).toSorted()).toEqual(list);
    expect(shuffled([])).toEqual([]);
  });

  it('gives each order about as often', () => {
    const counts = new Map<string, number>();
    for (let round = 0; round < 6_000; round++) {
      const order = shuffled(['a', 'b', 'c']).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    // Seven standard deviations of a count whose mean is 1000.
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(200);
  });

  it('follows the numbers that it is given', () => {
    expect(shuffled(['a', 'b', 'c'], () => 0)).toEqual(['b', 'c', 'a']);
    expect(shuffled(['a', 'b', 'c'], () => 0.999)).toEqual(['a', 'b', 'c']);
  });
});
