import { setTimeout as sleep } from 'node:timers/promises';
import { AsyncClient, type AsyncCollection, OperationTimeoutError, UUID } from '../../lib/index.js';
import { testServerUri, uniqueDatabase } from '../support/live.js';

const DATABASE = uniqueDatabase('kill');
/** Each document takes the server so long, in milliseconds: all of them together take a minute. */
const SLOW = { $where: 'sleep(100) || true' };
/** As slow, and finds nothing. */
const NONE = { $where: 'sleep(100) || false' };
const DOCUMENTS = 600;
const LIMIT_MS = 60_000;

const observer = new AsyncClient(testServerUri());
const items: AsyncCollection<any> = observer.db(DATABASE).collection('items');

beforeAll(async () => {
  await items.insertMany(Array.from({ length: DOCUMENTS }, (_, _id) => ({ _id })));
});

afterAll(async () => {
  await observer.db(DATABASE).dropDatabase();
  await observer.close();
});

/** How many operations with this comment the server works on. */
async function running(comment: string): Promise<number> {
  const match = { 'command.comment': comment, ns: `${DATABASE}.items`, active: true };
  return (await observer.admin.aggregate([{ $currentOp: { allUsers: true } }, { $match: match }]).toArray()).length;
}

async function until(count: number, comment: string, limitMS = 20_000): Promise<void> {
  const end = performance.now() + limitMS;
  while ((await running(comment)) !== count) {
    if (performance.now() > end) throw new Error(`there are not ${count} operations with the comment ${comment}`);
    await sleep(20);
  }
}

/** What a promise came to. */
const outcome = (promise: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(promise).then(
    () => 'not rejected',
    (error: unknown) => error,
  );

type Use = (of: AsyncCollection<any>, options: object) => PromiseLike<unknown>;

const USES: Record<string, Use> = {
  findOne: (of, options) => of.findOne(NONE, options),
  'find().toArray': (of, options) => of.find(SLOW, options).toArray(),
  aggregate: (of, options) => of.aggregate([{ $match: { _id: { $gte: 0 } } }, ...slowStages()], options).toArray(),
  distinct: (of, options) => of.distinct('_id', SLOW, options),
  updateMany: (of, options) => of.updateMany(SLOW, { $set: { a: 1 } }, options),
  deleteMany: (of, options) => of.deleteMany(NONE, options),
  bulkWrite: (of, options) => of.bulkWrite([{ updateMany: { filter: SLOW, update: { $set: { a: 1 } } } }], options),
  command: (of, options: any) =>
    of.database.command({ find: 'items', filter: NONE, comment: options.comment }, options),
  // Found by its connection, as it has no session that the driver knows of.
  'command in a session that the user names': (of, { comment, ...options }: any) =>
    of.database.command({ find: 'items', filter: NONE, comment, lsid: { id: new UUID() } }, options),
};

/** Enough to do for a minute, without JavaScript: each document meets all others, again and again. */
function slowStages(): object[] {
  const lookup = { from: 'items', pipeline: [{ $match: { $expr: { $eq: [1, 2] } } }], as: 'others' };
  const crossed = { $lookup: { from: 'items', pipeline: [{ $addFields: { a: 1 } }], as: 'crossed' } };
  // Nothing is answered before all of it has been done.
  return [crossed, { $unwind: '$crossed' }, { $lookup: lookup }, { $group: { _id: null, count: { $sum: 1 } } }];
}

describe('killOnAbort', () => {
  it.each(Object.keys(USES))(
    'ends on the server what is aborted under way, though it holds the only connection: %s',
    async (name) => {
      await using client = new AsyncClient(testServerUri(), { maxConcurrent: 1 });
      const own = client.db(DATABASE).collection<any>('items');
      const comment = `kill ${name}`;
      const controller = new AbortController();
      const { signal } = controller;
      const result = outcome(USES[name]!(own, { signal, comment, killOnAbort: true }));
      await until(1, comment);
      const reason = new Error('enough');
      controller.abort(reason);
      expect(await result).toBe(reason);
      await until(0, comment);
      // The same connection serves the next one.
      const { generation, total } = client.poolStats()[0]!;
      expect(await own.findOne({ _id: 1 })).toMatchObject({ _id: 1 });
      // A cursor that was opened just before the abort may still be closing over it.
      for (let left = 1_000; left > 0 && client.poolStats()[0]!.inUse > 0; left--) await sleep(20);
      expect(client.poolStats()[0]).toMatchObject({ generation, total, inUse: 0 });
    },
    LIMIT_MS,
  );

  it(
    'is an option of client, database, collection and operation; the nearest holds, and without it the server goes on',
    async () => {
      await using client = new AsyncClient(testServerUri(), { killOnAbort: true });
      await using other = new AsyncClient(testServerUri());
      const collections: [string, AsyncCollection<any>, boolean, object?][] = [
        ['client', client.db(DATABASE).collection('items'), true],
        ['not the database', client.db(DATABASE, { killOnAbort: false }).collection('items'), false],
        ['database', other.db(DATABASE, { killOnAbort: true }).collection('items'), true],
        ['collection', other.db(DATABASE).collection('items', { killOnAbort: true }), true],
        ['not the operation', client.db(DATABASE).collection('items'), false, { killOnAbort: false }],
        ['nobody', other.db(DATABASE).collection('items'), false],
      ];
      const controller = new AbortController();
      const results = collections.map(([comment, collection, , options]) =>
        outcome(collection.findOne(NONE, { signal: controller.signal, comment, ...options })),
      );
      await Promise.all(collections.map(([comment]) => until(1, comment)));
      controller.abort();
      await Promise.all(results);
      for (const [comment, , killed] of collections) if (killed) await until(0, comment);
      for (const [comment, , killed] of collections)
        expect([comment, await running(comment)]).toEqual([comment, killed ? 0 : 1]);
      // What goes on is ended by hand.
      const left = { ns: `${DATABASE}.items`, active: true };
      for (const { opid } of await observer.admin.aggregate([{ $currentOp: {} }, { $match: left }]).toArray()) {
        await observer.admin.command({ killOp: 1, op: opid });
      }
    },
    LIMIT_MS,
  );

  it(
    'kills a crowd over one connection beside the pool, each by its session',
    async () => {
      await using client = new AsyncClient(testServerUri(), { maxConcurrent: 10, killOnAbort: true });
      const own = client.db(DATABASE).collection<any>('items');
      const kills: [string, string, number][] = [];
      client.on('commandStarted', ({ commandName, connectionId, command }) => {
        if (/^kill/.test(commandName)) kills.push([commandName, connectionId, command[commandName].length]);
      });
      const controller = new AbortController();
      const comment = 'crowd';
      const results = Array.from({ length: 30 }, () =>
        outcome(own.findOne(NONE, { signal: controller.signal, comment })),
      );
      await until(10, comment);
      controller.abort();
      await Promise.all(results);
      await until(0, comment);
      expect(kills.map(([name]) => name)).toEqual(kills.map(() => 'killSessions'));
      expect(kills.reduce((sum, [, , count]) => sum + count, 0)).toBe(10);
      expect(new Set(kills.map(([, connectionId]) => connectionId)).size).toBe(1);
    },
    LIMIT_MS,
  );

  it(
    'ends an operation in a session of the application, and leaves the session to it',
    async () => {
      await using client = new AsyncClient(testServerUri(), { maxConcurrent: 1, killOnAbort: true });
      const own = client.db(DATABASE).collection<any>('items');
      await using session = client.startSession();
      const controller = new AbortController();
      const comment = 'explicit';
      const result = outcome(own.findOne(NONE, { session, signal: controller.signal, comment }));
      await until(1, comment);
      controller.abort(new Error('enough'));
      expect(await result).toBe(controller.signal.reason);
      await until(0, comment);
      expect(await own.findOne({ _id: 1 }, { session })).toMatchObject({ _id: 1 });
    },
    LIMIT_MS,
  );

  it(
    'ends a getMore with its cursor, by one order, also one that is fetched ahead',
    async () => {
      await using client = new AsyncClient(testServerUri(), { maxConcurrent: 2, killOnAbort: true });
      const own = client.db(DATABASE).collection<any>('items');
      const kills: string[] = [];
      client.on('commandStarted', ({ commandName, command }) => {
        if (/^kill/.test(commandName)) kills.push(`${commandName} ${command.cursors}`);
      });
      for (const prefetch of [false, true]) {
        kills.length = 0;
        const controller = new AbortController();
        const comment = `getMore ${prefetch}`;
        const late = { $or: [{ _id: { $lt: 4 } }, SLOW] };
        const cursor = own.find(late, { signal: controller.signal, comment, batchSize: 4, prefetch } as object);
        for (let taken = 0; taken < 4; taken++) await cursor.next();
        const { cursorId } = cursor;
        const next = prefetch ? undefined : outcome(cursor.next());
        await until(1, comment);
        controller.abort(new Error('enough'));
        expect(await (next ?? outcome(cursor.next()))).toBe(controller.signal.reason);
        await until(0, comment);
        await cursor.close();
        expect(kills).toEqual([`killCursors ${cursorId}`]);
        expect(await own.findOne({ _id: 1 })).toMatchObject({ _id: 1 });
      }
    },
    LIMIT_MS,
  );

  it(
    'ends what its deadline ends without the server knowing of it',
    async () => {
      await using client = new AsyncClient(testServerUri(), { killOnAbort: true });
      const own = client.db(DATABASE).collection<any>('items');
      const comment = 'iteration';
      const options = { comment, timeoutMS: 500, timeoutMode: 'iteration' } as object;
      const result = outcome(own.find(NONE, options).toArray());
      expect(await result).toBeInstanceOf(OperationTimeoutError);
      await until(0, comment);
    },
    LIMIT_MS,
  );

  it(
    'has done so when the client is closed right behind the abort',
    async () => {
      const client = new AsyncClient(testServerUri(), { killOnAbort: true });
      const controller = new AbortController();
      const comment = 'closed';
      const own = client.db(DATABASE).collection<any>('items');
      const result = outcome(own.findOne(NONE, { signal: controller.signal, comment }));
      await until(1, comment);
      controller.abort(new Error('enough'));
      await client.close();
      expect(await result).toBe(controller.signal.reason);
      await until(0, comment, 5_000);
    },
    LIMIT_MS,
  );
});
