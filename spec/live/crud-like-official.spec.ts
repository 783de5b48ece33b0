/** The same calls through Rotor and through the official driver, on two collections with the same documents. */
import { AsyncClient } from '../../lib/index.js';
import { testUri, uniqueDatabase } from '../support/live.js';
import { officialClient } from '../support/official-client.js';
import { orders } from './crud-orders.js';
import { requires } from './requires.js';

/** A call on either driver's collection. */
type Call = (collection: any) => Promise<unknown>;

const rotor = new AsyncClient(testUri());
const official = officialClient(testUri());
const database = uniqueDatabase('like-official');

afterAll(async () => {
  await rotor.dropDatabase(database);
  await Promise.all([rotor.close(), official.close()]);
});

/** A result without its class, or the server's error number; `refused` for an error that the driver raised by itself. */
async function outcome(call: () => Promise<unknown>): Promise<unknown> {
  try {
    return plain(await call());
  } catch (error) {
    const { code, keyValue, writeErrors, result } = error as any;
    if (typeof code !== 'number') return 'refused';
    const indexes = [writeErrors ?? []].flat().map((one: any) => [one.index, one.code]);
    const counts = [result?.insertedCount, result?.matchedCount, result?.deletedCount, result?.insertedIds];
    return { code, keyValue, ...(indexes.length > 0 ? { indexes, counts } : {}) };
  }
}

function plain(value: any): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  if (typeof value.getRawResponse !== 'function') {
    // What a replica set adds to each reply is another time for each call.
    const { $clusterTime, operationTime, ...same } = value;
    return same;
  }
  const { insertedCount, matchedCount, modifiedCount, deletedCount, upsertedCount, insertedIds, upsertedIds } = value;
  const counts = { insertedCount, matchedCount, modifiedCount, deletedCount, upsertedCount };
  return { ...counts, insertedIds, upsertedIds, ok: value.isOk(), failed: value.hasWriteErrors() };
}

const mine: any = rotor.db(database).collection('mine');
const theirs: any = official.db(database).collection('theirs');

beforeAll(() => {
  const indexes = [
    { key: { price: 1 }, name: 'by_price' },
    { key: { at: 1 }, name: 'by_at', unique: true },
  ];
  return Promise.all([mine.createIndexes(indexes), theirs.createIndexes(indexes)]);
});

beforeEach(async () => {
  for (const name of ['mine', 'theirs']) {
    const collection = official.db(database).collection<any>(name);
    await collection.deleteMany({});
    await collection.insertMany(orders());
  }
});

async function expectTheSame(call: Call): Promise<void> {
  const expected = await outcome(() => call(theirs));
  expect(await outcome(() => call(mine))).toEqual(expected);
  const contents = await theirs.find({}, { sort: { _id: 1 } }).toArray();
  expect(await mine.find({}, { sort: { _id: 1 } }).toArray()).toEqual(contents);
}

const collation = { locale: 'en', strength: 1 };

const READS: [string, Call][] = [
  ['find', (c) => c.find({ price: { $gt: 20 } }).toArray()],
  ['find with sort, skip, limit, projection', (c) => c.find({}, page).toArray()],
  ['find with a pair as sort', (c) => c.find({}, { sort: ['price', -1] }).toArray()],
  ['find with pairs as sort', (c) => c.find({}, { sort: pairs }).toArray()],
  ['find with a Map as sort', (c) => c.find({}, { sort: new Map(pairs) }).toArray()],
  ['find with words as sort', (c) => c.find({}, { sort: { customer: 'asc', price: 'descending' } }).toArray()],
  ['find with names as sort', (c) => c.find({}, { sort: ['customer', 'price'] }).toArray()],
  ['find with a name as sort', (c) => c.find({}, { sort: 'customer' }).toArray()],
  ['find with a wrong direction', (c) => c.find({}, { sort: { customer: 'up' } }).toArray()],
  ['find with collation', (c) => c.find({ customer: 'BOB' }, { collation, sort: { _id: 1 } }).toArray()],
  ['find with hint by name', (c) => c.find({}, { hint: 'by_price' }).toArray()],
  [
    'find with hint by keys',
    (c) => c.find({}, { hint: { price: 1 }, min: { price: 20 }, max: { price: 40 } }).toArray(),
  ],
  ['find with an unknown hint', (c) => c.find({}, { hint: 'none' }).toArray()],
  ['find with returnKey', (c) => c.find({}, { hint: 'by_price', returnKey: true }).toArray()],
  ['find with showRecordId', (c) => c.find({}, { showRecordId: true }).toArray()],
  ['find with a negative limit', (c) => c.find({}, { limit: -2, sort: { _id: 1 } }).toArray()],
  ['find with singleBatch', (c) => c.find({}, { batchSize: 2, singleBatch: true, sort: { _id: 1 } }).toArray()],
  ['find with an unknown operator', (c) => c.find({ price: { $near_by: 1 } }).toArray()],
  ['find with allowDiskUse', (c) => c.find({}, { allowDiskUse: true, sort: { price: -1 } }).toArray()],
  ['findOne', (c) => c.findOne({ customer: 'Ada' }, { sort: { price: -1 }, projection: { price: 1 } })],
  ['findOne of nothing', (c) => c.findOne({ customer: 'nobody' })],
  ['findOne with skip', (c) => c.findOne({}, { skip: 2, sort: { _id: 1 } })],
  ['countDocuments', (c) => c.countDocuments({ price: { $gt: 20 } })],
  ['countDocuments without arguments', (c) => c.countDocuments()],
  ['countDocuments with skip and limit', (c) => c.countDocuments({}, { skip: 1, limit: 3 })],
  ['countDocuments with hint and collation', (c) => c.countDocuments({ customer: 'BOB' }, { collation, hint: '_id_' })],
  ['countDocuments of nothing', (c) => c.countDocuments({ customer: 'nobody' })],
  ['estimatedDocumentCount', (c) => c.estimatedDocumentCount({ maxTimeMS: 5_000 })],
  ['count', (c) => c.count({ customer: 'Ada' }, { limit: 1 })],
  ['distinct', (c) => c.distinct('customer')],
  ['distinct with filter and collation', (c) => c.distinct('customer', { price: { $lt: 40 } }, { collation })],
  ['aggregate', (c) => c.aggregate([{ $match: { price: { $gt: 20 } } }, { $sort: { _id: -1 } }]).toArray()],
  [
    'aggregate with options',
    (c) => c.aggregate([{ $match: { customer: 'BOB' } }, byId], { collation, batchSize: 1 }).toArray(),
  ],
  ['aggregate with hint', (c) => c.aggregate([{ $match: {} }], { hint: 'by_price', allowDiskUse: true }).toArray()],
  ['aggregate with an unknown stage', (c) => c.aggregate([{ $nonsense: {} }]).toArray()],
  ['isCapped', (c) => c.isCapped()],
  ['options', (c) => c.options()],
  ['indexInformation', (c) => c.indexInformation()],
  ['indexInformation in full', (c) => c.indexInformation({ full: true })],
  ['indexes', (c) => c.indexes()],
  ['indexExists', (c) => c.indexExists(['by_at', 'by_price'])],
];

const pairs: [string, number][] = [
  ['customer', 1],
  ['price', -1],
];
const byId = { $sort: { _id: 1 } };
const page = { sort: { price: -1 }, skip: 1, limit: 2, projection: { _id: 0, customer: 1, 'items.sku': 1 } };
const upsert = true;
const set = { $set: { customer: 'new' } };
const taken = new Date(Date.UTC(2020, 0));

const WRITES: [string, Call][] = [
  ['insertOne', (c) => c.insertOne({ _id: 99, customer: 'new' })],
  ['insertOne twice', (c) => c.insertOne({ _id: 1 })],
  ['insertOne against a unique index', (c) => c.insertOne({ _id: 99, at: taken })],
  ['insertMany', (c) => c.insertMany([{ _id: 98, at: 1 }, { _id: 99 }])],
  ['insertMany ordered with an error', (c) => c.insertMany([{ _id: 98, at: 1 }, { _id: 1 }, { _id: 99, at: 2 }])],
  ['insertMany unordered with errors', (c) => c.insertMany([{ _id: 1 }, { _id: 98 }, { _id: 2 }], { ordered: false })],
  ['insertMany of nothing', (c) => c.insertMany([])],
  ['updateOne', (c) => c.updateOne({ customer: 'Ada' }, set)],
  ['updateOne without a change', (c) => c.updateOne({ _id: 1 }, { $set: { customer: 'Ada' } })],
  ['updateOne of nothing', (c) => c.updateOne({ _id: 77 }, set)],
  ['updateOne as upsert', (c) => c.updateOne({ _id: 77 }, { ...set, $setOnInsert: { price: 1 } }, { upsert })],
  ['updateOne with a pipeline', (c) => c.updateOne({ _id: 1 }, [{ $set: { price: { $add: ['$price', 1] } } }])],
  ['updateOne with arrayFilters', (c) => c.updateOne({ _id: 2 }, { $inc: { 'items.$[i].n': 10 } }, { arrayFilters })],
  ['updateOne with collation', (c) => c.updateOne({ customer: 'ADA' }, set, { collation })],
  ['updateOne with hint', (c) => c.updateOne({ price: 20 }, set, { hint: { price: 1 } })],
  ['updateOne with an unknown hint', (c) => c.updateOne({}, set, { hint: 'none' })],
  ['updateOne without operators', (c) => c.updateOne({}, { customer: 'new' })],
  ['updateOne with an unknown operator', (c) => c.updateOne({}, { $nonsense: { a: 1 } })],
  ['updateOne against a unique index', (c) => c.updateOne({ _id: 2 }, { $set: { at: taken } })],
  ['updateMany', (c) => c.updateMany({ price: { $gt: 20 } }, { $inc: { price: 1 } })],
  ['updateMany as upsert', (c) => c.updateMany({ _id: 77 }, set, { upsert })],
  ['replaceOne', (c) => c.replaceOne({ customer: 'Ada' }, { customer: 'other' })],
  ['replaceOne as upsert', (c) => c.replaceOne({ _id: 77 }, { customer: 'other' }, { upsert })],
  ['replaceOne with operators', (c) => c.replaceOne({}, set)],
  ['replaceOne of an _id', (c) => c.replaceOne({ _id: 1 }, { _id: 2 })],
  ['deleteOne', (c) => c.deleteOne({ customer: 'Ada' })],
  ['deleteOne with collation and hint', (c) => c.deleteOne({ customer: 'ADA' }, { collation, hint: '_id_' })],
  ['deleteOne with an unknown hint', (c) => c.deleteOne({}, { hint: 'none' })],
  ['deleteOne without arguments', (c) => c.deleteOne()],
  ['deleteMany', (c) => c.deleteMany({ customer: 'Ada' })],
  ['deleteMany without arguments', (c) => c.deleteMany()],
  ['deleteMany of nothing', (c) => c.deleteMany({ _id: 77 })],
];

const arrayFilters = [{ 'i.sku': 'a' }];
const includeResultMetadata = true;

const FIND_AND: [string, Call][] = [
  ['findOneAndUpdate', (c) => c.findOneAndUpdate({ customer: 'Ada' }, set, { sort: { price: -1 } })],
  [
    'findOneAndUpdate after',
    (c) => c.findOneAndUpdate({ _id: 1 }, set, { returnDocument: 'after', projection: { customer: 1 } }),
  ],
  ['findOneAndUpdate of nothing', (c) => c.findOneAndUpdate({ _id: 77 }, set)],
  ['findOneAndUpdate as upsert', (c) => c.findOneAndUpdate({ _id: 77 }, set, { upsert })],
  [
    'findOneAndUpdate as upsert after',
    (c) => c.findOneAndUpdate({ _id: 77 }, set, { upsert, returnDocument: 'after' }),
  ],
  ['findOneAndUpdate with metadata', (c) => c.findOneAndUpdate({ _id: 1 }, set, { includeResultMetadata })],
  [
    'findOneAndUpdate as upsert with metadata',
    (c) => c.findOneAndUpdate({ _id: 77 }, set, { upsert, includeResultMetadata }),
  ],
  [
    'findOneAndUpdate with arrayFilters',
    (c) => c.findOneAndUpdate({ _id: 2 }, { $inc: { 'items.$[i].n': 9 } }, { arrayFilters }),
  ],
  ['findOneAndUpdate with collation', (c) => c.findOneAndUpdate({ customer: 'ADA' }, set, { collation, hint: '_id_' })],
  ['findOneAndUpdate without operators', (c) => c.findOneAndUpdate({}, { customer: 'new' })],
  ['findOneAndUpdate against a unique index', (c) => c.findOneAndUpdate({ _id: 2 }, { $set: { at: taken } })],
  ['findOneAndUpdate without a filter', (c) => c.findOneAndUpdate(undefined, set)],
  ['findOneAndReplace', (c) => c.findOneAndReplace({ customer: 'Ada' }, { n: 1 }, { returnDocument: 'after' })],
  [
    'findOneAndReplace as upsert',
    (c) => c.findOneAndReplace({ _id: 77 }, { n: 1 }, { upsert, returnDocument: 'after' }),
  ],
  ['findOneAndReplace with operators', (c) => c.findOneAndReplace({}, set)],
  ['findOneAndReplace with metadata', (c) => c.findOneAndReplace({ _id: 77 }, { n: 1 }, { includeResultMetadata })],
  [
    'findOneAndDelete',
    (c) => c.findOneAndDelete({ customer: 'Ada' }, { sort: { price: -1 }, projection: { price: 1 } }),
  ],
  ['findOneAndDelete with metadata', (c) => c.findOneAndDelete({ _id: 1 }, { includeResultMetadata })],
  ['findOneAndDelete of nothing with metadata', (c) => c.findOneAndDelete({ _id: 77 }, { includeResultMetadata })],
  ['findOneAndDelete with an unknown hint', (c) => c.findOneAndDelete({}, { hint: 'none' })],
];

const six = [
  { insertOne: { document: { _id: 77, at: 1 } } },
  { updateOne: { filter: { _id: 1 }, update: { $set: { price: 1 } } } },
  { updateMany: { filter: { customer: 'Ada' }, update: { $inc: { price: 1 } } } },
  { replaceOne: { filter: { _id: 2 }, replacement: { customer: 'other' } } },
  { deleteOne: { filter: { _id: 3 } } },
  { deleteMany: { filter: { price: { $gt: 40 } } } },
];

const upserts = [
  { updateOne: { filter: { _id: 70 }, update: { ...set, $setOnInsert: { at: 1 } }, upsert } },
  { insertOne: { document: { _id: 71, at: 2 } } },
  { replaceOne: { filter: { _id: 72 }, replacement: { n: 1, at: 3 }, upsert } },
  { updateMany: { filter: { _id: 73 }, update: { $set: { at: 4 } }, upsert } },
];

const failing = [
  { insertOne: { document: { _id: 70, at: 1 } } },
  { insertOne: { document: { _id: 1, at: 2 } } },
  { deleteOne: { filter: { _id: 3 } } },
  { updateOne: { filter: { _id: 2 }, update: { $set: { at: taken } } } },
  { updateOne: { filter: { customer: 'BOB' }, update: set, collation } },
  { insertOne: { document: { _id: 71, at: 3 } } },
  { deleteMany: { filter: { price: { $gt: 40 } }, hint: 'by_price' } },
];

const BULKS: [string, Call][] = [
  ['bulkWrite with all six models', (c) => c.bulkWrite(six)],
  ['bulkWrite with all six models, unordered', (c) => c.bulkWrite(six, { ordered: false })],
  ['bulkWrite with upserts', (c) => c.bulkWrite(upserts)],
  ['bulkWrite with errors', (c) => c.bulkWrite(failing)],
  ['bulkWrite with errors, unordered', (c) => c.bulkWrite(failing, { ordered: false })],
  [
    'bulkWrite with arrayFilters',
    (c) => c.bulkWrite([{ updateOne: { filter: { _id: 2 }, update: { $inc: { 'items.$[i].n': 9 } }, arrayFilters } }]),
  ],
  ['bulkWrite of nothing', (c) => c.bulkWrite([])],
  ['bulkWrite with an unknown model', (c) => c.bulkWrite([{ upsertOne: {} }])],
];

// The official driver of today begins at 4.4.
requires({ minVersion: '4.4' }).describe('as by the official driver', () => {
  describe.each([
    ['reads', READS],
    ['writes', WRITES],
    ['findOneAnd', FIND_AND],
    ['bulks', BULKS],
  ])('%s give what it gives', (_kind, calls) => {
    test.each(calls)('%s', (_name, call) => expectTheSame(call));
  });
});

requires({ minVersion: '5.0' }).describe('let gives what the official driver gives', () => {
  const options = { let: { least: 30 } };
  const filter = { $expr: { $gt: ['$price', '$$least'] } };
  test.each<[string, Call]>([
    ['find', (c) => c.find(filter, { ...options, sort: { _id: 1 } }).toArray()],
    ['findOne', (c) => c.findOne(filter, { ...options, sort: { _id: 1 } })],
    ['countDocuments', (c) => c.countDocuments(filter, options)],
    ['aggregate', (c) => c.aggregate([{ $match: filter }, byId], options).toArray()],
    ['updateMany', (c) => c.updateMany(filter, [{ $set: { price: '$$least' } }], options)],
    ['deleteMany', (c) => c.deleteMany(filter, options)],
    ['findOneAndUpdate', (c) => c.findOneAndUpdate(filter, set, { ...options, sort: { _id: 1 } })],
    ['findOneAndDelete', (c) => c.findOneAndDelete(filter, { ...options, sort: { _id: 1 } })],
    ['bulkWrite', (c) => c.bulkWrite([{ updateMany: { filter, update: set } }, { deleteOne: { filter } }], options)],
  ])('%s', (_name, call) => expectTheSame(call));
});
