import { findOne } from '../../lib/commands/find.js';
import { getMore } from '../../lib/commands/get-more.js';
import { runCommand } from '../../lib/commands/run-command.js';
import { OperationTimeoutError } from '../../lib/errors/operation-timeout-error.js';
import { ReadPreference } from '../../lib/options/read-preference.js';
import { type FakeAnswer, FakeNetwork } from '../topology/fake-network.js';
import { FakeCore, FOUND, follow, read, refusal } from './fake-core.js';

const HELLO = { ok: 1, ismaster: true, maxWireVersion: 17, logicalSessionTimeoutMinutes: 30, connectionId: 5 };
const reason = new Error('enough');

/** A core whose operations never end, on a server that answers orders to kill in this way. */
async function hanging(answers: Readonly<Record<string, FakeAnswer>> = {}, options: object = {}): Promise<FakeCore> {
  const network = new FakeNetwork('a:1');
  const it = await FakeCore.open({ maxPoolSize: 1, killOnAbort: true, ...options }, network);
  it.primary.hello = HELLO;
  it.primary.answer = ({ name }) => answers[name] ?? (name.startsWith('kill') ? { ok: 1 } : 'silent');
  return it;
}

/** Starts a find, and aborts it when it is under way. */
async function abortedFind(it: FakeCore, options: object = {}) {
  const abort = new AbortController();
  const outcome = follow(it.core.run(findOne, it.scope, { ...read, options: { signal: abort.signal, ...options } }));
  await it.clock.settle();
  abort.abort(reason);
  expect(outcome).toEqual({});
  await it.clock.settle();
  expect(outcome).toEqual({ error: reason });
}

const orders = (it: FakeCore) => it.primary.requests.filter(({ name }) => name.startsWith('kill'));

describe('an operation that is given up with killOnAbort', () => {
  it('is ended by its session, over a connection beside the full pool; nobody else gets the session', async () => {
    using it = await hanging();
    await abortedFind(it);
    const [find] = it.primary.requests;
    expect(orders(it).map(({ command }) => command.killSessions)).toEqual([[find!.command.lsid]]);
    expect(orders(it)[0]!.command).toMatchObject({ $db: 'admin' });
    expect(orders(it)[0]!.command).not.toHaveProperty('maxTimeMS');
    expect(it.poolOfPrimary).toMatchObject({ total: 1, inUse: 1 });
    it.primary.transports.find(({ requests }) => requests.includes(find!))!.reply(refusal(11601));
    expect(it.poolOfPrimary).toMatchObject({ total: 1, inUse: 0, idle: 1 });
    expect(it.core.sessions.size).toBe(0);
  });

  it('goes on without the option, or where the operation says so', async () => {
    using it = await hanging();
    await abortedFind(it, { killOnAbort: false });
    expect(orders(it)).toEqual([]);
    using other = await hanging({}, { killOnAbort: false });
    await abortedFind(other);
    expect(orders(other)).toEqual([]);
  });

  it('by its deadline is left to the server, which knows of it; unless it does not', async () => {
    using it = await hanging();
    const told = follow(it.core.run(findOne, it.scope, { ...read, options: { timeoutMS: 100 } }));
    await it.clock.advance(120);
    expect(told.error).toBeInstanceOf(OperationTimeoutError);
    expect(orders(it)).toEqual([]);
    it.primary.transports.at(-1)!.reply(FOUND);
    const untold = follow(it.core.run(findOne, it.scope, { ...read, options: { timeoutMS: 100 }, tellsServer: false }));
    await it.clock.advance(120);
    expect(untold.error).toBeInstanceOf(OperationTimeoutError);
    expect(orders(it).map(({ name }) => name)).toEqual(['killSessions']);
  });

  it('is ended by its cursor where it reads one', async () => {
    using it = await hanging();
    const abort = new AbortController();
    const input = { id: 9n, batchSize: undefined, maxAwaitTimeMS: undefined, comment: undefined };
    const outcome = follow(it.core.run(getMore, it.scope, { ...input, options: { signal: abort.signal } }));
    await it.clock.settle();
    abort.abort(reason);
    await it.clock.settle();
    expect(outcome).toEqual({ error: reason });
    expect(orders(it).map(({ command }) => [command.$db, command.killCursors, command.cursors.map(Number)])).toEqual([
      ['shop', 'items', [9]],
    ]);
  });

  it.each<[string, FakeAnswer, boolean, number]>([
    ['is not closed once more', { ok: 1 }, false, 1],
    ['is not closed once more, where who reads it hears of the abort first', { ok: 1 }, true, 1],
    ['is closed all the same where the order was refused', refusal(13), false, 2],
  ])('by its cursor, which %s', async (_name, answer, isFirst, count) => {
    using it = await hanging({ killCursors: answer }, { maxPoolSize: 2 });
    const reached = follow(it.core.reach(ReadPreference.PRIMARY));
    await it.clock.settle();
    const server = reached.value!;
    const abort = new AbortController();
    const input = { id: 9n, batchSize: undefined, maxAwaitTimeMS: undefined, comment: undefined };
    const outcome = follow(it.core.run(getMore, it.scope, { ...input, options: { signal: abort.signal } }, server));
    await it.clock.settle();
    const close = () => follow(it.core.killCursor(9n, it.scope, server));
    const closed = isFirst ? close() : undefined;
    abort.abort(reason);
    const closedNow = closed ?? close();
    for (let turn = 0; turn < 5; turn++) await it.clock.settle();
    expect(outcome).toEqual({ error: reason });
    expect(closedNow).toHaveProperty('value');
    expect(orders(it).map(({ name, command }) => [name, command.cursors.map(Number)])).toEqual(
      Array(count).fill(['killCursors', [9]]),
    );
    // Another cursor has nothing to do with it.
    follow(it.core.killCursor(8n, it.scope, server));
    await it.clock.settle();
    expect(orders(it).at(-1)!.command.cursors.map(Number)).toEqual([8]);
  });

  it.each<[string, FakeAnswer, unknown[]]>([
    ['is ended by its number where it has no session of its own', batch({ opid: 44 }), [44]],
    ['is over where the server knows nothing of it', batch(), []],
    ['goes on where its user may not ask', refusal(13), []],
  ])('%s', async (_name, answer, killed) => {
    using it = await hanging({ aggregate: answer });
    const abort = new AbortController();
    const command = { ping: 1, lsid: { id: 3 } };
    const outcome = follow(it.core.run(runCommand, it.scope, { command, options: { signal: abort.signal } }));
    await it.clock.settle();
    abort.abort(reason);
    await it.clock.settle();
    expect(outcome).toEqual({ error: reason });
    const [asked] = it.primary.requests.filter(({ name }) => name === 'aggregate');
    expect(asked!.command.pipeline[1]).toEqual({ $match: { connectionId: 5, active: true } });
    expect(orders(it).map(({ command: { op } }) => op)).toEqual(killed);
  });
});

function batch(...firstBatch: object[]) {
  return { ok: 1, cursor: { id: 0n, ns: 'admin.$cmd.aggregate', firstBatch } };
}

describe('ServerKills', () => {
  it('kills a crowd by one order, whose connection is kept for a while and then closed', async () => {
    using it = await hanging({}, { maxPoolSize: 20 });
    const abort = new AbortController();
    const options = { signal: abort.signal };
    const outcomes = Array.from({ length: 20 }, () => follow(it.core.run(findOne, it.scope, { ...read, options })));
    for (let turn = 0; turn < 10; turn++) await it.clock.settle();
    abort.abort(reason);
    for (let turn = 0; turn < 3; turn++) await it.clock.settle();
    expect(outcomes.map(({ error }) => error)).toEqual(outcomes.map(() => reason));
    expect(orders(it).map(({ command }) => command.killSessions.length)).toEqual([20]);
    const open = it.primary.openSockets;
    await it.clock.advance(9_000);
    expect(it.primary.openSockets).toBe(open);
    await it.clock.advance(1_500);
    // By then the pool has closed its own, too: no reply has come.
    expect(orders(it)).toHaveLength(1);
    expect(it.core.poolStats()[0]!.total).toBe(0);
    expect(it.primary.openSockets).toBe(1);
  });

  it('gives up after five seconds where the server keeps silent, and begins anew the next time', async () => {
    using it = await hanging({ killSessions: 'silent' }, { maxPoolSize: 2 });
    await abortedFind(it);
    expect(orders(it)).toHaveLength(1);
    const open = it.primary.openSockets;
    await it.clock.advance(5_100);
    expect(it.primary.openSockets).toBe(open - 1);
    await abortedFind(it);
    expect(orders(it)).toHaveLength(2);
  });

  it('lets no failure out: a server that cannot be reached any more', async () => {
    using it = await hanging();
    const abort = new AbortController();
    const outcome = follow(it.core.run(findOne, it.scope, { ...read, options: { signal: abort.signal } }));
    await it.clock.settle();
    it.primary.mood = 'refuses';
    abort.abort(reason);
    await it.clock.advance(10);
    expect([outcome, orders(it)]).toEqual([{ error: reason }, []]);
    expect(it.poolOfPrimary).toMatchObject({ generation: 0, inUse: 1 });
  });

  it('is waited for when the client is closed, for a second at most', async () => {
    using it = await hanging({ killSessions: 'silent' });
    await abortedFind(it);
    let closed = false;
    void it.core.close().then(() => {
      closed = true;
    });
    await it.clock.advance(900);
    expect(closed).toBe(false);
    await it.clock.advance(200);
    expect([closed, it.primary.openSockets]).toEqual([true, 0]);
  });

  it('is waited for when the client is closed, what is aborted meanwhile too, and no connection stays', async () => {
    using it = await hanging({ killSessions: 'silent' }, { maxPoolSize: 2 });
    await abortedFind(it);
    const abort = new AbortController();
    const outcome = follow(it.core.run(findOne, it.scope, { ...read, options: { signal: abort.signal } }));
    await it.clock.settle();
    let closed = false;
    void it.core.close().then(() => {
      closed = true;
    });
    await it.clock.advance(500);
    abort.abort(reason);
    await it.clock.advance(2_500);
    expect(outcome).toEqual({ error: reason });
    expect([closed, it.primary.openSockets]).toEqual([true, 0]);
  });
});
