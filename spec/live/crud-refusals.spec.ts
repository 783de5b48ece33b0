/** What the client refuses by itself, before the server has heard of it, with words that name what is wrong. */
import { AsyncClient, type AsyncCollection, ObjectId } from '../../lib/index.js';
import { testUri, uniqueDatabase } from '../support/live.js';

const client = new AsyncClient(testUri());
const db = client.db(uniqueDatabase('refusals'));
const collection: AsyncCollection<any> = db.collection('c');

beforeAll(async () => {
  await collection.insertMany([{ _id: 1 }, { _id: 2 }]);
});
afterAll(async () => {
  await client.dropDatabase(db);
  await client.close();
});
// Nothing of all this may have reached the data.
afterEach(async () => {
  expect(await collection.countDocuments({})).toBe(2);
});

type Row = [name: string, call: () => unknown, words: RegExp];

/** The error of a call that throws or rejects. */
async function errorOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  throw new Error('the call was not refused');
}

async function expectRefusal(call: () => unknown, words: RegExp): Promise<void> {
  const error: any = await errorOf(call);
  expect(error.message).toMatch(words);
  if (typeof error.code === 'number') throw new Error(`it was the server that refused it: ${error.message}`);
  expect(error instanceof TypeError || error instanceof RangeError || typeof error.code === 'string').toBe(true);
}

const any = (value: unknown): any => value;
const set = { $set: { a: 1 } };

describe('undefined in a filter', () => {
  const filters: [string, object, string][] = [
    ['at the top', { a: undefined }, 'filter.a'],
    ['below', { a: { b: { c: undefined } } }, 'filter.a.b.c'],
    ['in an operator', { a: { $gt: undefined } }, 'filter.a.$gt'],
    ['in $and', { $and: [{ a: 1 }, { b: undefined }] }, 'filter.$and.1.b'],
    ['in a list', { a: { $in: [1, undefined] } }, 'filter.a.$in.1'],
    ['in a Map', new Map([['a', undefined]]), 'filter.a'],
  ];
  const calls: [string, (filter: any) => unknown][] = [
    ['find', (filter) => collection.find(filter).toArray()],
    ['findOne', (filter) => collection.findOne(filter)],
    ['countDocuments', (filter) => collection.countDocuments(filter)],
    ['distinct', (filter) => collection.distinct('a', filter)],
    ['updateOne', (filter) => collection.updateOne(filter, set)],
    ['updateMany', (filter) => collection.updateMany(filter, set)],
    ['replaceOne', (filter) => collection.replaceOne(filter, {})],
    ['deleteOne', (filter) => collection.deleteOne(filter)],
    ['deleteMany', (filter) => collection.deleteMany(filter)],
    ['findOneAndUpdate', (filter) => collection.findOneAndUpdate(filter, set)],
    ['findOneAndReplace', (filter) => collection.findOneAndReplace(filter, {})],
    ['findOneAndDelete', (filter) => collection.findOneAndDelete(filter)],
    ['bulkWrite', (filter) => collection.bulkWrite([{ deleteMany: { filter } }])],
  ];

  describe.each(calls)('of %s', (_name, call) => {
    test.each(filters)('%s', async (_where, filter, path) => {
      await expectRefusal(() => call(filter), new RegExp(`${path.replaceAll(/[.$]/g, '\\$&')} is undefined`));
    });
  });

  test('names the model of a bulk', async () => {
    const models = [{ insertOne: { document: {} } }, { updateOne: { filter: { a: undefined }, update: set } }];
    await expectRefusal(() => collection.bulkWrite(models), /operations\[1\]: filter\.a is undefined/);
  });

  test('is left out with ignoreUndefined', async () => {
    expect(await collection.countDocuments({ _id: 1, a: undefined }, any({ ignoreUndefined: true }))).toBe(1);
    expect(await collection.withOptions({ ignoreUndefined: true }).findOne({ _id: 2, a: undefined })).toEqual({
      _id: 2,
    });
  });
});

describe('filters', () => {
  test.each<Row>([
    ['an array', () => collection.find(any([])).toArray(), /filter must be a document, not \[\]/],
    ['an array in countDocuments', () => collection.countDocuments(any([1])), /filter must be a document/],
    ['a string', () => collection.find(any('x')).toArray(), /filter must be a document, not 'x'/],
    ['an ObjectId', () => collection.updateOne(any(new ObjectId()), set), /filter must be a document/],
    ['null in updateOne', () => collection.updateOne(any(null), set), /filter must be a document, not null/],
    ['undefined in updateMany', () => collection.updateMany(any(undefined), set), /filter must be.*undefined/],
    ['null in deleteMany', () => collection.deleteMany(any(null)), /filter must be a document, not null/],
    ['none in findOneAndDelete', () => collection.findOneAndDelete(any(undefined)), /filter must be a document/],
    ['none in a model', () => collection.bulkWrite(any([{ deleteMany: {} }])), /operations\[0\]: filter must be/],
    ['misspelt in a model', () => collection.bulkWrite(any([{ deleteMany: { filtre: {} } }])), /filter must be/],
  ])('%s', (_name, call, words) => expectRefusal(call, words));
});

describe('updates and replacements', () => {
  test.each<Row>([
    ['no operators', () => collection.updateOne({}, any({ a: 1 })), /update must have operators.*'a'/],
    ['an empty update', () => collection.updateMany({}, {}), /update must have operators.*empty/],
    ['an empty pipeline', () => collection.updateOne({}, []), /empty pipeline/],
    ['no update', () => collection.updateOne({}, any(undefined)), /update must be a document or a pipeline/],
    ['null as update', () => collection.findOneAndUpdate({}, any(null)), /update must be a document or a pipeline/],
    ['findOneAndUpdate', () => collection.findOneAndUpdate({}, any({ a: 1 })), /update must have operators/],
    ['operators to replace', () => collection.replaceOne({}, any(set)), /replacement must not have operators.*\$set/],
    ['a pipeline to replace', () => collection.replaceOne({}, any([set])), /replacement must be a document/],
    ['findOneAndReplace', () => collection.findOneAndReplace({}, any(set)), /replacement must not have operators/],
    ['null to replace', () => collection.findOneAndReplace({}, any(null)), /replacement must be a document/],
    [
      'nothing left',
      () => collection.updateOne({}, any({ $set: undefined }), { ignoreUndefined: true }),
      /not undefined/,
    ],
    [
      'a model without operators',
      () =>
        collection.bulkWrite(any([{ deleteMany: { filter: {} } }, { updateOne: { filter: {}, update: { a: 1 } } }])),
      /operations\[1\]: update must have operators/,
    ],
    [
      'a model with operators to replace',
      () => collection.bulkWrite(any([{ replaceOne: { filter: {}, replacement: set } }])),
      /operations\[0\]: replacement must not have operators/,
    ],
  ])('%s', (_name, call, words) => expectRefusal(call, words));
});

describe('documents and lists', () => {
  const circular: any = {};
  circular.self = circular;

  test.each<Row>([
    ['null', () => collection.insertOne(any(null)), /document must be a document, not null/],
    ['undefined', () => collection.insertOne(any(undefined)), /document must be a document/],
    ['an array', () => collection.insertOne(any([{ a: 1 }])), /document must be a document/],
    ['a number', () => collection.insertOne(any(1)), /document must be a document, not 1/],
    ['a circular one', () => collection.insertOne({ circular }), /circular/],
    ['null in a list', () => collection.insertMany(any([{ _id: 9 }, null])), /documents\[1\] must be a document/],
    ['an empty list', () => collection.insertMany([]), /documents must not be empty/],
    ['no list', () => collection.insertMany(any({ a: 1 })), /documents must be an array/],
    ['an empty bulk', () => collection.bulkWrite([]), /operations must not be empty/],
    ['no bulk', () => collection.bulkWrite(any(null)), /operations must be an array/],
    [
      'an unknown model',
      () => collection.bulkWrite(any([{ upsertOne: {} }])),
      /operations\[0\] must have exactly one of/,
    ],
    ['two models in one', () => collection.bulkWrite(any([{ deleteOne: {}, deleteMany: {} }])), /exactly one of/],
    ['null as model', () => collection.bulkWrite(any([null])), /operations\[0\].*null/],
    [
      'null in a model',
      () => collection.bulkWrite(any([{ insertOne: null }])),
      /operations\[0\]: insertOne must be a doc/,
    ],
    [
      'null as document',
      () => collection.bulkWrite(any([{ insertOne: { document: 1 } }])),
      /document must be a document/,
    ],
    ['no pipeline', () => collection.aggregate(any({ $match: {} })).toArray(), /pipeline must be an array/],
    ['null as stage', () => collection.aggregate(any([null])).toArray(), /pipeline\[0\] must be a document/],
    ['a key that is no name', () => collection.distinct(any(1)), /key must be the name of a field, not 1/],
    ['no command', () => db.command(any(null)), /command must be a document/],
    ['an empty command', () => db.command({}), /command must not be empty/],
  ])('%s', (_name, call, words) => expectRefusal(call, words));
});

describe('options', () => {
  const find = (options: object) => collection.find({}, any(options)).toArray();

  test.each<Row>([
    ['maxTimeMS as a string', () => find({ maxTimeMS: '5' }), /maxTimeMS must be a whole number, not '5'/],
    ['a negative maxTimeMS', () => collection.findOne({}, { maxTimeMS: -1 }), /maxTimeMS must not be negative.*-1/],
    ['a broken limit', () => find({ limit: 1.5 }), /limit must be a whole number, not 1\.5/],
    ['a negative skip', () => find({ skip: -1 }), /skip must not be negative.*-1/],
    ['a negative batchSize', () => find({ batchSize: -1 }), /batchSize must not be negative.*-1/],
    ['an aggregate batchSize', () => collection.aggregate([], { batchSize: -1 }).toArray(), /batchSize must not be/],
    ['a negative limit to count', () => collection.countDocuments({}, { limit: -1 }), /limit must not be negative/],
    ['a negative skip to count', () => collection.countDocuments({}, { skip: -1 }), /skip must not be negative/],
    ['collation as a string', () => find({ collation: 'en' }), /collation must be a document, not 'en'/],
    ['hint as a number', () => find({ hint: 1 }), /hint must be a document, not 1/],
    ['sort as a boolean', () => find({ sort: true }), /sort must be a document, not true/],
    ['an unknown direction', () => find({ sort: { a: 'up' } }), /sort must be.*directions.*'up'/],
    ['projection as a number', () => find({ projection: 1 }), /projection must be a document, not 1/],
    ['let as an array', () => find({ let: [] }), /let must be a document, not \[\]/],
    ['allowDiskUse as a string', () => find({ allowDiskUse: 'yes' }), /allowDiskUse must be true or false, not 'yes'/],
    ['upsert as a number', () => collection.updateOne({}, set, any({ upsert: 1 })), /upsert must be true or false/],
    ['arrayFilters', () => collection.updateOne({}, set, any({ arrayFilters: {} })), /arrayFilters must be an array/],
    ['ordered', () => collection.insertMany([{}], any({ ordered: 'no' })), /ordered must be true or false, not 'no'/],
    [
      'ordered of a bulk',
      () => collection.bulkWrite([{ insertOne: { document: {} } }], any({ ordered: 1 })),
      /ordered/,
    ],
    [
      'bypass',
      () => collection.insertOne({}, any({ bypassDocumentValidation: 1 })),
      /bypassDocumentValidation must be/,
    ],
    [
      'returnDocument',
      () => collection.findOneAndUpdate({}, set, any({ returnDocument: 'new' })),
      /returnDocument.*new/,
    ],
    [
      'upsert in a model',
      () => collection.bulkWrite(any([{ updateOne: { filter: {}, update: set, upsert: 1 } }])),
      /upsert/,
    ],
    ['readConcern', () => find({ readConcern: 5 }), /readConcern.*5/],
    ['writeConcern', () => collection.insertOne({}, any({ writeConcern: { w: -1 } })), /w.*-1/],
    ['readPreference', () => find({ readPreference: 'nearby' }), /nearby/],
    ['explain', () => find({}).then(() => collection.find().explain('all')), /verbosity.*all/],
    ['options as a number', () => collection.findOne({}, any(5)), /options must be an object, not 5/],
    ['size of a capped collection', () => db.createCollection('x', any({ capped: true, size: '1' })), /size must be/],
    ['validator', () => db.createCollection('x', any({ validator: 1 })), /validator must be a document, not 1/],
    ['unique', () => collection.createIndex('a', any({ unique: 'yes' })), /unique must be true or false, not 'yes'/],
    [
      'expireAfterSeconds',
      () => collection.createIndex('a', { expireAfterSeconds: -1 }),
      /expireAfterSeconds must not/,
    ],
  ])('%s', (_name, call, words) => expectRefusal(call, words));

  test('that are unknown are warned of, once', async () => {
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    try {
      await find({ limt: 1 });
      await find({ limt: 1 });
      expect(warned.mock.calls.map(([text]) => text)).toEqual([
        "find has no option 'limt': it is ignored; did you mean limit?",
      ]);
    } finally {
      warned.mockRestore();
    }
  });
});

describe('names', () => {
  test.each(['', 'a$b', '$a', '.a', 'a.', 'a..b', 'a\0b', 5, null, undefined, {}])(
    'of a collection: %p',
    async (name) => {
      await expectRefusal(() => db.collection(any(name)), /invalid collection name/);
      await expectRefusal(() => db.createCollection(any(name)), /invalid collection name/);
      await expectRefusal(() => collection.rename(any(name)), /invalid collection name/);
      await expectRefusal(() => collection.sub(any(name)), /invalid collection name/);
      if (typeof name === 'string') await expectRefusal(() => db.dropCollection(name), /invalid collection name/);
      else await expectRefusal(() => db.dropCollection(any(name)), /expected the name of a collection/);
    },
  );

  test.each(['', 'a b', 'a.b', 'a/b', 'a\\b', 'a"b', 'a$b', 'a\0b', 'x'.repeat(64), 5, null, {}])(
    'of a database: %p',
    async (name) => {
      if (name !== null) await expectRefusal(() => client.db(any(name)), /invalid database name/);
      await expectRefusal(() => client.dropDatabase(any(name)), /database name|name of a database/);
    },
  );

  test('are refused as InvalidNameError', async () => {
    expect(await errorOf(() => db.collection('a$b'))).toMatchObject({ name: 'InvalidNameError', code: 'INVALID_NAME' });
    expect(await errorOf(() => client.db('a b'))).toMatchObject({ name: 'InvalidNameError', code: 'INVALID_NAME' });
  });
});
