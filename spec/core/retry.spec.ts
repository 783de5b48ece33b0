import { findOne } from '../../lib/commands/find.js';
import { insertOne } from '../../lib/commands/insert.js';
import { runCommand } from '../../lib/commands/run-command.js';
import { update, updateBatch } from '../../lib/commands/update.js';
import { isRetryableWrite, labelWriteError, Retry } from '../../lib/core/retry.js';
import { AutoReconnectError, PoolClearedError, ProtocolError } from '../../lib/errors/connection-errors.js';
import { OperationFailureError } from '../../lib/errors/operation-errors.js';
import type { RotorError } from '../../lib/errors/rotor-error.js';
import type { ClientOptions } from '../../lib/options/client-options.js';
import type { ServerDescription } from '../../lib/topology/server-description.js';
import { describedServer } from '../topology/described.js';
import { FakeCore, FOUND, follow, insertion, OVERLOADED, ping, read, script } from './fake-core.js';

const POLICY = { retryReads: true, retryWrites: true, maxAdaptiveRetries: 2, enableOverloadRetargeting: false };
const READ = { kind: 'read', repeats: 'read', sharded: false, address: 'a:1' } as const;
const WRITE = { kind: 'write', repeats: 'write', sharded: false, address: 'a:1' } as const;
const failure = (code: number, response: object = {}, ...labels: string[]) =>
  new OperationFailureError(`error ${code}`, { code, labels, response: { ok: 0, code, ...response } });
const overload = (response: object = {}) => failure(462, response, 'SystemOverloadedError', 'RetryableError');

describe('Retry', () => {
  it('allows one further attempt, at once', () => {
    const retry = new Retry(POLICY);
    expect([retry.next(failure(91), READ), retry.next(failure(91), READ)]).toEqual([0, undefined]);
  });

  it('goes by the label of a write, and by the number of a read', () => {
    expect(new Retry(POLICY).next(failure(91), WRITE)).toBeUndefined();
    expect(new Retry(POLICY).next(failure(1, {}, 'RetryableWriteError'), WRITE)).toBe(0);
    expect(new Retry(POLICY).next(failure(1, {}, 'RetryableWriteError'), READ)).toBeUndefined();
    expect(new Retry(POLICY).next(failure(91), { ...READ, repeats: undefined })).toBeUndefined();
  });

  it('allows maxAdaptiveRetries of them once the server was overloaded, also for other failures', () => {
    const retry = new Retry({ ...POLICY, maxAdaptiveRetries: 3 });
    const delays = [failure(91), overload(), failure(91), failure(91)].map((error) => retry.next(error, READ));
    expect(delays).toEqual([0, expect.any(Number), 0, undefined]);
  });

  it('waits for an overloaded server no longer than ten seconds', () => {
    jest.spyOn(Math, 'random').mockReturnValue(1);
    const delay = (response: object) => new Retry(POLICY).next(overload(response), READ);
    expect([{}, { baseBackoffMS: 3_000 }, { baseBackoffMS: 90_000 }].map(delay)).toEqual([200, 6_000, 10_000]);
    expect([{ baseBackoffMS: -1 }, { baseBackoffMS: 'x' }, { baseBackoffMS: null }].map(delay)).toEqual([
      200, 200, 200,
    ]);
    jest.restoreAllMocks();
  });

  it('passes over the router that failed, and an overloaded server where that is wanted', () => {
    const avoided = (policy: object, error: OperationFailureError, attempt: object): string[] => {
      const retry = new Retry({ ...POLICY, ...policy });
      retry.next(error, { ...READ, ...attempt });
      return [...retry.avoided];
    };
    expect(avoided({}, failure(91), { sharded: true })).toEqual(['a:1']);
    expect(avoided({}, failure(91), {})).toEqual([]);
    expect(avoided({}, overload(), {})).toEqual([]);
    expect(avoided({ enableOverloadRetargeting: true }, overload(), {})).toEqual(['a:1']);
    expect(avoided({ enableOverloadRetargeting: true }, failure(91), {})).toEqual([]);
    expect(avoided({}, failure(91), { sharded: true, address: undefined })).toEqual([]);
  });

  it('tells in what it reports how many attempts there were', () => {
    const [first, nothing] = [failure(91), failure(10107, {}, 'NoWritesPerformed', 'RetryableWriteError')];
    const retry = new Retry(POLICY);
    expect(retry.attempts).toBe(1);
    retry.next(first, READ);
    expect([first.attempts, retry.attempts]).toEqual([1, 2]);
    retry.next(nothing, WRITE);
    expect([retry.reported, first.attempts]).toEqual([first, 2]);
  });

  it('reports the last error that tells of an attempt', () => {
    const [first, second] = [failure(91), failure(189)];
    const nothing = failure(10107, {}, 'NoWritesPerformed');
    const cleared = new PoolClearedError('cleared');
    const reported = (...errors: RotorError[]) => {
      const retry = new Retry(POLICY);
      for (const error of errors) retry.next(error, WRITE);
      return retry.reported;
    };
    expect(reported()).toBeUndefined();
    expect(reported(first, second)).toBe(second);
    expect(reported(first, nothing)).toBe(first);
    expect(reported(first, cleared)).toBe(first);
    expect(reported(nothing, cleared)).toBe(nothing);
    expect(reported(nothing, second)).toBe(second);
  });

  it('explains what a storage engine without transaction numbers says', () => {
    const error = failure(20, { errmsg: 'Transaction numbers are only allowed on a replica set member or mongos' });
    expect(new Retry(POLICY).next(error, WRITE)).toBeUndefined();
    expect(error.message).toMatch(/does not support retryable writes.*retryWrites=false/);
    const within = failure(20, { errmsg: 'Transaction numbers are only allowed on a replica set member or mongos' });
    new Retry(POLICY).next(within, { ...WRITE, repeats: undefined });
    expect(within.message).toBe('error 20');
    const other = failure(20, { errmsg: 'no' });
    new Retry(POLICY).next(other, WRITE);
    expect(other.message).toBe('error 20');
  });
});

describe('labelWriteError', () => {
  const server = (type: ServerDescription['type'], maxWireVersion: number) =>
    describedServer('a:1', type, { maxWireVersion });
  const concern = { ok: 1, code: undefined, writeConcernError: { code: 91 } };

  it.each<[string, RotorError, ServerDescription, boolean]>([
    ['a connection that broke', new AutoReconnectError('lost'), server('RSPrimary', 17), true],
    ['a reply that cannot be read', new ProtocolError('no'), server('RSPrimary', 17), false],
    ['a newer server, which labels itself', failure(91), server('RSPrimary', 9), false],
    ['an older server', failure(91), server('RSPrimary', 8), true],
    ['an older server that refused for good', failure(11000), server('RSPrimary', 8), false],
    ['the write concern on an older server', failure(91, concern), server('RSPrimary', 8), true],
    ['the write concern on an older router', failure(91, concern), server('Mongos', 8), false],
    ['a single write', failure(91, { ok: 1, code: 91 }), server('RSPrimary', 8), false],
  ])('of %s', (_name, error, from, labelled) => {
    labelWriteError(error, from);
    expect(error.hasErrorLabel('RetryableWriteError')).toBe(labelled);
  });
});

describe('isRetryableWrite', () => {
  const on = (type: ServerDescription['type'], logicalSessionTimeoutMinutes: number | undefined = 30) =>
    describedServer('a:1', type, { logicalSessionTimeoutMinutes });

  it('asks the command, its first entry, and the server', () => {
    const one = { filter: {}, update: {}, mode: 'one' } as const;
    expect(isRetryableWrite(update, one, on('RSPrimary'))).toBe(true);
    expect(isRetryableWrite(update, one, on('Mongos'))).toBe(true);
    expect(isRetryableWrite(update, one, on('Standalone'))).toBe(false);
    expect(isRetryableWrite(update, one, describedServer('a:1', 'RSPrimary'))).toBe(false);
    expect(isRetryableWrite(update, one, undefined)).toBe(false);
    expect(isRetryableWrite(update, { ...one, mode: 'many' }, on('RSPrimary'))).toBe(false);
    expect(isRetryableWrite(findOne, { filter: {} }, on('RSPrimary'))).toBe(false);
    const statements = { statements: [{ multi: true }, {}], from: 1, ordered: true };
    expect(isRetryableWrite(updateBatch, statements, on('RSPrimary'))).toBe(true);
    expect(isRetryableWrite(updateBatch, { ...statements, from: 0 }, on('RSPrimary'))).toBe(false);
  });
});

describe('an overloaded server', () => {
  const delays = (random: number): void => void jest.spyOn(Math, 'random').mockReturnValue(random);
  afterEach(() => jest.restoreAllMocks());

  it('is asked again after a while, twice as long each time', async () => {
    delays(0.5);
    using it = await FakeCore.open({ maxAdaptiveRetries: 3 });
    script(it.primary, OVERLOADED);
    const outcome = follow(it.core.run(findOne, it.scope, read));
    await it.clock.settle();
    const seen: number[] = [];
    for (const ms of [99, 1, 199, 1, 399, 1]) {
      await it.clock.advance(ms);
      seen.push(it.primary.requests.length);
    }
    expect(seen).toEqual([1, 2, 2, 3, 3, 4]);
    expect(outcome.error).toMatchObject({ code: 462 });
    expect([it.operations[0], it.core.sessions.size]).toEqual([0, 1]);
  });

  it('may say how long', async () => {
    delays(0.5);
    using it = await FakeCore.open();
    script(it.primary, { ...OVERLOADED, baseBackoffMS: 1_000 }, FOUND);
    const outcome = follow(it.core.run(findOne, it.scope, read));
    await it.clock.advance(999);
    expect(it.primary.requests).toHaveLength(1);
    await it.clock.advance(1);
    expect(outcome).toEqual({ value: { _id: 7 } });
  });

  it.each<[string, any, any, ClientOptions, number]>([
    ['a write without a number', update, { filter: {}, update: { $set: { a: 1 } }, mode: 'many' }, {}, 3],
    ['a write, with retryWrites=false', insertOne, insertion(), { retryWrites: false }, 1],
    ['a read, with retryReads=false', findOne, read, { retryReads: false }, 1],
    ['a command of the user', runCommand, ping, {}, 3],
    ['a command of the user, with retryReads=false', runCommand, ping, { retryReads: false }, 1],
    ['a command of the user, with retryWrites=false', runCommand, ping, { retryWrites: false }, 1],
    ['anything, with maxAdaptiveRetries=0', findOne, read, { maxAdaptiveRetries: 0 }, 1],
  ])('gets %s so often', async (_name, command, input, options, attempts) => {
    using it = await FakeCore.open(options);
    script(it.primary, OVERLOADED);
    const outcome = follow(it.core.run(command, it.scope, input));
    await it.clock.advance(10_000);
    expect(outcome.error).toMatchObject({ code: 462 });
    expect(it.primary.requests).toHaveLength(attempts);
  });

  it('is passed over where that is wanted and another will do', async () => {
    for (const enableOverloadRetargeting of [true, false]) {
      using it = await FakeCore.open({ enableOverloadRetargeting, readPreference: 'primaryPreferred' });
      script(it.primary, OVERLOADED, FOUND);
      for (const server of it.servers.slice(1)) script(server, FOUND);
      const outcome = follow(it.core.run(findOne, it.scope, read));
      await it.clock.advance(1_000);
      expect(outcome).toEqual({ value: { _id: 7 } });
      expect(it.primary.requests).toHaveLength(enableOverloadRetargeting ? 1 : 2);
    }
  });
});
