import { findOne } from '../../lib/commands/find.js';
import { insertOne } from '../../lib/commands/insert.js';
import { PoolTimeoutError } from '../../lib/errors/connection-errors.js';
import { OperationTimeoutError } from '../../lib/errors/operation-timeout-error.js';
import { underDeadline } from '../../lib/util/ambient-deadline.js';
import { Deadline } from '../../lib/util/deadline.js';
import { type FakeAnswer, FakeNetwork } from '../topology/fake-network.js';
import { bodies, FakeCore, FOUND, follow, insertion, OVERLOADED, read, refusal, script, WRITTEN } from './fake-core.js';

describe('an abort', () => {
  const reason = new Error('enough');

  it.each<[string, FakeAnswer, boolean]>([
    ['in a pause for an overloaded server', OVERLOADED, false],
    ['while no primary is known', refusal(10107), true],
  ])('%s ends the operation, and gives all back', async (_name, answer, leaderless) => {
    using it = await FakeCore.open();
    script(it.primary, answer);
    const abort = new AbortController();
    const outcome = follow(it.core.run(findOne, it.scope, { ...read, options: { signal: abort.signal } }));
    if (leaderless) for (const [index, server] of it.servers.entries()) server.hello = it.network.member(index, false);
    await it.clock.settle();
    expect(outcome).toEqual({});
    abort.abort(reason);
    await it.clock.settle();
    expect(outcome).toEqual({ error: reason });
    await it.clock.advance(20_000);
    expect([it.primary.requests.length, it.operations, it.core.sessions.size]).toEqual([1, [0, 0, 0], 1]);
    expect(it.poolOfPrimary).toMatchObject({ inUse: 0, waiting: 0 });
  });

  it('between the failure and the next attempt lets none follow', async () => {
    using it = await FakeCore.open();
    script(it.primary, refusal(134), FOUND);
    const abort = new AbortController();
    it.events.on('commandFailed', () => abort.abort(reason));
    const outcome = follow(it.core.run(findOne, it.scope, { ...read, options: { signal: abort.signal } }));
    await it.clock.advance(1_000);
    expect(outcome).toEqual({ error: reason });
    expect([it.primary.requests.length, it.operations[0], it.core.sessions.size]).toEqual([1, 0, 1]);
  });

  it('in a listener, as the command is told of, keeps the session until the reply has come', async () => {
    using it = await FakeCore.open();
    script(it.primary, 'silent', WRITTEN);
    const abort = new AbortController();
    it.events.once('commandStarted', () => abort.abort(reason));
    const outcome = follow(it.core.run(insertOne, it.scope, insertion([{ _id: 1 }], { signal: abort.signal })));
    await it.clock.settle();
    expect([outcome, it.operations[0], it.core.sessions.size]).toEqual([{ error: reason }, 1, 0]);
    it.primary.transports.at(-1)!.reply(WRITTEN);
    expect([it.operations[0], it.core.sessions.size, it.poolOfPrimary.idle]).toEqual([0, 1, 1]);
  });
});

describe('a deadline', () => {
  const within = (timeoutMS: number) => ({ ...read, options: { timeoutMS } });

  it('ends what waits for a server', async () => {
    using it = await FakeCore.open({}, new FakeNetwork('a:1'));
    it.primary.cut();
    await it.clock.advance(20);
    const outcome = follow(it.core.run(findOne, it.scope, within(300)));
    await it.clock.advance(299);
    expect(outcome).toEqual({});
    await it.clock.advance(12);
    expect(outcome.error).toBeInstanceOf(OperationTimeoutError);
    expect(outcome.error).toMatchObject({ stage: 'selection', timeoutMS: 300, cause: expect.any(Error) });
    expect(outcome.error.message).toMatch(
      /within timeoutMS \(300 ms\): no server was found.*ECONNREFUSED.*find on shop/s,
    );
  });

  it('ends what waits for a connection, which has nothing of maxWaitTime, and gives the place free', async () => {
    using it = await FakeCore.open({}, undefined, { maxPoolSize: 1, waitQueueTimeoutMS: 50 });
    script(it.primary, 'silent');
    const holder = follow(it.core.run(findOne, it.scope, within(2_000)));
    await it.clock.settle();
    const waiter = follow(it.core.run(findOne, it.scope, within(300)));
    await it.clock.advance(299);
    expect([waiter, it.poolOfPrimary.waiting]).toEqual([{}, 1]);
    await it.clock.advance(12);
    expect(waiter.error).toMatchObject({ stage: 'connection', address: 'a:1', cause: expect.any(PoolTimeoutError) });
    expect(waiter.error.message).toMatch(/no connection became free.*1 of at most 1 connections are in use, by find/s);
    expect([holder, it.poolOfPrimary.waiting, it.operations]).toEqual([{}, 0, [1, 0, 0]]);
  });

  it('sends nothing that has no time left for the way to the server, and says so', async () => {
    using it = await FakeCore.open({}, undefined, { maxPoolSize: 1 });
    script(it.primary, 'silent', FOUND);
    follow(it.core.run(findOne, it.scope, within(2_000)));
    await it.clock.settle();
    const late = follow(it.core.run(findOne, it.scope, within(295)));
    // Deadlines are looked at every 10 ms.
    await it.clock.advance(297);
    expect(late).toEqual({});
    it.primary.transports.at(-1)!.reply(FOUND);
    await it.clock.settle();
    expect(late.error).toMatchObject({ stage: 'connection', address: 'a:1' });
    expect(late.error.message).toMatch(
      /within timeoutMS \(295 ms\): it has a connection, but no time left for the way to the server and back \(find/,
    );
    expect([it.primary.requests.length, it.poolOfPrimary.idle, it.operations]).toEqual([1, 1, [0, 0, 0]]);
  });

  it('ends what waits for a reply; the connection goes to nobody before that has come', async () => {
    using it = await FakeCore.open({}, undefined, { maxPoolSize: 1 });
    script(it.primary, 'silent', FOUND);
    const late = follow(it.core.run(findOne, it.scope, within(300)));
    await it.clock.advance(311);
    expect(late.error).toMatchObject({ stage: 'reply', address: 'a:1', command: 'find', namespace: 'shop.items' });
    expect(late.error.elapsedMS).toBeGreaterThanOrEqual(300);
    const next = follow(it.core.run(findOne, it.scope, within(3_000)));
    await it.clock.advance(100);
    expect([next, it.primary.requests.length]).toEqual([{}, 1]);
    it.primary.transports.at(-1)!.reply(FOUND);
    await it.clock.settle();
    expect([next.value, it.primary.requests.length, it.poolOfPrimary.total]).toEqual([{ _id: 7 }, 2, 1]);
  });

  it('ends the pause before the next attempt, or does not begin one that is too long', async () => {
    const random = jest.spyOn(Math, 'random').mockReturnValue(1);
    using it = await FakeCore.open({ maxAdaptiveRetries: 9 });
    script(it.primary, OVERLOADED);
    const outcome = follow(it.core.run(findOne, it.scope, within(300)));
    await it.clock.advance(320);
    expect(outcome.error.message).toContain('error 462');
    expect(it.primary.requests.length).toBe(2);
    random.mockRestore();
  });

  it('lets a read be tried again as long as there is time', async () => {
    using it = await FakeCore.open();
    let count = 0;
    it.primary.answer = () => (++count < 8 ? refusal(134) : FOUND);
    const outcome = follow(it.core.run(findOne, it.scope, within(60_000)));
    await it.clock.advance(10_000);
    expect([outcome, count]).toEqual([{ value: { _id: 7 } }, 8]);
  });

  it('tells the server what is left, and is told by it', async () => {
    using it = await FakeCore.open();
    script(it.primary, { ok: 0, code: 50, errmsg: 'operation exceeded time limit' });
    const outcome = follow(it.core.run(findOne, it.scope, { ...read, options: { timeoutMS: 300, maxTimeMS: 5 } }));
    await it.clock.advance(10);
    expect(bodies(it.primary)[0]!.maxTimeMS).toBe(300);
    expect(outcome.error).toMatchObject({ stage: 'server', cause: { code: 50 } });
  });

  it('that is over sends nothing', async () => {
    using it = await FakeCore.open();
    script(it.primary, FOUND);
    const deadline = new Deadline(5);
    await it.clock.advance(6);
    const outcome = follow(it.core.run(findOne, it.scope, { ...read, deadline }));
    await it.clock.advance(20);
    expect(outcome.error).toBeInstanceOf(OperationTimeoutError);
    expect(it.primary.requests).toEqual([]);
  });

  it('of a block around the operation holds if it is earlier', async () => {
    using it = await FakeCore.open();
    script(it.primary, 'silent');
    const short = follow(underDeadline(100, () => it.core.run(findOne, it.scope, within(300))));
    const long = follow(underDeadline(500, () => it.core.run(findOne, it.scope, within(300))));
    await it.clock.advance(111);
    expect([short.error.timeoutMS, long]).toEqual([100, {}]);
    await it.clock.advance(200);
    expect(long.error.timeoutMS).toBe(300);
  });

  it('leaves one timer for all, and none soon after the last', async () => {
    using it = await FakeCore.open();
    script(it.primary, FOUND);
    await it.core.run(findOne, it.scope, read);
    const before = it.clock.timers;
    await Promise.all(Array.from({ length: 50 }, () => it.core.run(findOne, it.scope, within(30_000))));
    expect(it.clock.timers).toBe(before + 1);
    await it.clock.advance(101);
    expect([it.clock.timers, it.core.deadlines.size]).toEqual([before, 0]);
  });
});
