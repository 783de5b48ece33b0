import {
  AsyncClient,
  type AsyncCollection,
  type CreateIndexOptions,
  type IndexSpecification,
} from '../../lib/index.js';
import { testUri, uniqueDatabase } from '../support/live.js';
import { requires } from './requires.js';

const client = new AsyncClient(testUri());
const db = client.db(uniqueDatabase('indexes'));
let made = 0;
let collection: AsyncCollection<any>;

beforeEach(async () => {
  collection = await db.createCollection(`c${++made}`);
});
afterAll(async () => {
  await client.dropDatabase(db);
  await client.close();
});

/** The index of this name as the server describes it. */
async function described(name: string) {
  const index = (await collection.listIndexes().toArray()).find((one) => one.name === name);
  if (index === undefined) throw new Error(`there is no index ${name}`);
  return index;
}

describe('keys', () => {
  test.each<[IndexSpecification, string, object]>([
    ['a', 'a_1', { a: 1 }],
    ['a.b', 'a.b_1', { 'a.b': 1 }],
    [['a', -1], 'a_-1', { a: -1 }],
    [['a', 'b'], 'a_1_b_1', { a: 1, b: 1 }],
    [{ b: 1, a: -1 }, 'b_1_a_-1', { b: 1, a: -1 }],
    [
      [
        ['b', 1],
        ['a', -1],
      ],
      'b_1_a_-1',
      { b: 1, a: -1 },
    ],
    [[{ b: 1 }, { a: -1 }], 'b_1_a_-1', { b: 1, a: -1 }],
    [
      new Map([
        ['b', -1 as const],
        ['1', 1 as const],
      ]),
      'b_-1_1_1',
      { b: -1, '1': 1 },
    ],
    [{ place: '2dsphere' }, 'place_2dsphere', { place: '2dsphere' }],
    [
      [
        ['place', '2dsphere'],
        ['name', 1],
      ],
      'place_2dsphere_name_1',
      { place: '2dsphere', name: 1 },
    ],
    [{ place: '2d' }, 'place_2d', { place: '2d' }],
    [{ key: 'hashed' }, 'key_hashed', { key: 'hashed' }],
  ])('%j', async (keys, name, key) => {
    expect(await collection.createIndex(keys)).toBe(name);
    expect((await described(name)).key).toEqual(key);
  });

  test('of a text index', async () => {
    expect(await collection.createIndex({ title: 'text', body: 'text' })).toBe('title_text_body_text');
    expect((await described('title_text_body_text')).weights).toEqual({ body: 1, title: 1 });
    await collection.insertMany([{ _id: 1, title: 'rivers' }, { _id: 2, body: 'a river, a river' }, { _id: 3 }]);
    const score = { $meta: 'textScore' } as const;
    const found = await collection
      .find({ $text: { $search: 'river' } }, { projection: { score }, sort: { score } })
      .toArray();
    expect(found.map(({ _id }) => _id)).toEqual([2, 1].sort((a, b) => scoreOf(found, b) - scoreOf(found, a)));
  });

  requires({ minVersion: '4.2' })('of a wildcard index', async () => {
    expect(await collection.createIndex({ '$**': 1 }, { wildcardProjection: { secret: 0 } })).toBe('$**_1');
    expect((await described('$**_1')).wildcardProjection).toMatchObject({ secret: 0 });
  });

  test.each([null, 5, {}, [], [['a', true]], [5], new Map()])('are refused: %p', async (keys) => {
    await expect(collection.createIndex(keys as any)).rejects.toThrow(/keys must/);
  });
});

function scoreOf(found: readonly any[], id: number): number {
  return found.find(({ _id }) => _id === id).score;
}

describe('options', () => {
  const rows: [name: string, keys: IndexSpecification, options: CreateIndexOptions][] = [
    ['unique', 'a', { unique: true }],
    ['sparse', 'a', { sparse: true }],
    ['name', 'a', { name: 'mine' }],
    ['partialFilterExpression', 'a', { partialFilterExpression: { a: { $gt: 5 } } }],
    ['expireAfterSeconds', 'at', { expireAfterSeconds: 3_600 }],
    ['expireAfterSeconds of 0', 'at', { expireAfterSeconds: 0 }],
    ['collation', 'a', { collation: { locale: 'de', strength: 2 } }],
    ['storageEngine', 'a', { storageEngine: { wiredTiger: { configString: 'block_compressor=none' } } }],
    ['weights', { a: 'text', b: 'text' }, { weights: { a: 3, b: 1 } }],
    [
      'default_language',
      { a: 'text' },
      { default_language: 'german', language_override: 'idioma', textIndexVersion: 3 },
    ],
    ['2dsphereIndexVersion', { a: '2dsphere' }, { '2dsphereIndexVersion': 2 }],
    ['bits, min and max', { a: '2d' }, { bits: 20, min: -10, max: 10 }],
  ];
  test.each(rows)('%s', async (_name, keys, options) => {
    expect(await described(await collection.createIndex(keys, options))).toMatchObject(options);
  });

  requires({ minVersion: '4.4' })('hidden', async () => {
    expect(await described(await collection.createIndex('a', { hidden: true }))).toMatchObject({ hidden: true });
    await expect(collection.find({}, { hint: 'a_1' }).toArray()).rejects.toMatchObject({ code: 2 });
  });

  test('version, background, batchSize and maxTimeMS are taken', async () => {
    const name = await collection.createIndex('a', { version: 2, background: true, maxTimeMS: 10_000 });
    expect(await described(name)).toMatchObject({ v: 2 });
    expect(name).toBe('a_1');
    expect(await collection.createIndexes([{ key: { b: 1 } }], { maxTimeMS: 10_000 })).toEqual(['b_1']);
    expect(await collection.listIndexes({ batchSize: 1 }).toArray()).toHaveLength(3);
  });

  requires({ minVersion: '4.4' })('comment', async () => {
    expect(await collection.createIndex('a', { comment: { any: 'value' } })).toBe('a_1');
  });

  requires({ minVersion: '4.4', topology: ['replicaSet', 'sharded'] })('commitQuorum', async () => {
    expect(await collection.createIndex('a', { commitQuorum: 'majority' })).toBe('a_1');
    await expect(collection.createIndex('b', { commitQuorum: 50 })).rejects.toMatchObject({ code: 278 });
  });

  test('dropDups is refused, as no server knows it any more', async () => {
    await expect(collection.createIndex('a', { dropDups: true } as any)).rejects.toThrow(/dropDups.*MongoDB 3\.0/);
  });

  test('a collation is what makes queries find', async () => {
    const collation = { locale: 'en', strength: 1 as const };
    await collection.createIndex('name', { collation, unique: true });
    await collection.insertOne({ name: 'Ada' });
    await expect(collection.insertOne({ name: 'ada' })).rejects.toMatchObject({ code: 11000 });
    expect(JSON.stringify(await collection.find({ name: 'ADA' }, { collation }).explain())).toContain('name_1');
  });
});

describe('createIndexes', () => {
  test('makes several by one command', async () => {
    const names = await collection.createIndexes([
      { key: { a: 1 }, unique: true },
      { key: { b: 1, c: -1 }, name: 'both' },
      { key: new Map([['place', '2dsphere' as const]]) },
    ]);
    expect(names).toEqual(['a_1', 'both', 'place_2dsphere']);
    expect((await collection.indexes()).map(({ name }) => name)).toEqual(['_id_', ...names]);
  });

  test('of none is refused', async () => {
    await expect(collection.createIndexes([])).rejects.toThrow(/indexes must be a list of at least one/);
    await expect(collection.createIndexes(null as any)).rejects.toThrow(/indexes must be a list/);
  });

  test('twice is no error, and makes the collection', async () => {
    const fresh = db.collection('fresh');
    expect(await fresh.createIndex('a')).toBe('a_1');
    expect(await fresh.createIndex('a')).toBe('a_1');
    expect(await db.listCollectionNames({ name: 'fresh' })).toEqual(['fresh']);
  });
});

describe('what is there', () => {
  beforeEach(() => collection.createIndexes([{ key: { a: 1, b: -1 } }, { key: { c: 1 }, unique: true }]));

  test('listIndexes', async () => {
    const indexes = await collection.listIndexes().toArray();
    expect(indexes.map(({ name, key, unique }) => [name, key, unique])).toEqual([
      ['_id_', { _id: 1 }, undefined],
      ['a_1_b_-1', { a: 1, b: -1 }, undefined],
      ['c_1', { c: 1 }, true],
    ]);
    for await (const { v } of collection.listIndexes()) expect(v).toBe(2);
  });

  test('indexInformation', async () => {
    expect(await collection.indexInformation()).toEqual({
      _id_: [['_id', 1]],
      'a_1_b_-1': [
        ['a', 1],
        ['b', -1],
      ],
      c_1: [['c', 1]],
    });
    expect(await collection.indexInformation({ full: true })).toEqual(await collection.indexes());
  });

  test('indexExists', async () => {
    expect(await collection.indexExists('c_1')).toBe(true);
    expect(await collection.indexExists(['c_1', '_id_'])).toBe(true);
    expect(await collection.indexExists(['c_1', 'd_1'])).toBe(false);
  });

  test('of a collection that does not exist: nothing', async () => {
    const none = db.collection('none');
    expect(await none.listIndexes().toArray()).toEqual([]);
    expect(await none.indexes()).toEqual([]);
    expect(await none.indexInformation()).toEqual({});
    expect(await none.indexExists('_id_')).toBe(false);
  });
});

describe('dropping', () => {
  beforeEach(() => collection.createIndexes([{ key: { a: 1, b: -1 } }, { key: { c: 1 }, name: 'mine' }]));
  const names = async () => (await collection.indexes()).map(({ name }) => name);

  test.each<[string | IndexSpecification]>([
    ['a_1_b_-1'],
    [{ a: 1, b: -1 }],
    [
      [
        ['a', 1],
        ['b', -1],
      ],
    ],
    [
      new Map([
        ['a', 1 as const],
        ['b', -1 as const],
      ]),
    ],
  ])('one, by %j', async (index) => {
    expect(await collection.dropIndex(index)).toMatchObject({ nIndexesWas: 3, ok: 1 });
    expect(await names()).toEqual(['_id_', 'mine']);
  });

  test('one with a name of its own, by that name and by its keys', async () => {
    await collection.dropIndex('mine');
    expect(await names()).not.toContain('mine');
    await collection.createIndex({ c: 1 }, { name: 'again' });
    await collection.dropIndex({ c: 1 });
    expect(await names()).not.toContain('again');
  });

  test('all', async () => {
    expect(await collection.dropIndexes()).toBe(true);
    expect(await names()).toEqual(['_id_']);
    expect(await db.collection('none').dropIndexes()).toBe(true);
    expect(await db.collection('none').dropIndex('a_1')).toEqual({});
  });

  test('* by dropIndex is refused', async () => {
    await expect(collection.dropIndex('*')).rejects.toThrow(/dropIndexes\(\) drops all/);
    expect(await names()).toHaveLength(3);
  });

  test("one that is not there is the server's error", async () => {
    await expect(collection.dropIndex('d_1')).rejects.toMatchObject({ code: 27, codeName: 'IndexNotFound' });
    await expect(collection.dropIndex('_id_')).rejects.toMatchObject({ code: 72 });
    await expect(collection.dropIndex(5 as any)).rejects.toThrow(/index must be a document, not 5/);
  });
});
