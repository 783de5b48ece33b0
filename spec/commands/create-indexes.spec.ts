import { createIndexes, INDEX_OPTIONS, indexDocument, indexName } from '../../lib/commands/create-indexes.js';
import { facts, replyOf, scope } from './scope-and-reply.js';

describe('indexDocument', () => {
  it('has keys in their order, a name and the options', () => {
    expect(indexDocument({ key: 'a', unique: true })).toEqual({ key: { a: 1 }, name: 'a_1', unique: true });
    expect(
      indexDocument({
        key: [
          ['b', -1],
          ['1', 1],
        ],
      }),
    ).toMatchObject({
      key: new Map([
        ['b', -1],
        ['1', 1],
      ]),
      name: 'b_-1_1_1',
    });
    expect(indexDocument({ key: { a: 1 }, name: 'mine', version: 2 })).toEqual({ key: { a: 1 }, name: 'mine', v: 2 });
  });

  it.each([
    [{ key: {} }, 'keys must name at least one field'],
    [{ key: [] }, 'keys must name at least one field'],
    [{ key: 5 }, 'keys must be a document'],
    [{ key: 'a', dropDups: true }, 'dropDups is not an option any more'],
    [{ key: 'a', drop_dups: true }, 'drop_dups is not an option any more'],
    [{ key: 'a', bucketSize: 1 }, 'MongoDB 5.0 removed the option bucketSize of createIndexes: use a 2d'],
    [{ key: 'a', bucket_size: 1 }, 'MongoDB 5.0 removed the option bucket_size'],
    [{ key: { a: 'geoHaystack', b: 1 } }, 'MongoDB 5.0 removed the option geoHaystack'],
    [{ key: [['a', 'geoHaystack']] }, 'MongoDB 5.0 removed the option geoHaystack'],
    [{ key: 'a', unique: 1 }, 'unique must be true or false'],
    [{ key: 'a', expireAfterSeconds: -1 }, 'expireAfterSeconds must not be negative'],
    [{ key: 'a', weights: 5 }, 'weights must be a document'],
  ])('refuses %j', (model, words) => {
    expect(() => indexDocument(model)).toThrow(words);
  });
});

it('indexDocument leaves out how long an index was to be remembered', () => {
  expect(indexDocument({ key: 'a', cacheFor: 300 })).toEqual({ key: { a: 1 }, name: 'a_1' });
});

describe('indexName', () => {
  it('joins fields and directions', () => {
    expect(indexName({ a: 1, b: '2dsphere' })).toBe('a_1_b_2dsphere');
    expect(indexName(new Map([['a', -1]]))).toBe('a_-1');
  });
});

describe('createIndexes', () => {
  const indexes = [{ key: 'a' }, { key: { b: 1 }, name: 'mine' }];

  it('makes several, with options of the command apart from those of an index', () => {
    const options = { commitQuorum: 'majority', maxTimeMS: 5, comment: 'x' };
    expect(createIndexes.build({ indexes, options }, scope)).toEqual({
      createIndexes: 'c',
      indexes: [
        { key: { a: 1 }, name: 'a_1' },
        { key: { b: 1 }, name: 'mine' },
      ],
      ...options,
    });
    expect(INDEX_OPTIONS.has('unique') && !INDEX_OPTIONS.has('commitQuorum')).toBe(true);
  });

  it('gives the names, and refuses an empty list', () => {
    expect(createIndexes.parse(replyOf({}), { indexes }, scope, facts)).toEqual(['a_1', 'mine']);
    expect(() => createIndexes.build({ indexes: [] }, scope)).toThrow(/at least one index/);
  });
});
