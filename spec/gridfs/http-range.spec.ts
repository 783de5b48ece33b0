import { MAX_RANGES, parseRange } from '../../lib/gridfs/http-range.js';

const LENGTH = 10_000;
const ranges = (field: string, length = LENGTH): unknown => {
  const parsed = parseRange(field, length);
  return typeof parsed === 'string' ? parsed : parsed.map(({ start, end }) => [start, end]);
};

describe('parseRange', () => {
  it.each<[string, number[][]]>([
    ['bytes=0-0', [[0, 1]]],
    ['bytes=0-499', [[0, 500]]],
    ['bytes=500-', [[500, LENGTH]]],
    ['bytes=-500', [[9500, LENGTH]]],
    ['bytes=-1', [[9999, LENGTH]]],
    ['bytes=9999-', [[9999, LENGTH]]],
    ['bytes=0-99999', [[0, LENGTH]]],
    ['bytes=-99999', [[0, LENGTH]]],
    ['bytes=0-', [[0, LENGTH]]],
    ['BYTES=1-2', [[1, 3]]],
    ['bytes= 1-2', [[1, 3]]],
    ['bytes=00-01', [[0, 2]]],
    ['bytes=0-999999999999999999999999', [[0, LENGTH]]],
    [
      'bytes=0-0,-1',
      [
        [0, 1],
        [9999, LENGTH],
      ],
    ],
    [
      'bytes=, 0-9 ,\t, 500-599,',
      [
        [0, 10],
        [500, 600],
      ],
    ],
    ['bytes=10-19,20000-', [[10, 20]]],
    ['bytes=-0,10-19', [[10, 20]]],
  ])('reads %j as %j', (field, expected) => expect(ranges(field)).toEqual(expected));

  it.each(['bytes=10000-', 'bytes=10000-10001', 'bytes=-0', 'bytes=99999999999999999999-', 'bytes=10000-,-0'])(
    'cannot satisfy %j',
    (field) => expect(ranges(field)).toBe('unsatisfiable'),
  );

  it.each([
    '',
    'bytes',
    'bytes=',
    'bytes=,',
    'bytes=-',
    'bytes=5-2',
    'bytes=0-1,5-2',
    'bytes=a-b',
    'bytes=0x0-0x1',
    'bytes=1.5-2',
    'bytes=--1',
    'bytes=1 - 2',
    'bytes=0-1, bytes=2-3',
    'bytes 0-1',
    'lines=0-1',
    'bytes=+1-2',
  ])('ignores %j', (field) => expect(ranges(field)).toBe('whole'));

  it('joins what overlaps or nearly touches, and keeps the order of the request', () => {
    expect(ranges('bytes=0-9,5-14')).toEqual([[0, 15]]);
    expect(ranges('bytes=10-19,0-9')).toEqual([[0, 20]]);
    expect(ranges('bytes=0-9,90-99')).toEqual([[0, 100]]);
    expect(ranges('bytes=0-9,91-99')).toEqual([
      [0, 10],
      [91, 100],
    ]);
    expect(ranges('bytes=5000-5001,0-1,9000-,4990-4999')).toEqual([
      [4990, 5002],
      [0, 2],
      [9000, LENGTH],
    ]);
    expect(ranges(`bytes=${Array(MAX_RANGES).fill('0-').join(',')}`)).toEqual([[0, LENGTH]]);
    expect(ranges('bytes=0-9999,1-2')).toEqual([[0, LENGTH]]);
  });

  it('ignores more ranges than anyone needs', () => {
    const many = (count: number): string => Array.from({ length: count }, (_, i) => `${i * 200}-${i * 200}`).join(',');
    expect(ranges(`bytes=${many(MAX_RANGES)}`)).toHaveLength(MAX_RANGES);
    expect(ranges(`bytes=${many(MAX_RANGES + 1)}`)).toBe('whole');
  });

  it('has no range of an empty file, but takes a suffix of it for the whole', () => {
    expect(ranges('bytes=0-', 0)).toBe('unsatisfiable');
    expect(ranges('bytes=0-0', 0)).toBe('unsatisfiable');
    expect(ranges('bytes=-5', 0)).toBe('whole');
    expect(ranges('bytes=-0', 0)).toBe('unsatisfiable');
  });

  it('gives ranges that lie within the file, apart from each other, for whatever is asked', () => {
    const text = (): string => String(Math.floor(Math.random() * 12_000));
    for (let round = 0; round < 500; round++) {
      const spec = (): string => [`${text()}-${text()}`, `${text()}-`, `-${text()}`][Math.floor(Math.random() * 3)]!;
      const parsed = parseRange(`bytes=${Array.from({ length: 1 + (round % 8) }, spec).join(',')}`, LENGTH);
      if (typeof parsed === 'string') continue;
      const inFile = parsed.toSorted((a, b) => a.start - b.start);
      for (const [index, { start, end }] of inFile.entries()) {
        expect(start).toBeLessThan(end);
        expect(end).toBeLessThanOrEqual(LENGTH);
        expect(start).toBeGreaterThanOrEqual(index === 0 ? 0 : inFile[index - 1]!.end);
      }
    }
  });
});
