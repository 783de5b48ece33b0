import { distinct } from '../../lib/commands/distinct.js';
import { facts, replyOf, scope, scopeOf } from './scope-and-reply.js';

describe('distinct', () => {
  it('asks for a field, of all documents or of some', () => {
    expect(distinct.build({ key: 'a.b', filter: undefined }, scope)).toEqual({ distinct: 'c', key: 'a.b', query: {} });
    const options = { collation: { locale: 'en' }, hint: 'a_1', comment: 1, maxTimeMS: 5 };
    expect(distinct.build({ key: 'a', filter: { b: 1 }, options }, scope)).toEqual({
      distinct: 'c',
      key: 'a',
      query: { b: 1 },
      ...options,
    });
  });

  it('refuses a key that is no name', () => {
    expect(() => distinct.build({ key: 5, filter: {} }, scope)).toThrow('key must be the name of a field, not 5');
  });

  it('gives the values as its codec reads them', () => {
    const input = { key: 'a', filter: {} };
    expect(distinct.parse(replyOf({ values: [1, 5n] }), input, scope, facts)).toEqual([1, 5]);
    expect(distinct.parse(replyOf({ values: [1, 5n] }), input, scopeOf({ useBigInt64: true }), facts)).toEqual([1, 5n]);
  });
});
