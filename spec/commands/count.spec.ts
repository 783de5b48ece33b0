import { count, countDocuments } from '../../lib/commands/count.js';
import { cursorReply, facts, replyOf, scope } from './scope-and-reply.js';

describe('count', () => {
  it('counts by metadata without a filter, and by a query with one', () => {
    expect(count.build({ options: { maxTimeMS: 5, comment: 'x' } }, scope)).toEqual({
      count: 'c',
      maxTimeMS: 5,
      comment: 'x',
    });
    expect(count.build({ filter: { a: 1 }, options: { skip: 1, limit: -2, hint: 'a_1' } }, scope)).toEqual({
      count: 'c',
      query: { a: 1 },
      skip: 1,
      limit: -2,
      hint: 'a_1',
    });
  });

  it('reads n', () => {
    expect(count.parse(replyOf({ n: 12 }), {}, scope, facts)).toBe(12);
  });
});

describe('countDocuments', () => {
  const pipeline = (filter: unknown, options?: object) => countDocuments.build({ filter, options }, scope).pipeline;
  const group = { $group: { _id: 1, n: { $sum: 1 } } };

  it('is a pipeline that counts, with skip and limit as its stages', () => {
    expect(pipeline(undefined)).toEqual([{ $match: {} }, group]);
    expect(pipeline({ a: 1 }, { skip: 2, limit: 3 })).toEqual([
      { $match: { a: 1 } },
      { $skip: 2 },
      { $limit: 3 },
      group,
    ]);
    expect(pipeline({}, { skip: null, limit: 0 })).toEqual([{ $match: {} }, group]);
  });

  it('hands the other options on, and refuses negative numbers', () => {
    const options = { skip: 1, hint: 'a_1', collation: { locale: 'en' }, comment: 'x' };
    const body = countDocuments.build({ filter: {}, options }, scope);
    expect(body).toMatchObject({ hint: 'a_1', collation: { locale: 'en' }, comment: 'x', cursor: {} });
    expect(body).not.toHaveProperty('skip');
    expect(() => pipeline({}, { limit: -1 })).toThrow(/limit must not be negative/);
    expect(() => pipeline({}, { skip: 1.5 })).toThrow(/skip must be a whole number/);
    expect(() => pipeline({ a: undefined })).toThrow(/filter\.a is undefined/);
  });

  it('reads the only document, or 0 where there is none', () => {
    expect(countDocuments.parse(cursorReply([{ _id: 1, n: 3 }]), {}, scope, facts)).toBe(3);
    expect(countDocuments.parse(cursorReply([]), {}, scope, facts)).toBe(0);
  });
});
