import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AsyncCursor } from '../../lib/api/async-cursor.js';
import { InvalidOperationError } from '../../lib/errors/usage-errors.js';
import { CURSOR_ID, cursorScript, numbered } from '../cursor/scripted-cursor.js';
import { rejection, useScriptedClient } from './scripted-client.js';

const scripted = useScriptedClient();

/** A cursor over 0 to 5, in batches of 2, 3 and 1. */
function sixIn3Batches(options = {}): AsyncCursor<any> {
  scripted.server.handler = cursorScript([numbered(0, 2), numbered(2, 5), numbered(5, 6)], options);
  return scripted.items.find();
}

const ids = (documents: { _id?: any }[]): number[] => documents.map(({ _id }) => _id);
const ignore = (): void => undefined;
const SIX = [0, 1, 2, 3, 4, 5];

/** Calls `each` until the callback pauses or the end comes. */
function each(cursor: AsyncCursor<any>, visit: (document: any) => unknown): Promise<'paused' | Error | null> {
  return new Promise((resolve) => {
    cursor.each((document, error) => {
      if (document === null) return resolve(error);
      if (visit(document) !== false) return undefined;
      resolve('paused');
      return false;
    });
  });
}

describe('iteration', () => {
  it('by fetchNext, with and without a call', async () => {
    for (const spelling of ['property', 'call'] as const) {
      const cursor = sixIn3Batches();
      const seen: number[] = [];
      while (spelling === 'property' ? await cursor.fetchNext : await cursor.fetchNext()) {
        seen.push(cursor.nextObject()!._id);
      }
      expect(seen).toEqual(SIX);
      expect(cursor.nextObject()).toBeNull();
    }
  });

  it('by fetchNext asks for nothing until it is awaited', async () => {
    const cursor = sixIn3Batches();
    expect(typeof cursor.fetchNext).toBe('function');
    expect(cursor.nextObject()).toBeNull();
    await sleep(20);
    expect(scripted.server.requests).toEqual([]);
    expect(cursor.started).toBe(false);
  });

  it('by fetchNext stays at the document until it has been taken', async () => {
    const cursor = sixIn3Batches();
    expect([await cursor.fetchNext, await cursor.fetchNext]).toEqual([true, true]);
    expect(cursor.nextObject()).toEqual({ _id: 0 });
  });

  it('by next, to null', async () => {
    const cursor = sixIn3Batches();
    const seen: number[] = [];
    for (let document = await cursor.next(); document !== null; document = await cursor.next()) seen.push(document._id);
    expect(seen).toEqual(SIX);
    expect(await cursor.next()).toBeNull();
  });

  it('by next, called before the last one has answered', async () => {
    scripted.server.handler = cursorScript([numbered(0, 1), numbered(1, 2), numbered(2, 3)]);
    const cursor = scripted.items.find();
    expect(await Promise.all([cursor.next(), cursor.next(), cursor.next(), cursor.next()])).toEqual([
      { _id: 0 },
      { _id: 1 },
      { _id: 2 },
      null,
    ]);
  });

  it('by tryNext and hasNext', async () => {
    const cursor = sixIn3Batches();
    const seen: number[] = [];
    while (await cursor.hasNext()) seen.push((await cursor.tryNext())!._id);
    expect(seen).toEqual(SIX);
    expect(await cursor.tryNext()).toBeNull();
  });

  it('by for await and toArray', async () => {
    expect(ids(await sixIn3Batches().toArray())).toEqual(SIX);
    const seen: number[] = [];
    for await (const document of sixIn3Batches()) seen.push(document._id);
    expect(seen).toEqual(SIX);
    expect(scripted.commands('killCursors')).toEqual([]);
  });

  it('by toList in pages that do not match the batches', async () => {
    const cursor = sixIn3Batches();
    const pages: number[][] = [];
    for (let page = await cursor.toList(4); page.length > 0; page = await cursor.toList(4)) pages.push(ids(page));
    expect(pages).toEqual([
      [0, 1, 2, 3],
      [4, 5],
    ]);
    expect([await cursor.toList(4), await cursor.toList(null)]).toEqual([[], []]);
  });

  it('by toList(null) behind a page', async () => {
    const cursor = sixIn3Batches();
    expect(ids(await cursor.toList(1))).toEqual([0]);
    expect(ids(await cursor.toList(null))).toEqual([1, 2, 3, 4, 5]);
    expect(cursor.closed).toBe(true);
  });

  it('by toList(0) asks for nothing', async () => {
    expect(await sixIn3Batches().toList(0)).toEqual([]);
    expect(scripted.server.requests).toEqual([]);
  });

  it.each([
    [-1, RangeError, 'must not be negative, but is -1'],
    [1.5, TypeError, 'must be a whole number, or null for all, not 1.5'],
    [Number.NaN, TypeError, 'NaN'],
    ['5', TypeError, 'not 5'],
    [undefined, TypeError, 'not undefined'],
  ])('by toList(%p) is refused by a rejection', async (length, errorClass, words) => {
    const error = await rejection(sixIn3Batches().toList(length as number));
    expect(error).toBeInstanceOf(errorClass);
    expect(error.message).toContain(words);
  });

  it('by forEach, in turn, until false', async () => {
    const seen: number[] = [];
    await sixIn3Batches().forEach(async (document) => {
      await sleep(1);
      seen.push(document._id);
    });
    expect(seen).toEqual(SIX);

    const some: number[] = [];
    const cursor = sixIn3Batches();
    const untilTwo = ({ _id }: { _id: number }): boolean => {
      some.push(_id);
      return _id < 2;
    };
    await cursor.forEach(untilTwo);
    expect(some).toEqual([0, 1, 2]);
    expect(cursor.closed).toBe(true);
    expect(scripted.commands('killCursors')).toHaveLength(1);
  });

  it('by rawBatches: the bytes of each reply', async () => {
    const sizes: number[] = [];
    for await (const batch of sixIn3Batches().rawBatches()) {
      sizes.push(batch.length);
      for (const bytes of batch) expect(bytes.length).toBe(bytes.readInt32LE(0));
    }
    expect(sizes).toEqual([2, 3, 1]);
  });

  it('by readBufferedDocuments stays within the batch', async () => {
    const cursor = sixIn3Batches();
    expect(cursor.bufferedCount()).toBe(0);
    await cursor.fetchNext;
    expect(cursor.bufferedCount()).toBe(2);
    expect(ids(cursor.readBufferedDocuments(1))).toEqual([0]);
    expect([cursor.readBufferedDocuments(), cursor.readBufferedDocuments()]).toEqual([[{ _id: 1 }], []]);
    expect(ids(await cursor.toArray())).toEqual([2, 3, 4, 5]);
  });
});

describe('each', () => {
  it('gives every document, then (null, null)', async () => {
    const seen: number[] = [];
    expect(await each(sixIn3Batches(), ({ _id }) => void seen.push(_id))).toBeNull();
    expect(seen).toEqual(SIX);
  });

  it('is paused by false alone, and goes on', async () => {
    const cursor = sixIn3Batches();
    const seen: number[] = [];
    const visit = ({ _id }: { _id: number }): unknown => {
      seen.push(_id);
      return _id === 2 ? false : 0;
    };
    expect(await each(cursor, visit)).toBe('paused');
    expect(seen).toEqual([0, 1, 2]);
    expect(cursor.closed).toBe(false);
    await sleep(5);
    expect(await each(cursor, visit)).toBeNull();
    expect(seen).toEqual(SIX);
  });

  it('reports an error once, as (null, error)', async () => {
    const failure = { ok: 0, code: 2, errmsg: 'bad' };
    const cursor = sixIn3Batches({ first: ({ name }: { name: string }) => (name === 'getMore' ? failure : undefined) });
    const calls: unknown[][] = [];
    cursor.each((...given) => void calls.push(given));
    for (let left = 500; left > 0 && calls.length < 3; left--) await sleep(10);
    await sleep(40);
    expect(calls.slice(0, 2)).toEqual([0, 1].map((_id) => [{ _id }, null]));
    expect(calls.slice(2)).toEqual([
      [null, expect.objectContaining({ name: 'OperationFailureError', code: 2, command: 'getMore' })],
    ]);
  });

  it('is ended by close, without an error', async () => {
    const cursor = sixIn3Batches();
    const seen: number[] = [];
    const end = await each(cursor, ({ _id }) => {
      seen.push(_id);
      if (_id === 0) void cursor.close();
    });
    expect(end).toBeNull();
    expect(seen).toEqual([0]);
  });

  it('refuses to run twice at once, and what is no function', async () => {
    const cursor = sixIn3Batches();
    const end = each(cursor, () => undefined);
    expect(() => cursor.each(() => undefined)).toThrow(InvalidOperationError);
    await end;
    expect(() => cursor.each(5 as unknown as () => void)).toThrow(
      new TypeError('callback must be a function, not number'),
    );
  });
});

describe('map', () => {
  it('changes documents in every style, one function behind the other', async () => {
    const mapped = (): any =>
      sixIn3Batches()
        .map(({ _id }) => _id * 10)
        .map((value) => `${value}`);
    expect(await mapped().toArray()).toEqual(['0', '10', '20', '30', '40', '50']);
    expect(await mapped().next()).toBe('0');
    const cursor = mapped();
    await cursor.fetchNext;
    expect(cursor.nextObject()).toBe('0');
    const seen: string[] = [];
    for await (const value of mapped()) seen.push(value);
    expect(seen).toHaveLength(6);
  });

  it('that throws closes the cursor and rejects', async () => {
    const failing = (): any =>
      sixIn3Batches().map(({ _id }) => {
        if (_id === 1) throw new Error('not this one');
        return _id;
      });
    const cursor = failing();
    expect(await cursor.next()).toBe(0);
    expect((await rejection(cursor.next())).message).toBe('not this one');
    expect(cursor.closed).toBe(true);
    const seen: number[] = [];
    const loop = async (): Promise<void> => {
      for await (const value of failing()) seen.push(value);
    };
    expect((await rejection(loop())).message).toBe('not this one');
    expect(seen).toEqual([0]);
    expect(await scripted.settled('killCursors', 2)).toHaveLength(2);
  });

  it('must not return null', async () => {
    const error = await rejection(
      sixIn3Batches()
        .map(() => null)
        .toArray(),
    );
    expect(error).toEqual(
      new TypeError('map: the function must not return null, which stands for the end of the cursor'),
    );
  });
});

describe('stream', () => {
  it('gives the documents, and stops fetching while nobody reads', async () => {
    const batches = Array.from({ length: 40 }, (_, index) => numbered(index * 2, index * 2 + 2));
    scripted.server.handler = cursorScript(batches);
    const stream = scripted.items.find().stream();
    const seen: number[] = [];
    for await (const { _id } of stream) {
      seen.push(_id);
      if (seen.length === 3) {
        await sleep(40);
        expect(scripted.commands('getMore').length).toBeLessThan(5);
      }
    }
    expect(seen).toHaveLength(80);
  });

  it('kills the cursor when it is destroyed', async () => {
    const stream = sixIn3Batches().stream();
    await once(stream, 'data');
    stream.destroy();
    await once(stream, 'close');
    expect(await scripted.settled('killCursors', 1)).toHaveLength(1);
  });

  it('emits the error of a batch', async () => {
    const cursor = sixIn3Batches({ first: ({ name }: { name: string }) => (name === 'getMore' ? 'reset' : undefined) });
    const stream = cursor.stream().resume();
    const [error] = await once(stream, 'error');
    expect(error).toMatchObject({ name: 'AutoReconnectError', command: 'getMore' });
  });
});

describe('a cursor left early', () => {
  const killed = (): string[] => scripted.commands('killCursors').flatMap(({ cursors }) => cursors.map(String));

  it('by break, throw and return is killed before the loop is over', async () => {
    for await (const _ of sixIn3Batches()) break;
    expect(killed()).toHaveLength(1);
    const throwing = async (): Promise<void> => {
      for await (const _ of sixIn3Batches()) throw new Error('out');
    };
    expect((await rejection(throwing())).message).toBe('out');
    expect(killed()).toHaveLength(2);
    const returning = async (): Promise<number> => {
      for await (const { _id } of sixIn3Batches()) return _id;
      return -1;
    };
    expect(await returning()).toBe(0);
    expect(killed()).toEqual(Array(3).fill(String(CURSOR_ID)));
  });

  it('by a break of rawBatches and by the end of `await using`', async () => {
    for await (const _ of sixIn3Batches().rawBatches()) break;
    expect(killed()).toHaveLength(1);
    {
      await using cursor = sixIn3Batches();
      await cursor.next();
    }
    expect(killed()).toHaveLength(2);
  });
});

describe('state', () => {
  it('is told before, during and after', async () => {
    const cursor = sixIn3Batches();
    expect(cursor).toMatchObject({ started: false, closed: false, alive: true, cursorId: null, address: null });
    expect(cursor.id).toBeUndefined();
    await cursor.next();
    expect(cursor).toMatchObject({ started: true, closed: false, alive: true, address: scripted.server.address });
    expect(cursor.cursorId!.toBigInt()).toBe(CURSOR_ID);
    expect(cursor.id!.toBigInt()).toBe(CURSOR_ID);
    await cursor.toArray();
    expect(cursor).toMatchObject({ closed: true, alive: false, cursorId: null });
  });

  const drain = async (documents: AsyncIterable<unknown>): Promise<void> => {
    for await (const _ of documents);
  };

  it.each<[string, (cursor: AsyncCursor) => PromiseLike<unknown>]>([
    ['next', (cursor) => cursor.next()],
    ['tryNext', (cursor) => cursor.tryNext()],
    ['hasNext', (cursor) => cursor.hasNext()],
    ['fetchNext', (cursor) => cursor.fetchNext()],
    ['toList', (cursor) => cursor.toList(1)],
    ['toArray', (cursor) => cursor.toArray()],
    ['forEach', (cursor) => cursor.forEach(ignore)],
    ['for await', (cursor) => drain(cursor)],
    ['rawBatches', (cursor) => drain(cursor.rawBatches())],
    ['stream', (cursor) => drain(cursor.stream())],
  ])('closed: %s is refused', async (_name, use) => {
    const before = sixIn3Batches();
    await before.close();
    const inside = sixIn3Batches();
    await inside.next();
    await inside.close();
    for (const cursor of [before, inside]) {
      const error = await rejection(use(cursor));
      expect(error).toBeInstanceOf(InvalidOperationError);
      expect(error.message).toContain('the cursor has been closed');
    }
    expect(scripted.commands('find')).toHaveLength(1);
  });

  it('closed within its own loop: the loop ends', async () => {
    const cursor = sixIn3Batches();
    const seen: number[] = [];
    for await (const { _id } of cursor) {
      seen.push(_id);
      await cursor.close();
    }
    expect(seen).toEqual([0]);
  });

  it('rewind starts again, also behind close', async () => {
    const cursor = sixIn3Batches();
    await cursor.next();
    expect(ids(await cursor.rewind().toArray())).toEqual(SIX);
    await cursor.close();
    expect(ids(await cursor.rewind().toArray())).toEqual(SIX);
  });
});
