import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as otherBSON from 'bson-6';
import { MongoStore } from 'connect-mongo';
import session, { type SessionData } from 'express-session';
import { RateLimiterMongo, type RateLimiterRes } from 'rate-limiter-flexible';
import { AsyncClient, ObjectId } from '../../lib/index.js';
import { testUri, uniqueDatabase } from '../support/live.js';

// Libraries that were written for the official driver do their work on a client or a database of Rotor's.

const client = new AsyncClient(testUri());
afterAll(() => client.close());

describe('connect-mongo, a session store', () => {
  const dbName = uniqueDatabase('connect-mongo');
  const visits = (data: SessionData): number => (data as SessionData & { visits?: number }).visits ?? 0;
  let store: MongoStore;

  beforeAll(() => {
    store = MongoStore.create({ client: client as never, dbName, touchAfter: 1, timestamps: true });
  });

  it('keeps sessions between requests, and says how many there are', async () => {
    const handle = session({ store, secret: 'secret', resave: false, saveUninitialized: false });
    const server = createServer((request, response) => {
      handle(request as never, response as never, () => {
        const { session: current } = request as unknown as { session: SessionData & { visits: number } };
        current.visits = visits(current) + 1;
        response.end(String(current.visits));
      });
    });
    server.listen(0);
    await once(server, 'listening');
    const url = `http://localhost:${(server.address() as AddressInfo).port}/`;
    try {
      const first = await fetch(url);
      expect(await first.text()).toBe('1');
      const cookie = first.headers.get('set-cookie')!.split(';')[0]!;
      expect(await (await fetch(url, { headers: { cookie } })).text()).toBe('2');
      expect(await (await fetch(url)).text()).toBe('1');
    } finally {
      server.close();
      server.closeAllConnections();
    }
    expect(await promisify(store.length.bind(store))()).toBe(2);
    const all = (await promisify(store.all.bind(store))()) as unknown as SessionData[];
    expect(all.map(visits).toSorted()).toEqual([1, 2]);
  });

  it('makes its TTL index, touches, destroys and clears', async () => {
    const sessions = client.db(dbName).collection('sessions');
    expect((await sessions.indexInformation({ full: true })).find(({ name }) => name === 'expires_1')).toMatchObject({
      expireAfterSeconds: 0,
    });
    const cookie = { originalMaxAge: 60_000, expires: new Date(Date.now() + 60_000) } as SessionData['cookie'];
    await new Promise((resolve) => store.set('sid', { cookie }, resolve));
    expect(await new Promise((resolve) => store.touch('sid', { cookie }, resolve))).toBeNull();
    expect(await promisify(store.get.bind(store))('sid')).toMatchObject({ lastModified: expect.any(Date) });
    await new Promise((resolve) => store.destroy('sid', resolve));
    expect(await promisify(store.get.bind(store))('sid')).toBeNull();
    await new Promise((resolve) => store.clear(resolve));
    expect(await sessions.countDocuments()).toBe(0);
  });
});

describe('rate-limiter-flexible', () => {
  it.each([
    ['a client', () => client],
    ['a promise of a client', () => client.open()],
  ])('counts points by key on %s, atomically', async (name, storeClient) => {
    const dbName = uniqueDatabase('rate-limiter');
    const given = storeClient();
    const limiter = new RateLimiterMongo({ storeClient: given, dbName, points: 5, duration: 60 });
    await given;
    await limiter.createIndexes();
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => limiter.consume(name)));
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused.map(({ reason }) => (reason as RateLimiterRes).remainingPoints)).toEqual([0, 0, 0]);
    expect((await limiter.get(name))?.consumedPoints).toBe(8);
    await limiter.penalty(name, 2);
    expect((await limiter.reward(name, 1)).consumedPoints).toBe(9);
    await limiter.block(name, 30);
    await expect(limiter.consume(name)).rejects.toMatchObject({ remainingPoints: 0 });
    expect(await limiter.delete(name)).toBe(true);
    expect(await limiter.get(name)).toBeNull();
  });
});

describe('libraries that are ES modules alone, which jest does not load: each in a program of its own', () => {
  const program = async (name: string): Promise<unknown> => {
    const file = join(__dirname, 'libraries', `${name}.ts`);
    const args = ['--import', 'tsx', '--unhandled-rejections=strict', file, testUri(), uniqueDatabase(name)];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 25_000 });
    return JSON.parse(stdout);
  };

  it('agenda runs jobs now, later and again, notes failures, and cancels', async () => {
    expect(await program('agenda-jobs')).toEqual({
      ran: [11, 3, 7],
      page: 2,
      total: 3,
      failReason: 'on purpose',
      cancelled: 3,
    });
  }, 30_000);

  it('@auth/mongodb-adapter keeps users, accounts, sessions and tokens', async () => {
    expect(await program('auth-adapter')).toEqual({
      sameUser: true,
      name: 'Ada L.',
      sessionOf: true,
      expires: new Date(0).toJSON(),
      used: 'secret',
      usedTwice: null,
      deleted: null,
      gone: null,
    });
  }, 30_000);
});

describe('values of another version of the bson package', () => {
  it('are written and found, as a library brings them that has an older driver', async () => {
    const things = client.db(uniqueDatabase('bson-6')).collection('things');
    const _id = new otherBSON.ObjectId();
    await things.insertOne({ _id, price: otherBSON.Decimal128.fromString('9.99'), tags: [new otherBSON.Int32(1)] });
    await things.updateOne({ _id: { $in: [_id] } }, { $set: { seller: new otherBSON.ObjectId(_id.toHexString()) } });
    const own = new ObjectId(_id.toHexString());
    expect(await things.findOne({ _id })).toMatchObject({ _id: own, tags: [1], seller: own });
    expect((await things.insertMany([{ n: 1 }, { n: new otherBSON.Long(2) }])).insertedCount).toBe(2);
    expect(await things.countDocuments({ n: { $gte: otherBSON.Long.ONE } })).toBe(2);
    expect((await things.deleteOne({ _id })).deletedCount).toBe(1);
  });
});
