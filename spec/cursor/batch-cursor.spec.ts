import { deserialize } from 'bson';
import { find } from '../../lib/commands/find.js';
import { createCore } from '../../lib/core/create-core.js';
import { BatchCursor } from '../../lib/cursor/batch-cursor.js';
import type { CursorPlan } from '../../lib/cursor/cursor-plan.js';
import { OperationFailureError } from '../../lib/errors/operation-errors.js';
import { resolveOptions } from '../../lib/options/resolve.js';
import { opMsgOfBytes } from '../support/reply-bytes.js';
import { type Handler, ScriptedServer } from '../support/scripted-server.js';
import { CURSOR_ID, cursorScript, numbered } from './scripted-cursor.js';

const PLAN = {
  batchSize: undefined,
  limit: 0,
  tailable: false,
  awaitData: false,
  maxAwaitTimeMS: undefined,
  comment: undefined,
  signal: undefined,
  prefetch: false,
};

let server: ScriptedServer;
let core: ReturnType<typeof createCore>['core'];

async function cursorOver(handler: Handler, plan: Partial<CursorPlan> = {}): Promise<BatchCursor> {
  server.handler = handler;
  const made = createCore(resolveOptions(server.uri));
  core = made.core;
  const scope = made.scope.inDatabase('shop').inCollection('items');
  const options = plan.signal === undefined ? undefined : { signal: plan.signal };
  return new BatchCursor(core, scope, {
    ...PLAN,
    open: () => core.run(find, scope, { filter: {}, options }),
    ...plan,
  });
}

/** All that the current batch holds. */
function taken(cursor: BatchCursor): unknown[] {
  const ids: unknown[] = [];
  for (let document = cursor.take(); document !== null; document = cursor.take()) ids.push(document._id);
  return ids;
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30));

async function until(condition: () => boolean): Promise<void> {
  for (let left = 200; left > 0 && !condition(); left--) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(condition()).toBe(true);
}

beforeEach(async () => {
  server = await ScriptedServer.listen();
});

afterEach(async () => {
  await core.close();
  await server.close();
  expect(server.failures).toEqual([]);
});

describe('BatchCursor', () => {
  it('sends nothing before the first fetch, then reads batch after batch to the end', async () => {
    const cursor = await cursorOver(cursorScript([numbered(0, 2), numbered(2, 5), numbered(5, 6)]));
    await turn();
    expect(server.requests).toEqual([]);
    expect(cursor).toMatchObject({ started: false, alive: true, closed: false, id: 0n, server: undefined });

    expect(await cursor.fetch()).toBe(true);
    expect(cursor).toMatchObject({ started: true, alive: true, id: CURSOR_ID });
    expect(cursor.server!.address).toBe(server.address);
    expect(taken(cursor)).toEqual([0, 1]);
    expect(await cursor.fetch()).toBe(true);
    expect(taken(cursor)).toEqual([2, 3, 4]);
    expect(await cursor.fetch()).toBe(true);
    expect(cursor.id).toBe(0n);
    expect(taken(cursor)).toEqual([5]);
    expect(cursor.alive).toBe(false);
    expect(await cursor.fetch()).toBe(false);
    const names = server.requests.map(({ name }) => name).filter((name) => name !== 'isMaster');
    expect(names).toEqual(['find', 'getMore', 'getMore']);
    expect(server.requestsOf('getMore')[0]!.command).toMatchObject({ collection: 'items', $db: 'shop' });
  });

  it('fetches once for several that ask at the same time', async () => {
    const cursor = await cursorOver(cursorScript([numbered(0, 1), numbered(1, 2)]));
    expect(await Promise.all([cursor.fetch(), cursor.fetch(), cursor.fetch()])).toEqual([true, true, true]);
    expect(server.requestsOf('find')).toHaveLength(1);
    expect(server.requestsOf('getMore')).toHaveLength(0);
  });

  it('goes on behind empty batches that leave the cursor open', async () => {
    const cursor = await cursorOver(cursorScript([[], [], numbered(0, 1)]));
    expect(await cursor.fetch()).toBe(true);
    expect(taken(cursor)).toEqual([0]);
  });

  it('asks for the rest in the namespace that the server names', async () => {
    const cursor = await cursorOver(cursorScript([[], numbered(0, 1)], { namespace: 'shop.$cmd.listCollections' }));
    expect(await cursor.fetch()).toBe(true);
    expect(server.requestsOf('getMore')[0]!.command.collection).toBe('$cmd.listCollections');
  });

  it('passes comment and batch size on, the last batch no larger than the limit leaves', async () => {
    const cursor = await cursorOver(cursorScript([numbered(0, 3), numbered(3, 6), numbered(6, 7)]), {
      batchSize: 3,
      limit: 7,
      comment: 'why',
    });
    while (await cursor.fetch()) taken(cursor);
    expect(server.requestsOf('getMore').map(({ command }) => [command.batchSize, command.comment])).toEqual([
      [3, 'why'],
      [1, 'why'],
    ]);
  });

  it('leaves the size to the server where the first batch is to be empty', async () => {
    const cursor = await cursorOver(cursorScript([[], numbered(0, 2)]), { batchSize: 0 });
    expect(await cursor.fetch()).toBe(true);
    expect(server.requestsOf('getMore')[0]!.command).not.toHaveProperty('batchSize');
  });

  describe('tailable', () => {
    it('says after one answer that there is nothing now, and stays alive', async () => {
      const cursor = await cursorOver(cursorScript([numbered(0, 1)], { endless: true }), { tailable: true });
      expect(await cursor.fetch()).toBe(true);
      taken(cursor);
      expect(await cursor.fetch()).toBe(false);
      expect(server.requestsOf('getMore')).toHaveLength(1);
      expect(cursor).toMatchObject({ alive: true, closed: false, id: CURSOR_ID });
    });

    it('with awaitData asks once more behind an empty first batch, for maxAwaitTimeMS', async () => {
      const cursor = await cursorOver(cursorScript([[]], { endless: true }), {
        tailable: true,
        awaitData: true,
        maxAwaitTimeMS: 250,
      });
      expect(await cursor.fetch()).toBe(false);
      expect(server.requestsOf('getMore').map(({ command }) => command.maxTimeMS)).toEqual([250]);
    });

    it('with awaitData does not go on waiting behind close', async () => {
      const cursor = await cursorOver(
        cursorScript([numbered(0, 1)], {
          endless: true,
          first: ({ name }) => (name === 'getMore' ? 'hang' : undefined),
        }),
        { tailable: true, awaitData: true, signal: new AbortController().signal },
      );
      await cursor.fetch();
      taken(cursor);
      const waiting = cursor.fetch();
      await until(() => server.requestsOf('getMore').length === 1);
      await cursor.close();
      expect(await waiting).toBe(false);
      expect(server.requestsOf('killCursors')).toHaveLength(1);
    });

    it('is dead after an empty first batch without a cursor', async () => {
      const cursor = await cursorOver(cursorScript([[]]), { tailable: true, awaitData: true });
      expect(await cursor.fetch()).toBe(false);
      expect(cursor.alive).toBe(false);
    });
  });

  describe('with another to take its place', () => {
    const plan = { tailable: true, awaitData: true, resumable: true };

    it('is opened by a fetch of its own', async () => {
      const cursor = await cursorOver(cursorScript([[], numbered(0, 1)]), plan);
      expect(await cursor.fetch()).toBe(false);
      expect(server.requestsOf('getMore')).toHaveLength(0);
      expect(await cursor.fetch()).toBe(true);
    });

    it.each([
      [6, 1],
      [43, 0],
    ])('hands its session over after error %i, and is closed on its server %i times', async (code, kills) => {
      const refusal = { ok: 0, code, errmsg: 'no' };
      const first = ({ name }: { name: string }) => (name === 'getMore' ? refusal : undefined);
      const cursor = await cursorOver(cursorScript([[]], { endless: true, first }), plan);
      await cursor.fetch();
      const error = await cursor.fetch().catch((reason: unknown) => reason);
      expect(cursor.closed).toBe(false);
      const { lsid } = server.requestsOf('find')[0]!.command;
      expect(cursor.handOver(error)!.lend()!.lsid.id.toString('hex')).toBe(lsid.id.toString('hex'));
      expect(cursor.closed).toBe(true);
      await until(() => server.requestsOf('killCursors').length >= kills);
      await turn();
      expect(server.requestsOf('killCursors')).toHaveLength(kills);
    });
  });

  describe('prefetch', () => {
    it('asks for the next batch when more than half of this one has been read', async () => {
      const cursor = await cursorOver(cursorScript([numbered(0, 4), numbered(4, 6)]), { prefetch: true });
      await cursor.fetch();
      cursor.take();
      cursor.take();
      await turn();
      expect(server.requestsOf('getMore')).toHaveLength(0);
      cursor.take();
      await until(() => server.requestsOf('getMore').length === 1);
      expect(taken(cursor)).toEqual([3]);
      expect(await cursor.fetch()).toBe(true);
      expect(taken(cursor)).toEqual([4, 5]);
      expect(await cursor.fetch()).toBe(false);
      expect(server.requestsOf('getMore')).toHaveLength(1);
    });

    it('does not ask where the server holds no more', async () => {
      const cursor = await cursorOver(cursorScript([numbered(0, 4)]), { prefetch: true });
      await cursor.fetch();
      taken(cursor);
      await turn();
      expect(server.requestsOf('getMore')).toHaveLength(0);
    });

    it('reports its failure to whoever asks for the batch, not before', async () => {
      const failure = { ok: 0, code: 43, codeName: 'CursorNotFound', errmsg: 'cursor id 77 not found' };
      const script = cursorScript([numbered(0, 2), numbered(2, 3)], {
        first: ({ name }) => (name === 'getMore' ? failure : undefined),
      });
      const cursor = await cursorOver(script, { prefetch: true });
      await cursor.fetch();
      expect(taken(cursor)).toEqual([0, 1]);
      await turn();
      const error = await cursor.fetch().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(OperationFailureError);
      expect(error).toMatchObject({
        code: 43,
        codeName: 'CursorNotFound',
        command: 'getMore',
        namespace: 'shop.items',
      });
      expect(cursor).toMatchObject({ closed: true, alive: false, id: 0n });
      expect(await cursor.fetch()).toBe(false);
      expect(server.requestsOf('killCursors')).toHaveLength(0);
    });

    it('is not asked for again after close, and what was on its way is dropped; it is killed once', async () => {
      const cursor = await cursorOver(cursorScript([numbered(0, 2), numbered(2, 9), []]), { prefetch: true });
      server.delayMS = 30;
      await cursor.fetch();
      taken(cursor);
      const fetching = cursor.fetch();
      await cursor.close();
      await turn();
      expect(['getMore', 'killCursors'].map((name) => server.requestsOf(name).length)).toEqual([1, 1]);
      expect([await fetching, cursor.take(), await cursor.fetch()]).toEqual([false, null, false]);
    });
  });

  describe('close', () => {
    it('kills what the server holds, once, and empties the batch', async () => {
      const cursor = await cursorOver(cursorScript([numbered(0, 2), numbered(2, 4)]));
      await cursor.fetch();
      await cursor.close();
      await cursor.close();
      expect(cursor).toMatchObject({ closed: true, alive: false, id: 0n });
      expect(cursor.take()).toBeNull();
      const kills = server.requestsOf('killCursors');
      expect(kills.map(({ command }) => [command.killCursors, command.cursors.map(String)])).toEqual([
        ['items', [String(CURSOR_ID)]],
      ]);
    });

    it('sends nothing for a cursor that has not started or is at its end', async () => {
      const fresh = await cursorOver(cursorScript([numbered(0, 1)]));
      await fresh.close();
      const read = await cursorOver(cursorScript([numbered(0, 1)]));
      await read.fetch();
      await read.close();
      expect(server.requestsOf('killCursors')).toHaveLength(0);
    });

    it('does not reject where the server refuses', async () => {
      const refuse = cursorScript([numbered(0, 2), []], {
        first: ({ name }) => (name === 'killCursors' ? { ok: 0, code: 13, errmsg: 'no' } : undefined),
      });
      const cursor = await cursorOver(refuse);
      await cursor.fetch();
      await expect(cursor.close()).resolves.toBeUndefined();
    });

    it('kills a cursor whose opening was under way', async () => {
      let answer = (): void => undefined;
      const waiting = new Promise<void>((resolve) => {
        answer = resolve;
      });
      const script = cursorScript([numbered(0, 2), []], {
        first: async ({ name }) => {
          if (name === 'find') await waiting;
          return undefined;
        },
      });
      const cursor = await cursorOver(script);
      const fetching = cursor.fetch();
      await until(() => server.requestsOf('find').length === 1);
      await cursor.close();
      answer();
      expect(await fetching).toBe(false);
      await until(() => server.requestsOf('killCursors').length === 1);
      expect(server.requestsOf('killCursors')[0]!.command.cursors.map(String)).toEqual([String(CURSOR_ID)]);
    });
  });

  describe('failures', () => {
    it('of the opening reach the caller, and the cursor is of no use', async () => {
      const cursor = await cursorOver(() => ({ ok: 0, code: 2, codeName: 'BadValue', errmsg: 'bad' }));
      server.handler = ({ name }) =>
        name === 'find' ? { ok: 0, code: 2, codeName: 'BadValue', errmsg: 'bad' } : undefined;
      await expect(cursor.fetch()).rejects.toMatchObject({ code: 2, command: 'find' });
      expect(cursor).toMatchObject({ closed: true, alive: false });
    });

    it('of the network leave the cursor open on its server: it is killed there', async () => {
      const cursor = await cursorOver(
        cursorScript([numbered(0, 1), []], { first: ({ name }) => (name === 'getMore' ? 'reset' : undefined) }),
      );
      await cursor.fetch();
      taken(cursor);
      await expect(cursor.fetch()).rejects.toMatchObject({ name: 'AutoReconnectError', command: 'getMore' });
      expect(cursor.closed).toBe(true);
      await until(() => server.requestsOf('killCursors').length === 1);
    });

    it('of an abort between batches kill the cursor and carry the reason', async () => {
      const controller = new AbortController();
      const cursor = await cursorOver(cursorScript([numbered(0, 1), []]), { signal: controller.signal });
      await cursor.fetch();
      taken(cursor);
      const reason = new Error('enough');
      controller.abort(reason);
      await expect(cursor.fetch()).rejects.toBe(reason);
      await until(() => server.requestsOf('killCursors').length === 1);
      expect(server.requestsOf('getMore')).toHaveLength(0);
    });

    it('of a document that is no BSON close the cursor and say where', async () => {
      const cursor = await cursorOver(({ name, requestId }) => {
        return name === 'find' ? opMsgOfBytes(batchWithSpoiltDocument(), { responseTo: requestId }) : undefined;
      });
      expect(await cursor.fetch()).toBe(true);
      expect(() => cursor.take()).toThrow(
        expect.objectContaining({ name: 'ProtocolError', namespace: 'shop.items', address: server.address }),
      );
      expect(cursor.closed).toBe(true);
      await until(() => server.requestsOf('killCursors').length === 1);
    });
  });

  it('gives the bytes of a document as well, and reads ahead then too', async () => {
    const cursor = await cursorOver(cursorScript([numbered(0, 2), numbered(2, 3)]), { prefetch: true });
    expect(cursor.takeRaw()).toBeNull();
    await cursor.fetch();
    const ids = [];
    for (let bytes = cursor.takeRaw(); bytes !== null; bytes = cursor.takeRaw()) ids.push(deserialize(bytes)._id);
    expect(ids).toEqual([0, 1]);
    await until(() => server.requestsOf('getMore').length === 1);
    expect(await cursor.fetch()).toBe(true);
    expect(deserialize(cursor.takeRaw()!)).toEqual({ _id: 2 });
    expect(server.requestsOf('getMore')).toHaveLength(1);
  });
});

/** A find reply whose only document is as long as it says, with an element of a type that does not exist. */
function batchWithSpoiltDocument(): Buffer {
  const document = Buffer.from([0x0c, 0, 0, 0, 0x55, 0x61, 0, 0, 0, 0, 0, 0]);
  const batch = wrap(Buffer.concat([Buffer.from('\x030\0', 'latin1'), document]));
  const id = Buffer.alloc(8);
  id.writeBigInt64LE(CURSOR_ID);
  const cursor = wrap(
    Buffer.concat([
      Buffer.from('\x04firstBatch\0', 'latin1'),
      batch,
      Buffer.from('\x12id\0', 'latin1'),
      id,
      Buffer.from('\x02ns\0\x0b\0\0\0shop.items\0', 'latin1'),
    ]),
  );
  const ok = Buffer.from('\x10ok\0\x01\0\0\0', 'latin1');
  return wrap(Buffer.concat([Buffer.from('\x03cursor\0', 'latin1'), cursor, ok]));
}

/** int32 size, the elements, a zero byte. */
function wrap(elements: Buffer): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(4), elements, Buffer.alloc(1)]);
  bytes.writeInt32LE(bytes.length, 0);
  return bytes;
}
