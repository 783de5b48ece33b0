/** Lists that exceed what the server takes in one message: by number and by size. */
import { AsyncClient, type AsyncCollection, type BulkWriteError } from '../../lib/index.js';
import { testUri, uniqueDatabase } from '../support/live.js';
import { requires } from './requires.js';

const client = new AsyncClient(testUri());
const db = client.db(uniqueDatabase('bulk-split'));
let made = 0;
let collection: AsyncCollection<any>;
const MEGABYTE = 1024 * 1024;
const LONG = 60_000;

/** The limits that servers have told for years; a test asks whether they still hold. */
const MAX_WRITE_BATCH_SIZE = 100_000;

// A collection of its own for each test: looking for what is not there takes a replica set very long between the traces
// of many deleted documents.
beforeEach(() => {
  collection = db.collection(`c${++made}`);
});
afterEach(() => collection.drop());
afterAll(async () => {
  await client.dropDatabase(db);
  await client.close();
});

const numbers = (length: number): { _id: number }[] => Array.from({ length }, (_, _id) => ({ _id }));

/** How many commands of this name the server has carried out so far. */
async function commands(name: 'insert' | 'update' | 'delete'): Promise<number> {
  const { metrics } = await client.admin.command({ serverStatus: 1 });
  return Number(metrics.commands[name].total);
}

test('the server has the limits that these tests are about', async () => {
  expect(await client.maxWriteBatchSize()).toBe(MAX_WRITE_BATCH_SIZE);
  expect(await client.maxMessageSize()).toBe(48_000_000);
});

describe('by number', () => {
  test(
    'inserts 100,001 documents by two commands',
    async () => {
      const documents = numbers(MAX_WRITE_BATCH_SIZE + 1);
      const before = await commands('insert');
      const result = await collection.insertMany(documents);
      // Another test file's inserts may be counted, too.
      expect((await commands('insert')) - before).toBeGreaterThanOrEqual(2);
      expect(result.insertedCount).toBe(MAX_WRITE_BATCH_SIZE + 1);
      expect(Object.keys(result.insertedIds)).toHaveLength(MAX_WRITE_BATCH_SIZE + 1);
      expect(result.insertedIds[MAX_WRITE_BATCH_SIZE]).toBe(MAX_WRITE_BATCH_SIZE);
      expect(await collection.countDocuments({})).toBe(MAX_WRITE_BATCH_SIZE + 1);
    },
    LONG,
  );

  test(
    'counts an error of the second message in the whole list, and stops there',
    async () => {
      const documents = [...numbers(MAX_WRITE_BATCH_SIZE + 1), { _id: 5 }, { _id: -1 }];
      const error: BulkWriteError = await collection.insertMany(documents).then(
        () => Promise.reject(new Error('there was no error')),
        (reason) => reason,
      );
      expect(error.writeErrors).toMatchObject([{ index: MAX_WRITE_BATCH_SIZE + 1, code: 11000, op: { _id: 5 } }]);
      expect(error.result.insertedCount).toBe(MAX_WRITE_BATCH_SIZE + 1);
      expect(await collection.countDocuments({ _id: -1 })).toBe(0);
    },
    LONG,
  );

  test(
    'updates in several messages, with upserts counted in the list',
    async () => {
      const few = MAX_WRITE_BATCH_SIZE + 2;
      const updates = numbers(few).map((filter, index) => ({
        updateOne: { filter, update: { $set: { n: 1 } }, upsert: index === 0 || index === few - 1 },
      }));
      const updated = await collection.bulkWrite(updates);
      expect(updated).toMatchObject({ upsertedCount: 2, matchedCount: 0, upsertedIds: { 0: 0, [few - 1]: few - 1 } });
    },
    LONG,
  );
});

describe('by size', () => {
  const large = (_id: number) => ({ _id, s: 'x'.repeat(MEGABYTE) });

  test(
    'inserts 60 documents of 1 MB',
    async () => {
      const before = await commands('insert');
      const result = await collection.insertMany(Array.from({ length: 60 }, (_, _id) => large(_id)));
      expect((await commands('insert')) - before).toBeGreaterThanOrEqual(2);
      expect(result.insertedCount).toBe(60);
      expect(await collection.distinct('_id')).toHaveLength(60);
    },
    LONG,
  );

  test(
    'unordered, goes on with the next message after an error',
    async () => {
      await collection.insertMany([{ _id: 3 }, { _id: 55 }]);
      const error: BulkWriteError = await collection
        .insertMany(
          Array.from({ length: 60 }, (_, _id) => large(_id)),
          { ordered: false },
        )
        .then(
          () => Promise.reject(new Error('there was no error')),
          (reason) => reason,
        );
      expect(error.writeErrors.map(({ index }) => index)).toEqual([3, 55]);
      expect(error.result).toMatchObject({ insertedCount: 58 });
      expect(await collection.countDocuments({})).toBe(60);
    },
    LONG,
  );

  test(
    'replaces by documents of 15 MB',
    async () => {
      const models = numbers(5).map(({ _id }) => ({
        replaceOne: { filter: { _id }, replacement: { s: 'x'.repeat(15 * MEGABYTE) }, upsert: true },
      }));
      expect(await collection.bulkWrite(models)).toMatchObject({ upsertedCount: 5 });
      expect(await collection.countDocuments({})).toBe(5);
    },
    LONG,
  );

  test(
    'deletes by filters of 1 MB',
    async () => {
      await collection.insertMany(numbers(60));
      const models = numbers(60).map(({ _id }) => ({
        deleteOne: { filter: { _id, s: { $ne: 'x'.repeat(MEGABYTE) } } },
      }));
      const before = await commands('delete');
      expect((await collection.bulkWrite(models)).deletedCount).toBe(60);
      expect((await commands('delete')) - before).toBeGreaterThanOrEqual(2);
    },
    LONG,
  );

  test(
    'sends a document of exactly the limit, alone or with others',
    async () => {
      const limit = await client.maxBsonSize();
      const exact = (_id: number) => ({ _id, s: 'x'.repeat(limit - 4 - 9 - 8 - 1) });
      const { insertedCount } = await collection.insertMany([{ _id: 1 }, exact(2), exact(3), exact(4), { _id: 5 }]);
      expect(insertedCount).toBe(5);
      expect((await collection.findOne({ _id: 3 })).s).toHaveLength(limit - 22);
    },
    LONG,
  );

  requires({ minVersion: '4.2' })(
    'updates with w: 0 in several messages',
    async () => {
      const none = { writeConcern: { w: 0 } } as const;
      const s = 'x'.repeat(MEGABYTE);
      const models = numbers(50).map((filter) => ({ updateOne: { filter, update: { $set: { s } }, upsert: true } }));
      expect((await collection.bulkWrite(models, none)).acknowledged).toBe(false);
      const until = Date.now() + 20_000;
      while (Date.now() < until && (await collection.countDocuments({})) < 50);
      expect(await collection.countDocuments({})).toBe(50);
    },
    LONG,
  );
});
