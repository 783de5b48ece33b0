/** What options do on the server: seen in its profile, in its plans and in the documents. */
import { AsyncClient, type AsyncCollection, Binary, BSONRegExp, Code, Long, ObjectId } from '../../lib/index.js';
import { testUri, uniqueDatabase } from '../support/live.js';
import { orders, types } from './crud-orders.js';
import { requires } from './requires.js';

const client = new AsyncClient(testUri());
const db = client.db(uniqueDatabase('options'));
const collection: AsyncCollection<any> = db.collection('orders');

beforeAll(() => collection.createIndex({ price: 1 }));
beforeEach(async () => {
  await collection.deleteMany({});
  await collection.insertMany(orders());
});
afterAll(async () => {
  await client.dropDatabase(db);
  await client.close();
});

// A mongos has no profile; writes and count carry comments since 4.4.
requires({ minVersion: '4.4', topology: ['standalone', 'replicaSet'] }).describe('the profile shows', () => {
  const collation = { locale: 'en', strength: 2 };
  const hint = '_id_';
  const filter = { _id: 1 };
  const set = { $set: { seen: true } };

  type Row = [name: string, run: (comment: unknown) => Promise<unknown>, command: object];
  const rows: Row[] = [
    [
      'find',
      (comment) => collection.find(filter, { comment, collation, hint, maxTimeMS: 9_000, skip: 0, limit: 3 }).toArray(),
      { find: 'orders', filter, collation, hint, maxTimeMS: 9_000, skip: 0, limit: 3 },
    ],
    ['findOne', (comment) => collection.findOne(filter, { comment }), { find: 'orders', limit: 1, singleBatch: true }],
    [
      'aggregate',
      (comment) => collection.aggregate([{ $match: filter }], { comment, collation, hint, batchSize: 3 }).toArray(),
      { aggregate: 'orders', collation, hint, cursor: { batchSize: 3 } },
    ],
    [
      'countDocuments',
      (comment) => collection.countDocuments(filter, { comment, hint }),
      { pipeline: [{ $match: filter }, { $group: { _id: 1, n: { $sum: 1 } } }] },
    ],
    ['estimatedDocumentCount', (comment) => collection.estimatedDocumentCount({ comment }), { count: 'orders' }],
    [
      'distinct',
      (comment) => collection.distinct('customer', filter, { comment, collation }),
      { key: 'customer', query: filter, collation },
    ],
    ['insertOne', (comment) => collection.insertOne({ _id: 50 }, { comment }), { insert: 'orders', ordered: true }],
    [
      'insertMany',
      (comment) => collection.insertMany([{ _id: 50 }], { comment, ordered: false }),
      { insert: 'orders', ordered: false },
    ],
    [
      'updateOne',
      (comment) => collection.updateOne(filter, set, { comment, collation, upsert: true }),
      { q: filter, u: set, upsert: true, multi: false, collation },
    ],
    ['updateMany', (comment) => collection.updateMany(filter, set, { comment }), { q: filter, u: set, multi: true }],
    ['replaceOne', (comment) => collection.replaceOne(filter, { a: 1 }, { comment }), { q: filter, u: { a: 1 } }],
    [
      'deleteOne',
      (comment) => collection.deleteOne(filter, { comment, collation }),
      { q: filter, limit: 1, collation },
    ],
    ['deleteMany', (comment) => collection.deleteMany(filter, { comment }), { q: filter, limit: 0 }],
    [
      'findOneAndUpdate',
      (comment) => collection.findOneAndUpdate(filter, set, { comment, collation, hint, sort: { price: -1 } }),
      { findAndModify: 'orders', query: filter, update: set, collation, hint, sort: { price: -1 } },
    ],
    [
      'findOneAndReplace',
      (comment) => collection.findOneAndReplace(filter, { a: 1 }, { comment, returnDocument: 'after' }),
      { query: filter, update: { a: 1 }, new: true },
    ],
    ['findOneAndDelete', (comment) => collection.findOneAndDelete(filter, { comment }), { remove: true }],
    [
      'bulkWrite',
      (comment) => collection.bulkWrite([{ deleteOne: { filter, collation } }], { comment }),
      { q: filter, limit: 1, collation },
    ],
    ['listIndexes', (comment) => collection.listIndexes({ comment }).toArray(), { listIndexes: 'orders' }],
    ['command', (comment) => db.command({ collStats: 'orders', comment }), { collStats: 'orders' }],
  ];

  beforeAll(() => db.command({ profile: 2 }));
  afterAll(() => db.command({ profile: 0 }));

  test.each(rows)('%s with its options and comment', async (name, run, command) => {
    const comment = { trace: `${name} ${new ObjectId()}` };
    await run(comment);
    const [entry] = await db.collection('system.profile').find({ 'command.comment': comment }).toArray();
    expect(entry?.command).toMatchObject({ comment, ...command });
  });

  test('the comment of a cursor also in its getMore', async () => {
    const comment = { trace: `getMore ${new ObjectId()}` };
    expect(await collection.find({}, { comment, batchSize: 2 }).toArray()).toHaveLength(6);
    const entries = await db
      .collection('system.profile')
      .find({ 'command.comment': comment }, { sort: { ts: 1 } })
      .toArray();
    const [first, ...more] = entries;
    expect(first).toMatchObject({ op: 'query', command: { batchSize: 2 } });
    expect(more.length).toBeGreaterThanOrEqual(2);
    for (const entry of more) expect(entry).toMatchObject({ op: 'getmore', command: { batchSize: 2 } });
  });

  test('the concerns of a collection, of an operation before it, and none in a command', async () => {
    const read = collection.withOptions({ readConcern: 'local', writeConcern: { w: 1, wtimeoutMS: 700 } });
    await read.findOne(filter, { comment: 'inherited' });
    await read.findOne(filter, { comment: 'own', readConcern: 'available' });
    await read.insertOne({ _id: 60 }, { comment: 'inherited write' });
    await read.insertOne({ _id: 61 }, { comment: 'own write', writeConcern: { w: 1, journal: true } });
    await read.database.command({ count: 'orders', comment: 'command' });
    const profile = db.collection('system.profile');
    const command = async (comment: string) => (await profile.findOne({ 'command.comment': comment }))?.command;
    expect((await command('inherited')).readConcern).toEqual({ level: 'local' });
    expect((await command('own')).readConcern).toEqual({ level: 'available' });
    expect((await command('inherited write')).writeConcern).toMatchObject({ w: 1, wtimeout: 700 });
    expect((await command('own write')).writeConcern).toMatchObject({ w: 1, j: true });
    expect((await command('command')).readConcern).toBeUndefined();
  });
});

describe('explain', () => {
  const plan = (name: string) => expect.objectContaining({ command: expect.objectContaining({ [name]: 'orders' }) });
  const filter = { price: 20 };
  const set = { $set: { a: 1 } };
  const explain = 'queryPlanner';

  requires({ minVersion: '4.4' })('returns the plan and changes nothing', async () => {
    expect(await collection.updateOne(filter, set, { explain })).toEqual(plan('update'));
    expect(await collection.deleteMany({}, { explain })).toEqual(plan('delete'));
    expect(await collection.findOneAndDelete(filter, { explain })).toEqual(plan('findAndModify'));
    expect(await collection.findOne(filter, { explain })).toEqual(plan('find'));
    expect(await collection.distinct('price', filter, { explain })).toEqual(plan('distinct'));
    expect(await collection.estimatedDocumentCount({ explain })).toEqual(plan('count'));
    expect(await collection.countDocuments({})).toBe(6);
  });

  test('tells as much as it is asked to, within a time limit of its own', async () => {
    const run: any = await collection.findOne(filter, { explain: { verbosity: 'executionStats', maxTimeMS: 9_000 } });
    expect(run.executionStats.nReturned).toBe(1);
    expect(run.executionStats.allPlansExecution).toBeUndefined();
    const all: any = await collection.findOne(filter, { explain: true });
    expect(all.executionStats.allPlansExecution).toBeDefined();
    expect((await collection.find(filter).explain('queryPlanner')).executionStats).toBeUndefined();
    expect(JSON.stringify(await collection.aggregate([{ $match: filter }]).explain('queryPlanner'))).toContain(
      'IXSCAN',
    );
    await expect(collection.findOne(filter, { explain: 'everything' })).rejects.toThrow(/verbosity.*everything/);
  });

  test('shows that a hint is obeyed', async () => {
    expect(JSON.stringify(await collection.find({}, { hint: 'price_1' }).explain())).toContain('"indexName":"price_1"');
    expect(JSON.stringify(await collection.find(filter, { hint: { $natural: 1 } }).explain())).not.toContain('IXSCAN');
  });
});

describe('the codec', () => {
  const typed = db.collection<any>('types');
  const read = (options: object) => typed.findOne({ _id: 1 }, options);
  beforeAll(() => typed.insertOne(types()));

  test('gives plain values by default', async () => {
    const found = await read({});
    expect(found).toMatchObject({ small: 7, pattern: /^a/i, nested: { list: [1, 2] } });
    expect(found.large).toEqual(Long.fromString('9007199254740993'));
    expect(found.bytes).toEqual(new Binary(Buffer.from([1, 2, 3])));
  });

  test.each<[object, object]>([
    [{ promoteLongs: false }, { small: Long.fromNumber(7) }],
    [{ useBigInt64: true }, { small: 7n, large: 9007199254740993n }],
    [{ promoteBuffers: true }, { bytes: Buffer.from([1, 2, 3]) }],
    [{ bsonRegExp: true }, { pattern: new BSONRegExp('^a', 'i') }],
  ])('takes %o for one operation, a collection, a database or a client', async (options, expected) => {
    expect(await read(options)).toMatchObject(expected);
    expect(await typed.withOptions(options).findOne({ _id: 1 })).toMatchObject(expected);
    expect(await db.withOptions(options).collection('types').findOne({ _id: 1 })).toMatchObject(expected);
    expect(await typed.find({}, options).next()).toMatchObject(expected);
    expect(await typed.aggregate([], options).next()).toMatchObject(expected);
    expect(await typed.findOneAndUpdate({ _id: 1 }, { $set: { a: 1 } }, options)).toMatchObject(expected);
    await using other = new AsyncClient(testUri(), options);
    expect(await other.db(db.name).collection('types').findOne({ _id: 1 })).toMatchObject(expected);
  });

  test('gives embedded documents as bytes with raw', async () => {
    const { nested } = await read({ raw: true });
    expect(Buffer.isBuffer(nested)).toBe(true);
    expect(nested.readInt32LE(0)).toBe(nested.length);
  });

  test('leaves functions out, or writes them with serializeFunctions', async () => {
    await typed.insertOne({ _id: 'f', f: (a: number) => a + 1 });
    await typed.insertOne({ _id: 'g', f: (a: number) => a + 1 }, { serializeFunctions: true });
    expect(await typed.findOne({ _id: 'f' })).toEqual({ _id: 'f' });
    expect((await typed.findOne({ _id: 'g' })).f).toBeInstanceOf(Code);
  });

  test('writes undefined as null, or not at all with ignoreUndefined', async () => {
    await typed.insertOne({ _id: 'u', a: undefined, b: 1 });
    await typed.insertOne({ _id: 'v', a: undefined, b: 1 }, { ignoreUndefined: true });
    expect(await typed.findOne({ _id: 'u' })).toEqual({ _id: 'u', a: null, b: 1 });
    expect(await typed.findOne({ _id: 'v', c: undefined }, { ignoreUndefined: true })).toEqual({ _id: 'v', b: 1 });
  });
});

describe('_id', () => {
  const fresh = (): any => ({ a: 1 });

  test('is made by the client and put into the document, also for undefined', async () => {
    const documents: any[] = [fresh(), { _id: undefined, a: 1 }, new Map([['a', 1]])];
    for (const document of documents) {
      const { insertedId } = await collection.insertOne(document);
      expect(insertedId).toBeInstanceOf(ObjectId);
      expect(document instanceof Map ? document.get('_id') : document._id).toBe(insertedId);
      expect(await collection.findOne({ _id: insertedId })).toEqual({ _id: insertedId, a: 1 });
    }
  });

  test('comes first in the stored document', async () => {
    const { insertedId } = await collection.insertOne(fresh());
    expect(Object.keys((await collection.findOne({ _id: insertedId }))!)).toEqual(['_id', 'a']);
  });

  test('is left to the server with forceServerObjectId', async () => {
    const document = fresh();
    expect(await collection.insertOne(document, { forceServerObjectId: true })).toMatchObject({ acknowledged: true });
    expect(document).toEqual({ a: 1 });
    expect((await collection.findOne({ a: 1 }))?._id).toBeInstanceOf(ObjectId);
    const left = collection.withOptions({ forceServerObjectId: true });
    expect((await left.insertMany([fresh(), fresh()])).insertedIds).toEqual({ 0: undefined, 1: undefined });
    expect(await collection.countDocuments({ a: 1 })).toBe(3);
  });

  test('is made by pkFactory', async () => {
    let last = 1_000;
    const counted = collection.withOptions({ pkFactory: { createPk: () => ++last } });
    expect((await counted.insertOne(fresh())).insertedId).toBe(1_001);
    expect((await counted.insertMany([fresh(), { _id: 5_000 }, fresh()])).insertedIds).toEqual({
      0: 1_002,
      1: 5_000,
      2: 1_003,
    });
    expect((await counted.bulkWrite([{ insertOne: { document: fresh() } }])).insertedIds).toEqual({ 0: 1_004 });
    expect(await collection.countDocuments({ _id: { $gt: 1_000 } })).toBe(5);
  });
});

describe('w: 0', () => {
  const none = { writeConcern: { w: 0 } } as const;

  test('answers at once, and the writes arrive', async () => {
    const { insertedId, acknowledged } = await collection.insertOne({ n: 1 }, none);
    expect(acknowledged).toBe(false);
    expect(await collection.insertMany([{ _id: 20 }, { _id: 21 }], none)).toMatchObject({ acknowledged: false });
    expect(await collection.updateOne({ _id: 1 }, { $set: { seen: 1 } }, none)).toMatchObject({ acknowledged: false });
    expect(await collection.replaceOne({ _id: 2 }, { a: 1 }, none)).toMatchObject({ acknowledged: false });
    expect(await collection.deleteOne({ _id: 3 }, none)).toMatchObject({ acknowledged: false });
    expect(await collection.findOneAndDelete({ _id: 4 }, none)).toBeNull();
    expect(await collection.bulkWrite([{ deleteMany: { filter: { _id: 5 } } }], none)).toMatchObject({
      acknowledged: false,
    });
    await eventually(async () => {
      const left = await collection.find({}, { sort: { _id: 1 } }).toArray();
      expect(left.map(({ _id }) => _id)).toEqual([1, 2, 6, 20, 21, insertedId]);
      expect(left[0]).toMatchObject({ seen: 1 });
      expect(left[1]).toEqual({ _id: 2, a: 1 });
    });
  });

  test('hides errors', async () => {
    expect(await collection.insertOne({ _id: 1 }, none)).toEqual({ acknowledged: false, insertedId: 1 });
    expect(await collection.countDocuments({})).toBe(6);
  });

  test('is refused with journal', async () => {
    const both = { writeConcern: { w: 0, journal: true } };
    await expect(collection.insertOne({}, both)).rejects.toMatchObject({ code: 'CONFIGURATION' });
  });
});

/** Writes without an answer may be carried out after later ones of other connections. */
async function eventually(check: () => Promise<void>): Promise<void> {
  const until = Date.now() + 5_000;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
