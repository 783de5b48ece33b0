/** The server's own errors, as they arrive. */
import {
  AsyncClient,
  type AsyncCollection,
  BulkWriteError,
  CollectionInvalidError,
  DuplicateKeyError,
  InvalidDocumentError,
  OperationFailureError,
  RotorError,
  WTimeoutError,
} from '../../lib/index.js';
import { ADDRESS, testUri, uniqueDatabase } from '../support/live.js';
import { requires } from './requires.js';

/** Fail points hold for the whole server: this name keeps them away from the other tests' clients. */
const APP = `server-errors-${process.pid}`;
const client = new AsyncClient(testUri(), { appName: APP });
const db = client.db(uniqueDatabase('server-errors'));
const collection: AsyncCollection<any> = db.collection('c');

beforeAll(async () => {
  await collection.insertMany([{ _id: 1, email: 'a@b.c', n: 1 }, { _id: 2 }]);
  await collection.createIndex({ email: 1 }, { unique: true, sparse: true });
});
afterAll(async () => {
  await client.dropDatabase(db);
  await client.close();
});

async function errorOf<T = any>(promise: Promise<unknown>): Promise<T> {
  try {
    await promise;
  } catch (error) {
    return error as T;
  }
  throw new Error('there was no error');
}

/** The next `times` commands of these names fail as `data` says. */
async function failing<T>(times: number, commands: string[], data: object, run: () => Promise<T>): Promise<T> {
  const point = { configureFailPoint: 'failCommand' };
  const all = { failCommands: commands, appName: APP, ...data };
  await client.admin.command({ ...point, mode: { times }, data: all });
  try {
    return await run();
  } finally {
    await client.admin.command({ ...point, mode: 'off' });
  }
}

describe('every error', () => {
  test('names the command, the namespace, the address and the time, and shows who called', async () => {
    const error = await errorOf(collection.find({ n: { $nonsense: 1 } }).toArray());
    expect(error).toBeInstanceOf(OperationFailureError);
    expect(error).toBeInstanceOf(RotorError);
    expect(error).toMatchObject({ code: 2, codeName: 'BadValue', command: 'find', namespace: collection.fullName });
    expect(error.address).toMatch(ADDRESS);
    expect(error.elapsedMS).toBeGreaterThan(0);
    expect(error.message).toMatch(/unknown operator: \$nonsense \(find on .*, after \d+ ms\)$/);
    expect(error.stack).toContain('server-errors.spec.ts');
    expect(error.response).toMatchObject({ ok: 0, code: 2 });
  });

  test('leaves the client usable, and its connections in the pool', async () => {
    const before = client.poolStats();
    for (let n = 0; n < 20; n++) await errorOf(db.command({ nonsense: 1 }));
    expect(await collection.countDocuments({})).toBe(2);
    expect(client.poolStats().map(({ address }) => address)).toEqual(before.map(({ address }) => address));
  });

  test.each<[string, () => Promise<unknown>, object]>([
    ['an unknown command', () => db.command({ nonsense: 1 }), { code: 59, codeName: 'CommandNotFound' }],
    ['an unknown field', () => db.command({ ping: 1, nonsense: 1 }), { code: 40415, command: 'ping' }],
    ['an unknown stage', () => collection.aggregate([{ $nonsense: 1 }]).toArray(), { code: 40324 }],
    ['an unknown operator', () => collection.updateOne({}, { $nonsense: { a: 1 } }), { code: 9, command: 'update' }],
    ['a change of _id', () => collection.updateOne({ _id: 1 }, { $set: { _id: 9 } }), { code: 66 }],
    ['an unknown index as hint', () => collection.findOne({}, { hint: 'none' }), { code: 2 }],
    ['an index that is not there', () => collection.dropIndex('none'), { code: 27, codeName: 'IndexNotFound' }],
    ['a rename of nothing', () => db.collection('none').rename('other'), { code: 26 }],
    ['an index with other options', () => collection.createIndex({ email: 1 }, { unique: false }), { code: 86 }],
    ['a pipeline that divides by 0', () => collection.aggregate([{ $project: { a: { $divide: [1, 0] } } }]).next(), {}],
  ])('%s', async (_name, call, expected) => {
    const error = await errorOf(call());
    expect(error).toBeInstanceOf(OperationFailureError);
    expect(error).toMatchObject(expected);
    expect(typeof error.code).toBe('number');
  });
});

describe('a duplicate key', () => {
  const expected = { code: 11000, command: 'insert' };

  test('on insertOne, also of _id', async () => {
    const error = await errorOf<DuplicateKeyError>(collection.insertOne({ _id: 3, email: 'a@b.c' }));
    expect(error).toBeInstanceOf(DuplicateKeyError);
    expect(error).toMatchObject(expected);
    expect(error.message).toContain('E11000');
    expect(await errorOf(collection.insertOne({ _id: 1 }))).toBeInstanceOf(DuplicateKeyError);
  });

  requires({ minVersion: '4.4' })('tells of the index and of the key', async () => {
    const error = await errorOf<DuplicateKeyError>(collection.insertOne({ _id: 3, email: 'a@b.c' }));
    expect(error.keyPattern).toEqual({ email: 1 });
    expect(error.keyValue).toEqual({ email: 'a@b.c' });
  });

  test.each<[string, () => Promise<unknown>]>([
    ['updateOne', () => collection.updateOne({ _id: 2 }, { $set: { email: 'a@b.c' } })],
    ['an upsert', () => collection.updateOne({ _id: 7 }, { $set: { email: 'a@b.c' } }, { upsert: true })],
    ['replaceOne', () => collection.replaceOne({ _id: 2 }, { email: 'a@b.c' })],
    ['findOneAndUpdate', () => collection.findOneAndUpdate({ _id: 2 }, { $set: { email: 'a@b.c' } })],
  ])('on %s', async (_name, call) => {
    expect(await errorOf(call())).toBeInstanceOf(DuplicateKeyError);
  });

  test('in a list', async () => {
    const error = await errorOf<BulkWriteError>(collection.insertMany([{ _id: 1 }]));
    expect(error).toBeInstanceOf(BulkWriteError);
    expect(error).toMatchObject({ code: 11000, writeErrors: [{ index: 0, code: 11000, op: { _id: 1 } }] });
  });

  test('when an index is built', async () => {
    const twice = db.collection<any>('twice');
    await twice.insertMany([{ a: 1 }, { a: 1 }]);
    expect(await errorOf(twice.createIndex('a', { unique: true }))).toBeInstanceOf(DuplicateKeyError);
  });
});

describe('a validator', () => {
  test('refuses with 121 and, from 5.0, says why', async () => {
    const checked = await db.createCollection<any>('checked', { validator: { $jsonSchema: { required: ['name'] } } });
    const error = await errorOf(checked.insertOne({ a: 1 }));
    expect(error).toMatchObject({ name: 'OperationFailureError', code: 121 });
    expect(await errorOf(checked.insertMany([{ name: 'x' }, { a: 1 }]))).toMatchObject({
      name: 'BulkWriteError',
      code: 121,
      writeErrors: [{ index: 1, code: 121 }],
    });
  });

  requires({ minVersion: '5.0' })('tells in errInfo what was missing', async () => {
    const checked = await db.createCollection<any>('explained', { validator: { $jsonSchema: { required: ['name'] } } });
    const details = { details: { operatorName: '$jsonSchema' } };
    expect(await errorOf(checked.insertOne({ a: 1 }))).toMatchObject({ errInfo: details });
    const error = await errorOf<BulkWriteError>(checked.insertMany([{ a: 1 }]));
    expect(error.writeErrors[0]).toMatchObject({ errInfo: details });
    expect(JSON.stringify(error.errInfo)).toContain('missingProperties');
  });

  requires({ minVersion: '4.2' })('can be passed by', async () => {
    const checked = await db.createCollection<any>('bypassed', { validator: { n: { $gt: 0 } } });
    const bypassDocumentValidation = true;
    await checked.insertOne({ _id: 1, n: 0 }, { bypassDocumentValidation });
    await checked.insertMany([{ _id: 2, n: 0 }], { bypassDocumentValidation });
    await checked.updateMany({}, { $inc: { n: -1 } }, { bypassDocumentValidation });
    await checked.replaceOne({ _id: 1 }, { n: -5 }, { bypassDocumentValidation });
    await checked.findOneAndUpdate({ _id: 2 }, { $set: { n: -6 } }, { bypassDocumentValidation });
    await checked.bulkWrite([{ insertOne: { document: { _id: 3, n: 0 } } }], { bypassDocumentValidation });
    const invalid = { $project: { _id: { $add: ['$_id', 100] }, n: { $literal: -1 } } };
    await collection.aggregate([invalid, { $merge: 'bypassed' }], { bypassDocumentValidation }).toArray();
    expect((await checked.distinct('_id', { n: { $lte: 0 } })).sort()).toEqual([1, 101, 102, 2, 3].sort());
    expect(await errorOf(checked.updateMany({}, { $inc: { n: -1 } }))).toMatchObject({ code: 121 });
  });
});

describe('time that is exceeded', () => {
  const slow = { $where: 'sleep(100) || true' };

  const limit = { maxTimeMS: 20 };

  test.each<[string, () => Promise<unknown>]>([
    ['find', () => collection.find(slow, limit).toArray()],
    ['find', () => collection.findOne(slow, limit)],
    ['distinct', () => collection.distinct('n', slow, limit)],
    ['count', () => collection.count(slow, limit)],
    ['update', () => collection.updateMany(slow, { $set: { n: 1 } }, limit)],
    ['update', () => collection.replaceOne(slow, { n: 1 }, limit)],
    ['delete', () => collection.deleteMany(slow, limit)],
    ['findAndModify', () => collection.findOneAndDelete(slow, limit)],
    ['update', () => collection.bulkWrite([{ updateMany: { filter: slow, update: { $set: { n: 1 } } } }], limit)],
  ])('ends %s with 50', async (command, call) => {
    expect(await errorOf(call())).toMatchObject({ code: 50, command });
    expect(await collection.countDocuments({})).toBe(2);
  });

  requires({ failPoints: true, minVersion: '4.4' })('ends insert, aggregate and createIndexes with 50', async () => {
    const data = { errorCode: 50 };
    const insert = await failing(1, ['insert'], data, () => errorOf(collection.insertOne({}, limit)));
    expect(insert).toMatchObject({ code: 50, codeName: 'MaxTimeMSExpired', command: 'insert' });
    const aggregate = await failing(1, ['aggregate'], data, () => errorOf(collection.aggregate([], limit).toArray()));
    expect(aggregate).toMatchObject({ code: 50, command: 'aggregate' });
    const create = await failing(1, ['createIndexes'], data, () => errorOf(collection.createIndex('n', limit)));
    expect(create).toMatchObject({ code: 50, command: 'createIndexes' });
  });
});

describe('a cursor', () => {
  test('that the server has killed', async () => {
    const many = db.collection<any>('many');
    await many.insertMany(Array.from({ length: 50 }, (_, _id) => ({ _id })));
    const cursor = many.find({}, { batchSize: 10 });
    expect(await cursor.next()).toEqual({ _id: 0 });
    const killed = await db.command({ killCursors: 'many', cursors: [cursor.cursorId] });
    expect(killed.cursorsKilled).toEqual([cursor.cursorId]);
    const error = await errorOf(cursor.toArray());
    expect(error).toMatchObject({ code: 43, codeName: 'CursorNotFound', command: 'getMore' });
    expect(cursor.closed).toBe(true);
    expect(await many.countDocuments({})).toBe(50);
  });
});

describe('a document that is too large', () => {
  const MEGABYTE = 1024 * 1024;

  test('is refused by the client, with both sizes', async () => {
    const maxBsonSize = await client.maxBsonSize();
    const overhead = 34; // int32, _id as int32, a string's type, name, length and two zeros
    const fits = { _id: 7, s: 'x'.repeat(maxBsonSize - overhead) };
    const error = await errorOf(collection.insertOne({ ...fits, s: `${fits.s}${'x'.repeat(100)}` }));
    expect(error).toBeInstanceOf(InvalidDocumentError);
    expect(error.message).toMatch(
      new RegExp(`documents\\[0\\] is \\d+ bytes of BSON; the server takes at most ${maxBsonSize}`),
    );
    expect(await collection.insertOne(fits)).toMatchObject({ insertedId: 7 });
    expect(await collection.deleteOne({ _id: 7 })).toMatchObject({ deletedCount: 1 });
  });

  test('is refused within a list, in an update and in a filter', async () => {
    const s = 'x'.repeat(17 * MEGABYTE);
    expect(await errorOf(collection.insertMany([{ _id: 8 }, { _id: 9, s }]))).toBeInstanceOf(InvalidDocumentError);
    expect(await errorOf(collection.replaceOne({ _id: 1 }, { s }))).toBeInstanceOf(InvalidDocumentError);
    expect(await errorOf(collection.findOne({ s }))).toBeInstanceOf(InvalidDocumentError);
    expect(await collection.countDocuments({})).toBe(2);
  });

  test('is refused by the server where it grows there', async () => {
    const s = 'x'.repeat(9 * MEGABYTE);
    await collection.updateOne({ _id: 2 }, { $set: { s } });
    // BSONObjectTooLarge, or a number of its own of the update.
    expect([10334, 17419]).toContain((await errorOf(collection.updateOne({ _id: 2 }, { $set: { t: s } }))).code);
    await collection.updateOne({ _id: 2 }, { $unset: { s: 1 } });
  });
});

describe('a collection that is there already', () => {
  test('is a CollectionInvalidError, with what the server says as its cause', async () => {
    await db.createCollection('there');
    const error = await errorOf(db.createCollection('there', { capped: true, size: 4096 }));
    expect(error).toBeInstanceOf(CollectionInvalidError);
    expect(error.message).toContain(`${db.name}.there exists already`);
    expect(error.cause).toMatchObject({ code: 48, codeName: 'NamespaceExists', command: 'create' });
  });

  test('is in the way of a rename, unless it is to be dropped', async () => {
    await db.collection('from').insertOne({ a: 1 });
    await db.collection('to').insertOne({ b: 1 });
    expect(await errorOf(db.collection('from').rename('to'))).toMatchObject({ code: 48 });
    const renamed = await db.collection('from').rename('to', { dropTarget: true });
    expect(await renamed.findOne({}, { projection: { _id: 0 } })).toEqual({ a: 1 });
  });
});

requires({ failPoints: true, minVersion: '4.4' }).describe('fail points', () => {
  const writeConcernError = { code: 100, codeName: 'UnsatisfiableWriteConcern', errmsg: 'not so widely' };
  const timedOut = { code: 64, codeName: 'WriteConcernFailed', errmsg: 'waited', errInfo: { wtimeout: true } };

  test('a write concern that was not satisfied, of each kind of write', async () => {
    const set = { $set: { n: 1 } };
    const writes: [string, () => Promise<unknown>][] = [
      ['insert', () => collection.insertOne({ _id: 30 })],
      ['update', () => collection.updateOne({ _id: 1 }, set)],
      ['delete', () => collection.deleteOne({ _id: 30 })],
      ['findAndModify', () => collection.findOneAndUpdate({ _id: 1 }, set)],
    ];
    for (const [command, write] of writes) {
      const error = await failing(1, [command], { writeConcernError }, () => errorOf(write()));
      expect(error).toBeInstanceOf(OperationFailureError);
      expect(error).toMatchObject({ code: 100, codeName: 'UnsatisfiableWriteConcern', command });
      expect(error.message).toContain('not so widely');
    }
    // The writes themselves were carried out: the document came, and went again.
    expect(await collection.findOne({ _id: 30 })).toBeNull();
  });

  test('a write concern that took too long', async () => {
    const error = await failing(1, ['insert'], { writeConcernError: timedOut }, () =>
      errorOf(collection.insertOne({ _id: 31 })),
    );
    expect(error).toBeInstanceOf(WTimeoutError);
    expect(error).toMatchObject({ code: 64, errInfo: { wtimeout: true } });
    expect(await collection.deleteOne({ _id: 31 })).toMatchObject({ deletedCount: 1 });
  });

  test('a write concern error of a bulk does not stop it', async () => {
    const models = [
      { insertOne: { document: { _id: 40 } } },
      { updateOne: { filter: { _id: 40 }, update: { $set: { n: 1 } } } },
      { deleteOne: { filter: { _id: 40 } } },
    ];
    const error = await failing(1, ['insert'], { writeConcernError }, () =>
      errorOf<BulkWriteError>(collection.bulkWrite(models)),
    );
    expect(error).toBeInstanceOf(BulkWriteError);
    expect(error).toMatchObject({
      code: 100,
      writeErrors: [],
      writeConcernErrors: [{ code: 100, errmsg: 'not so widely' }],
    });
    expect(error.result).toMatchObject({ insertedCount: 1, modifiedCount: 1, deletedCount: 1 });
    expect(error.result.getWriteConcernError().codeName).toBe('UnsatisfiableWriteConcern');
  });

  test('an error of the whole command in the middle of a bulk tells what was done before', async () => {
    const models = [
      { insertOne: { document: { _id: 41 } } },
      { updateOne: { filter: { _id: 41 }, update: { $set: { n: 1 } } } },
      { deleteOne: { filter: { _id: 41 } } },
    ];
    const error = await failing(1, ['update'], { errorCode: 8 }, () => errorOf(collection.bulkWrite(models)));
    expect(error).toMatchObject({ code: 8, command: 'update', result: { insertedCount: 1, deletedCount: 0 } });
    expect(await collection.deleteOne({ _id: 41 })).toEqual({ acknowledged: true, deletedCount: 1 });
  });

  test('error labels', async () => {
    const data = { errorCode: 8, errorLabels: ['Strange'] };
    const error = await failing(1, ['ping'], data, () => errorOf(db.command({ ping: 1 })));
    expect(error.errorLabels).toEqual(['Strange']);
    expect(error.hasErrorLabel('Strange')).toBe(true);
  });

  test('a connection that the server closes', async () => {
    const data = { closeConnection: true };
    const error = await failing(1, ['ping'], data, () => errorOf(db.command({ ping: 1 })));
    expect(error).toMatchObject({ name: 'AutoReconnectError', code: 'AUTO_RECONNECT' });
    expect(await db.command({ ping: 1 })).toMatchObject({ ok: 1 });
  });
});
