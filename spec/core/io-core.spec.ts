import { setTimeout as pause } from 'node:timers/promises';
import { find, findOne } from '../../lib/commands/find.js';
import { type InsertInput, insertOne } from '../../lib/commands/insert.js';
import { killCursors } from '../../lib/commands/kill-cursors.js';
import { runCommand } from '../../lib/commands/run-command.js';
import { InvalidOperationError } from '../../lib/errors/usage-errors.js';
import { type FakeAnswer, FakeNetwork } from '../topology/fake-network.js';
import { FakeCore, FOUND, follow, OVERLOADED, ping, read, refusal, script } from './fake-core.js';
import { rejection, ScriptedCore, until } from './scripted-core.js';

function insertion(document: object): InsertInput {
  return { documents: [document], from: 0, ids: [], makeId: undefined };
}

/** A document whose writing runs `act`, in the middle of the message. */
function acting(act: () => void): object {
  let acted = false;
  return {
    _id: 1,
    before: 'x'.repeat(50),
    get value() {
      if (!acted) act();
      acted = true;
      return { toBSON: () => 'written' };
    },
    after: 'y'.repeat(50),
  };
}

describe('IoCore', () => {
  it('opens at the first operation, closes, and opens again', async () => {
    await using it = await ScriptedCore.start();
    expect([it.core.isOpen, it.server.accepted]).toEqual([false, 0]);
    await it.core.close();
    // One connection for the operation, and one for the checks.
    for (const accepted of [2, 4]) {
      await it.core.run(runCommand, it.scope, ping);
      expect([it.core.isOpen, it.server.accepted]).toEqual([true, accepted]);
      expect(it.core.servers).toMatchObject([{ address: it.server.address }]);
      await Promise.all([it.core.close(), it.core.close()]);
      await until(() => it.server.openSockets === 0);
      expect([it.core.isOpen, it.core.servers, it.core.poolStats()]).toEqual([false, [], []]);
    }
  });

  it('refuses what still goes to a server that it has closed', async () => {
    await using it = await ScriptedCore.start();
    await it.core.run(runCommand, it.scope, ping);
    const server = await it.core.reach(it.scope.readPreference);
    await it.core.close();
    const pinned = it.core.run(killCursors, it.scope, { ids: [1n] }, server);
    await expect(pinned).rejects.toThrow(InvalidOperationError);
    expect(await rejection(pinned)).toMatchObject({ command: 'killCursors', namespace: 'shop.items' });
    // That alone does not open the client again.
    expect(it.core.isOpen).toBe(false);
  });

  it('lets what a cursor asks of a server that went away wait for the selection, not for ever', async () => {
    using it = await FakeCore.open({}, new FakeNetwork('a:1'));
    const server = it.core.topology.server('a:1');
    const kill = () => follow(it.core.run(killCursors, it.scope, { ids: [1n] }, server));
    it.primary.mood = 'refuses';
    const first = kill();
    await it.clock.settle();
    expect(first.error.message).toMatch(/connect ECONNREFUSED/);
    const second = kill();
    await it.clock.advance(1_900);
    expect(second).toEqual({});
    await it.clock.advance(200);
    expect(second.error.message).toMatch(/within serverSelectionTimeoutMS .*ECONNREFUSED/);
  });
});

describe('close with drainMS', () => {
  it('waits for what is under way, and takes nothing new', async () => {
    await using it = await ScriptedCore.start(({ name }) =>
      name === 'ping' ? pause(30, { ok: 1, done: true }) : undefined,
    );
    const running = it.core.run(runCommand, it.scope, ping);
    await until(() => it.server.requestsOf('ping').length === 1);
    const closing = it.core.close(5_000);
    expect(it.core.isOpen).toBe(false);
    await expect(it.core.run(runCommand, it.scope, ping)).rejects.toThrow('the client is being closed');
    expect(await running).toMatchObject({ done: true });
    await closing;
  });

  it('waits no longer than that', async () => {
    await using it = await ScriptedCore.start(({ name }) => (name === 'find' ? 'hang' : undefined));
    const running = rejection(it.core.run(findOne, it.scope, { filter: {} }));
    await until(() => it.server.requestsOf('find').length === 1);
    const start = performance.now();
    await it.core.close(40);
    expect(performance.now() - start).toBeGreaterThanOrEqual(39);
    expect(await running).toBeInstanceOf(InvalidOperationError);
  });

  it('waits for nothing where nothing is under way', async () => {
    await using it = await ScriptedCore.start();
    await it.core.run(runCommand, it.scope, ping);
    const start = performance.now();
    await it.core.close(10_000);
    expect(performance.now() - start).toBeLessThan(5_000);
  });
});

describe('user code that runs in the middle of a message', () => {
  it('may call the driver: neither message is spoilt', async () => {
    await using it = await ScriptedCore.start(({ name }) => (name === 'insert' ? { ok: 1, n: 1 } : undefined));
    await it.core.run(runCommand, it.scope, ping);
    const inner: Promise<unknown>[] = [];
    const document = acting(() => {
      inner.push(it.core.run(insertOne, it.scope, insertion({ _id: 2, inner: 'z'.repeat(70_000) })));
      inner.push(it.core.run(runCommand, it.scope, { command: { ping: 2 } }));
    });
    const outer = await it.core.run(insertOne, it.scope, insertion(document));
    await Promise.all(inner);
    expect([outer.acknowledged, inner.length]).toEqual([true, 2]);
    const written = it.server.requestsOf('insert').map(({ command }) => command.documents[0]);
    expect(written).toEqual([
      { _id: 1, before: 'x'.repeat(50), value: 'written', after: 'y'.repeat(50) },
      { _id: 2, inner: 'z'.repeat(70_000) },
    ]);
    expect(it.server.requestsOf('ping').map(({ command }) => command.ping)).toEqual([1, 2]);
    expect(it.server.failures).toEqual([]);
  });

  it('may close the client: the operation fails as any other that is under way', async () => {
    await using it = await ScriptedCore.start(({ name }) => (name === 'insert' ? 'hang' : undefined));
    await it.core.run(runCommand, it.scope, ping);
    let closing: Promise<void> | undefined;
    const document = acting(() => {
      closing = it.core.close();
    });
    const error = await rejection(it.core.run(insertOne, it.scope, insertion(document)));
    expect(error).toBeInstanceOf(InvalidOperationError);
    expect(error.message).toMatch(/^the client was closed \(insert on shop\.items/);
    await closing;
  });

  it('may call the driver from a listener of events', async () => {
    await using it = await ScriptedCore.start();
    const inner: Promise<unknown>[] = [];
    it.events.once('commandStarted', () => {
      inner.push(it.core.run(runCommand, it.scope, { command: { ping: 2, x: 'x'.repeat(70_000) } }));
    });
    await it.core.run(runCommand, it.scope, ping);
    await Promise.all(inner);
    const sent = it.server.requestsOf('ping').map(({ command }) => command.ping);
    expect([sent, it.server.failures]).toEqual([[1, 2], []]);
  });

  it('may abort its own operation from a listener of events', async () => {
    await using it = await ScriptedCore.start(({ name, flags }) =>
      name === 'insert' && flags === 0 ? { ok: 1, n: 1 } : undefined,
    );
    const reason = new Error('enough');
    for (const writeConcern of [{ w: 1 }, { w: 0 }]) {
      const abort = new AbortController();
      it.events.once('commandStarted', () => abort.abort(reason));
      const input = { ...insertion({ _id: 1 }), options: { signal: abort.signal, writeConcern } };
      expect(await rejection(it.core.run(insertOne, it.scope, input))).toBe(reason);
    }
    await it.core.run(runCommand, it.scope, ping);
    await until(() => it.server.requestsOf('insert').length === 2);
    expect(it.server.accepted).toBeLessThanOrEqual(3);
    // A count that went wrong would make this wait in vain, or not at all.
    const running = it.core.run(runCommand, it.scope, ping);
    const start = performance.now();
    await it.core.close(3_000);
    expect(performance.now() - start).toBeLessThan(2_500);
    await running;
  });
});

describe('closing', () => {
  it.each<[string, FakeAnswer, object]>([
    ['under way', 'silent', { name: 'InvalidOperationError' }],
    ['in a pause', OVERLOADED, { code: 462 }],
    ['waiting for a primary', refusal(10107), { code: 10107 }],
  ])('fails an operation that is %s, and leaves nothing', async (_name, answer, expected) => {
    using it = await FakeCore.open();
    script(it.primary, answer);
    const outcome = follow(it.core.run(findOne, it.scope, read));
    for (const [index, server] of it.servers.entries()) server.hello = it.network.member(index, false);
    await it.clock.settle();
    const closing = it.core.close();
    await it.clock.advance(60_000);
    await closing;
    expect(outcome.error).toMatchObject(expected);
    expect([it.network.openSockets, it.clock.timers, it.core.isOpen]).toEqual([0, 0, false]);
  });

  it('within a listener of a failed attempt ends the operation', async () => {
    using it = await FakeCore.open();
    script(it.primary, refusal(91), FOUND);
    it.events.on('commandFailed', () => void it.core.close());
    const outcome = follow(it.core.run(find, it.scope, read));
    await it.clock.advance(1_000);
    expect(outcome.error).toBeDefined();
    expect([it.network.openSockets, it.clock.timers]).toEqual([0, 0]);
  });
});
