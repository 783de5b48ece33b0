import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AsyncClient,
  type AsyncCursor,
  BSONRegExp,
  Long,
  ObjectId,
  OperationFailureError,
  ResultTooLargeError,
} from '../../lib/index.js';
import { testUri, uniqueDatabase } from '../support/live.js';
import { OpenCursors } from '../support/open-cursors.js';
import { StolenTime } from '../support/stolen-time.js';
import { until } from '../support/until.js';

const MANY = 100_000;

const client = new AsyncClient(testUri());
const db = client.db(uniqueDatabase('http'));
const items = db.collection<{ _id: number; text: string }>('items');
const cursors = new OpenCursors(client, `${db.name}.items`);

let server: Server;
let url: string;
/** How the next request is answered: what an Express handler would be. */
let handler: (request: IncomingMessage, response: ServerResponse) => Promise<unknown>;
/** What the last answer came to. */
let answered: Promise<any>;

beforeAll(async () => {
  const text = 'x'.repeat(180);
  for (let from = 0; from < MANY; from += 20_000)
    await items.insertMany(Array.from({ length: 20_000 }, (_, index) => ({ _id: from + index, text })));
  server = createServer((request, response) => {
    answered = handler(request, response).catch((error) => error);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}, 60_000);

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await db.dropDatabase();
  await client.close();
});

/** Waits until the client takes no more, and nothing more is asked for. */
async function untilStalled(response: ServerResponse): Promise<void> {
  let sent = -1;
  let looks = 0;
  await until('the client takes no more', async () => {
    const bytes = response.socket!.bytesWritten;
    const rests = bytes === sent && response.writableNeedDrain && (await cursors.idle()) === 1;
    sent = bytes;
    looks = rests ? looks + 1 : 0;
    return looks === 10;
  });
}

const all = (): AsyncCursor<{ _id: number; text: string }> => items.find().sort({ _id: 1 });
const idsOf = (documents: { _id: unknown }[]): unknown[] => documents.map(({ _id }) => _id);
const NUMBERS = Array.from({ length: MANY }, (_, index) => index);

describe('pipeTo', () => {
  it.each(['ndjson', 'array'] as const)(
    'sends %s of 100,000 documents',
    async (format) => {
      handler = (_, response) => all().pipeTo(response, { format });
      const body = await (await fetch(url)).text();
      const documents =
        format === 'array'
          ? JSON.parse(body)
          : body
              .trimEnd()
              .split('\n')
              .map((line) => JSON.parse(line));
      expect(idsOf(documents)).toEqual(NUMBERS);
      expect(await answered).toEqual({ rows: MANY, bytes: body.length, truncated: false });
    },
    30_000,
  );

  it('sends what map and an aggregation give', async () => {
    handler = (_, response) =>
      all()
        .limit(3)
        .map(({ _id }) => _id * 2)
        .pipeTo(response, { format: 'array' });
    expect(await (await fetch(url)).json()).toEqual([0, 2, 4]);
    handler = (_, response) =>
      items.aggregate([{ $sort: { _id: 1 } }, { $limit: 2 }, { $project: { text: 0 } }]).pipeTo(response);
    expect(await (await fetch(url)).text()).toBe('{"_id":0}\n{"_id":1}\n');
  });

  it('keeps the types of BSON', async () => {
    const kinds = db.collection('kinds');
    const _id = new ObjectId();
    await kinds.insertOne({
      _id,
      at: new Date(5),
      long: Long.MAX_VALUE,
      bytes: Buffer.from('abc'),
      pattern: new BSONRegExp('a', 's'),
    });
    handler = (_, response) => kinds.find().pipeTo(response);
    expect(await (await fetch(url)).text()).toBe(
      `{"_id":{"$oid":"${_id}"},"at":{"$date":"1970-01-01T00:00:00.005Z"},"long":9223372036854775807,` +
        '"bytes":{"$binary":{"base64":"YWJj","subType":"00"}},"pattern":{"$regularExpression":{"pattern":"a","options":"s"}}}\n',
    );
  });

  it('leaves the response alone where the query is refused', async () => {
    handler = async (_, response) => {
      const error = await items
        .find({ $no: 1 } as object)
        .pipeTo(response)
        .catch((reason) => reason);
      response.writeHead(400).end(String(error.code));
      return error;
    };
    const response = await fetch(url);
    expect([response.status, await response.text()]).toEqual([400, '2']);
    expect(await answered).toBeInstanceOf(OperationFailureError);
  });

  it.each([
    ['a limit is exceeded', () => all(), { maxRows: 50_000 }, ResultTooLargeError],
    ['map throws', () => all().map(({ _id }) => (_id < 50_000 ? _id : [].at(0)!)), {}, TypeError],
  ])('breaks the answer off where %s half-way', async (_what, cursor, options, ErrorClass) => {
    handler = (_, response) => cursor().pipeTo(response, options);
    await expect((await fetch(url)).text()).rejects.toThrow('terminated');
    expect(await answered).toBeInstanceOf(ErrorClass);
    await cursors.untilNone();
  });

  it('breaks the answer off where the cursor is killed on the server', async () => {
    const cursor = all().batchSize(1000);
    let sending!: ServerResponse;
    handler = (_, response) => {
      sending = response;
      return cursor.pipeTo(response);
    };
    const [response] = (await once(get(url), 'response')) as [IncomingMessage];
    response.pause();
    // A getMore that is under way would be told otherwise: 237.
    await untilStalled(sending);
    await db.command({ killCursors: 'items', cursors: [cursor.cursorId] });
    const reading = (async () => {
      for await (const _ of response);
    })();
    await expect(reading).rejects.toThrow('aborted');
    expect(await answered).toMatchObject({ code: 43 });
  });

  it('closes the cursor on the server when the client goes away', async () => {
    handler = (_, response) => all().batchSize(5000).pipeTo(response);
    const request = get(url);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    await once(response, 'readable');
    await cursors.untilOne();
    request.destroy();
    expect(await answered).toMatchObject({ name: 'AbortError' });
    await cursors.untilNone();
  });

  it('tails until the cursor is closed', async () => {
    const log = await db.createCollection<{ _id: number }>('log', { capped: true, size: 10_000 });
    await log.insertOne({ _id: 0 });
    const cursor = log.find({}, { tailable: true, awaitData: true });
    handler = (_, response) => cursor.pipeTo(response);
    const response = await fetch(url);
    const reader = response.body!.getReader();
    const line = async (): Promise<string> => Buffer.from((await reader.read()).value!).toString();
    expect(await line()).toBe('{"_id":0}\n');
    await log.insertOne({ _id: 1 });
    expect(await line()).toBe('{"_id":1}\n');
    await cursor.close();
    expect(await reader.read()).toMatchObject({ done: true });
    expect(await answered).toMatchObject({ rows: 2 });
  });

  it('holds little for a slow client', async () => {
    // 200 MB of text, of which the system's buffers take a few.
    handler = (_, response) =>
      all()
        .map((document) => ({ ...document, text: document.text.repeat(11) }))
        .pipeTo(response);
    const [response] = (await once(get(url), 'response')) as [IncomingMessage];
    const before = process.memoryUsage().rss;
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss);
    }, 5);
    await sleep(1500);
    let bytes = 0;
    for await (const chunk of response) {
      bytes += chunk.length;
      if (bytes < 10_000_000) await sleep(1);
    }
    clearInterval(watch);
    expect(bytes).toBe((await answered).bytes);
    expect(bytes).toBeGreaterThan(200_000_000);
    expect((most - before) / 2 ** 20).toBeLessThan(64);
  }, 60_000);

  it('lets others have their turn', async () => {
    handler = (_, response) => all().batchSize(MANY).pipeTo(response);
    /** The longest time in which nobody else had a turn, without that in which the machine gave the process none. */
    const longestTurn = async (): Promise<number> => {
      using stolen = new StolenTime();
      const turns: [from: number, to: number][] = [];
      let last = performance.now();
      const watch = setInterval(() => {
        turns.push([last, performance.now()]);
        last = performance.now();
      }, 1);
      const [response] = (await once(get(url), 'response')) as [IncomingMessage];
      for await (const _ of response);
      clearInterval(watch);
      await stolen.between(last, performance.now());
      return Math.max(...turns.map(([from, to]) => to - from - stolen.counted(from, to)));
    };
    // The collector may come between in one run. Decoding a whole batch at once takes more than 200 ms in each.
    let least = Number.POSITIVE_INFINITY;
    for (let run = 0; run < 3 && least >= 100; run++) least = Math.min(least, await longestTurn());
    expect(least).toBeLessThan(100);
  }, 60_000);
});

describe('toResponse', () => {
  it('is a whole answer', async () => {
    const response = await all().toResponse({ format: 'array' });
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(idsOf((await response.json()) as { _id: number }[])).toEqual(NUMBERS);
  });

  it('closes the cursor on the server when the reader goes away, or the signal says so', async () => {
    const cancelled = await all().toResponse();
    await cursors.untilOne();
    await cancelled.body!.cancel();
    await cursors.untilNone();
    const controller = new AbortController();
    const aborted = await all().toResponse({ signal: controller.signal });
    await cursors.untilOne();
    controller.abort();
    await expect(aborted.text()).rejects.toThrow('aborted');
    await cursors.untilNone();
  });

  it('refuses a cursor that has started, and leaves it as it is', async () => {
    const cursor = all().limit(3);
    await cursor.next();
    await expect(cursor.toResponse()).rejects.toThrow('the cursor has started');
    expect(idsOf(await cursor.toArray())).toEqual([1, 2]);
    await expect(cursor.toResponse()).rejects.toThrow('the cursor has been closed');
    expect(await (await cursor.clone().toResponse()).text()).toContain('{"_id":0,');
  });
});
