import { getEventListeners } from 'node:events';
import { Long } from 'bson';
import { find, findOne } from '../../lib/commands/find.js';
import { type InsertInput, insertBatch, insertOne } from '../../lib/commands/insert.js';
import { runCommand } from '../../lib/commands/run-command.js';
import { update } from '../../lib/commands/update.js';
import { AutoReconnectError, ProtocolError } from '../../lib/errors/connection-errors.js';
import { DuplicateKeyError, OperationFailureError, WTimeoutError } from '../../lib/errors/operation-errors.js';
import { ConfigurationError, InvalidDocumentError, InvalidOperationError } from '../../lib/errors/usage-errors.js';
import { invalidBson, opMsg, opReply, truncated } from '../support/reply-bytes.js';
import type { Answer, Handler } from '../support/scripted-server.js';
import {
  bodies,
  FakeCore,
  FOUND,
  follow,
  insertion,
  OVERLOADED,
  ping,
  read,
  refusal,
  script,
  WRITTEN,
} from './fake-core.js';
import { isHello, rejection, ScriptedCore, until } from './scripted-core.js';

/** A handler that answers all commands but hello. */
const always =
  (answer: (requestId: number) => Answer): Handler =>
  ({ name, requestId }) =>
    isHello(name) ? undefined : answer(requestId);

/** Its connection is none of the pool's. */
const MONITOR = 1;

describe('an operation', () => {
  it('goes to the server and comes back', async () => {
    await using it = await ScriptedCore.start(always(() => FOUND));
    expect(await it.core.run(findOne, it.scope, { filter: { _id: 7 } })).toEqual({ _id: 7 });
    const [request] = it.server.requestsOf('find');
    expect(request!.command).toMatchObject({ find: 'items', filter: { _id: 7 }, limit: 1, $db: 'shop' });
    expect(it.core.poolStats()).toMatchObject([{ total: 1, idle: 1, inUse: 0 }]);
  });

  it('says how much of its list went out', async () => {
    await using it = await ScriptedCore.start(
      always(() => ({ ok: 1, n: 2 })),
      {},
      { maxWriteBatchSize: 2 },
    );
    const input = { ...insertion([{ _id: 0 }, { _id: 1 }, { _id: 2 }, { _id: 3 }]), from: 1 };
    expect(await it.core.run(insertBatch, it.scope, input)).toMatchObject({ sent: 2, n: 2, acknowledged: true });
    expect(it.server.requestsOf('insert')[0]!.command.documents).toEqual([{ _id: 1 }, { _id: 2 }]);
  });

  it('that wants no reply is over when it is sent', async () => {
    await using it = await ScriptedCore.start(undefined, { maxPoolSize: 1 });
    const input = (): InsertInput => insertion([{ _id: 5 }], { writeConcern: { w: 0 } });
    const results = await Promise.all(Array.from({ length: 500 }, () => it.core.run(insertOne, it.scope, input())));
    expect(results[499]).toEqual({ acknowledged: false, insertedId: 5 });
    await it.core.run(runCommand, it.scope, ping);
    const requests = it.server.requestsOf('insert');
    expect([requests.length, requests[0]!.flags, requests[0]!.command.writeConcern]).toEqual([500, 2, { w: 0 }]);
    expect(it.server.accepted).toBe(1 + MONITOR);
  });

  it.each([{ writeErrors: [] }, { writeConcernError: null }])('takes %j for a success', async (fields) => {
    await using it = await ScriptedCore.start(always(() => ({ ok: 1, n: 1, ...fields })));
    expect(await it.core.run(insertOne, it.scope, insertion([{ _id: 1 }]))).toMatchObject({ acknowledged: true });
  });
});

describe('an error', () => {
  it.each<[string, object, Function, object]>([
    [
      'of the command',
      { ok: 0, errmsg: 'no', code: 13, codeName: 'Unauthorized' },
      OperationFailureError,
      { code: 13 },
    ],
    [
      'of a write',
      { ok: 1, writeErrors: [{ index: 0, code: 11000, errmsg: 'no' }] },
      DuplicateKeyError,
      { code: 11000 },
    ],
    [
      'of the write concern',
      { ok: 1, n: 1, writeConcernError: { code: 64, errmsg: 'no' } },
      WTimeoutError,
      { code: 64 },
    ],
  ])('%s says where it arose, and the connection lives', async (_name, reply, Expected, fields) => {
    await using it = await ScriptedCore.start(({ name }) => (name === 'insert' ? reply : undefined));
    const error = await rejection(it.core.run(insertOne, it.scope, insertion([{ _id: 1 }])));
    expect(error.constructor).toBe(Expected);
    const { address } = it.server;
    expect(error).toMatchObject({ ...fields, command: 'insert', namespace: 'shop.items', address });
    expect(error.message).toMatch(new RegExp(`^no \\(insert on shop\\.items at ${address}, after \\d+ ms\\)$`));
    expect(error.elapsedMS).toBeGreaterThan(0);
    await it.core.run(runCommand, it.scope, ping);
    expect(it.server.accepted).toBe(1 + MONITOR);
  });

  it('goes into the result of a command that takes it there', async () => {
    const writeErrors = [{ index: 0, code: 11000, errmsg: 'no' }];
    await using it = await ScriptedCore.start(always(() => ({ ok: 1, n: 0, writeErrors })));
    expect(await it.core.run(insertBatch, it.scope, insertion([{ _id: 1 }]))).toMatchObject({ writeErrors });
  });

  it.each<[string, (requestId: number) => Answer, Function]>([
    ['the wrong responseTo', () => opMsg({ ok: 1 }, { responseTo: -1 }), ProtocolError],
    ['an unknown opcode', (responseTo) => opReply({ ok: 1 }, { responseTo }), ProtocolError],
    ['invalid BSON', (responseTo) => invalidBson('unknown type', { responseTo }), ProtocolError],
    ['no cursor', (responseTo) => opMsg({ ok: 1 }, { responseTo }), ProtocolError],
    ['more to come', (responseTo) => opMsg(FOUND, { responseTo, flags: 2 }), ProtocolError],
    ['an end', () => 'close', AutoReconnectError],
    ['a reset', () => 'reset', AutoReconnectError],
  ])('of the connection by %s: it is dropped, and the next operation succeeds', async (_name, answer, Expected) => {
    let broken = true;
    await using it = await ScriptedCore.start(
      always((id) => (broken ? answer(id) : FOUND)),
      { retryReads: false },
    );
    const error = await rejection(it.core.run(findOne, it.scope, { filter: {} }));
    expect(error).toBeInstanceOf(Expected);
    expect(error).toMatchObject({ command: 'find', namespace: 'shop.items', address: it.server.address });
    broken = false;
    expect(await it.core.run(findOne, it.scope, { filter: {} })).toEqual({ _id: 7 });
    expect(it.server.accepted).toBeGreaterThanOrEqual(2 + MONITOR);
  });

  it('of a reply that ends in its middle comes when the connection does', async () => {
    await using it = await ScriptedCore.start(({ name, requestId }, { socket }) => {
      if (isHello(name)) return undefined;
      socket.end(truncated(opMsg(FOUND, { responseTo: requestId }), 40));
      return 'hang';
    });
    await expect(it.core.run(findOne, it.scope, { filter: {} })).rejects.toThrow(AutoReconnectError);
  });

  it('of the input rejects, before anything is sent', async () => {
    await using it = await ScriptedCore.start();
    await expect(it.core.run(runCommand, it.scope, { command: 5 })).rejects.toThrow(TypeError);
    const circular: any = {};
    circular.self = circular;
    const error = await rejection(it.core.run(insertOne, it.scope, insertion([circular])));
    expect(error).toBeInstanceOf(InvalidDocumentError);
    expect(error).toMatchObject({ command: 'insert', namespace: 'shop.items' });
    const newer = Object.freeze({ ...runCommand, name: 'bulkWrite', since: { wireVersion: 99, release: '99' } });
    await expect(it.core.run(newer, it.scope, ping)).rejects.toThrow(ConfigurationError);
    await it.core.run(runCommand, it.scope, ping);
    expect(it.server.requests.map(({ name }) => name)).toEqual(['isMaster', 'isMaster', 'ping']);
    expect(it.core.poolStats()).toMatchObject([{ total: 1, idle: 1 }]);
  });

  it('that several operations share says of each where it was', async () => {
    await using it = await ScriptedCore.start(
      always(() => 'hang'),
      { maxPoolSize: 1 },
    );
    const running = [
      rejection(it.core.run(findOne, it.scope, { filter: {} })),
      rejection(it.core.run(insertOne, it.scope, insertion([{ _id: 1 }]))),
    ];
    await until(() => it.server.requestsOf('find').length === 1);
    await it.core.close();
    const [first, second] = await Promise.all(running);
    for (const error of [first, second]) expect(error).toBeInstanceOf(InvalidOperationError);
    expect([first.command, second.command]).toEqual(['find', 'insert']);
    expect(first.message).toMatch(/^the client was closed \(find on shop\.items at [^()]*\)$/);
    expect(second.message).toMatch(/^the client was closed \(insert on shop\.items at [^()]*\)$/);
  });
});

describe('an abort', () => {
  const reason = new Error('enough');
  const find7 = (signal: AbortSignal) => ({ filter: {}, options: { signal } });

  it('before the start sends nothing', async () => {
    await using it = await ScriptedCore.start();
    expect(await rejection(it.core.run(findOne, it.scope, find7(AbortSignal.abort(reason))))).toBe(reason);
    expect(it.server.accepted).toBe(0);
  });

  it('before a server is selected leaves the line', async () => {
    await using it = await ScriptedCore.start(() => 'hang');
    const abort = new AbortController();
    const running = it.core.run(findOne, it.scope, find7(abort.signal));
    await until(() => it.server.requests.length === 1);
    abort.abort(reason);
    expect(await rejection(running)).toBe(reason);
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
  });

  it('in the line of the pool frees the place', async () => {
    await using it = await ScriptedCore.start(({ name }) => (name === 'find' ? 'hang' : undefined), { maxPoolSize: 1 });
    const holder = rejection(it.core.run(findOne, it.scope, { filter: {} }));
    await until(() => it.server.requestsOf('find').length === 1);
    const abort = new AbortController();
    const running = rejection(it.core.run(findOne, it.scope, find7(abort.signal)));
    expect(it.core.poolStats()[0]!.waiting).toBe(1);
    abort.abort(reason);
    expect(await running).toBe(reason);
    expect(it.core.poolStats()[0]!.waiting).toBe(0);
    await it.core.close();
    await holder;
  });

  it('in flight lets the connection live, and closes a cursor that nobody got', async () => {
    let answer = (_reply: object): void => undefined;
    await using it = await ScriptedCore.start(({ name }) => {
      if (name !== 'find') return undefined;
      return new Promise<object>((resolve) => {
        answer = resolve;
      });
    });
    const abort = new AbortController();
    const running = rejection(it.core.run(find, it.scope, find7(abort.signal)));
    await until(() => it.server.requestsOf('find').length === 1);
    abort.abort(reason);
    expect(await running).toBe(reason);
    answer({ cursor: { id: Long.fromNumber(99), ns: 'shop.items', firstBatch: [] }, ok: 1 });
    await until(() => it.server.requestsOf('killCursors').length === 1);
    const { command, db } = it.server.requestsOf('killCursors')[0]!;
    expect([db, command.killCursors, command.cursors.map(Number)]).toEqual(['shop', 'items', [99]]);
    await it.core.run(runCommand, it.scope, ping);
    expect(it.core.poolStats()[0]!.generation).toBe(0);
  });

  it.each([undefined, { w: 0 }])('in a toBSON of its own document sends nothing (%j)', async (writeConcern) => {
    await using it = await ScriptedCore.start();
    const abort = new AbortController();
    const document = {
      toBSON(): object {
        abort.abort(reason);
        return { _id: 1 };
      },
    };
    const input = insertion([document], { signal: abort.signal, ...(writeConcern && { writeConcern }) });
    expect(await rejection(it.core.run(insertOne, it.scope, input))).toBe(reason);
    await it.core.run(runCommand, it.scope, ping);
    expect(it.server.requestsOf('insert')).toEqual([]);
    // It was counted once: closing waits for the ping, and for nothing else.
    const running = it.core.run(runCommand, it.scope, ping);
    const start = performance.now();
    await it.core.close(3_000);
    expect(performance.now() - start).toBeLessThan(2_500);
    await running;
  });
});

describe('a new primary', () => {
  it('takes over what can be tried again from the old one, which hangs; the rest goes on', async () => {
    using it = await FakeCore.open();
    script(it.primary, 'silent');
    script(it.servers[1]!, WRITTEN);
    const movable = follow(it.core.run(insertOne, it.scope, insertion([{ _id: 1 }])));
    const many = { filter: {}, update: { $set: { a: 1 } }, mode: 'many' } as const;
    const fixed = follow(it.core.run(update, it.scope, many));
    await it.clock.settle();
    it.servers[1]!.hello = { ...it.network.member(1, true), setVersion: 2 };
    await it.clock.advance(10_000);
    expect(movable.value).toMatchObject({ acknowledged: true });
    expect(fixed).toEqual({});
    const [one] = bodies(it.primary);
    const [two] = bodies(it.servers[1]!);
    expect([two!.lsid, Number(two!.txnNumber)]).toEqual([one!.lsid, Number(one!.txnNumber)]);
    it.primary.transports.at(-1)!.reply(WRITTEN);
    await it.clock.settle();
    expect([fixed.value?.acknowledged, it.operations]).toEqual([true, [0, 0, 0]]);
  });

  it('gets also an operation that is at its second attempt: to move is no attempt', async () => {
    using it = await FakeCore.open();
    script(it.primary, refusal(91, 'RetryableWriteError'), 'silent');
    script(it.servers[1]!, { ok: 1, n: 1 });
    const outcome = follow(it.core.run(insertOne, it.scope, insertion([{ _id: 1 }])));
    await it.clock.advance(1_000);
    expect(it.primary.requests).toHaveLength(2);
    it.servers[1]!.hello = { ...it.network.member(1, true), setVersion: 2 };
    await it.clock.advance(10_000);
    expect(outcome.value).toMatchObject({ acknowledged: true });
    const [first, moved] = [it.primary.requests[0]!.command, it.servers[1]!.requests[0]!.command];
    expect([moved.lsid, moved.txnNumber]).toEqual([first.lsid, first.txnNumber]);
  });
});

describe('a cleared pool', () => {
  it('sends those in line to another server; they have sent nothing, and that is no attempt', async () => {
    using it = await FakeCore.open({ readPreference: 'primaryPreferred' }, undefined, { maxPoolSize: 1 });
    script(it.primary, 'silent');
    for (const server of it.servers.slice(1)) script(server, OVERLOADED, FOUND);
    const holder = follow(it.core.run(runCommand, it.scope, { ...ping, options: { readPreference: 'primary' } }));
    await it.clock.settle();
    const waiting = follow(it.core.run(findOne, it.scope, read));
    await it.clock.settle();
    expect(it.poolOfPrimary.waiting).toBe(1);
    it.primary.cut();
    await it.clock.advance(2_000);
    expect(holder.error).toBeInstanceOf(AutoReconnectError);
    expect(waiting).toEqual({ value: { _id: 7 } });
  });

  it('again and again tells so in the end', async () => {
    using it = await FakeCore.open();
    const { pool } = it.core.topology.server('a:1')!;
    jest.spyOn(pool, 'lend').mockImplementation((borrower) => borrower.turnedAway(new Error('cleared') as never));
    const outcome = follow(it.core.run(findOne, it.scope, read));
    await it.clock.advance(1_000);
    expect(outcome.error.message).toContain('cleared');
    expect(it.operations[0]).toBe(0);
  });
});

test('the events of all attempts have one operation number, and each its own request', async () => {
  using it = await FakeCore.open();
  script(it.primary, refusal(134), FOUND);
  const events: any[] = [];
  for (const name of ['commandStarted', 'commandFailed', 'commandSucceeded'] as const) {
    it.events.on(name, (event: object) => events.push({ name, ...event }));
  }
  follow(it.core.run(findOne, it.scope, read));
  await it.clock.advance(1_000);
  const names = events.map(({ name }) => name);
  expect(names).toEqual(['commandStarted', 'commandFailed', 'commandStarted', 'commandSucceeded']);
  expect(new Set(events.map(({ operationId }) => operationId)).size).toBe(1);
  expect(new Set(events.map(({ requestId }) => requestId)).size).toBe(2);
});
