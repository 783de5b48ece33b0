import { ObjectId } from '../../lib/bson/codec.js';
import { checkFilter, checkWriteFilter } from '../../lib/commands/filter.js';
import { scope, scopeOf } from './scope-and-reply.js';

describe('checkFilter', () => {
  it('gives the filter itself, and an empty one for none', () => {
    const filter = { a: { $in: [1, null] }, d: new Date(), r: /x/, b: Buffer.alloc(2), o: new ObjectId() };
    expect(checkFilter(filter, scope)).toBe(filter);
    expect(checkFilter(undefined, scope)).toEqual({});
    expect(checkFilter(null, scope)).toEqual({});
    const map = new Map([['a', 1]]);
    expect(checkFilter(map, scope)).toBe(map);
  });

  it.each([[[]], ['x'], [5], [true], [new ObjectId()]])('refuses %p', (filter) => {
    expect(() => checkFilter(filter, scope)).toThrow(/^filter must be a document, not /);
  });

  it.each([
    [{ a: undefined }, 'filter.a is undefined'],
    [{ a: { b: undefined } }, 'filter.a.b is undefined'],
    [{ $and: [{ a: 1 }, { b: undefined }] }, 'filter.$and.1.b is undefined'],
    [{ a: { $in: [undefined] } }, 'filter.a.$in.0 is undefined'],
    [new Map([['a', new Map([['b', undefined]])]]), 'filter.a.b is undefined'],
  ])('refuses undefined: %p', (filter, words) => {
    expect(() => checkFilter(filter, scope)).toThrow(words);
    expect(checkFilter(filter, scopeOf({ ignoreUndefined: true }))).toBe(filter);
  });

  it('does not lose itself in a circle', () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    expect(checkFilter(circle, scope)).toBe(circle);
  });
});

describe('checkWriteFilter', () => {
  it('wants a filter: none must not mean all', () => {
    expect(checkWriteFilter({}, scope)).toEqual({});
    expect(() => checkWriteFilter(undefined, scope)).toThrow(
      'filter must be a document, not undefined; {} matches all',
    );
    expect(() => checkWriteFilter(null, scopeOf({ ignoreUndefined: true }))).toThrow(TypeError);
    expect(() => checkWriteFilter({ a: undefined }, scope)).toThrow('filter.a is undefined');
  });
});
