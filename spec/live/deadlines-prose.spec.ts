/**
 * What MongoDB's Client Side Operations Timeout specification says of operations that take several commands: each test has
 * the server be slow and looks at what was sent until the time was over.
 */
import { AsyncClient, AsyncGridFSBucket, type ClientOptions, OperationTimeoutError } from '../../lib/index.js';
import type { Deployment } from '../support/deployment/deployment.js';
import { ownServers } from '../support/deployment/own-servers.js';
import { testUri, uniqueDatabase } from '../support/live.js';
import { isHello, type Layer } from '../support/proxy/layer.js';
import { type Facade, startFacade } from '../support/proxy/start-facade.js';
import { startProxy } from '../support/proxy/start-proxy.js';
import { startSet } from '../support/proxy/start-set.js';
import { ScriptedServer } from '../support/scripted-server.js';
import { uncompressed } from '../support/uncompressed.js';
import { requires } from './requires.js';

const DATABASE = uniqueDatabase('deadlinesprose');
const LIMIT_MS = 60_000;
/** How much later than its time an operation may end here: these tests are about what happens, others about how exactly. */
const SLACK_MS = 1_000;

/** A server that takes three writes in one message. */
const SMALL_BATCHES: Layer = {
  wants: isHello,
  async handle(command, next) {
    const reply = await next(command);
    return reply && { ...reply, maxWriteBatchSize: 3 };
  },
};

let observer: AsyncClient;
/** Of the server that the tests of a block use. */
let uri: string;
let client: AsyncClient;
/** The commands that the client has sent. */
let sent: string[];

/** A client whose commands are written down. */
async function connect(options: ClientOptions = {}, at = uri): Promise<void> {
  client = await AsyncClient.open(at, { appName: DATABASE, ...options });
  sent = [];
  client.on('commandStarted', ({ commandName }) => void sent.push(commandName));
}

const sentOf = (name: string): string[] => sent.filter((commandName) => commandName === name);

/** These commands of the client are answered so much later. */
async function slow(failCommands: readonly string[], blockTimeMS: number) {
  const data = { failCommands, blockConnection: true, blockTimeMS, appName: DATABASE };
  await observer.admin.command({ configureFailPoint: 'failCommand', mode: 'alwaysOn', data } as object);
}

const quick = () => observer.admin.command({ configureFailPoint: 'failCommand', mode: 'off' });

/** The tests of the block use this server. */
function onServer(uriOf: () => string): void {
  beforeAll(() => {
    uri = uriOf();
    observer = new AsyncClient(uri);
  });
  afterEach(async () => {
    await quick();
    await client.close();
  });
  afterAll(() => observer.close());
}

/** What an operation rejected with, and after how long. */
async function failure(operation: () => PromiseLike<unknown>): Promise<{ error: any; ms: number }> {
  const start = performance.now();
  const [settled] = await Promise.allSettled([(async () => operation())()]);
  const ms = performance.now() - start;
  return { error: settled.status === 'rejected' ? settled.reason : undefined, ms };
}

async function expectTimeout(operation: () => PromiseLike<unknown>, timeoutMS: number): Promise<any> {
  const { error, ms } = await failure(operation);
  expect(error).toBeInstanceOf(OperationTimeoutError);
  expect(ms).toBeLessThan(timeoutMS + SLACK_MS);
  return error;
}

requires({ minVersion: '4.4', failPoints: true }).describe('one deadline holds', () => {
  onServer(testUri);
  afterAll(async () => {
    await using own = new AsyncClient(testUri());
    await own.dropDatabase(DATABASE);
  });

  requires({ plain: true })('for all messages of an insert', async () => {
    await using proxy = await startProxy({ uri: uncompressed(uri) }, { layers: [SMALL_BATCHES] });
    await connect({}, proxy.uri);
    const items = client.db(DATABASE).collection('batches');
    const documents = [1, 2, 3, 4, 5].map((_id) => ({ _id }));
    await slow(['insert'], 1_200);
    await expectTimeout(() => items.insertMany(documents as never, { timeoutMS: 2_000 }), 2_000);
    expect(sentOf('insert')).toHaveLength(2);
  });

  it("for the handshake of a connection that nobody waits for, beside the client's timeoutMS", async () => {
    await connect();
    await slow(['hello', 'isMaster'], 400);
    // Of each address: the other members of a set answer at once.
    const told = new Map<string, string[]>();
    const options = { appName: DATABASE, minPoolSize: 1, timeoutMS: 100, serverMonitoringMode: 'poll' } as const;
    await using own = new AsyncClient(uri, { ...options, connectTimeoutMS: 20_000 });
    for (const name of ['connectionCreated', 'connectionReady', 'connectionClosed'] as const)
      own.on(name, ({ address, reason = '' }: { address: string; reason?: string }) => {
        told.set(address, [...(told.get(address) ?? []), `${name} ${reason}`]);
      });
    own.open().catch(() => {}); // it waits for a connection; the pool is what is looked at
    const ofTheSlow = () =>
      [...told.values()].find((events) => events.some((event) => event.startsWith('connectionClosed')));
    for (let left = 1_000; left > 0 && !ofTheSlow(); left--) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(ofTheSlow()?.slice(0, 2)).toEqual(['connectionCreated ', 'connectionClosed error']);
  });

  it('for all that a tailable cursor asks until something comes', async () => {
    await connect();
    const capped = await client.db(DATABASE).createCollection('capped', { capped: true, size: 4_096 });
    await capped.insertOne({ x: 1 });
    await slow(['getMore'], 1_200);
    for (const ask of ['next', 'hasNext'] as const) {
      const cursor = capped.find({}, { tailable: true, awaitData: true, timeoutMS: 2_000, maxAwaitTimeMS: 50 });
      expect(await cursor.next()).toMatchObject({ x: 1 });
      sent = [];
      // Each request would end in time.
      await expectTimeout(() => cursor[ask]() as Promise<unknown>, 2_000);
      expect(sentOf('getMore')).toHaveLength(2);
      await cursor.close();
    }
  });

  it('for every chunk of an upload, and for giving it up', async () => {
    await connect();
    const bucket = new AsyncGridFSBucket(client.db(DATABASE), { bucketName: 'up', chunkSizeBytes: 2 });
    await bucket.uploadFromStream('first', 'so that the indexes are there');
    await slow(['insert'], 2_000);
    await expectTimeout(
      () => bucket.uploadFromStream('late', Buffer.alloc(1_024), { timeoutMS: 300 }) as Promise<unknown>,
      300,
    );
    await slow(['delete'], 2_500);
    const upload = bucket.openUploadStream('given up', { timeoutMS: 1_000 });
    await new Promise((resolve) => upload.write('1234', resolve));
    await expectTimeout(() => upload.abort(), 1_000);
    expect(sentOf('delete')).toHaveLength(1);
  });

  it("for a bucket's commands where the bucket has a time, and for giving up", async () => {
    await connect({ timeoutMS: 1_000 });
    const bucket = new AsyncGridFSBucket(client.db(DATABASE), { bucketName: 'up2', chunkSizeBytes: 2 });
    await bucket.uploadFromStream('first', 'so that the indexes are there', { timeoutMS: 20_000 });
    const upload = bucket.openUploadStream('given up');
    await new Promise((resolve) => upload.write('1234', resolve));
    await slow(['delete'], 2_500);
    await expectTimeout(() => upload.abort(), 1_000);
  });

  it('for the file and the chunks of a download', async () => {
    await connect();
    const bucket = new AsyncGridFSBucket(client.db(DATABASE), { bucketName: 'down', chunkSizeBytes: 2 });
    const id = await bucket.uploadFromStream('film', '0123456789');
    sent = [];
    // The file's document is found in time, its chunks are not.
    await slow(['find'], 1_200);
    await expectTimeout(async () => {
      for await (const _ of bucket.openDownloadStream(id, { timeoutMS: 2_000 }));
    }, 2_000);
    expect(sentOf('find')).toHaveLength(2);
  });
});

ownServers('on a replica set, one deadline holds', () => {
  let set: Deployment;
  beforeAll(async () => {
    set = await startSet(1);
  }, LIMIT_MS);
  afterAll(() => set.stop());
  onServer(() => set.uri);

  it('for all that a change stream asks until something comes; it then goes on', async () => {
    await connect();
    const items = client.db(DATABASE).collection<any>('watched');
    await items.insertOne({ _id: 0 });
    await slow(['getMore'], 1_200);
    const stream = items.watch([], { timeoutMS: 2_000, maxAwaitTimeMS: 50 });
    await expectTimeout(() => stream.next() as Promise<unknown>, 2_000);
    expect([sentOf('aggregate').length, sentOf('getMore').length]).toEqual([1, 2]);
    await quick();
    // "The subsequent next call MUST perform a resume attempt to establish a new change stream on the server."
    await items.insertOne({ _id: 1 });
    expect(await stream.next()).toMatchObject({ operationType: 'insert', documentKey: { _id: 1 } });
    expect(sentOf('aggregate')).toHaveLength(2);
    await stream.close();
  });

  describe('for ending a session with a transaction under way:', () => {
    it.each<[string, ClientOptions, object, object]>([
      ["the client's", { timeoutMS: 1_000 }, {}, {}],
      ['defaultTimeoutMS', {}, { defaultTimeoutMS: 1_000 }, {}],
      ['timeoutMS', { timeoutMS: 20_000 }, { defaultTimeoutMS: 30_000 }, { timeoutMS: 1_000 }],
    ])('%s', async (_, options, ofSession, ofEnd) => {
      await connect(options);
      const items = client.db(DATABASE).collection('ended');
      await items.insertOne({ before: 1 }, { timeoutMS: 20_000 });
      const session = client.startSession(ofSession);
      session.startTransaction();
      await items.insertOne({ within: 1 }, { session, timeoutMS: 20_000 });
      await slow(['abortTransaction'], 2_500);
      // The session is over in any case: there is nothing that its user could do.
      const { error, ms } = await failure(() => session.endSession(ofEnd));
      expect([error, session.hasEnded, sentOf('abortTransaction').length]).toEqual([undefined, true, 1]);
      expect(ms).toBeGreaterThan(950);
      expect(ms).toBeLessThan(1_000 + SLACK_MS);
    });
  });

  it('for all of withTransaction, whose abort has as much time again', async () => {
    await connect();
    const items = client.db(DATABASE).collection('within');
    await items.insertOne({ before: 1 });
    sent = [];
    await slow(['insert', 'abortTransaction'], 1_400);
    const failed: string[] = [];
    client.on('commandFailed', ({ commandName }) => void failed.push(commandName));
    await using session = client.startSession({ defaultTimeoutMS: 1_000 });
    const { error, ms } = await failure(() => session.withTransaction(() => items.insertOne({ a: 1 }, { session })));
    expect(error).toBeInstanceOf(OperationTimeoutError);
    expect(sent).toEqual(['insert', 'abortTransaction']);
    expect(failed).toEqual(['insert', 'abortTransaction']);
    expect(ms).toBeLessThan(2 * 1_000 + SLACK_MS);
  });

  it('for all of withTransaction: an operation within takes no time of its own', async () => {
    await connect();
    const items = client.db(DATABASE).collection('within');
    await using session = client.startSession();
    const work = () => items.insertOne({ a: 1 }, { session, timeoutMS: 100 });
    await expect(session.withTransaction(work, { timeoutMS: 5_000 })).rejects.toThrow(
      /timeoutMS cannot be set for an operation within a withTransaction that has one/,
    );
  });
});

ownServers('of a server that knows bulkWrite, one deadline holds', () => {
  let set: Deployment;
  let facade: Facade;
  beforeAll(async () => {
    set = await startSet(1);
    facade = await startFacade(set, { version: '8.0' });
  }, LIMIT_MS);
  afterAll(async () => {
    await facade.stop();
    await set.stop();
  });
  onServer(() => facade.uri);

  it('for all messages of client.bulkWrite', async () => {
    await using proxy = await startProxy({ uri }, { layers: [SMALL_BATCHES] });
    await connect({}, proxy.uri);
    const models = [1, 2, 3, 4, 5].map((_id) => ({
      ...{ name: 'insertOne' as const, namespace: `${DATABASE}.bulk`, document: { _id } },
    }));
    await slow(['bulkWrite'], 1_200);
    const { error, ms } = await failure(() => client.bulkWrite(models as never, { timeoutMS: 2_000 }));
    // With what had been written before its time was over.
    expect([error?.name, error?.partialResult?.insertedCount]).toEqual(['ClientBulkWriteError', 3]);
    expect(error.cause).toBeInstanceOf(OperationTimeoutError);
    expect(ms).toBeLessThan(2_000 + SLACK_MS);
    expect(sentOf('bulkWrite')).toHaveLength(2);
  });
});

describe('selecting a server ends', () => {
  afterEach(() => client.close());
  /** Nobody answers there. */
  const NOWHERE = 'mongodb://127.0.0.1:9/';

  it.each<[string, ClientOptions, string, number]>([
    ['by serverSelectionTimeoutMS alone', { serverSelectionTimeoutMS: 200 }, 'ServerSelectionTimeoutError', 200],
    ['by timeoutMS, which is less', { timeoutMS: 200, serverSelectionTimeoutMS: 20_000 }, 'OperationTimeoutError', 200],
    [
      'by serverSelectionTimeoutMS, which is less',
      { timeoutMS: 20_000, serverSelectionTimeoutMS: 200 },
      'OperationTimeoutError',
      200,
    ],
    [
      'by serverSelectionTimeoutMS, as timeoutMS is 0',
      { timeoutMS: 0, serverSelectionTimeoutMS: 200 },
      'OperationTimeoutError',
      200,
    ],
  ])('%s', async (_, options, name, limitMS) => {
    client = new AsyncClient(NOWHERE, options);
    const { error, ms } = await failure(() => client.db(DATABASE).command({ ping: 1 }));
    expect([error?.name, error?.message]).toEqual([name, expect.stringMatching(/127\.0\.0\.1:9/)]);
    expect(ms).toBeGreaterThan(limitMS - 50);
    expect(ms).toBeLessThan(limitMS + SLACK_MS);
  });

  it.each<[string, ClientOptions]>([
    ['timeoutMS, which is less', { timeoutMS: 1_000, serverSelectionTimeoutMS: 20_000 }],
    ['serverSelectionTimeoutMS, which is less', { timeoutMS: 20_000, serverSelectionTimeoutMS: 1_000 }],
    ['serverSelectionTimeoutMS, as timeoutMS is 0', { timeoutMS: 0, serverSelectionTimeoutMS: 1_000 }],
  ])('with opening a connection to it: by %s', async (_, options) => {
    // The monitor is answered, and nobody who would send commands.
    const monitors = new Set<number>();
    await using server = await ScriptedServer.listen((_request, { id }) => {
      if (monitors.size === 0) monitors.add(id);
      return monitors.has(id) ? undefined : 'hang';
    });
    client = new AsyncClient(server.uri, options);
    const { error, ms } = await failure(() => client.db(DATABASE).command({ ping: 1 }));
    expect([error?.name, error?.stage]).toEqual(['OperationTimeoutError', 'connection']);
    expect(ms).toBeGreaterThan(950);
    expect(ms).toBeLessThan(1_000 + SLACK_MS);
    await client.close();
  });
});
