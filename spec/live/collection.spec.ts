/** A collection's making, properties, aggregation into others, renaming and end. */
import { AsyncClient, AsyncCollection, CollectionInvalidError } from '../../lib/index.js';
import { testUri, uniqueDatabase } from '../support/live.js';
import { orders } from './crud-orders.js';
import { requires } from './requires.js';

const client = new AsyncClient(testUri());
const db = client.db(uniqueDatabase('collection'));
afterAll(async () => {
  await client.dropDatabase(db);
  await client.close();
});

const info = async (name: string) => (await db.listCollections({ name }).toArray())[0]!;

describe('createCollection', () => {
  test('gives the collection, without options', async () => {
    const plain = await db.createCollection<{ a: number }>('plain');
    expect(plain).toBeInstanceOf(AsyncCollection);
    expect(plain.fullName).toBe(`${db.name}.plain`);
    expect(await info('plain')).toMatchObject({ name: 'plain', type: 'collection', options: {} });
    expect(await plain.options()).toEqual({});
  });

  test('of the same name is a CollectionInvalidError', async () => {
    await db.createCollection('twice', { capped: true, size: 4_096 });
    await expect(db.createCollection('twice')).rejects.toBeInstanceOf(CollectionInvalidError);
  });

  test('gives a collection that outlives the session and the time of the call', async () => {
    const session = client.startSession();
    const made = await db.createCollection<any>('outlives', { session, timeoutMS: 20_000 });
    await session.endSession();
    expect(await made.insertOne({ _id: 1 })).toMatchObject({ insertedId: 1 });
    expect(made.find().session).toBeUndefined();
  });

  test('asks first, of a client that knows no server yet', async () => {
    const fresh = new AsyncClient(testUri());
    try {
      const twice = fresh.db(db.name).createCollection('twice', { capped: true, size: 4_096 });
      const error = await twice.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(CollectionInvalidError);
      expect(error).not.toHaveProperty('cause');
    } finally {
      await fresh.close();
    }
  });

  test('capped', async () => {
    const log = await db.createCollection<any>('log', { capped: true, size: 8_192, max: 3 });
    await log.insertMany([1, 2, 3, 4, 5].map((_id) => ({ _id })));
    expect(await log.distinct('_id')).toEqual([3, 4, 5]);
    expect(await log.isCapped()).toBe(true);
    expect(await log.options()).toMatchObject({ capped: true, max: 3, size: 8_192 });
    expect(await db.collection('plain').isCapped()).toBe(false);
    await expect(db.createCollection('unsized', { capped: true })).rejects.toMatchObject({ code: 72 });
  });

  test('with a validator, its level and its action', async () => {
    const validator = { n: { $gt: 0 } };
    const options = { validator, validationLevel: 'moderate', validationAction: 'warn' };
    const warned = await db.createCollection<any>('warned', options);
    await warned.insertOne({ n: 0 });
    expect(await warned.options()).toEqual(options);
    const strict = await db.createCollection<any>('strict', { validator });
    await expect(strict.insertOne({ n: 0 })).rejects.toMatchObject({ code: 121 });
  });

  test('a view', async () => {
    await db.collection<any>('base').insertMany(orders());
    const pipeline = [{ $match: { price: { $gt: 30 } } }, { $project: { customer: 1 } }];
    const view = await db.createCollection<any>('view', { viewOn: 'base', pipeline });
    expect(await view.find({}, { sort: { _id: 1 } }).toArray()).toEqual([
      { _id: 4, customer: 'ćvet' },
      { _id: 5, customer: 'cid' },
      { _id: 6, customer: 'Ada' },
    ]);
    expect(await view.countDocuments({})).toBe(3);
    expect(await view.estimatedDocumentCount()).toBe(3);
    expect(await info('view')).toMatchObject({
      type: 'view',
      options: { viewOn: 'base', pipeline },
      info: { readOnly: true },
    });
    await expect(view.insertOne({})).rejects.toMatchObject({ code: 166 });
  });

  test('with a collation', async () => {
    const named = await db.createCollection<any>('collated', { collation: { locale: 'en', strength: 2 } });
    await named.insertMany([{ name: 'Ada' }, { name: 'ada' }]);
    expect(await named.countDocuments({ name: 'ADA' })).toBe(2);
    expect(await named.countDocuments({ name: 'ADA' }, { collation: { locale: 'simple' } })).toBe(0);
    const [index] = await named.indexes();
    expect(index?.collation).toMatchObject({ locale: 'en', strength: 2 });
  });

  test('with options of the storage engine', async () => {
    const storageEngine = { wiredTiger: { configString: 'block_compressor=zlib' } };
    const indexOptionDefaults = { storageEngine: { wiredTiger: {} } };
    const stored = await db.createCollection('stored', { storageEngine, indexOptionDefaults });
    expect(await stored.options()).toMatchObject({ storageEngine, indexOptionDefaults });
  });

  test('with options of the collection object and of the operation', async () => {
    const options = {
      pkFactory: { createPk: () => 'mine' },
      readPreference: 'secondaryPreferred',
      promoteLongs: false,
    } as const;
    const made = await db.createCollection<any>('configured', { ...options, writeConcern: { w: 1 }, maxTimeMS: 9_000 });
    expect((await made.insertOne({})).insertedId).toBe('mine');
    expect(made.readPreference.mode).toBe('secondaryPreferred');
    expect(made.writeConcern.w).toBe(1);
    expect(await made.options()).toEqual({});
  });

  requires({ minVersion: '5.0' })('a time series that expires', async () => {
    const timeseries = { timeField: 't', metaField: 'sensor', granularity: 'minutes' };
    const series = await db.createCollection<any>('series', { timeseries, expireAfterSeconds: 3_600 });
    await series.insertMany([1, 2, 3].map((n) => ({ t: new Date(), sensor: 'a', n })));
    expect(await series.countDocuments({ sensor: 'a' })).toBe(3);
    expect(await info('series')).toMatchObject({
      type: 'timeseries',
      options: { timeseries, expireAfterSeconds: 3_600 },
    });
  });

  requires({ minVersion: '5.3' })('clustered', async () => {
    const clusteredIndex = { key: { _id: 1 as const }, unique: true, name: 'by id' };
    const clustered = await db.createCollection<any>('clustered', { clusteredIndex, expireAfterSeconds: 60 });
    expect(await clustered.options()).toMatchObject({ clusteredIndex, expireAfterSeconds: 60 });
    expect(await clustered.indexes()).toMatchObject([{ name: 'by id', clustered: true }]);
  });

  requires({ minVersion: '6.0', topology: ['replicaSet', 'sharded'] })('with pre- and post-images', async () => {
    const changeStreamPreAndPostImages = { enabled: true };
    const imaged = await db.createCollection('imaged', { changeStreamPreAndPostImages });
    expect(await imaged.options()).toEqual({ changeStreamPreAndPostImages });
  });

  test('hands wrong options to the server', async () => {
    const wrong = db.createCollection('x', { validationLevel: 'nonsense' });
    await expect(wrong).rejects.toMatchObject({ name: 'OperationFailureError', command: 'create' });
    expect(await db.listCollectionNames({ name: 'x' })).toEqual([]);
  });
});

describe('a collection object', () => {
  test('has its names', () => {
    const collection = db.collection('a.b');
    expect(collection).toMatchObject({
      name: 'a.b',
      collectionName: 'a.b',
      dbName: db.name,
      namespace: `${db.name}.a.b`,
    });
    expect(collection.database).toBe(db);
    expect(collection.sub('c').fullName).toBe(`${db.name}.a.b.c`);
  });

  test('inherits and overrides settings', () => {
    const above = db.withOptions({
      readConcern: 'majority',
      writeConcern: { w: 'majority' },
      readPreference: 'nearest',
    });
    const collection = above.collection('a', { readConcern: 'local' });
    expect([collection.readConcern.level, collection.writeConcern.w, collection.readPreference.mode]).toEqual([
      'local',
      'majority',
      'nearest',
    ]);
    const other = collection.withOptions({ writeConcern: { w: 1, journal: true } });
    expect([other.name, other.readConcern.level, other.writeConcern.journal]).toEqual(['a', 'local', true]);
    expect(collection.writeConcern.journal).toBeUndefined();
    expect(collection.sub('b').readConcern.level).toBe('local');
    expect(db.readConcern.level).toBeUndefined();
  });

  test('of nothing answers as an empty one', async () => {
    const none = db.collection('none');
    expect(await none.find().toArray()).toEqual([]);
    expect(await none.findOne()).toBeNull();
    expect(await none.countDocuments()).toBe(0);
    expect(await none.estimatedDocumentCount()).toBe(0);
    expect(await none.distinct('a')).toEqual([]);
    expect(await none.deleteMany({})).toEqual({ acknowledged: true, deletedCount: 0 });
    expect(await none.options()).toEqual({});
    expect(await none.isCapped()).toBe(false);
  });
});

describe('aggregate', () => {
  const source = db.collection<any>('source');
  beforeAll(() => source.insertMany(orders()));
  const total = { $group: { _id: '$customer', total: { $sum: '$price' } } };

  test('into a collection by $out, also with a batch size of 0', async () => {
    const cursor = source.aggregate([total, { $out: 'totals' }], { batchSize: 0 });
    expect(await db.listCollectionNames({ name: 'totals' })).toEqual([]);
    expect(await cursor.toArray()).toEqual([]);
    expect(await db.collection<any>('totals').findOne({ _id: 'Ada' })).toEqual({ _id: 'Ada', total: 70 });
    await source.aggregate([{ $match: { _id: 1 } }], { out: 'totals', writeConcern: { w: 1 } }).toArray();
    expect(await db.collection('totals').countDocuments()).toBe(1);
  });

  requires({ minVersion: '4.2' })('into a collection by $merge', async () => {
    const merged = db.collection<any>('merged');
    await merged.insertOne({ _id: 'Ada', kept: true });
    expect(await source.aggregate([total, { $merge: { into: 'merged' } }]).toArray()).toEqual([]);
    expect(await merged.findOne({ _id: 'Ada' })).toEqual({ _id: 'Ada', kept: true, total: 70 });
    expect(await merged.countDocuments()).toBe(5);
  });

  test('with a cursor of many batches', async () => {
    const found: unknown[] = [];
    for await (const { _id } of source.aggregate([{ $sort: { _id: -1 } }], { cursor: { batchSize: 1 } }))
      found.push(_id);
    expect(found).toEqual([6, 5, 4, 3, 2, 1]);
  });

  test('with allowDiskUse, hint, collation and maxTimeMS', async () => {
    const options = {
      allowDiskUse: true,
      hint: '_id_',
      collation: { locale: 'en', strength: 1 },
      maxTimeMS: 9_000,
    } as const;
    const pipeline = [{ $match: { customer: 'BOB' } }, { $sort: { _id: 1 } }, { $project: { _id: 1 } }];
    expect(await source.aggregate(pipeline, options).toArray()).toEqual([{ _id: 2 }, { _id: 3 }]);
  });
});

describe('rename and drop', () => {
  test('rename gives the collection under its new name', async () => {
    const old = db.collection<any>('old', { readConcern: 'local' });
    await old.insertOne({ _id: 1 });
    const renamed = await old.rename('new');
    expect([renamed.name, renamed.readConcern.level]).toEqual(['new', 'local']);
    expect(await renamed.findOne()).toEqual({ _id: 1 });
    expect(await old.findOne()).toBeNull();
    expect((await db.renameCollection('new', 'newer')).name).toBe('newer');
    await expect(old.rename('other')).rejects.toMatchObject({ code: 26, namespace: 'admin' });
  });

  test('drop is true, also where there is nothing', async () => {
    const gone = db.collection('gone');
    await gone.insertOne({});
    expect(await gone.drop()).toBe(true);
    expect(await gone.drop({ writeConcern: { w: 1 } })).toBe(true);
    expect(await db.listCollectionNames({ name: 'gone' })).toEqual([]);
  });
});
