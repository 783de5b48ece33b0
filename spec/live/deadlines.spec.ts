import { setTimeout as sleep } from 'node:timers/promises';
import {
  AsyncClient,
  type AsyncCollection,
  AsyncGridFSBucket,
  OperationTimeoutError,
  timeout,
} from '../../lib/index.js';
import { ADDRESS, testUri, uniqueDatabase } from '../support/live.js';
import { StolenTime } from '../support/stolen-time.js';
import { requires } from './requires.js';

const DATABASE = uniqueDatabase('deadlines');
/** How long the server takes while it is slow, and how far an operation may overrun its time. Milliseconds. */
const BLOCK_MS = 2_000;
const SLACK_MS = 50;

const observer = new AsyncClient(testUri());
const client = new AsyncClient(testUri(), { appName: DATABASE, maxPoolSize: 2 });
const db = client.db(DATABASE);
const items: AsyncCollection<any> = db.collection('items');

beforeAll(async () => {
  await items.insertMany(Array.from({ length: 300 }, (_, _id) => ({ _id })));
});

afterAll(async () => {
  await db.dropDatabase();
  await client.close();
  await observer.close();
});

/** These commands of the clients under test are answered late. */
async function slow(commands: readonly string[], blockTimeMS = BLOCK_MS, mode: unknown = 'alwaysOn') {
  const data = { failCommands: commands, blockConnection: true, blockTimeMS, appName: DATABASE };
  await observer.admin.command({ configureFailPoint: 'failCommand', mode, data } as object);
}

const quick = () => observer.admin.command({ configureFailPoint: 'failCommand', mode: 'off' });

/**
 * What came of an operation, and after how many milliseconds. Of those beyond `timeoutMS` only the ones count in which the
 * machine let the process run.
 */
async function outcome(
  operation: () => PromiseLike<unknown>,
  timeoutMS = Number.POSITIVE_INFINITY,
): Promise<{ value?: any; error?: any; ms: number }> {
  using stolen = new StolenTime({ withCollector: true });
  const start = performance.now();
  const [settled] = await Promise.allSettled([(async () => operation())()]);
  const end = performance.now();
  const ms = end - start - (await stolen.between(Math.min(start + timeoutMS, end), end));
  return settled.status === 'fulfilled' ? { value: settled.value, ms } : { error: settled.reason, ms };
}

async function expectTimeout(operation: () => PromiseLike<unknown>, timeoutMS: number): Promise<any> {
  const { error, ms } = await outcome(operation, timeoutMS);
  expect(error).toBeInstanceOf(OperationTimeoutError);
  expect(error.timeoutMS).toBe(timeoutMS);
  // What would only be given up on its way to the server is not even sent.
  const roundTrips = [...client.topologyDescription.servers.values()].map(({ minRoundTripTime }) => minRoundTripTime);
  expect(ms).toBeGreaterThanOrEqual(timeoutMS - 5 - Math.max(0, ...roundTrips));
  expect(ms).toBeLessThan(timeoutMS + SLACK_MS);
  return error;
}

requires({ minVersion: '4.4', failPoints: true }).describe('a server that takes two seconds', () => {
  afterEach(async () => {
    await quick();
    // What is still under way gives its connection back.
    for (let left = 500; left > 0 && client.poolStats().some(({ inUse }) => inUse > 0); left--) await sleep(20);
  });

  it('does not keep an operation longer than timeoutMS, and the error says all of it', async () => {
    await slow(['find']);
    const error = await expectTimeout(() => items.findOne({}, { timeoutMS: 200 }), 200);
    expect(error).toMatchObject({
      ...{ stage: 'reply', code: 'OPERATION_TIMEOUT', command: 'find', namespace: `${DATABASE}.items` },
      ...{ address: expect.stringMatching(ADDRESS), elapsedMS: expect.any(Number) },
    });
    expect(error.message).toMatch(
      /did not end within timeoutMS \(200 ms\): the server has not answered .*after 2\d\d ms/,
    );
  });

  it.each<[string, (of: AsyncClient) => PromiseLike<unknown>]>([
    ['client', (of) => of.db(DATABASE).collection('items').findOne({})],
    ['database', (of) => of.db(DATABASE, { timeoutMS: 200 }).collection('items').findOne({})],
    ['collection', (of) => of.db(DATABASE).collection('items', { timeoutMS: 200 }).findOne({})],
    ['operation', (of) => of.db(DATABASE).collection('items').findOne({}, { timeoutMS: 200 })],
    ['timeout()', (of) => timeout(200, () => of.db(DATABASE).collection('items').findOne({}))],
  ])('is bounded by the time of the %s', async (level, use) => {
    const ms = level === 'client' ? 200 : 20_000;
    await using own = await AsyncClient.open(testUri(), { appName: DATABASE, timeoutMS: ms });
    await slow(['find']);
    await expectTimeout(() => use(own), 200);
  });

  it('lets an operation with a time of its own take longer than its client, or as long as it takes', async () => {
    await using own = await AsyncClient.open(testUri(), { appName: DATABASE, timeoutMS: 100 });
    const collection = own.db(DATABASE).collection('items');
    await slow(['find'], 250);
    expect((await outcome(() => collection.findOne({}, { timeoutMS: 5_000 }))).error).toBeUndefined();
    expect((await outcome(() => collection.findOne({}, { timeoutMS: 0 }))).error).toBeUndefined();
    await expectTimeout(() => collection.findOne({}), 100);
  });

  it('keeps its connections busy until it has answered; they then serve again, and none was lost', async () => {
    // Both are open before: their handshakes may take longer than the deadline.
    const both = () => [1, 2].map(() => items.findOne({ $where: 'sleep(20) || true' }));
    for (let left = 100; left > 0 && (client.poolStats()[0]?.total ?? 0) < 2; left--) await Promise.all(both());
    await slow(['find'], BLOCK_MS);
    let opened = client.poolStats()[0]!.total;
    client.on('connectionCreated', () => {
      opened++;
    });
    const late = await Promise.all(
      [1, 2, 3, 4].map((_id) => outcome(() => items.findOne({ _id }, { timeoutMS: 100 }))),
    );
    // Two have a connection, two wait for one: each error says which.
    expect(late.map(({ error }) => error?.stage)).toEqual(['reply', 'reply', 'connection', 'connection']);
    expect(late[3]!.error.message).toMatch(/no connection became free.*2 of at most 2 connections are in use/);
    expect(client.poolStats()[0]).toMatchObject({ inUse: 2, idle: 0, waiting: 0 });
    await quick();
    const right = await Promise.all([5, 6, 7, 8].map((_id) => items.findOne({ _id }, { timeoutMS: 20_000 })));
    expect(right).toEqual([5, 6, 7, 8].map((_id) => ({ _id })));
    expect([opened, client.poolStats()[0]!.total]).toEqual([2, 2]);
  });

  it('does not keep socketTimeoutMS, maxWaitTime and maxTimeMS in force beside timeoutMS', async () => {
    const limits = { appName: DATABASE, maxPoolSize: 1, socketTimeoutMS: 300, maxWaitTime: 300 };
    await using own = new AsyncClient(testUri(), limits);
    // Opened under a deadline, too: without one, who waits for the connection has no longer than maxWaitTime.
    await own.db(DATABASE).command({ ping: 1 }, { timeoutMS: 20_000 });
    const collection = own.db(DATABASE).collection('items');
    await slow(['find'], 700);
    const find = () => collection.findOne({}, { timeoutMS: 8_000, maxTimeMS: 10 });
    expect((await Promise.all([outcome(find), outcome(find)])).map(({ error }) => error)).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('bounds a bulk as a whole', async () => {
    await slow(['insert', 'delete'], 150);
    const models = [{ insertOne: { document: {} } }, { deleteOne: { filter: { none: 1 } } }];
    await expectTimeout(() => items.bulkWrite([...models, ...models, ...models] as never, { timeoutMS: 400 }), 400);
  });

  it('bounds the life of a cursor, or each time that documents are asked for', async () => {
    await slow(['getMore'], 150);
    // All batches take longer than that, and one of them much less, whatever else the machine does.
    const timeoutMS = 1_000;
    const read = (timeoutMode: string) =>
      items.find({ _id: { $lt: 300 } }, { batchSize: 30, timeoutMS, timeoutMode } as object).toArray();
    const { error, ms } = await outcome(() => read('cursorLifetime'), timeoutMS);
    expect([error?.name, ms < timeoutMS + SLACK_MS]).toEqual(['OperationTimeoutError', true]);
    expect((await outcome(() => read('iteration'))).value).toHaveLength(300);
  });

  it('bounds an upload and a download as a whole, and the upload leaves nothing behind', async () => {
    const bucket = new AsyncGridFSBucket(db, { chunkSizeBytes: 1_000 });
    const id = (await bucket.uploadFromStream('whole', Buffer.alloc(5_000))) as unknown;
    await slow(['find', 'insert'], 300);
    const upload = await outcome(async () => {
      const stream = bucket.openUploadStream('part', { timeoutMS: 200 });
      return new Promise((resolve, reject) =>
        stream.on('error', reject).on('finish', resolve).end(Buffer.alloc(9_000)),
      );
    }, 200);
    expect([upload.error?.name, upload.ms < 400]).toEqual(['OperationTimeoutError', true]);
    const download = await outcome(async () => {
      for await (const _ of bucket.openDownloadStream(id as never, { timeoutMS: 400 }));
    }, 400);
    expect([download.error?.name, download.ms < 400 + SLACK_MS]).toEqual(['OperationTimeoutError', true]);
    await quick();
    const chunks = () => observer.db(DATABASE).collection('fs.chunks').countDocuments();
    await sleep(400);
    for (let left = 100; left > 0 && (await chunks()) !== 5; left--) await sleep(100);
    expect(await observer.db(DATABASE).collection('fs.files').distinct('filename')).toEqual(['whole']);
    expect(await chunks()).toBe(5);
  }, 30_000);

  it('cannot draw out a block of timeout(), however deep its operations are', async () => {
    await slow(['find'], 120);
    const work = async (): Promise<number> => {
      for (let count = 0; ; count++) {
        await sleep(1);
        await timeout(10_000, () => items.findOne({ _id: count }, { timeoutMS: 9_000 }));
      }
    };
    await expectTimeout(() => timeout(400, work), 400);
    const inner = await outcome(() => timeout(5_000, () => timeout(100, () => items.findOne({}))));
    expect(inner.error).toMatchObject({ timeoutMS: 100 });
    // Outside nothing is left of it.
    expect(await items.findOne({ _id: 9 })).toEqual({ _id: 9 });
  });
});

describe('a connection that a block opened', () => {
  it('has nothing of the deadline of the block', async () => {
    await using own = new AsyncClient(testUri());
    const find = (_id: number) => own.db(DATABASE).collection<any>('items').findOne({ _id });
    // As long as discovery and a handshake may take.
    const over = sleep(3_020);
    await timeout(3_000, () => find(1));
    await over;
    const found = new Promise((resolve) => own.once('commandSucceeded', () => resolve(find(3))));
    await find(2);
    expect(await found).toEqual({ _id: 3 });
  });
});

describe('a cursor that is closed when its time is over', () => {
  it('is closed on the server, also in a block', async () => {
    const closed: string[] = [];
    await using own = await AsyncClient.open(testUri());
    own.on('commandSucceeded', ({ commandName }) => void closed.push(commandName));
    await timeout(1_000, async () => {
      const cursor = own.db(DATABASE).collection('items').find({}, { batchSize: 2 });
      await cursor.next();
      await sleep(1_020);
      await cursor.close();
    });
    expect(closed).toContain('killCursors');
  });
});

describe('timeoutMS', () => {
  const BAD = [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '200', {}];
  const WORDS = /timeoutMS/;

  it.each(BAD)('of %p is refused by everything that takes it', async (timeoutMS: any) => {
    expect(() => new AsyncClient('mongodb://localhost', { timeoutMS })).toThrow(WORDS);
    expect(() => client.db(DATABASE, { timeoutMS } as object)).toThrow(WORDS);
    expect(() => db.collection('items', { timeoutMS } as object)).toThrow(WORDS);
    expect(() => timeout(timeoutMS, () => 1)).toThrow(WORDS);
    expect(() => new AsyncGridFSBucket(db, { timeoutMS })).toThrow(WORDS);
    await expect(items.findOne({}, { timeoutMS })).rejects.toThrow(WORDS);
    await expect(items.insertMany([{}], { timeoutMS })).rejects.toThrow(WORDS);
    expect(() => items.find({}, { timeoutMS })).toThrow(WORDS);
    await expect((async () => items.aggregate([], { timeoutMS }).toArray())()).rejects.toThrow(WORDS);
    await expect(db.command({ ping: 1 }, { timeoutMS } as object)).rejects.toThrow(WORDS);
  });

  it('of a year and more is taken', async () => {
    for (const timeoutMS of [0, 2 ** 31 - 1, 2 ** 31, Number.MAX_SAFE_INTEGER]) {
      expect(await items.findOne({ _id: 1 }, { timeoutMS })).toEqual({ _id: 1 });
    }
  });

  it('comes with a timeoutMode that fits', async () => {
    const find = (options: object) => items.find({}, options).toArray();
    await expect(find({ timeoutMode: 'iteration' })).rejects.toThrow(/timeoutMode 'iteration' has no effect without/);
    await expect(find({ timeoutMS: 9, timeoutMode: 'x' })).rejects.toThrow(
      /timeoutMode 'x' must be 'cursorLifetime' or/,
    );
    await expect(find({ timeoutMS: 9, timeoutMode: 'cursorLifetime', tailable: true })).rejects.toThrow(/tailable/);
    const into = items.aggregate([{ $out: 'o' }], { timeoutMS: 9, timeoutMode: 'iteration' } as object).toArray();
    await expect(into).rejects.toThrow(/\$out or \$merge/);
  });
});
