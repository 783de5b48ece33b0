import { setTimeout as sleep } from 'node:timers/promises';
import {
  AsyncClient,
  type ClientOptions,
  ConfigurationError,
  PoolQueueFullError,
  PoolTimeoutError,
} from '../../lib/index.js';
import { testServerUri, uniqueDatabase } from '../support/live.js';

const DATABASE = uniqueDatabase('pool');
const observer = new AsyncClient(testServerUri());
let client: AsyncClient;
let made = 0;
let appName = '';

function connect(options: ClientOptions): AsyncClient {
  appName = `${DATABASE}_${++made}`;
  client = new AsyncClient(testServerUri(), { appName, ...options });
  return client;
}

beforeAll(async () => {
  await observer.db(DATABASE).collection<any>('items').insertOne({ _id: 1 });
});

afterEach(() => client.close());

afterAll(async () => {
  await observer.db(DATABASE).dropDatabase();
  await observer.close();
});

/** The connections of the client under test, as the server counts them. */
async function connectionsAtServer(): Promise<number> {
  const found = await observer.admin
    .aggregate([{ $currentOp: { allUsers: true, idleConnections: true } }, { $match: { appName } }])
    .toArray();
  return found.length;
}

/** A server's heartbeat and the measuring of its round-trip time have a connection each, which the pool does not count. */
const MONITORING = 2;

async function expectAtServer(pooled: number): Promise<void> {
  const found = await connectionsAtServer();
  expect(found).toBeGreaterThanOrEqual(pooled);
  expect(found).toBeLessThanOrEqual(pooled + MONITORING);
}

const stats = () => client.poolStats()[0]!;
const items = () => client.db(DATABASE).collection<any>('items');
const slowly = (ms: number): Promise<unknown> => items().findOne({ $where: `sleep(${ms}) || true` });

/** Waits as long as a busy machine may take. */
async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`did not come about: ${holds}; ${JSON.stringify(client.poolStats())}`);
    await sleep(10);
  }
}

async function rejection(promise: Promise<unknown>): Promise<any> {
  return promise.then(
    () => {
      throw new Error('the promise was not rejected');
    },
    (error: unknown) => error,
  );
}

describe('maxConcurrent', () => {
  it('is never exceeded by 500 operations at once', async () => {
    connect({ maxConcurrent: 7 });
    let most = 0;
    let watching = true;
    const watch = (async () => {
      while (watching) {
        most = Math.max(most, await connectionsAtServer());
        const now = client.poolStats()[0];
        expect((now?.total ?? 0) + (now?.connecting ?? 0)).toBeLessThanOrEqual(7);
      }
    })();
    const found = await Promise.all(Array.from({ length: 500 }, () => items().findOne({ $where: 'sleep(1) || true' })));
    watching = false;
    await watch;
    expect(found).toEqual(Array(500).fill({ _id: 1 }));
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(7 + MONITORING);
    expect(stats()).toMatchObject({ maxConcurrent: 7, total: 7, inUse: 0, idle: 7, waiting: 0, holders: [] });
    await expectAtServer(7);
  });

  it('is 100 by default, and has the standard name maxPoolSize', async () => {
    await connect({}).open();
    expect(stats().maxConcurrent).toBe(100);
    await client.close();
    await connect({ maxPoolSize: 3 }).open();
    expect(stats().maxConcurrent).toBe(3);
    expect(client.maxPoolSize).toBe(3);
    expect(() => new AsyncClient(testServerUri(), { maxPoolSize: 3, maxConcurrent: 4 })).toThrow(ConfigurationError);
  });

  it('is no cap where it is 0', async () => {
    connect({ maxPoolSize: 0 });
    await Promise.all(Array.from({ length: 120 }, () => slowly(2)));
    expect(stats().total).toBeGreaterThan(1);
  });
});

describe('the line', () => {
  it('is first come, first served', async () => {
    connect({ maxConcurrent: 1 });
    await items().findOne({ _id: 1 });
    const order: number[] = [];
    const operations = Array.from({ length: 50 }, async (_, index) => {
      await items().findOne({ _id: 1 });
      order.push(index);
    });
    expect(stats()).toMatchObject({ inUse: 1, waiting: 49 });
    await Promise.all(operations);
    expect(order).toEqual(Array.from({ length: 50 }, (_, index) => index));
  });

  it.each<[string, ClientOptions]>([
    ['maxWaitTime', { maxConcurrent: 2, maxWaitTime: 60 }],
    ['waitQueueTimeoutMS', { maxPoolSize: 2, waitQueueTimeoutMS: 60 }],
  ])('ends after %s with a PoolTimeoutError that names the holders', async (_name, options) => {
    connect({ ...options, minPoolSize: 2 });
    // Who waits until the first connections are open may wait too long, too.
    await client.open().catch(() => {});
    await until(() => stats().idle === 2);
    const held = [slowly(1_000), items().count({ $where: 'sleep(1000) || true' })];
    const startedAt = performance.now();
    const error = await rejection(items().insertOne({}));
    const waitedMS = performance.now() - startedAt;
    expect(waitedMS).toBeGreaterThan(50);
    expect(waitedMS).toBeLessThan(200);
    expect(error).toBeInstanceOf(PoolTimeoutError);
    expect(error).toMatchObject({ code: 'POOL_TIMEOUT', command: 'insert', namespace: `${DATABASE}.items` });
    expect(error.message).toMatch(
      /became free within maxWaitTime \(waited \d+ ms\): 2 of at most 2 connections are in use/,
    );
    expect(error.message).toMatch(
      new RegExp(`by \\w+ on ${DATABASE}.items for \\d+ ms, \\w+ on ${DATABASE}.items for \\d+`),
    );
    await Promise.all(held);
    expect(await items().findOne({ _id: 1 })).toEqual({ _id: 1 });
  });

  it('is no longer than waitQueueMultiple allows: who comes then is refused at once', async () => {
    await connect({ maxPoolSize: 2, waitQueueMultiple: 2 }).open();
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => slowly(20)));
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(refused).toHaveLength(2);
    for (const error of refused) expect(error).toBeInstanceOf(PoolQueueFullError);
    expect(refused[0].message).toMatch(
      /^4 operations wait for a connection to .* already, as many as waitQueueMultiple/,
    );
    expect(await items().findOne({ _id: 1 })).toEqual({ _id: 1 });
  });

  it('has no end by default', async () => {
    connect({ maxConcurrent: 1 });
    const held = slowly(300);
    expect(await items().findOne({ _id: 1 })).toEqual({ _id: 1 });
    await held;
  });
});

describe('poolStats', () => {
  it('tells who holds the connections', async () => {
    await connect({ maxConcurrent: 2 }).open();
    const held = slowly(1_000);
    await sleep(30);
    expect(stats()).toMatchObject({ address: [...client.nodes][0], total: 1, inUse: 1, idle: 0, waiting: 0 });
    expect(stats().holders).toEqual([{ command: 'find', namespace: `${DATABASE}.items`, heldMS: expect.any(Number) }]);
    expect(stats().holders[0]!.heldMS).toBeGreaterThan(20);
    await held;
    expect(stats()).toMatchObject({ inUse: 0, idle: 1, holders: [] });
  });
});

describe('the size of the pool', () => {
  it('grows to minPoolSize by itself', async () => {
    await connect({ minPoolSize: 4 }).open();
    await until(() => stats().idle === 4);
    expect(stats()).toMatchObject({ total: 4, idle: 4 });
    await expectAtServer(4);
  });

  it('shrinks when connections are idle for maxIdleTimeMS', async () => {
    connect({ maxConcurrent: 5, maxIdleTimeMS: 100 });
    await Promise.all(Array.from({ length: 20 }, () => slowly(5)));
    const { total } = stats();
    expect(total).toBeGreaterThan(1);
    await until(() => stats().total === 0);
    expect(stats()).toMatchObject({ total: 0, idle: 0 });
    expect(await items().findOne({ _id: 1 })).toEqual({ _id: 1 });
    expect(stats().total).toBe(1);
  });

  it('does not use a connection that has been idle too long, though nobody swept it', async () => {
    connect({ maxConcurrent: 1, maxIdleTimeMS: 60 });
    await items().findOne({ _id: 1 });
    const { connectionId } = await client.admin.command({ isMaster: 1 });
    await sleep(120);
    const { connectionId: next } = await client.admin.command({ isMaster: 1 });
    expect(next).not.toBe(connectionId);
    expect(stats().total).toBe(1);
  });

  it('opens at most maxConnecting connections at a time', async () => {
    connect({ maxConcurrent: 20, maxConnecting: 1 });
    const found = await Promise.all(Array.from({ length: 60 }, () => slowly(2)));
    expect(found).toHaveLength(60);
    expect(stats().total).toBeGreaterThan(1);
    // Connections that nobody needs any more may still be under way.
    await until(() => stats().connecting === 0);
  });
});
