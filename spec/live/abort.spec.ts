import { setTimeout as sleep } from 'node:timers/promises';
import { AsyncClient, type AsyncCollection, type OperationOptions } from '../../lib/index.js';
import { testServerUri, uniqueDatabase } from '../support/live.js';
import { requires } from './requires.js';

const DATABASE = uniqueDatabase('abort');
/** The server answers this late while `slow` is on. */
const BLOCK_MS = 150;
const LIMIT_MS = 10_000;

const observer = new AsyncClient(testServerUri());
/** One connection, so that a lost one would be seen and a used one is waited for. */
const client = new AsyncClient(testServerUri(), { maxConcurrent: 1, appName: DATABASE });
const db = client.db(DATABASE);
const items: AsyncCollection<any> = db.collection('items');

beforeAll(async () => {
  await items.insertMany(Array.from({ length: 300 }, (_, _id) => ({ _id, a: 1 })));
});

afterAll(async () => {
  await db.dropDatabase();
  await client.close();
  await observer.close();
});

type Use = (options: Pick<OperationOptions, 'signal'>) => PromiseLike<unknown>;

const OPERATIONS: Record<string, Use> = {
  insertOne: (options) => items.insertOne({ b: 1 }, options),
  insertMany: (options) => items.insertMany([{ b: 1 }, { b: 2 }], options),
  findOne: (options) => items.findOne({ _id: 1 }, options),
  'find.next': (options) => items.find({}, options).next(),
  'find.fetchNext': (options) => items.find({}, options).fetchNext,
  'find.toArray': (options) => items.find({}, options).toArray(),
  'find for await': async (options) => {
    for await (const _ of items.find({}, options));
  },
  'find.count': (options) => items.find({}, options).count(),
  'find.distinct': (options) => items.find({}, options).distinct('a'),
  'find.explain': (options) => items.find({}, options).explain(),
  updateOne: (options) => items.updateOne({ _id: 1 }, { $set: { a: 1 } }, options),
  updateMany: (options) => items.updateMany({ _id: 1 }, { $set: { a: 1 } }, options),
  replaceOne: (options) => items.replaceOne({ _id: 1 }, { a: 1 }, options),
  deleteOne: (options) => items.deleteOne({ _id: -1 }, options),
  deleteMany: (options) => items.deleteMany({ _id: -1 }, options),
  findOneAndUpdate: (options) => items.findOneAndUpdate({ _id: 1 }, { $set: { a: 1 } }, options),
  findOneAndReplace: (options) => items.findOneAndReplace({ _id: 1 }, { a: 1 }, options),
  findOneAndDelete: (options) => items.findOneAndDelete({ _id: -1 }, options),
  bulkWrite: (options) => items.bulkWrite([{ deleteOne: { filter: { _id: -1 } } }], options),
  countDocuments: (options) => items.countDocuments({}, options),
  estimatedDocumentCount: (options) => items.estimatedDocumentCount(options),
  distinct: (options) => items.distinct('a', {}, options),
  aggregate: (options) => items.aggregate([{ $match: {} }], options).toArray(),
  createIndex: (options) => items.createIndex('a', options),
  listIndexes: (options) => items.listIndexes(options).toArray(),
  dropIndex: (options) => items.dropIndex('a_1', options),
  'db.command': (options) => db.command({ dbStats: 1 }, options),
  'db.listCollections': (options) => db.listCollections({}, options).toArray(),
  'db.createCollection': (options) => db.createCollection('made', options),
  'db.dropCollection': (options) => db.dropCollection('made', options),
  'client.listDatabases': (options) => client.listDatabases(options),
  'client.serverInfo': (options) => client.serverInfo(options),
};
const NAMES = Object.keys(OPERATIONS);

/** Every command of the client under test is answered late until the promise's function is called. */
async function slow(commands: readonly string[]): Promise<() => Promise<void>> {
  await observer.admin.command({
    configureFailPoint: 'failCommand',
    mode: 'alwaysOn',
    data: { failCommands: commands, blockConnection: true, blockTimeMS: BLOCK_MS, appName: DATABASE },
  });
  return async () => {
    await observer.admin.command({ configureFailPoint: 'failCommand', mode: 'off' });
  };
}

/** What a promise was rejected with. */
async function outcome(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    await promise;
    return 'not rejected';
  } catch (reason) {
    return reason;
  }
}

/** Lets all run that waits for neither a socket nor a timer: no reply is read meanwhile, however slow the machine is. */
async function settle(): Promise<void> {
  for (let left = 50; left > 0; left--) await new Promise<void>((resolve) => process.nextTick(resolve));
}

/** What a promise came to, if that waited for neither a socket nor a timer. */
function atOnce(promise: Promise<unknown>): Promise<unknown> {
  return Promise.race([promise, settle().then(() => 'not at once')]);
}

/** The connection has survived: it is the only one, and the next operation goes over it. */
async function expectSocketToLive(before: number): Promise<void> {
  expect(await db.command({ ping: 1 })).toMatchObject({ ok: 1 });
  // A cursor that a late reply opened is being killed over the same connection.
  for (const end = performance.now() + LIMIT_MS; client.poolStats()[0]!.inUse > 0 && performance.now() < end; )
    await sleep(5);
  expect(client.poolStats()).toMatchObject([{ total: 1, inUse: 0, idle: 1, waiting: 0, generation: before }]);
}

const generation = (): number => client.poolStats()[0]!.generation;

async function openCursors(): Promise<number> {
  const idle = await observer.admin
    .aggregate([{ $currentOp: { idleCursors: true } }, { $match: { type: 'idleCursor', ns: `${DATABASE}.items` } }])
    .toArray();
  return idle.length;
}

describe('an AbortSignal', () => {
  it.each(NAMES)('aborted before the call: %s', async (name) => {
    const before = generation();
    const reason = new Error('too late');
    expect(await atOnce(outcome(OPERATIONS[name]!({ signal: AbortSignal.abort(reason) })))).toBe(reason);
    await expectSocketToLive(before);
  });

  it.each(NAMES)("aborted in the pool's line: %s", async (name) => {
    const before = generation();
    const holder = items.findOne({ $where: `sleep(${BLOCK_MS}) || true` });
    const controller = new AbortController();
    const waiting = outcome(OPERATIONS[name]!({ signal: controller.signal }));
    await settle();
    expect(client.poolStats()[0]).toMatchObject({ inUse: 1, waiting: 1 });
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await atOnce(waiting)).toBe(reason);
    expect(client.poolStats()[0]).toMatchObject({ inUse: 1, waiting: 0 });
    await holder;
    await expectSocketToLive(before);
  });

  requires({ minVersion: '4.4', failPoints: true }).describe('in flight', () => {
    let off: () => Promise<void>;
    beforeAll(async () => {
      const commands = 'insert find aggregate count distinct explain update delete findAndModify createIndexes';
      const others = 'listIndexes dropIndexes dbStats listCollections create drop listDatabases buildInfo';
      off = await slow(`${commands} ${others}`.split(' '));
    });
    afterAll(() => off());

    it.each(NAMES)('%s', async (name) => {
      const before = generation();
      const controller = new AbortController();
      const running = outcome(OPERATIONS[name]!({ signal: controller.signal }));
      await settle();
      const [stats] = client.poolStats();
      expect(stats).toMatchObject({ inUse: 1, holders: [{ command: expect.any(String) }] });
      const reason = new Error('enough');
      controller.abort(reason);
      expect(await atOnce(running)).toBe(reason);
      await expectSocketToLive(before);
    });
  });

  it('by AbortSignal.timeout: the reason is its TimeoutError', async () => {
    const signal = AbortSignal.timeout(20);
    const reason = await outcome(items.findOne({ $where: 'sleep(150) || true' }, { signal }));
    expect(reason).toMatchObject({ name: 'TimeoutError' });
    expect(reason).toBe(signal.reason);
  });

  it('leaves no listener behind', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...given: Parameters<typeof add>) => {
      listeners++;
      add(...given);
    };
    signal.removeEventListener = (...given: Parameters<typeof remove>) => {
      listeners--;
      remove(...given);
    };
    await items.findOne({ _id: 1 }, { signal });
    await items.find({}, { signal, batchSize: 50 }).toArray();
    await items.findOne({ $nonsense: 1 }, { signal }).catch(() => undefined);
    expect(listeners).toBe(0);
  });
});

requires({ minVersion: '4.4', failPoints: true }).describe('an aborted cursor', () => {
  it('between batches: the reason, and nothing is left open on the server', async () => {
    const controller = new AbortController();
    const cursor = items.find({}, { signal: controller.signal, batchSize: 10 });
    const reason = new Error('enough');
    let seen = 0;
    const loop = async (): Promise<void> => {
      for await (const _ of cursor) if (++seen === 15) controller.abort(reason);
    };
    expect(await outcome(loop())).toBe(reason);
    expect(seen).toBe(20);
    expect(cursor.closed).toBe(true);
    await expectSocketToLive(generation());
    expect(await openCursors()).toBe(0);
  });

  it('in flight: the cursor that the late reply opens is killed', async () => {
    const off = await slow(['find']);
    try {
      for (let left = 3; left > 0; left--) {
        const controller = new AbortController();
        const running = outcome(items.find({}, { signal: controller.signal, batchSize: 10 }).next());
        await settle();
        controller.abort(new Error('enough'));
        expect(await atOnce(running)).toBe(controller.signal.reason);
        await expectSocketToLive(generation());
      }
    } finally {
      await off();
    }
    expect(await openCursors()).toBe(0);
  });

  it('in a getMore that is in flight', async () => {
    const controller = new AbortController();
    const cursor = items.find({}, { signal: controller.signal, batchSize: 10, prefetch: false } as never);
    await cursor.toList(10);
    const off = await slow(['getMore']);
    try {
      const running = outcome(cursor.next());
      await settle();
      controller.abort(new Error('enough'));
      expect(await atOnce(running)).toBe(controller.signal.reason);
    } finally {
      await off();
    }
    await expectSocketToLive(generation());
    expect(await openCursors()).toBe(0);
  });
});
