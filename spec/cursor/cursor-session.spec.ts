import { find } from '../../lib/commands/find.js';
import { createCore } from '../../lib/core/create-core.js';
import { BatchCursor } from '../../lib/cursor/batch-cursor.js';
import type { CursorPlan } from '../../lib/cursor/cursor-plan.js';
import { resolveOptions } from '../../lib/options/resolve.js';
import { type Answer, ScriptedServer } from '../support/scripted-server.js';
import { cursorScript, numbered } from './scripted-cursor.js';

let server: ScriptedServer;
let core: ReturnType<typeof createCore>['core'];

/** A cursor that has given out its first batch; `getMore` is answered when `answer` is called. */
async function readCursor(plan: Partial<CursorPlan> = {}, held = 'getMore') {
  let answer!: (answer: Answer) => void;
  const answered = new Promise<Answer>((resolve) => {
    answer = resolve;
  });
  server.handler = cursorScript([numbered(0, 2), numbered(2, 4), []], {
    first: ({ name }) => (name === held ? answered : undefined),
  });
  const made = createCore(resolveOptions(server.uri));
  core = made.core;
  const scope = made.scope.inDatabase('shop').inCollection('items');
  const cursor = new BatchCursor(core, scope, {
    ...{ batchSize: undefined, limit: 0, tailable: false, awaitData: false, prefetch: false },
    ...{ maxAwaitTimeMS: undefined, comment: undefined, signal: undefined },
    open: () => core.run(find, scope, { filter: {} }),
    ...plan,
  });
  const opened = cursor.fetch();
  if (held === 'getMore') {
    await opened;
    while (cursor.take() !== null);
  } else {
    await until(() => server.requestsOf(held).length === 1);
  }
  return { cursor, answer, opened };
}

async function until(condition: () => boolean): Promise<void> {
  for (let left = 200; left > 0 && !condition(); left--) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(condition()).toBe(true);
}

/** How often the session of the cursor is in the pool, which is emptied by this. */
function timesFree(): number {
  const own = server.requestsOf('find')[0]!.command.lsid.id.toString('hex');
  return core.sessions.drain().filter(({ id }) => id.toString('hex') === own).length;
}

const REFUSAL = { ok: 0, code: 2, codeName: 'BadValue', errmsg: 'no' };

beforeEach(async () => {
  server = await ScriptedServer.listen();
});

afterEach(async () => {
  await core.close();
  await server.close();
  expect(server.failures).toEqual([]);
});

describe('CursorSession', () => {
  it('comes back when a getMore fails', async () => {
    const { cursor, answer } = await readCursor();
    answer(REFUSAL);
    await expect(cursor.fetch()).rejects.toMatchObject({ code: 2 });
    expect(cursor.closed).toBe(true);
    expect(timesFree()).toBe(1);
  });

  it.each<[string, Answer, number]>([
    ['is answered', undefined, 1],
    ['fails', REFUSAL, 1],
    [
      'is answered that the cursor has been killed',
      { ok: 0, code: 237, codeName: 'CursorKilled', errmsg: 'killed' },
      1,
    ],
    // Nobody knows what the server does with it then.
    ['breaks its connection', 'reset', 0],
  ])('comes back once, after a close during a getMore that %s, and not before', async (_, given, times) => {
    const { cursor, answer } = await readCursor();
    const fetching = cursor.fetch();
    await until(() => server.requestsOf('getMore').length === 1);
    await cursor.close();
    expect(timesFree()).toBe(0);
    answer(given);
    expect(await fetching).toBe(false);
    await until(() => core.poolStats()[0]!.inUse === 0);
    expect(timesFree()).toBe(times);
  });

  it('comes back with the reply that nobody waits for, of a getMore that closing has aborted', async () => {
    const { cursor, answer } = await readCursor({ tailable: true, awaitData: true });
    const fetching = cursor.fetch();
    await until(() => server.requestsOf('getMore').length === 1);
    await cursor.close();
    expect(await fetching).toBe(false);
    expect(timesFree()).toBe(0);
    answer(REFUSAL);
    await until(() => core.poolStats()[0]!.inUse === 0);
    expect(timesFree()).toBe(1);
  });

  it('comes back by an abort between two batches, also of a cursor that nobody asks again', async () => {
    const controller = new AbortController();
    const { cursor } = await readCursor({ signal: controller.signal });
    controller.abort(new Error('enough'));
    await until(() => server.requestsOf('killCursors').length === 1);
    expect(timesFree()).toBe(1);
    await expect(cursor.fetch()).rejects.toBe(controller.signal.reason);
    expect(timesFree()).toBe(0);
  });

  it('comes back with the late reply, of a getMore whose caller has aborted', async () => {
    const controller = new AbortController();
    const { cursor, answer } = await readCursor({ signal: controller.signal });
    const fetching = cursor.fetch().catch((error: unknown) => error);
    await until(() => server.requestsOf('getMore').length === 1);
    controller.abort('enough');
    expect(await fetching).toBe('enough');
    await until(() => cursor.closed);
    expect(timesFree()).toBe(0);
    answer(undefined);
    await until(() => core.poolStats()[0]!.inUse === 0);
    expect(timesFree()).toBe(1);
  });

  it('comes back with the batch that was fetched ahead, for nobody', async () => {
    const { cursor, answer } = await readCursor({ prefetch: true });
    await until(() => server.requestsOf('getMore').length === 1);
    await cursor.close();
    expect(timesFree()).toBe(0);
    answer(REFUSAL);
    await until(() => core.poolStats()[0]!.inUse === 0);
    expect(timesFree()).toBe(1);
  });

  it('comes back where the cursor is closed while it is being opened', async () => {
    const { cursor, answer, opened } = await readCursor({}, 'find');
    await cursor.close();
    answer(undefined);
    expect(await opened).toBe(false);
    await until(() => server.requestsOf('killCursors').length === 1 && core.poolStats()[0]!.inUse === 0);
    expect(timesFree()).toBe(1);
  });

  it('comes back at once, where the caller has aborted between two batches', async () => {
    const controller = new AbortController();
    const { cursor } = await readCursor({ signal: controller.signal });
    controller.abort('enough');
    await expect(cursor.fetch()).rejects.toBe('enough');
    await until(() => server.requestsOf('killCursors').length === 1 && core.poolStats()[0]!.inUse === 0);
    expect(timesFree()).toBe(1);
  });
});
