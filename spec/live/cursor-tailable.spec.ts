import { setTimeout as sleep } from 'node:timers/promises';
import { AsyncClient, type AsyncCollection, InvalidOperationError } from '../../lib/index.js';
import { testUri, uniqueDatabase } from '../support/live.js';

interface Entry {
  _id: number;
}

const client = new AsyncClient(testUri());
const db = client.db(uniqueDatabase('tailable'));
let made = 0;
let log: AsyncCollection<Entry>;

beforeEach(async () => {
  log = await db.createCollection<Entry>(`log${++made}`, { capped: true, size: 100_000 });
});

afterAll(async () => {
  await db.dropDatabase();
  await client.close();
});

const entries = (from: number, to: number): Entry[] =>
  Array.from({ length: to - from }, (_, index) => ({ _id: from + index }));

describe('a tailable cursor with awaitData', () => {
  it('runs the loop of the documentation: dead on an empty collection, then alive', async () => {
    const results: number[] = [];
    let cursor = log.find({}, { tailable: true, awaitData: true, maxAwaitTimeMS: 100 });
    let refinds = 0;
    while (results.length < 3) {
      if (!cursor.alive) {
        // While the collection is empty, tailing dies at once: wait, then find again.
        refinds++;
        await sleep(20);
        if (refinds === 2) await log.insertMany(entries(0, 2));
        cursor = log.find({}, { tailable: true, awaitData: true, maxAwaitTimeMS: 100 });
      }
      if (await cursor.fetchNext) {
        results.push(cursor.nextObject()!._id);
        if (results.length === 2) void log.insertOne({ _id: 2 });
      }
    }
    expect(results).toEqual([0, 1, 2]);
    expect(refinds).toBe(2);
    expect(cursor.alive).toBe(true);
    await cursor.close();
    expect(cursor.alive).toBe(false);
  });

  it('gives a for await what is inserted later', async () => {
    await log.insertOne({ _id: 0 });
    const cursor = log.find({}, { tailable: true, awaitData: true, maxAwaitTimeMS: 50 });
    const seen: number[] = [];
    const inserting = (async () => {
      await sleep(120);
      await log.insertMany(entries(1, 3));
      await sleep(120);
      await log.insertOne({ _id: 3 });
    })();
    for await (const { _id } of cursor) {
      seen.push(_id);
      if (_id === 3) break;
    }
    await inserting;
    expect(seen).toEqual([0, 1, 2, 3]);
    expect(cursor.closed).toBe(true);
  });

  it('waits for maxAwaitTimeMS, and tryNext then has nothing', async () => {
    await log.insertOne({ _id: 0 });
    const cursor = log.find({}, { cursorType: 'tailableAwait' } as never).maxAwaitTimeMS(150);
    expect(await cursor.tryNext()).toEqual({ _id: 0 });
    const startedAt = performance.now();
    expect(await cursor.tryNext()).toBeNull();
    expect(performance.now() - startedAt).toBeGreaterThan(120);
    expect(cursor.alive).toBe(true);
    await cursor.close();
  });

  it('is woken by close', async () => {
    await log.insertOne({ _id: 0 });
    const cursor = log.find({}, { tailable: true, awaitData: true, maxAwaitTimeMS: 10_000 });
    await cursor.next();
    const waiting = cursor.next();
    await sleep(50);
    await cursor.close();
    expect(await waiting).toBeNull();
  });

  it('is woken by an abort, with its reason', async () => {
    await log.insertOne({ _id: 0 });
    const controller = new AbortController();
    const { signal } = controller;
    const cursor = log.find({}, { tailable: true, awaitData: true, maxAwaitTimeMS: 500, signal });
    await cursor.next();
    const waiting = cursor.next();
    await sleep(50);
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(cursor.closed).toBe(true);
  });

  it('reports that it fell behind, as the server says it', async () => {
    const small = await db.createCollection<Entry>(`small${made}`, { capped: true, size: 4096, max: 5 });
    await small.insertMany(entries(0, 5));
    const cursor = small.find({}, { tailable: true, awaitData: true, batchSize: 1, maxAwaitTimeMS: 50 });
    await cursor.next();
    await small.insertMany(entries(5, 30));
    await expect(cursor.next()).rejects.toMatchObject({
      name: 'OperationFailureError',
      codeName: 'CappedPositionLost',
    });
    expect(cursor.alive).toBe(false);
  });
});

describe('a tailable cursor without awaitData', () => {
  it('says null when there is nothing new, and goes on later', async () => {
    await log.insertOne({ _id: 0 });
    const cursor = log.find({}, { tailable: true });
    expect(await cursor.next()).toEqual({ _id: 0 });
    expect(await cursor.next()).toBeNull();
    expect(cursor.alive).toBe(true);
    await log.insertOne({ _id: 1 });
    expect(await cursor.next()).toEqual({ _id: 1 });
    await cursor.close();
  });

  it('has no end for toList', async () => {
    await expect(log.find({}, { tailable: true }).toList(5)).rejects.toBeInstanceOf(InvalidOperationError);
  });

  it('is refused by the server on a collection that is not capped', async () => {
    await db.collection('plain').insertOne({ a: 1 });
    await expect(db.collection('plain').find({}, { tailable: true }).next()).rejects.toMatchObject({
      code: 2,
      codeName: 'BadValue',
    });
  });
});
