import { calculateObjectSize } from 'bson';
import { selectCases } from './cases.js';
import { expandRanges } from './cores.js';
import { foundDocument, storedDocument } from './documents.js';
import { bootstrapInterval, median, percentile } from './statistics.js';
import { uriTarget } from './target.js';

describe('the figures of the benchmark', () => {
  it('takes medians of odd and even counts', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([])).toBeNaN();
  });

  it('takes nearest-rank percentiles', () => {
    const ascending = Array.from({ length: 100 }, (_, index) => index + 1);
    expect(percentile(ascending, 0.5)).toBe(50);
    expect(percentile(ascending, 0.99)).toBe(99);
    expect(percentile([5], 0.99)).toBe(5);
  });

  it('gives an interval around the median, the same one each time', () => {
    const values = [0.2, 0.25, 0.22, 0.3, 0.21];
    const [low, high] = bootstrapInterval(values);
    expect(low).toBeLessThanOrEqual(median(values));
    expect(high).toBeGreaterThanOrEqual(median(values));
    expect(low).toBeGreaterThanOrEqual(0.2);
    expect(high).toBeLessThanOrEqual(0.3);
    expect(bootstrapInterval(values)).toEqual([low, high]);
  });
});

describe('the input of the benchmark', () => {
  it('sends documents of the documented sizes', () => {
    expect(calculateObjectSize(storedDocument(9999))).toBe(187);
    expect(calculateObjectSize(foundDocument())).toBeGreaterThan(190);
    expect(calculateObjectSize(foundDocument())).toBeLessThan(230);
  });

  it('selects cases by a part of their name or a regular expression', () => {
    expect(selectCases('findOne c=100').map(({ name }) => name)).toEqual(['findOne c=100', 'findOne c=1000']);
    expect(selectCases('^find.* c=1$').map(({ name }) => name)).toEqual(['findOne c=1']);
    expect(selectCases(undefined)).toHaveLength(26);
    expect(() => selectCases('(')).toThrow('--case "(" matches no case');
  });

  it('reads lists of cores', () => {
    expect(expandRanges('0-2,5')).toEqual([0, 1, 2, 5]);
  });

  it('reads one host out of a URI and connects directly', () => {
    expect(uriTarget('mongodb://localhost')).toEqual({
      uri: 'mongodb://localhost:27017/?directConnection=true',
      host: 'localhost',
      port: 27017,
      floorCanConnect: true,
    });
    const target = uriTarget('mongodb://u:p@[::1]:7/db?tls=true');
    expect(target).toMatchObject({ host: '::1', port: 7, floorCanConnect: false });
    expect(target.uri).toBe('mongodb://u:p@[::1]:7/db?tls=true&directConnection=true');
    expect(() => uriTarget('mongodb://a,b')).toThrow('expected mongodb:// with one host');
  });
});
