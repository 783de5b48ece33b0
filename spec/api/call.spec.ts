import { basename } from 'node:path';
import { AsyncClient } from '../../lib/api/async-client.js';
import type { AsyncCollection } from '../../lib/api/async-collection.js';
import type { AsyncDatabase } from '../../lib/api/async-database.js';
import { call, steps } from '../../lib/api/call.js';
import type { Command } from '../../lib/commands/command.js';
import type { Scope } from '../../lib/commands/scope.js';
import type { IoCore } from '../../lib/core/io-core.js';
import { RotorError } from '../../lib/errors/rotor-error.js';
import { startCannedServer } from '../bench/canned-server.js';
import { countOperation, type OperationCount } from '../bench/counters.js';
import { rejection, useScriptedClient } from './scripted-client.js';

const THIS_FILE = basename(__filename);

describe('call', () => {
  const command = {} as Command<object, unknown>;
  const scope = {} as Scope;

  it('hands the command on and gives the result', async () => {
    const given: unknown[] = [];
    const core = { run: async (...all: unknown[]) => given.push(...all) } as unknown as IoCore;
    const input = { options: {} };
    expect(await call(core, command, scope, input)).toBe(3);
    expect(given).toEqual([command, scope, input]);
  });

  it('turns what is thrown into a rejection', async () => {
    const core = {
      run: () => {
        throw new TypeError('filter must be a document');
      },
    } as unknown as IoCore;
    expect(await rejection(call(core, command, scope, {}))).toEqual(new TypeError('filter must be a document'));
  });
});

describe('steps', () => {
  it('turns what is thrown into a rejection with the line of the caller', async () => {
    const error = new RotorError('no');
    error.stack = 'RotorError: no\n    at somewhere else';
    const caught = await rejection(
      steps(() => {
        throw error;
      }),
    );
    expect(caught).toBe(error);
    expect(caught.stack).toContain(THIS_FILE);
  });

  it('leaves the errors of others as they are', async () => {
    const error = new TypeError('no');
    const { stack } = error;
    await rejection(steps(() => Promise.reject(error)));
    expect(error.stack).toBe(stack);
  });
});

type Use = (items: AsyncCollection<any>, db: AsyncDatabase, client: AsyncClient) => PromiseLike<unknown>;

const METHODS: Record<string, Use> = {
  insertOne: (items) => items.insertOne({}),
  insertMany: (items) => items.insertMany([{}]),
  findOne: (items) => items.findOne(),
  'findOne with options': (items) => items.findOne({}, { sort: { a: 1 } }),
  updateOne: (items) => items.updateOne({}, { $set: { a: 1 } }),
  updateMany: (items) => items.updateMany({}, { $set: { a: 1 } }),
  replaceOne: (items) => items.replaceOne({}, { a: 1 }),
  deleteOne: (items) => items.deleteOne({}),
  deleteMany: (items) => items.deleteMany({}),
  findOneAndUpdate: (items) => items.findOneAndUpdate({}, { $set: { a: 1 } }),
  findOneAndReplace: (items) => items.findOneAndReplace({}, { a: 1 }),
  findOneAndDelete: (items) => items.findOneAndDelete({}),
  bulkWrite: (items) => items.bulkWrite([{ deleteOne: { filter: {} } }]),
  countDocuments: (items) => items.countDocuments(),
  estimatedDocumentCount: (items) => items.estimatedDocumentCount(),
  count: (items) => items.count(),
  distinct: (items) => items.distinct('a'),
  createIndex: (items) => items.createIndex('a'),
  createIndexes: (items) => items.createIndexes([{ key: { a: 1 } }]),
  indexes: (items) => items.indexes(),
  indexInformation: (items) => items.indexInformation(),
  indexExists: (items) => items.indexExists('a'),
  dropIndex: (items) => items.dropIndex('a_1'),
  dropIndexes: (items) => items.dropIndexes(),
  rename: (items) => items.rename('other'),
  drop: (items) => items.drop(),
  options: (items) => items.options(),
  isCapped: (items) => items.isCapped(),
  'explain option': (items) => items.findOne({}, { explain: true }),
  'cursor.next': (items) => items.find().next(),
  'cursor.tryNext': (items) => items.find().tryNext(),
  'cursor.hasNext': (items) => items.find().hasNext(),
  'cursor.fetchNext': (items) => items.find().fetchNext,
  'cursor.fetchNext()': (items) => items.find().fetchNext(),
  'cursor.toList': (items) => items.find().toList(5),
  'cursor.toArray': (items) => items.find().toArray(),
  'cursor.forEach': (items) => items.find().forEach(() => {}),
  'cursor for await': async (items) => {
    for await (const _ of items.find()) break;
  },
  'cursor.rawBatches': async (items) => {
    for await (const _ of items.find().rawBatches()) break;
  },
  'cursor.count': (items) => items.find().count(),
  'cursor.distinct': (items) => items.find().distinct('a'),
  'cursor.explain': (items) => items.find().explain(),
  'aggregate.toArray': (items) => items.aggregate([]).toArray(),
  'aggregate.explain': (items) => items.aggregate([]).explain(),
  'db.aggregate': (_items, db) => db.aggregate([]).next(),
  'db.command': (_items, db) => db.command({ ping: 1 }),
  'db.cursorCommand': (_items, db) => db.cursorCommand({ find: 'items' }).next(),
  'db.createCollection': (_items, db) => db.createCollection('items'),
  'db.listCollections': (_items, db) => db.listCollections().toArray(),
  'db.listCollectionNames': (_items, db) => db.listCollectionNames(),
  'db.collections': (_items, db) => db.collections(),
  'db.dropCollection': (_items, db) => db.dropCollection('items'),
  'db.renameCollection': (_items, db) => db.renameCollection('items', 'other'),
  'db.dropDatabase': (_items, db) => db.dropDatabase(),
  'db.validateCollection': (_items, db) => db.validateCollection('items'),
  'db.stats': (_items, db) => db.stats(),
  'client.serverInfo': (_items, _db, client) => client.serverInfo(),
  'client.listDatabases': (_items, _db, client) => client.listDatabases(),
  'client.listDatabaseNames': (_items, _db, client) => client.listDatabaseNames(),
  'client.dropDatabase': (_items, _db, client) => client.dropDatabase('shop'),
};

describe('the stack of an error', () => {
  const refused = { ok: 0, code: 8000, codeName: 'Refused', errmsg: 'refused' };
  const scripted = useScriptedClient({}, () => refused);

  it.each(Object.keys(METHODS))('of %s shows the line that awaited it', async (name) => {
    const use = METHODS[name]!;
    const error = await (async function theCaller() {
      try {
        return await use(scripted.items, scripted.db, scripted.client);
      } catch (caught) {
        return caught as RotorError;
      }
    })();
    expect(error).toMatchObject({ name: 'OperationFailureError', code: 8000, codeName: 'Refused' });
    expect((error as RotorError).stack).toContain('theCaller');
    expect((error as RotorError).stack).toContain(THIS_FILE);
    expect((error as RotorError).message).toMatch(
      new RegExp(`^refused \\(\\w+ on (shop|admin)(\\.\\w+)? at ${scripted.server.address}, after \\d+ ms\\)$`),
    );
  });
});

describe('the stack of an error of finding a server', () => {
  it.each<[string, (client: AsyncClient) => Promise<unknown>]>([
    ['open', (client) => client.open()],
    ['address', (client) => client.address],
    ['getAddress', (client) => client.getAddress()],
    ['isPrimary', (client) => client.isPrimary()],
    ['isMongos', (client) => client.isMongos()],
    ['maxBsonSize', (client) => client.maxBsonSize()],
  ])('%s shows the line that awaited it', async (_name, use) => {
    await using client = new AsyncClient('mongodb://127.0.0.1:1/', { serverSelectionTimeoutMS: 20 });
    const error = await rejection(use(client));
    expect(error).toMatchObject({ name: 'ServerSelectionTimeoutError' });
    expect(error.stack).toContain(THIS_FILE);
  });
});

describe('an argument that is wrong', () => {
  const scripted = useScriptedClient();
  const WRONG: Record<string, Use> = {
    insertOne: (items) => items.insertOne(5 as never),
    insertMany: (items) => items.insertMany({} as never),
    findOne: (items) => items.findOne({ a: undefined }),
    'findOne options': (items) => items.findOne({}, 5 as never),
    updateOne: (items) => items.updateOne({}, { a: 1 } as never),
    'updateOne explained': (items) => items.updateOne({}, { a: 1 } as never, { explain: true } as never),
    replaceOne: (items) => items.replaceOne({}, { $set: { a: 1 } } as never),
    deleteOne: (items) => items.deleteOne(5 as never),
    bulkWrite: (items) => items.bulkWrite([]),
    distinct: (items) => items.distinct(5 as never),
    createIndex: (items) => items.createIndex(5 as never),
    dropIndex: (items) => items.dropIndex('*'),
    rename: (items) => items.rename(5 as never),
    toList: (items) => items.find().toList(-1),
    'cursor.explain': (items) => items.find({}, { hint: 5 as never }).explain(),
    'db.command': (_items, db) => db.command(undefined as never),
    'db.createCollection': (_items, db) => db.createCollection(''),
    'db.dropCollection': (_items, db) => db.dropCollection(5 as never),
    'db.renameCollection': (_items, db) => db.renameCollection('', 'other'),
    'client.dropDatabase': (_items, _db, client) => client.dropDatabase(5 as never),
    'client.close': (_items, _db, client) => client.close({ drainMS: -1 }),
    'AsyncClient.open': () => AsyncClient.open('mongodb://'),
  };

  it.each(Object.keys(WRONG))('of %s arrives as a rejection, and nothing is sent', async (name) => {
    const error = await rejection(WRONG[name]!(scripted.items, scripted.db, scripted.client));
    expect(error).toBeInstanceOf(Error);
    expect(['TypeError', 'RangeError', 'InvalidNameError', 'InvalidURIError']).toContain(error.name);
    expect(scripted.server.requests).toEqual([]);
  });
});

/**
 * The least of three: what takes as long as 10,000 documents may meet a timer of the test runner's own, or of the monitor.
 * On a loaded machine it takes longer, and more tries.
 */
async function cheapest(operation: () => Promise<unknown>): Promise<OperationCount> {
  const counts: OperationCount[] = [];
  while (counts.length < 3 || (counts.length < 10 && counts.every(({ timers }) => timers > 0)))
    counts.push(await countOperation(operation));
  return counts.toSorted((a, b) => a.timers - b.timers || a.promises - b.promises)[0]!;
}

describe('the cost of an operation on an open, idle connection', () => {
  let canned: Awaited<ReturnType<typeof startCannedServer>>;
  let client: AsyncClient;

  beforeAll(async () => {
    canned = await startCannedServer();
    client = new AsyncClient(`mongodb://127.0.0.1:${canned.port}/`);
    await client.open();
  });

  afterAll(async () => {
    await client.close();
    await canned.close();
  });

  // The bytes are read into the framer's memory (onread) and written within the call: no event of a stream is emitted.
  const BESIDE_PROMISES = { timers: 0, emits: 0 };

  it.each<[string, () => Promise<unknown>]>([
    ['findOne', () => client.db('rotor_bench').collection<any>('one').findOne({ _id: 1 })],
    ['insertOne', () => client.db('rotor_bench').collection<any>('one').insertOne({ a: 1 })],
    ['ping', () => client.db('rotor_bench').command({ ping: 1 })],
  ])('of %s: the method, its await and the reply are a promise each', async (_name, operation) => {
    expect(await countOperation(operation)).toEqual({ promises: 3, writes: 1, ...BESIDE_PROMISES });
  });

  it('of 10,000 documents: two promises each by for await, none each by toArray', async () => {
    const many = client.db('rotor_bench').collection('many');
    const looped = await cheapest(async () => {
      for await (const _ of many.find());
    });
    expect(looped).toEqual({ promises: expect.any(Number), writes: 2, ...BESIDE_PROMISES });
    expect(looped.promises).toBeGreaterThanOrEqual(20_000);
    expect(looped.promises).toBeLessThanOrEqual(20_040);
    const listed = await cheapest(() => many.find().toArray());
    expect(listed).toEqual({ promises: expect.any(Number), writes: 2, ...BESIDE_PROMISES });
    expect(listed.promises).toBeLessThanOrEqual(30);
  }, 60_000);
});
