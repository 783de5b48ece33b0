/** bulkWrite and insertMany: order, indexes of the user's list, splitting by the server's limits. */
import { type AnyBulkWriteOperation, AsyncClient, type AsyncCollection, type BulkWriteError } from '../../lib/index.js';
import { testUri, uniqueDatabase } from '../support/live.js';
import { requires } from './requires.js';

const client = new AsyncClient(testUri());
const db = client.db(uniqueDatabase('bulk'));
const collection: AsyncCollection<any> = db.collection('c');

beforeEach(() => collection.deleteMany({}));
afterAll(async () => {
  await client.dropDatabase(db);
  await client.close();
});

async function bulkErrorOf(promise: Promise<unknown>): Promise<BulkWriteError> {
  try {
    await promise;
  } catch (error) {
    expect((error as Error).name).toBe('BulkWriteError');
    return error as BulkWriteError;
  }
  throw new Error('there was no error');
}

const ids = async (): Promise<unknown[]> =>
  (await collection.find({}, { sort: { _id: 1 } }).toArray()).map((one) => one._id);
const insert = (_id: unknown): AnyBulkWriteOperation<any> => ({ insertOne: { document: { _id } } });
const upsert = (_id: unknown): AnyBulkWriteOperation<any> => ({
  updateOne: { filter: { _id }, update: { $set: { upserted: true } }, upsert: true },
});

describe('bulkWrite', () => {
  requires({ minVersion: '4.2' }).describe('with a pipeline among them', () => {
    test.each([true, false])('carries out all six models, ordered: %p', async (ordered) => {
      await collection.insertMany([
        { _id: 1 },
        { _id: 2, n: 1 },
        { _id: 3, n: 1 },
        { _id: 4 },
        { _id: 5 },
        { _id: 6, n: 9 },
      ]);
      const result = await collection.bulkWrite(
        [
          insert(7),
          { updateOne: { filter: { _id: 1 }, update: { $set: { n: 5 } } } },
          { updateMany: { filter: { n: 1 }, update: [{ $set: { n: { $add: ['$n', 1] } } }] } },
          { replaceOne: { filter: { _id: 4 }, replacement: { other: true } } },
          { deleteOne: { filter: { _id: 5 } } },
          { deleteMany: { filter: { n: 9 } } },
        ],
        { ordered },
      );
      expect(result).toMatchObject({
        acknowledged: true,
        insertedCount: 1,
        matchedCount: 4,
        modifiedCount: 4,
        deletedCount: 2,
        upsertedCount: 0,
        insertedIds: { 0: 7 },
        upsertedIds: {},
      });
      expect([result.ok, result.isOk(), result.hasWriteErrors(), result.getWriteErrors()]).toEqual([
        1,
        true,
        false,
        [],
      ]);
      expect(await collection.find({}, { sort: { _id: 1 } }).toArray()).toEqual([
        { _id: 1, n: 5 },
        { _id: 2, n: 2 },
        { _id: 3, n: 2 },
        { _id: 4, other: true },
        { _id: 7 },
      ]);
    });
  });

  test.each([true, false])('counts inserted and upserted ids in the list, ordered: %p', async (ordered) => {
    const models = [
      upsert('a'),
      insert('b'),
      { replaceOne: { filter: { _id: 'c' }, replacement: { n: 1 }, upsert: true } },
      { deleteOne: { filter: { _id: 'nothing' } } },
      insert('d'),
      { updateMany: { filter: { _id: 'e' }, update: { $set: { n: 1 } }, upsert: true } },
    ];
    const result = await collection.bulkWrite(models, { ordered });
    expect(result.insertedIds).toEqual({ 1: 'b', 4: 'd' });
    expect(result.upsertedIds).toEqual({ 0: 'a', 2: 'c', 5: 'e' });
    expect(result).toMatchObject({ matchedCount: 0, modifiedCount: 0, upsertedCount: 3, insertedCount: 2 });
    expect(result.getUpsertedIdAt(2)).toBe('c');
    expect(result.getRawResponse()).toMatchObject({ nInserted: 2, nUpserted: 3, nRemoved: 0 });
  });

  test('stops at the first error when ordered', async () => {
    await collection.insertOne({ _id: 1 });
    const models = [insert(2), upsert(3), insert(1), insert(4), insert(1)];
    const error = await bulkErrorOf(collection.bulkWrite(models));
    expect(error.writeErrors).toHaveLength(1);
    expect(error.writeErrors[0]).toMatchObject({ index: 2, code: 11000, op: { _id: 1 } });
    expect(error).toMatchObject({ code: 11000, command: 'insert', namespace: collection.fullName });
    expect(error.result).toMatchObject({
      insertedCount: 1,
      upsertedCount: 1,
      insertedIds: { 0: 2 },
      upsertedIds: { 1: 3 },
    });
    expect(await ids()).toEqual([1, 2, 3]);
  });

  test('tries everything and collects the errors when unordered', async () => {
    await collection.insertMany([{ _id: 1 }, { _id: 2 }]);
    const models = [
      insert(1),
      insert(3),
      { updateOne: { filter: { _id: 1 }, update: { $set: { _id: 9 } } } },
      insert(2),
      upsert(4),
      insert(3),
      { deleteOne: { filter: { _id: 2 } } },
    ];
    const error = await bulkErrorOf(collection.bulkWrite(models, { ordered: false }));
    expect(error.writeErrors.map(({ index, code }) => [index, code])).toEqual([
      [0, 11000],
      [2, 66],
      [3, 11000],
      [5, 11000],
    ]);
    expect(error.message).toContain('and 3 more errors');
    expect(error.result).toMatchObject({
      insertedCount: 1,
      insertedIds: { 1: 3 },
      upsertedIds: { 4: 4 },
      deletedCount: 1,
    });
    expect(error.result.getWriteErrorAt(1).index).toBe(2);
    expect(error.result.getWriteErrorCount()).toBe(4);
    expect(await ids()).toEqual([1, 3, 4]);
  });

  requires({ minVersion: '4.4' })('takes options of each model', async () => {
    await collection.createIndex({ name: 1 });
    await collection.insertMany([
      { _id: 1, name: 'ada', items: [1, 5] },
      { _id: 2, name: 'Bob' },
      { _id: 3, name: 'bob' },
    ]);
    const collation = { locale: 'en', strength: 2 };
    await collection.bulkWrite([
      {
        updateOne: { filter: { _id: 1 }, update: { $set: { 'items.$[low]': 0 } }, arrayFilters: [{ low: { $lt: 3 } }] },
      },
      { updateMany: { filter: { name: 'BOB' }, update: { $set: { seen: true } }, collation } },
      { deleteMany: { filter: { name: 'bob' }, hint: { name: 1 } } },
    ]);
    expect(await collection.find({}, { sort: { _id: 1 } }).toArray()).toEqual([
      { _id: 1, name: 'ada', items: [0, 5] },
      { _id: 2, name: 'Bob', seen: true },
    ]);
    const wrong = bulkErrorOf(collection.bulkWrite([insert(9), { deleteOne: { filter: {}, hint: 'none' } }]));
    expect((await wrong).writeErrors).toMatchObject([{ index: 1, code: 2 }]);
  });

  requires({ minVersion: '8.0' })('takes sort of updateOne and replaceOne', async () => {
    await collection.insertMany([{ _id: 1 }, { _id: 2 }, { _id: 3 }]);
    await collection.bulkWrite([
      { updateOne: { filter: {}, update: { $set: { last: true } }, sort: { _id: -1 } } },
      { replaceOne: { filter: {}, replacement: { first: true }, sort: { _id: 1 } } },
    ]);
    expect(await collection.find({}, { sort: { _id: 1 } }).toArray()).toMatchObject([
      { first: true },
      {},
      { last: true },
    ]);
  });

  test('leaves the models as they are, but for the _id of new documents', async () => {
    const model = { insertOne: { document: { a: 1 } as any } };
    const { insertedIds } = await collection.bulkWrite([model]);
    expect(model).toEqual({ insertOne: { document: { a: 1, _id: insertedIds[0] } } });
  });

  test('with w: 0 and a list of many kinds arrives in its order', async () => {
    const none = { writeConcern: { w: 0 } } as const;
    const result = await collection.bulkWrite([insert(1), upsert(2), { deleteOne: { filter: { _id: 1 } } }], none);
    expect(result.acknowledged).toBe(false);
    for (let tries = 0; tries < 100 && (await collection.countDocuments({ _id: 2 })) === 0; tries++);
    expect(await collection.countDocuments({ _id: 2 })).toBe(1);
  });
});

describe('insertMany', () => {
  test('reports each error with its document, and what was inserted beside', async () => {
    const documents = [{ _id: 1 }, { _id: 2 }, { _id: 1 }, { _id: 3 }, { _id: 2 }];
    const error = await bulkErrorOf(collection.insertMany(documents, { ordered: false }));
    expect(error.writeErrors.map(({ index, op }) => [index, op])).toEqual([
      [2, documents[2]],
      [4, documents[4]],
    ]);
    expect(error.result).toMatchObject({ insertedCount: 3, insertedIds: { 0: 1, 1: 2, 3: 3 } });
    expect(Object.keys(error.result.insertedIds)).toEqual(['0', '1', '3']);
    expect(await ids()).toEqual([1, 2, 3]);
  });
});
