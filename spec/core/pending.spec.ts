import { findOne } from '../../lib/commands/find.js';
import { insertOne } from '../../lib/commands/insert.js';
import type { FakeAnswer } from '../topology/fake-network.js';
import { FakeCore, FOUND, follow, insertion, OVERLOADED, read, refusal, script, WRITTEN } from './fake-core.js';

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
