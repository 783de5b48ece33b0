import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { AsyncClient, type AsyncCursor, InvalidOperationError } from '../../lib/index.js';
import { testUri, uniqueDatabase } from '../support/live.js';

const client = new AsyncClient(testUri());
const db = client.db(uniqueDatabase('lifetime'));
const items = db.collection<{ _id: number; text: string }>('items');
const NAMESPACE = `${db.name}.items`;

beforeAll(async () => {
  await items.insertMany(Array.from({ length: 400 }, (_, _id) => ({ _id, text: 'x'.repeat(100) })));
});

afterAll(async () => {
  await db.dropDatabase();
  await client.close();
});

/** The ids of the cursors that the server holds for the collection. */
async function openOnServer(): Promise<string[]> {
  const idle = await client.admin
    .aggregate([{ $currentOp: { idleCursors: true } }, { $match: { type: 'idleCursor', ns: NAMESPACE } }])
    .toArray();
  return idle.map(({ cursor }) => String(cursor.cursorId));
}

async function untilNoneIsOpen(): Promise<void> {
  for (let left = 100; left > 0 && (await openOnServer()).length > 0; left--) await sleep(10);
  expect(await openOnServer()).toEqual([]);
}

/** How many getMore commands the server has been sent for the collection, while its profiler runs. */
function getMores(): Promise<number> {
  return db.collection('system.profile').countDocuments({ op: 'getmore', ns: NAMESPACE });
}

const some = (): AsyncCursor<{ _id: number; text: string }> => items.find().sort('_id').batchSize(10);

afterEach(untilNoneIsOpen);

describe('a cursor left early is gone from the server', () => {
  it('the ruler measures: an open one is seen', async () => {
    const cursor = some();
    await cursor.next();
    expect(await openOnServer()).toEqual([String(cursor.cursorId)]);
    await cursor.close();
    expect(await openOnServer()).toEqual([]);
  });

  it('by break, throw and return, as soon as the loop is over', async () => {
    for await (const _ of some()) break;
    expect(await openOnServer()).toEqual([]);
    const throwing = async (): Promise<void> => {
      for await (const _ of some()) throw new Error('out');
    };
    await expect(throwing()).rejects.toThrow('out');
    expect(await openOnServer()).toEqual([]);
    const returning = async (): Promise<number> => {
      for await (const { _id } of some()) if (_id === 25) return _id;
      return -1;
    };
    expect(await returning()).toBe(25);
    expect(await openOnServer()).toEqual([]);
  });

  it('by `await using`, forEach and rawBatches', async () => {
    {
      await using cursor = some();
      await cursor.toList(15);
    }
    expect(await openOnServer()).toEqual([]);
    const untilFive = ({ _id }: { _id: number }): boolean => _id < 5;
    await some().forEach(untilFive);
    expect(await openOnServer()).toEqual([]);
    for await (const _ of some().rawBatches()) break;
    expect(await openOnServer()).toEqual([]);
  });

  it('by a stream that is destroyed, and by a map that throws', async () => {
    const stream = some().stream();
    await once(stream, 'data');
    stream.destroy();
    await once(stream, 'close');
    await untilNoneIsOpen();
    const failing = some().map(({ _id }) => {
      if (_id === 3) throw new Error('not this one');
      return _id;
    });
    await expect(failing.toArray()).rejects.toThrow('not this one');
  });

  it('by rewind and by an aggregation that is closed', async () => {
    const cursor = some();
    await cursor.next();
    cursor.rewind();
    await untilNoneIsOpen();
    await using aggregated = items.aggregate([{ $match: {} }]).batchSize(5);
    await aggregated.next();
    expect(await openOnServer()).toHaveLength(1);
  });
});

describe('a cursor read to its end', () => {
  it('has been closed by the server, and knows', async () => {
    const cursor = some();
    await cursor.toArray();
    expect(cursor).toMatchObject({ alive: false, closed: true, cursorId: null });
    expect(await openOnServer()).toEqual([]);
  });

  it('of one batch never was open there', async () => {
    const cursor = items.find({ _id: { $lt: 5 } });
    await cursor.next();
    expect(cursor.cursorId).toBeNull();
    expect(cursor.alive).toBe(true);
  });
});

describe('use of a cursor that was closed', () => {
  it('is an InvalidOperationError, and closing again does nothing', async () => {
    const cursor = some();
    await cursor.next();
    await cursor.close();
    await cursor.close();
    await expect(cursor.next()).rejects.toBeInstanceOf(InvalidOperationError);
    await expect(cursor.toArray()).rejects.toThrow('the cursor has been closed');
    expect(() => cursor.limit(5)).toThrow(InvalidOperationError);
    expect((await cursor.rewind().next())!._id).toBe(0);
    await cursor.close();
  });
});

describe('a cursor that another client killed', () => {
  it('is a failure with code 43 at the next batch, and over', async () => {
    const cursor = items.find({}, { batchSize: 10, prefetch: false } as never);
    await cursor.next();
    const other = new AsyncClient(testUri());
    await other.db(db.name).command({ killCursors: 'items', cursors: [cursor.cursorId] });
    await other.close();
    expect(cursor.readBufferedDocuments()).toHaveLength(9);
    const failed = await cursor.next().then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failed).toMatchObject({
      name: 'OperationFailureError',
      code: 43,
      codeName: 'CursorNotFound',
      command: 'getMore',
      namespace: NAMESPACE,
    });
    expect((failed as Error).message).toMatch(/cursor id \d+ not found \(getMore on .*items at \S+, after \d+ ms\)$/);
    expect(cursor).toMatchObject({ alive: false, closed: true });
  });
});

describe('the next batch', () => {
  beforeAll(() => db.command({ profile: 2 }));
  afterAll(() => db.command({ profile: 0 }));

  it('is asked for from the middle of this one on', async () => {
    const before = await getMores();
    const cursor = some();
    for (let left = 5; left > 0; left--) await cursor.next();
    await sleep(30);
    expect(await getMores()).toBe(before);
    await cursor.next();
    await cursor.next();
    await sleep(30);
    expect(await getMores()).toBe(before + 1);
    expect(await cursor.toList(20)).toHaveLength(20);
    await cursor.close();
  });

  it('is not asked for by small reads and findOne', async () => {
    const before = await getMores();
    await items.findOne({ _id: 5 });
    await items.find({ _id: { $lt: 50 } }).toArray();
    await items.find().limit(100).toArray();
    await items.find().toList(20);
    await sleep(30);
    expect(await getMores()).toBe(before);
    for (const id of await openOnServer()) await db.command({ killCursors: 'items', cursors: [BigInt(id)] });
  });
});

describe('a cursor that nobody holds any more', () => {
  it('is killed after a garbage collection, and its session used again', async () => {
    const script = `
      import { AsyncClient } from ${JSON.stringify(pathToFileURL(`${__dirname}/../../lib/index.ts`).href)};
      const client = new AsyncClient(process.env.URI);
      const items = client.db(process.env.DB).collection('items');
      const lsids = new Set();
      client.on('commandStarted', ({ commandName, command }) => commandName === 'find' && lsids.add(String(command.lsid.id)));
      const open = async () => (await client.admin.aggregate([
        { $currentOp: { idleCursors: true } },
        { $match: { type: 'idleCursor', ns: process.env.DB + '.items' } },
      ]).toArray()).length;
      await (async () => { for (let i = 0; i < 5; i++) await items.find().batchSize(10).next(); })();
      const before = await open();
      let after = before;
      for (let i = 0; i < 100 && after > 0; i++) {
        gc();
        await new Promise((resolve) => setTimeout(resolve, 20));
        after = await open();
      }
      // Those that close the cursors have sessions as well, and give them back when they are answered.
      for (let i = 0; i < 100 && client.poolStats().some(({ inUse }) => inUse > 0); i++)
        await new Promise((resolve) => setTimeout(resolve, 20));
      const free = client.ioLoop.sessions.drain().filter(({ id }) => lsids.has(String(id))).length;
      console.log(JSON.stringify({ before, after, free }));
      await client.close();`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--expose-gc', '--import', 'tsx', '--input-type=module', '-e', script],
      { env: { ...process.env, URI: testUri(), DB: db.name }, timeout: 60_000 },
    );
    expect(JSON.parse(stdout)).toEqual({ before: 5, after: 0, free: 5 });
  }, 60_000);
});
