/**
 * Change streams while servers fail: by their process and by the proxy. ROTOR_CHANGE_FAULTS=full makes the long run of the
 * first test: 10,000 events through 20 elections and 200 cut connections.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AsyncClient,
  type AsyncCollection,
  ConnectionFailureError,
  type Document,
  ListenerOverflowError,
  OperationFailureError,
  type ResumeToken,
} from '../../lib/index.js';
import type { Deployment } from '../support/deployment/deployment.js';
import { ownServers } from '../support/deployment/own-servers.js';
import { uniqueDatabase } from '../support/live.js';
import { type CutPoint, seededRandom } from '../support/proxy/fault.js';
import { startProxy, type WireProxy } from '../support/proxy/start-proxy.js';
import { startSet } from '../support/proxy/start-set.js';
import { until } from '../support/until.js';

interface Item {
  _id: number;
}

interface Course {
  readonly events: number;
  readonly stepDowns: number;
  readonly cuts: number;
  readonly kills: number;
  readonly limitMS: number;
}

const isFull = process.env.ROTOR_CHANGE_FAULTS === 'full';
const COURSE: Course = isFull
  ? { events: 10_000, stepDowns: 20, cuts: 200, kills: 20, limitMS: 900_000 }
  : { events: 400, stepDowns: 2, cuts: 8, kills: 3, limitMS: 120_000 };

const APP_NAME = 'changefaults';
const SEED = 7;
const LIMIT_MS = 60_000;
/** How far the writer may be ahead, so that the stream is struck at its end as well as behind. */
const AHEAD = 150;
const BATCH = 10;
const CUT_POINTS: readonly CutPoint[] = ['before request', 'after request', 'inside reply', 'after reply'];

let set: Deployment;
let proxy: WireProxy;
/** Past the proxy. */
let direct: AsyncClient;
let client: AsyncClient;
let made = 0;
let name: string;
const database = uniqueDatabase('changefaults');

function collectionOf(one: AsyncClient): AsyncCollection<Item> {
  return one.db(database).collection<Item>(name);
}

/** When so many events have been seen, strike: evenly over the course, and never all at once. */
function struckAt(count: number, events: number, offset: number): Set<number> {
  const step = events / count;
  return new Set(Array.from({ length: count }, (_, index) => Math.floor(index * step + offset * step)));
}

ownServers('change streams while servers fail', () => {
  beforeAll(async () => {
    set = await startSet(3);
    proxy = await startProxy(set);
    direct = new AsyncClient(set.uri, { w: 'majority' });
  }, LIMIT_MS);

  beforeEach(async () => {
    name = `items${++made}`;
    await direct.db(database).createCollection(name);
    client = new AsyncClient(proxy.uri, { appName: APP_NAME });
  }, LIMIT_MS);

  afterEach(async () => {
    proxy.clearFaults();
    await client.close();
  });

  afterAll(async () => {
    await direct?.close();
    await proxy?.stop();
    await set?.stop();
  });

  it(
    `${COURSE.events} events through ${COURSE.stepDowns} elections, ${COURSE.cuts} cut connections and ${COURSE.kills} killed cursors: each once, in order`,
    async () => {
      const { events, stepDowns, cuts, kills } = COURSE;
      const random = seededRandom(SEED);
      const elections = struckAt(stepDowns, events, 0.5);
      const cutAt = struckAt(cuts, events, 0.25);
      const killAt = struckAt(kills, events, 0.75);
      const seen: number[] = [];
      const raised: Error[] = [];
      const struck = { elections: 0, cuts: 0, kills: 0 };
      const strikes: Promise<unknown>[] = [];
      const underWay = (strike: Promise<unknown>): void => {
        strike.catch(() => undefined); // It is awaited at the end.
        strikes.push(strike);
      };

      const stream = collectionOf(client).watch([{ $match: { operationType: 'insert' } }], {
        batchSize: 25,
        maxAwaitTimeMS: 200,
      });
      await stream.open();

      const writing = (async () => {
        for (let from = 0; from < events; from += BATCH) {
          while (from > seen.length + AHEAD && !stream.closed) await sleep(5);
          if (stream.closed) return;
          await collectionOf(direct).insertMany(Array.from({ length: BATCH }, (_, index) => ({ _id: from + index })));
        }
      })();
      writing.catch(() => stream.close()); // There is nothing to come any more.

      const strike = async (cursorId: unknown): Promise<void> => {
        if (elections.has(seen.length)) {
          struck.elections++;
          underWay(set.stepDown(1));
        }
        if (cutAt.has(seen.length)) {
          const at = CUT_POINTS[Math.floor(random() * CUT_POINTS.length)]!;
          const fault = proxy.fault({
            kind: 'cut',
            at,
            appName: APP_NAME,
            command: ['getMore', 'aggregate'],
            times: 1,
          });
          underWay(until('the cut', () => fault.hits === 1, LIMIT_MS).then(() => struck.cuts++));
        }
        if (killAt.has(seen.length) && cursorId !== null) {
          const order = { killCursors: name, cursors: [cursorId] };
          // Between two primaries there is nobody to carry it out; thrown into the loop, that would close the stream.
          const killed = await direct
            .db(database)
            .command(order)
            .catch(() => ({ cursorsKilled: [] }));
          struck.kills += killed.cursorsKilled.length;
        }
      };

      while (seen.length < events) {
        try {
          for await (const change of stream) {
            if (change.operationType === 'insert') seen.push(change.documentKey._id);
            await strike(stream.cursorId);
            if (seen.length === events) break;
          }
        } catch (error) {
          // "Any errors encountered during the resume attempt are raised": such as a connection that is cut again.
          raised.push(error as Error);
          if (stream.closed) await writing;
          expect(stream.closed).toBe(false);
        }
      }
      await writing;
      expect(seen).toEqual(Array.from({ length: events }, (_, index) => index));
      for (const error of raised) expect(mayBeRaised(error)).toBe(true);
      await Promise.all(strikes);
      expect(struck).toMatchObject({ elections: stepDowns, cuts });
      if (isFull) console.log({ ...struck, raised: raised.length });
    },
    COURSE.limitMS,
  );

  it(
    'the primary is killed while a stream waits, and another while nobody reads it',
    async () => {
      await using stream = await collectionOf(client).watch().open();
      const waiting = stream.next();
      const first = await set.primary();
      await sleep(200);
      await first.kill();
      await collectionOf(direct).insertOne({ _id: 1 });
      expect(await waiting).toMatchObject({ documentKey: { _id: 1 } });
      await first.restart();

      const second = await set.primary();
      await second.kill();
      await collectionOf(direct).insertOne({ _id: 2 });
      const started = performance.now();
      expect(await stream.next()).toMatchObject({ documentKey: { _id: 2 } });
      // It does not wait for the dead server to come back.
      expect(performance.now() - started).toBeLessThan(15_000);
      await second.restart();
      await set.primary();
    },
    2 * LIMIT_MS,
  );

  it(
    'it resumes on a server that its read preference allows',
    async () => {
      const addresses: string[] = [];
      client.on('commandStarted', ({ commandName, address }) => {
        if (commandName === 'aggregate') addresses.push(address);
      });
      await using stream = await collectionOf(client).watch([], { readPreference: 'secondary' }).open();
      const fault = proxy.fault({ kind: 'cut', at: 'after request', command: 'getMore', appName: APP_NAME, times: 1 });
      await collectionOf(direct).insertOne({ _id: 1 });
      expect(await stream.next()).toMatchObject({ documentKey: { _id: 1 } });
      expect(fault.hits).toBe(1);
      expect(addresses).toHaveLength(2);
      const primary = await set.primary();
      const atPrimary = proxy.members.find(({ serverAddress }) => serverAddress === primary.address)!.address;
      expect(addresses).not.toContain(atPrimary);
    },
    LIMIT_MS,
  );

  it(
    'a listener that is slower than the stream holds it up, drops or fails, as it says',
    async () => {
      const EVENTS = 300;
      const SIZE = 20;
      const shared = collectionOf(client).watch([], { batchSize: 50 }).share();
      const slow = shared.listen({ bufferSize: SIZE });
      const quick = shared.listen({
        bufferSize: SIZE,
        filter: ({ documentKey }: Document) => documentKey._id % 2 === 0,
      });
      const drops = shared.listen({ bufferSize: SIZE, onOverflow: 'dropOldest' });
      const fails = shared.listen({ bufferSize: SIZE, onOverflow: 'fail' });
      await slow.ready;
      await collectionOf(direct).insertMany(Array.from({ length: EVENTS }, (_, _id) => ({ _id })));

      const evens: number[] = [];
      const reading = (async () => {
        for await (const change of quick) {
          evens.push((change as Document).documentKey._id);
          if (evens.length === EVENTS / 2) break;
        }
      })();
      const seen: number[] = [];
      for await (const change of slow) {
        seen.push((change as Document).documentKey._id);
        expect(slow.buffered).toBeLessThanOrEqual(SIZE);
        await sleep(1);
        if (seen.length === EVENTS) break;
      }
      await reading;
      expect(seen).toEqual(Array.from({ length: EVENTS }, (_, index) => index));
      expect(evens).toEqual(seen.filter((id) => id % 2 === 0));
      expect(drops).toMatchObject({ buffered: SIZE, dropped: EVENTS - SIZE });
      expect((await drops.next()) as Document).toMatchObject({ documentKey: { _id: EVENTS - SIZE } });
      for (let left = SIZE; left > 0; left--) await fails.next();
      await expect(fails.next()).rejects.toThrow(ListenerOverflowError);
      await shared.close();
      // The server draws out the wait for more that was under way; then its connection is free.
      await until('all connections back', () => client.poolStats().every(({ inUse }) => inUse === 0));
    },
    LIMIT_MS,
  );
});

ownServers('a stream whose history is lost', () => {
  let single: Deployment;
  let writer: AsyncClient;
  /** Of a member that came later: its history begins when it came. */
  let reader: AsyncClient;
  let items: AsyncCollection<Item>;
  let watched: AsyncCollection<Item>;
  let lost: ResumeToken;

  beforeAll(async () => {
    single = await startSet(1);
    writer = new AsyncClient(single.uri);
    items = writer.db(database).collection('history');
    await using stream = await items.watch().open();
    await items.insertOne({ _id: 0 });
    lost = (await stream.next())!._id;
    await items.insertOne({ _id: 1 });
    const member = await single.addMember();
    reader = new AsyncClient(member.uri, { readPreference: 'secondaryPreferred' });
    watched = reader.db(database).collection('history');
  }, 2 * LIMIT_MS);

  afterAll(async () => {
    await Promise.all([writer?.close(), reader?.close()]);
    await single?.stop();
  });

  it('is told so', async () => {
    const stream = watched.watch([], { resumeAfter: lost });
    await expect(stream.next()).rejects.toMatchObject({ code: 286, constructor: OperationFailureError });
    expect(stream.closed).toBe(true);
  });

  it('begins anew where it may', async () => {
    await using stream = await watched.watch([], { resumeAfter: lost, onHistoryLost: 'restart' }).open();
    await items.insertOne({ _id: -1 });
    expect(await stream.next()).toMatchObject({ documentKey: { _id: -1 } });
  });

  it('leaves no gap to what a function reads', async () => {
    let read = 0;
    await using stream = watched.watch([], {
      resumeAfter: lost,
      onHistoryLost: async () => {
        read = await watched.countDocuments();
        await items.insertOne({ _id: -2 });
      },
    });
    expect(await stream.next()).toMatchObject({ documentKey: { _id: -2 } });
    expect(read).toBeGreaterThan(0);
  });
});

/** A connection that broke again, or a server that had just been replaced. */
function mayBeRaised(error: Error): boolean {
  return error instanceof ConnectionFailureError || error instanceof OperationFailureError;
}
