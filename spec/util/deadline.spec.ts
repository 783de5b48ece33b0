import { Deadline } from '../../lib/util/deadline.js';
import { fakeClock } from '../support/fake-clock.js';

describe('Deadline', () => {
  it('runs down from the moment when it is made', async () => {
    using clock = fakeClock();
    const deadline = new Deadline(100);
    expect([deadline.timeoutMS, deadline.remainingMS]).toEqual([100, 100]);
    await clock.advance(130);
    expect(deadline.remainingMS).toBe(-30);
    expect(new Deadline(100, performance.now() - 40).remainingMS).toBe(60);
  });

  it('of 0 never comes', async () => {
    using clock = fakeClock();
    const deadline = new Deadline(0);
    await clock.advance(1_000_000);
    expect([deadline.timeoutMS, deadline.remainingMS]).toEqual([0, Number.POSITIVE_INFINITY]);
  });

  it('gives way to an earlier one', () => {
    const [none, soon, late] = [new Deadline(0), new Deadline(10), new Deadline(1_000)];
    expect(Deadline.earlier(soon, late)).toBe(soon);
    expect(Deadline.earlier(late, soon)).toBe(soon);
    expect(Deadline.earlier(none, late)).toBe(late);
    expect(Deadline.earlier(undefined, none)).toBe(none);
    expect(Deadline.earlier(late, undefined)).toBe(late);
    expect(Deadline.earlier(undefined, undefined)).toBeUndefined();
  });

  it.each([0, 1, 30_000, Number.MAX_SAFE_INTEGER])('may be of %s ms', (value) => {
    expect(Deadline.check(value, 'timeoutMS')).toBe(value);
  });

  it.each<[unknown, typeof TypeError | typeof RangeError, string]>([
    [-1, RangeError, '-1'],
    [1.5, RangeError, '1.5'],
    [Number.NaN, RangeError, 'NaN'],
    [Number.POSITIVE_INFINITY, RangeError, 'Infinity'],
    [2 ** 53, RangeError, '9007199254740992'],
    ['200', TypeError, "'200'"],
    [{}, TypeError, '{}'],
    [5n, TypeError, '5n'],
  ])('refuses %p', (value, type, shown) => {
    expect(() => Deadline.check(value, 'timeoutMS')).toThrow(
      new type(`timeoutMS must be a whole number of milliseconds from 0 (no limit), not ${shown}`),
    );
  });
});
