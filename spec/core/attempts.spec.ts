import { ObjectId } from 'bson';
import { findOne } from '../../lib/commands/find.js';
import { getMore } from '../../lib/commands/get-more.js';
import { insertBatch, insertOne } from '../../lib/commands/insert.js';
import { runCommand } from '../../lib/commands/run-command.js';
import { type StatementsInput, update, updateBatch } from '../../lib/commands/update.js';
import { AutoReconnectError, PoolTimeoutError } from '../../lib/errors/connection-errors.js';
import { OperationFailureError } from '../../lib/errors/operation-errors.js';
import type { ClientOptions } from '../../lib/options/client-options.js';
import { type FakeAnswer, FakeNetwork } from '../topology/fake-network.js';
import { bodies, FakeCore, FOUND, follow, insertion, ping, read, refusal, script, WRITTEN } from './fake-core.js';

describe('a read that fails', () => {
  it.each<[string, FakeAnswer]>([
    ['the connection breaks', 'cut'],
    ['the server shuts down', refusal(91)],
    ['the server steps down', refusal(189)],
    ['majority is not available yet', refusal(134)],
  ])('as %s is tried once more', async (_name, first) => {
    using it = await FakeCore.open();
    script(it.primary, first, FOUND);
    const outcome = follow(it.core.run(findOne, it.scope, read));
    await it.clock.advance(1_000);
    expect(outcome).toEqual({ value: { _id: 7 } });
    expect(it.primary.commands).toEqual(['find', 'find']);
    const [one, two] = it.primary.requests;
    expect(two!.requestId).toBeGreaterThan(one!.requestId);
    expect(two!.command).not.toHaveProperty('txnNumber');
    expect(it.operations).toEqual([0, 0, 0]);
  });

  it('twice tells its caller of the second failure', async () => {
    using it = await FakeCore.open();
    script(it.primary, refusal(91), refusal(189));
    const { error } = await (async () => {
      const outcome = follow(it.core.run(findOne, it.scope, read));
      await it.clock.advance(1_000);
      return outcome;
    })();
    expect(error).toMatchObject({ code: 189, command: 'find', namespace: 'shop.items', address: 'a:1' });
    expect(it.primary.commands).toEqual(['find', 'find']);
    expect([it.operations, it.core.sessions.size]).toEqual([[0, 0, 0], 1]);
  });

  it.each<[string, ClientOptions, object]>([
    ['for another reason', {}, refusal(13)],
    ['with retryReads=false', { retryReads: false }, refusal(91)],
  ])('%s is not tried again', async (_name, options, first) => {
    using it = await FakeCore.open(options);
    script(it.primary, first, FOUND);
    const outcome = follow(it.core.run(findOne, it.scope, read));
    await it.clock.advance(1_000);
    expect(outcome.error).toBeInstanceOf(OperationFailureError);
    expect(it.primary.commands).toEqual(['find']);
  });

  it.each([
    ['getMore', getMore, { id: 5n, batchSize: undefined, maxAwaitTimeMS: undefined, comment: undefined }],
    ['a command of the user', runCommand, ping],
  ])('is not tried again where it is %s', async (_name, command: any, input: any) => {
    using it = await FakeCore.open();
    script(it.primary, 'cut', FOUND);
    const outcome = follow(it.core.run(command, it.scope, input));
    await it.clock.advance(1_000);
    expect(outcome.error).toBeInstanceOf(AutoReconnectError);
    expect(it.primary.requests).toHaveLength(1);
  });

  it('on one router goes to another', async () => {
    const network = FakeNetwork.routers('a:1', 'b:1');
    using it = await FakeCore.open({}, network);
    for (const server of it.servers) script(server, refusal(134), refusal(134));
    const outcome = follow(it.core.run(findOne, it.scope, read));
    await it.clock.advance(1_000);
    expect(outcome.error).toMatchObject({ code: 134 });
    expect(it.servers.map(({ commands }) => commands)).toEqual([['find'], ['find']]);
  });

  it('before a connection was there is tried again as well', async () => {
    using it = await FakeCore.open();
    script(it.primary, FOUND);
    it.primary.mood = 'refuses';
    const outcome = follow(it.core.run(findOne, it.scope, read));
    await it.clock.settle();
    expect(outcome).toEqual({});
    it.primary.mood = 'answers';
    await it.clock.advance(1_000);
    expect(outcome).toEqual({ value: { _id: 7 } });
    expect(it.primary.commands).toEqual(['find']);
  });

  it('and finds no server afterwards tells its caller of the first failure', async () => {
    using it = await FakeCore.open();
    script(it.primary, 'cut');
    const outcome = follow(it.core.run(findOne, it.scope, read));
    await it.clock.settle();
    for (const server of it.servers) server.cut();
    await it.clock.advance(30_000);
    expect(outcome.error).toBeInstanceOf(AutoReconnectError);
    expect(outcome.error.message).toMatch(/^connection 1 to a:1 was lost: ECONNRESET \(find on shop\.items at a:1, /);
  });

  it('and finds a pool without room afterwards tells its caller of the first failure', async () => {
    using it = await FakeCore.open({}, FakeNetwork.set('a:1'), { maxPoolSize: 1, waitQueueTimeoutMS: 200 });
    script(it.primary, refusal(134), 'silent');
    const first = follow(it.core.run(findOne, it.scope, read));
    const second = follow(it.core.run(findOne, it.scope, read));
    await it.clock.advance(250);
    expect(first.error).toMatchObject({ code: 134 });
    expect(second.error).toBeUndefined();
    const third = follow(it.core.run(findOne, it.scope, read));
    await it.clock.advance(250);
    expect(third.error).toBeInstanceOf(PoolTimeoutError);
  });
});

describe('a write that fails', () => {
  it.each<[string, FakeAnswer, number]>([
    ['the connection breaks', 'cut', 17],
    ['the server says that it may be tried again', refusal(1, 'RetryableWriteError'), 17],
    ['an older server steps down', refusal(189), 8],
    ['the write concern of an older server fails', { ok: 1, n: 1, writeConcernError: { code: 91 } }, 8],
  ])('as %s is tried once more under the same number', async (_name, first, maxWireVersion) => {
    const network = FakeNetwork.set('a:1');
    network.servers[0]!.hello = { ...network.servers[0]!.hello, maxWireVersion };
    using it = await FakeCore.open({}, network);
    script(it.primary, first, WRITTEN);
    const outcome = follow(it.core.run(insertOne, it.scope, insertion()));
    await it.clock.advance(1_000);
    expect(outcome.value).toEqual({ acknowledged: true, insertedId: 1 });
    const [one, two] = bodies(it.primary);
    expect([Number(one!.txnNumber), Number(two!.txnNumber)]).toEqual([1, 1]);
    expect(two!.lsid).toEqual(one!.lsid);
    expect(it.primary.requests[1]!.requestId).not.toBe(it.primary.requests[0]!.requestId);
  });

  it('gets the next number of its session the next time', async () => {
    using it = await FakeCore.open();
    script(it.primary, WRITTEN);
    for (let i = 0; i < 2; i++) {
      follow(it.core.run(insertOne, it.scope, insertion()));
      await it.clock.settle();
    }
    const [one, two] = bodies(it.primary);
    expect([Number(one!.txnNumber), Number(two!.txnNumber)]).toEqual([1, 2]);
    expect(two!.lsid).toEqual(one!.lsid);
  });

  it('by a broken connection leaves its session to nobody else', async () => {
    using it = await FakeCore.open();
    script(it.primary, 'cut', WRITTEN);
    follow(it.core.run(insertOne, it.scope, insertion()));
    await it.clock.advance(1_000);
    expect([it.primary.requests.length, it.core.sessions.size]).toEqual([2, 0]);
  });

  it('twice tells of the first failure where the second wrote nothing', async () => {
    using it = await FakeCore.open();
    script(it.primary, refusal(91, 'RetryableWriteError'), refusal(10107, 'RetryableWriteError', 'NoWritesPerformed'));
    const outcome = follow(it.core.run(insertOne, it.scope, insertion()));
    await it.clock.advance(1_000);
    expect(outcome.error).toMatchObject({ code: 91, address: 'a:1' });
    expect(it.primary.requests).toHaveLength(2);
  });

  it('twice, both times before anything was written, tells of the first', async () => {
    using it = await FakeCore.open();
    const nothing = ['RetryableWriteError', 'NoWritesPerformed'] as const;
    script(it.primary, refusal(91, ...nothing), refusal(10107, ...nothing));
    const outcome = follow(it.core.run(insertOne, it.scope, insertion()));
    await it.clock.advance(1_000);
    expect(outcome.error).toMatchObject({ code: 91 });
  });

  it.each<[string, ClientOptions, (network: FakeNetwork) => void]>([
    ['with retryWrites=false', { retryWrites: false }, () => undefined],
    ['on a standalone', {}, ({ servers }) => (servers[0]!.hello = new FakeNetwork('a:1').servers[0]!.hello)],
    [
      'on a server without sessions',
      {},
      ({ servers }) => (servers[0]!.hello = { ...servers[0]!.hello, logicalSessionTimeoutMinutes: undefined }),
    ],
  ])('%s has no number and is tried once', async (_name, options, arrange) => {
    const network = FakeNetwork.set('a:1');
    arrange(network);
    using it = await FakeCore.open(options, network);
    script(it.primary, 'cut', WRITTEN);
    const outcome = follow(it.core.run(insertOne, it.scope, insertion()));
    await it.clock.advance(1_000);
    expect(outcome.error).toBeInstanceOf(AutoReconnectError);
    expect(outcome.error.errorLabels).toEqual([]);
    expect(bodies(it.primary)).toHaveLength(1);
    expect(bodies(it.primary)[0]).not.toHaveProperty('txnNumber');
  });

  it('to many documents has no number and is tried once', async () => {
    using it = await FakeCore.open();
    script(it.primary, refusal(91, 'RetryableWriteError'), WRITTEN);
    const many = { filter: {}, update: { $set: { a: 1 } }, mode: 'many' } as const;
    const outcome = follow(it.core.run(update, it.scope, many));
    await it.clock.advance(1_000);
    expect(outcome.error).toMatchObject({ code: 91 });
    expect(bodies(it.primary)[0]).not.toHaveProperty('txnNumber');
    expect(it.primary.requests).toHaveLength(1);
  });

  it('that nobody acknowledges has neither session nor number', async () => {
    using it = await FakeCore.open();
    const outcome = follow(it.core.run(insertOne, it.scope, insertion([{ _id: 1 }], { writeConcern: { w: 0 } })));
    await it.clock.settle();
    expect(outcome.value).toEqual({ acknowledged: false, insertedId: 1 });
    expect(bodies(it.primary)[0]).not.toHaveProperty('lsid');
    expect(bodies(it.primary)[0]).not.toHaveProperty('txnNumber');
    expect(it.operations[0]).toBe(0);
  });

  it('goes to the new primary, rebuilt for its version', async () => {
    const network = FakeNetwork.set('a:1', 'b:1');
    network.servers[0]!.hello = { ...network.member(0, true), maxWireVersion: 27 };
    using it = await FakeCore.open({}, network);
    it.primary.answer = () => {
      network.elect(1);
      return refusal(10107, 'RetryableWriteError');
    };
    script(it.servers[1]!, WRITTEN);
    const outcome = follow(it.core.run(insertOne, it.scope, insertion([{ _id: 1 }], { rawData: true })));
    await it.clock.advance(1_000);
    expect(outcome.value).toMatchObject({ acknowledged: true });
    const [[one], [two]] = [bodies(it.primary), bodies(it.servers[1]!)];
    expect([one!.rawData, two!.rawData]).toEqual([true, undefined]);
    expect([two!.lsid, two!.txnNumber, two!.documents]).toEqual([one!.lsid, one!.txnNumber, one!.documents]);
  });
});

describe('a bulk that fails', () => {
  const statements = (...multi: boolean[]): StatementsInput => ({
    statements: multi.map((many) => ({ q: {}, u: { $set: { a: 1 } }, ...(many && { multi: true }) })),
    from: 0,
    ordered: true,
  });

  it('is tried again as a whole', async () => {
    using it = await FakeCore.open();
    script(it.primary, 'cut', { ok: 1, n: 2 });
    const outcome = follow(it.core.run(insertBatch, it.scope, insertion([{ _id: 1 }, { _id: 2 }])));
    await it.clock.advance(1_000);
    expect(outcome.value).toMatchObject({ sent: 2, n: 2 });
    expect(bodies(it.primary).map(({ txnNumber }) => Number(txnNumber))).toEqual([1, 1]);
  });

  it('is tried again for its write concern, though single writes failed', async () => {
    using it = await FakeCore.open();
    const failed = { ok: 1, n: 0, writeErrors: [{ index: 0, code: 11000, errmsg: 'no' }] };
    const concern = { writeConcernError: { code: 91, errmsg: 'no' }, errorLabels: ['RetryableWriteError'] };
    script(it.primary, { ...failed, ...concern }, failed);
    const outcome = follow(it.core.run(insertBatch, it.scope, insertion()));
    await it.clock.advance(1_000);
    expect(outcome.value).toMatchObject({ n: 0, writeErrors: [{ code: 11000 }], writeConcernError: undefined });
    expect(it.primary.requests).toHaveLength(2);
  });

  it.each([[[true]], [[false, true]], [[true, false]]])('of updates %j to many has no number', async (multi) => {
    using it = await FakeCore.open();
    script(it.primary, refusal(91, 'RetryableWriteError'), WRITTEN);
    const outcome = follow(it.core.run(updateBatch, it.scope, statements(...multi)));
    await it.clock.advance(1_000);
    expect(outcome.error).toMatchObject({ code: 91 });
    expect([it.primary.requests.length, bodies(it.primary)[0]!.updates]).toMatchObject([1, multi.map(() => ({}))]);
    expect(bodies(it.primary)[0]).not.toHaveProperty('txnNumber');
  });

  it('has a number where those to many come in a later message', async () => {
    const network = FakeNetwork.set('a:1');
    network.servers[0]!.hello = { ...network.servers[0]!.hello, maxWriteBatchSize: 1 };
    using it = await FakeCore.open({}, network);
    script(it.primary, WRITTEN);
    const outcome = follow(it.core.run(updateBatch, it.scope, statements(false, true)));
    await it.clock.settle();
    expect([outcome.value?.sent, Number(bodies(it.primary)[0]!.txnNumber)]).toEqual([1, 1]);
  });

  it('is not sent without its number to a server that would take more of it', async () => {
    const network = FakeNetwork.set('a:1', 'b:1');
    network.servers[0]!.hello = { ...network.member(0, true), maxWriteBatchSize: 1 };
    using it = await FakeCore.open({}, network);
    script(it.primary, refusal(10107, 'RetryableWriteError'));
    const outcome = follow(it.core.run(updateBatch, it.scope, statements(false, true)));
    network.elect(1);
    await it.clock.advance(1_000);
    expect(outcome.error).toMatchObject({ code: 10107, address: 'a:1' });
    expect(it.servers[1]!.requests).toEqual([]);
    expect([it.core.writer.busy, it.operations, it.core.sessions.size]).toEqual([false, [0, 0], 1]);
  });
});

describe('the session of a command', () => {
  it('that a cursor lends counts as used when the command goes out', async () => {
    using it = await FakeCore.open();
    script(it.primary, FOUND);
    const session = it.core.sessions.acquire(30);
    await it.clock.advance(60_000);
    follow(it.core.run(findOne, it.scope, { ...read, session }));
    await it.clock.settle();
    expect([bodies(it.primary)[0]!.lsid, session.lastUse]).toEqual([session.lsid, performance.now()]);
  });

  it.each([
    ['rests too long for a set', {}, false],
    ['may rest as long as it likes behind a load balancer', { loadBalanced: true }, true],
  ])('%s', async (_, topology, again) => {
    const network = new FakeNetwork('lb:1');
    network.servers[0]!.hello = { ...network.servers[0]!.hello, msg: 'isdbgrid', serviceId: new ObjectId() };
    using it = await FakeCore.open({}, network, topology);
    script(it.primary, FOUND);
    const session = it.core.sessions.acquire(undefined);
    it.core.sessions.release(session);
    session.lastUse -= 30 * 60_000;
    follow(it.core.run(findOne, it.scope, read));
    await it.clock.settle();
    expect(bodies(it.primary).at(-1)!.lsid.id.equals(session.lsid.id)).toBe(again);
  });
});
