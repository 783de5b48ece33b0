import { checkOffset, checkRange } from '../../lib/gridfs/byte-range.js';

describe('checkOffset', () => {
  it('gives a whole number of bytes', () => {
    expect(checkOffset(0, 'start')).toBe(0);
    expect(checkOffset(2 ** 40, 'end')).toBe(2 ** 40);
  });

  it.each([
    [-1, RangeError, 'start must not be negative, but is -1'],
    [0.5, TypeError, 'start must be a whole number of bytes, not 0.5'],
    [Number.NaN, TypeError, 'start must be a whole number of bytes, not NaN'],
    ['9', TypeError, "start must be a whole number of bytes, not '9'"],
    [9n, TypeError, 'start must be a whole number of bytes, not 9n'],
  ])('refuses %p', (offset, Mistake, message) => {
    expect(() => checkOffset(offset, 'start')).toThrow(new Mistake(message));
  });
});

describe('checkRange', () => {
  it('gives a part of the file, to its end by default', () => {
    expect(checkRange(10, 3)).toEqual({ start: 3, end: 10 });
    expect(checkRange(10, 10, 10)).toEqual({ start: 10, end: 10 });
    expect(checkRange(0, 0)).toEqual({ start: 0, end: 0 });
  });

  it.each([
    [11, undefined, "start must not be beyond the file's 10 bytes, but is 11"],
    [0, 11, "end must not be beyond the file's 10 bytes, but is 11"],
    [6, 5, 'start must not be behind end (5), but is 6'],
  ])('refuses %p to %p of 10', (start, end, message) => {
    expect(() => checkRange(10, start, end)).toThrow(new RangeError(message));
  });
});
