import { find } from '../../lib/commands/find.js';
import { Scope } from '../../lib/commands/scope.js';
import { createCore } from '../../lib/core/create-core.js';
import type { IoCore } from '../../lib/core/io-core.js';
import { BatchCursor } from '../../lib/cursor/batch-cursor.js';
import type { CursorPlan } from '../../lib/cursor/cursor-plan.js';
import { cursorTimeout } from '../../lib/cursor/cursor-timeout.js';
import { ConfigurationError } from '../../lib/errors/usage-errors.js';
import { resolveOptions } from '../../lib/options/resolve.js';
import { Deadline } from '../../lib/util/deadline.js';
import { ScriptedServer } from '../support/scripted-server.js';
import { cursorScript, numbered } from './scripted-cursor.js';

const PLAIN = { tailable: false, awaitData: false };
const TAILABLE = { tailable: true, awaitData: false };
const AWAITING = { tailable: true, awaitData: true };
const scope = Scope.root(resolveOptions('mongodb://a'));
const limited = scope.with({ timeoutMS: 500 });

describe('cursorTimeout', () => {
  it('is nothing where no time is given', () => {
    expect(cursorTimeout(scope, {}, PLAIN)).toEqual({});
    expect(cursorTimeout(scope, { maxAwaitTimeMS: 5_000 }, AWAITING)).toEqual({});
  });

  it('is for the whole life by default, and for each iteration of a tailable cursor', () => {
    expect(cursorTimeout(limited, {}, PLAIN)).toEqual({
      ...{ timeoutMS: 500, timeoutMode: 'cursorLifetime', tellsServer: true },
    });
    expect(cursorTimeout(limited, { timeoutMS: 7 }, TAILABLE)).toEqual({
      ...{ timeoutMS: 7, timeoutMode: 'iteration', tellsServer: false },
    });
    expect(cursorTimeout(limited, {}, AWAITING)).toMatchObject({ timeoutMode: 'iteration', tellsServer: true });
    expect(cursorTimeout(limited, { timeoutMode: 'iteration' }, PLAIN)).toMatchObject({ tellsServer: false });
  });

  it('is the deadline of what the cursor is part of', () => {
    const lifetime = new Deadline(100);
    expect(cursorTimeout(limited, { timeoutMS: lifetime }, PLAIN)).toEqual({ lifetime });
    expect(cursorTimeout(scope.with({ timeoutMS: lifetime }), {}, PLAIN)).toEqual({ lifetime });
  });

  it.each<[unknown, ErrorConstructor]>([
    [-1, RangeError],
    [0.5, TypeError],
    [Number.NaN, TypeError],
    ['5', TypeError],
  ])('refuses maxAwaitTimeMS %p, also where it has no time and is part of something', (maxAwaitTimeMS, Class) => {
    for (const options of [{}, { timeoutMS: 500 }, { timeoutMS: new Deadline(100) }]) {
      const act = () => cursorTimeout(scope, { maxAwaitTimeMS, ...options }, AWAITING);
      expect(act).toThrow(Class);
      expect(act).toThrow(/^maxAwaitTimeMS must/);
    }
    expect(cursorTimeout(scope, { maxAwaitTimeMS: null }, AWAITING)).toEqual({});
  });

  it.each<[string, object, object, string]>([
    ['sometimes', {}, PLAIN, "'sometimes' must be 'cursorLifetime' or 'iteration'"],
    ['cursorLifetime', { tailable: true }, TAILABLE, 'cannot be used with a tailable cursor'],
    ['iteration', {}, { ...PLAIN, writes: true }, 'cannot be used with $out or $merge'],
  ])('refuses timeoutMode %p with %p', (timeoutMode, options, kind, words) => {
    const act = () => cursorTimeout(limited, { timeoutMode, ...options }, kind as typeof PLAIN);
    expect(act).toThrow(ConfigurationError);
    expect(act).toThrow(words);
  });

  it('refuses timeoutMode without timeoutMS', () => {
    const act = () => cursorTimeout(scope, { timeoutMode: 'iteration' }, PLAIN);
    expect(act).toThrow("timeoutMode 'iteration' has no effect without timeoutMS");
  });

  it('refuses a wait for documents that is not shorter than the time there is', () => {
    const act = (maxAwaitTimeMS: number, timeoutMS = 500) =>
      cursorTimeout(scope, { maxAwaitTimeMS, timeoutMS }, AWAITING);
    expect(() => act(500)).toThrow(new ConfigurationError('maxAwaitTimeMS (500) must be less than timeoutMS (500)'));
    expect(act(499)).toMatchObject({ timeoutMS: 500 });
    expect(act(500, 0)).toMatchObject({ timeoutMS: 0 });
  });

  it.each([-1, 1.5, Number.NaN, '5'])('refuses maxAwaitTimeMS of %p', (maxAwaitTimeMS) => {
    expect(() => cursorTimeout(scope, { maxAwaitTimeMS }, AWAITING)).toThrow(/^maxAwaitTimeMS must/);
  });

  it.each([-1, 1.5, Number.NaN, '5'])('refuses timeoutMS of %p', (timeoutMS) => {
    expect(() => cursorTimeout(scope, { timeoutMS }, PLAIN)).toThrow(/^timeoutMS must be a whole number/);
  });
});

describe('the time of a cursor', () => {
  /** A getMore takes so long: all of them longer than TIMEOUT_MS, and one much less, whatever else the machine does. */
  const LATE_MS = 150;
  const TIMEOUT_MS = 1_000;
  const BATCHES = Array.from({ length: 9 }, (_, index) => numbered(2 * index, 2 * index + 2));
  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  const script = () =>
    cursorScript(BATCHES, {
      first: ({ name }) => (name === 'getMore' ? pause(LATE_MS).then(() => undefined) : undefined),
    });
  let server: ScriptedServer;
  let core: IoCore;

  beforeEach(async () => {
    server = await ScriptedServer.listen(script());
  });
  afterEach(async () => {
    await core.close();
    await server.close();
    expect(server.failures).toEqual([]);
  });

  function cursorWith(plan: Partial<CursorPlan>): BatchCursor {
    const made = createCore(resolveOptions(server.uri));
    core = made.core;
    const within = made.scope.inDatabase('shop').inCollection('items');
    return new BatchCursor(core, within, {
      ...{ batchSize: undefined, limit: 0, tailable: false, awaitData: false, prefetch: false },
      ...{ maxAwaitTimeMS: undefined, comment: undefined, signal: undefined },
      open: (limits) => core.run(find, within, { filter: {}, ...limits }),
      ...plan,
    });
  }

  function taken(cursor: BatchCursor): unknown[] {
    const ids: unknown[] = [];
    for (let document = cursor.take(); document !== null; document = cursor.take()) ids.push(document._id);
    return ids;
  }

  async function readAll(cursor: BatchCursor): Promise<unknown[]> {
    const all: unknown[] = [];
    while (await cursor.fetch()) all.push(...taken(cursor));
    return all;
  }

  it('is one for its whole life', async () => {
    const cursor = cursorWith({ timeoutMS: TIMEOUT_MS, timeoutMode: 'cursorLifetime' });
    await expect(readAll(cursor)).rejects.toMatchObject({ name: 'OperationTimeoutError', timeoutMS: TIMEOUT_MS });
    expect(server.requests.find(({ name }) => name === 'find')!.command.maxTimeMS).toBeLessThanOrEqual(TIMEOUT_MS);
    expect(server.requestsOf('getMore')[0]!.command.maxTimeMS).toBeUndefined();
  });

  it('begins anew with each fetch in the mode for that, and the server is not told', async () => {
    const plan = { timeoutMS: TIMEOUT_MS, timeoutMode: 'iteration', tellsServer: false, prefetch: true } as const;
    const cursor = cursorWith(plan);
    const all: unknown[] = [];
    while (await cursor.fetch()) {
      const sent = server.requests.length;
      all.push(...taken(cursor));
      // Nothing is fetched ahead.
      expect(server.requests.length).toBe(sent);
    }
    expect(all).toEqual(Array.from({ length: 18 }, (_, _id) => _id));
    expect(server.requestsOf('find')[0]!.command.maxTimeMS).toBeUndefined();
  });

  it('is not changed by a wrong one for closing it, which leaves it open', async () => {
    const cursor = cursorWith({});
    await cursor.fetch();
    await expect(cursor.close(-1)).rejects.toThrow(/timeoutMS must be a whole number of milliseconds from 0.*-1/);
    expect([cursor.closed, server.requestsOf('killCursors').length]).toEqual([false, 0]);
    await cursor.close();
    expect([cursor.closed, server.requestsOf('killCursors').length]).toEqual([true, 1]);
  });

  it('is that of what it is part of; closing it has as much again', async () => {
    const cursor = cursorWith({ lifetime: new Deadline(100) });
    expect(await cursor.fetch()).toBe(true);
    taken(cursor);
    await pause(110);
    await expect(cursor.fetch()).rejects.toMatchObject({ name: 'OperationTimeoutError' });
    while (server.requestsOf('killCursors').length === 0) await pause(5);
    expect(server.requestsOf('killCursors')[0]!.command.maxTimeMS).toBeGreaterThan(0);
  });
});
