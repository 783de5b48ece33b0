/**
 * The prose tests of MongoDB's Retryable Reads, Retryable Writes and Client Backpressure specifications that ask for a
 * replica set; those that ask for several mongos are in retry-prose-sharded.spec.ts.
 */
import type { Document } from 'bson';
import { AsyncClient, type ClientOptions, type RotorError } from '../../lib/index.js';
import type { Deployment } from '../support/deployment/deployment.js';
import { ownServers } from '../support/deployment/own-servers.js';
import { uniqueDatabase } from '../support/live.js';
import type { Layer, Next } from '../support/proxy/layer.js';
import type { Command } from '../support/proxy/message.js';
import { startProxy, type WireProxy } from '../support/proxy/start-proxy.js';
import { startSet } from '../support/proxy/start-set.js';
import { ScriptedServer } from '../support/scripted-server.js';

const DATABASE = uniqueDatabase('retryprose');
const APP_NAME = 'retryprose';
const OVERLOAD = ['RetryableError', 'SystemOverloadedError'];
const OVERLOADED = { errorCode: 462, errorLabels: OVERLOAD };
const HOST_UNREACHABLE = 6;
const SHUTDOWN_IN_PROGRESS = 91;
const NOT_WRITABLE_PRIMARY = 10107;
const MAX_RETRIES = 2;

/** Between the client and the server, so that a second fail point is set before the second attempt gets there. */
class Gate implements Layer {
  opens: Promise<unknown> | undefined;
  /** Added to every reply: failCommand cannot set fields of its own. */
  fields: Document | undefined;

  wants(name: string): boolean {
    return name === 'find' || name === 'insert';
  }

  async handle(command: Command, next: Next): Promise<Document | undefined> {
    await this.opens;
    const reply = await next(command);
    return reply && { ...reply, ...this.fields };
  }
}

interface Attempt {
  readonly address: string;
  readonly startedAt: number;
  endedAt: number;
}

let gate: Gate;
let set: Deployment;
let proxy: WireProxy;
let admin: AsyncClient;
/** Address of the proxy of the primary. */
let primary: string;
let client: AsyncClient;
let attempts: Attempt[];
let poolEvents: any[];

/** Waits for all members, so that an operation has where else to go. */
async function connect(options: ClientOptions = {}): Promise<void> {
  client = new AsyncClient(proxy.uri, { appName: APP_NAME, ...options });
  attempts = [];
  poolEvents = [];
  client.on('commandStarted', ({ commandName, address }) => {
    if (gate.wants(commandName)) attempts.push({ address, startedAt: performance.now(), endedAt: 0 });
  });
  for (const name of ['commandSucceeded', 'commandFailed'] as const) {
    client.on(name as 'commandSucceeded', ({ commandName }) => {
      if (gate.wants(commandName)) attempts.at(-1)!.endedAt = performance.now();
    });
  }
  for (const name of ['connectionCheckedOut', 'connectionCheckOutFailed', 'connectionPoolCleared'] as const)
    client.on(name as 'connectionPoolCleared', (event) => poolEvents.push({ name, ...event }));
  await client.open();
  const isKnown = (): boolean =>
    [...client.topologyDescription.servers.values()].every(
      ({ type }) => type === 'RSPrimary' || type === 'RSSecondary',
    );
  for (let left = 1_000; !isKnown() && left > 0; left--) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(isKnown()).toBe(true);
}

const items = (options = {}) => client.db(DATABASE).collection<Document>('items', options);
const find = () => items().findOne();
const findPreferred = () => items({ readPreference: 'primaryPreferred' }).findOne();
const insert = () => items().insertOne({});
const addresses = (): string[] => attempts.map(({ address }) => address);
/** How long the client waited before each attempt but the first. */
const pausesMS = (): number[] => attempts.slice(1).map(({ startedAt }, index) => startedAt - attempts[index]!.endedAt);

/** Makes finds and inserts fail on the primary. */
async function fail(data: Document, mode: Document | 'alwaysOn' = { times: 1 }): Promise<void> {
  const all = { failCommands: ['find', 'insert'], appName: APP_NAME, ...data };
  await admin.admin.command({ configureFailPoint: 'failCommand', mode, data: all });
}

/** Makes the first attempt fail in one way and all that follow in another. */
async function failDifferently(first: Document, then: Document): Promise<void> {
  await fail(first);
  const change = ({ commandName }: { readonly commandName: string }): void => {
    if (gate.wants(commandName)) gate.opens ??= fail(then, 'alwaysOn');
  };
  client.on('commandFailed', change);
  // A write concern error comes with a write that succeeded.
  client.on('commandSucceeded', change);
}

function failureOf(run: () => Promise<unknown>): Promise<RotorError> {
  return run().then(
    () => {
      throw new Error('the operation succeeded');
    },
    (error: RotorError) => error,
  );
}

function jitter(value: number): void {
  jest.spyOn(Math, 'random').mockReturnValue(value);
}

ownServers('on a replica set of three', () => {
  beforeAll(async () => {
    gate = new Gate();
    set = await startSet(3);
    proxy = await startProxy(set, { layers: [gate] });
    admin = new AsyncClient(await set.directURI());
    const { address } = await set.primary();
    primary = proxy.members.find(({ serverAddress }) => serverAddress === address)!.address;
    await admin.db(DATABASE).collection<Document>('items').insertOne({ _id: 0 });
  }, 60_000);
  afterAll(async () => {
    await admin?.close();
    await proxy?.stop();
    await set?.stop();
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await client.close();
    await gate.opens;
    gate.opens = gate.fields = undefined;
    await admin.admin.command({ configureFailPoint: 'failCommand', mode: 'off' });
  });

  // Retryable reads 1, retryable writes 2.
  it.each([
    ['findOne', find, []],
    ['insertOne', insert, ['RetryableWriteError']],
  ] as const)('%s is tried again where its pool was cleared before it had a connection', async (_name, run, labels) => {
    await connect({ maxPoolSize: 1 });
    const block = { blockConnection: true, blockTimeMS: 1000 };
    await fail({ errorCode: SHUTDOWN_IN_PROGRESS, errorLabels: labels, ...block });
    poolEvents.length = 0;
    await Promise.all([run(), run()]);
    expect(attempts).toHaveLength(3);
    const told = poolEvents.filter(({ address }) => address === primary).slice(0, 3);
    expect(told).toEqual([
      expect.objectContaining({ name: 'connectionCheckedOut' }),
      expect.objectContaining({ name: 'connectionPoolCleared' }),
      expect.objectContaining({ name: 'connectionCheckOutFailed', reason: 'connectionError' }),
    ]);
  });

  // Retryable reads 3.1 to 3.3.
  describe('a read that failed', () => {
    it('for overload goes to another member with enableOverloadRetargeting', async () => {
      await connect({ enableOverloadRetargeting: true });
      await fail(OVERLOADED);
      expect(await findPreferred()).not.toBeNull();
      expect(addresses()).toEqual([primary, expect.any(String)]);
      expect(addresses()[1]).not.toBe(primary);
    });

    it('for overload stays with its member without enableOverloadRetargeting', async () => {
      await connect();
      await fail(OVERLOADED);
      expect(await findPreferred()).not.toBeNull();
      expect(addresses()).toEqual([primary, primary]);
    });

    it('for another reason stays with its member', async () => {
      await connect({ enableOverloadRetargeting: true });
      await fail({ errorCode: HOST_UNREACHABLE, errorLabels: ['RetryableError'] });
      expect(await findPreferred()).not.toBeNull();
      expect(addresses()).toEqual([primary, primary]);
    });
  });

  // Retryable reads 4 and 5, retryable writes 6 cases 4 and 5.
  describe.each([
    ['a read', find, ['RetryableError']],
    ['a write', insert, ['RetryableError', 'RetryableWriteError']],
  ] as const)('%s that failed for overload, and then for other reasons', (_name, run, errorLabels) => {
    const unreachable = { errorCode: HOST_UNREACHABLE, errorLabels };

    it('is tried again MAX_RETRIES times', async () => {
      await connect();
      await failDifferently({ ...OVERLOADED, errorLabels: [...errorLabels, ...OVERLOAD] }, unreachable);
      expect(await failureOf(run)).toMatchObject({ code: HOST_UNREACHABLE });
      expect(attempts).toHaveLength(1 + MAX_RETRIES);
    });

    it('backs off for the overload alone', async () => {
      await connect();
      await failDifferently({ ...OVERLOADED, errorLabels: [...errorLabels, ...OVERLOAD] }, unreachable);
      // Of the second attempt's reply: a backoff would be the longest there is, 10 s.
      client.on('commandFailed', () => {
        gate.fields = { baseBackoffMS: 5_000 };
      });
      jitter(1);
      await failureOf(run);
      const [overload, other] = pausesMS();
      expect(overload).toBeGreaterThan(195);
      expect(overload).toBeLessThan(5_000);
      expect(other).toBeLessThan(5_000);
    });

    it('does not back off where there was no overload', async () => {
      await connect();
      await fail(unreachable);
      gate.fields = { baseBackoffMS: 5_000 };
      jitter(1);
      await run();
      expect(pausesMS()).toEqual([expect.any(Number)]);
      // With a backoff it would be 10 s.
      expect(pausesMS()[0]).toBeLessThan(5_000);
    });
  });

  // Retryable writes 3 and 6, cases 1 to 3.
  describe('of a write that fails again', () => {
    it('the caller is told of the write concern error, as the second attempt wrote nothing', async () => {
      await connect();
      await failDifferently(
        {
          writeConcernError: { code: SHUTDOWN_IN_PROGRESS, errmsg: 'shutting down' },
          errorLabels: ['RetryableWriteError'],
        },
        { errorCode: NOT_WRITABLE_PRIMARY, errorLabels: ['RetryableWriteError', 'NoWritesPerformed'] },
      );
      const error = await failureOf(insert);
      expect(error).toMatchObject({ code: SHUTDOWN_IN_PROGRESS });
      expect(error.hasErrorLabel('NoWritesPerformed')).toBe(false);
      expect(attempts).toHaveLength(2);
    });

    it.each([
      ['the last error, where each may have written', [], [], NOT_WRITABLE_PRIMARY],
      ['the first error, where none wrote', ['NoWritesPerformed'], ['NoWritesPerformed'], SHUTDOWN_IN_PROGRESS],
      ['the error that may have written', [], ['NoWritesPerformed'], SHUTDOWN_IN_PROGRESS],
    ])('the caller is told of %s', async (_which, first, then, code) => {
      await connect();
      await failDifferently(
        { errorCode: SHUTDOWN_IN_PROGRESS, errorLabels: [...OVERLOAD, ...first] },
        { errorCode: NOT_WRITABLE_PRIMARY, errorLabels: [...OVERLOAD, ...then] },
      );
      const error = await failureOf(insert);
      expect(error).toMatchObject({ code });
      expect(error.hasErrorLabel('NoWritesPerformed')).toBe(first.length > 0);
      expect(attempts).toHaveLength(1 + MAX_RETRIES);
    });
  });

  // Client backpressure 1 and 3 to 5.
  describe('under lasting overload', () => {
    /** How long an insert waits between its attempts until it fails at last. */
    async function waitedMS(random: number): Promise<number> {
      jitter(random);
      attempts = [];
      expect((await failureOf(insert)).errorLabels).toEqual(expect.arrayContaining(OVERLOAD));
      expect(attempts).toHaveLength(1 + MAX_RETRIES);
      return pausesMS().reduce((sum, pauseMS) => sum + pauseMS, 0);
    }

    it('the client waits longer from attempt to attempt, by chance', async () => {
      await connect();
      await fail(OVERLOADED, 'alwaysOn');
      const differenceMS = -(await waitedMS(0)) + (await waitedMS(1));
      expect(Math.abs(differenceMS - 600)).toBeLessThan(300);
      const [first, second] = pausesMS();
      // 200 ms and 400 ms, less what a timer is early.
      expect(first).toBeGreaterThan(195);
      expect(second).toBeGreaterThan(395);
    });

    it.each([
      ['MAX_RETRIES times', {}, MAX_RETRIES],
      ['maxAdaptiveRetries times', { maxAdaptiveRetries: 1 }, 1],
      ['not at all with 0 maxAdaptiveRetries', { maxAdaptiveRetries: 0 }, 0],
    ])('a command is tried again %s', async (_often, options, retries) => {
      await connect(options);
      await fail(OVERLOADED, 'alwaysOn');
      jitter(0);
      expect((await failureOf(find)).errorLabels).toEqual(expect.arrayContaining(OVERLOAD));
      expect(attempts).toHaveLength(1 + retries);
    });

    it('the wait begins at the baseBackoffMS of the server', async () => {
      await connect();
      await fail(OVERLOADED, 'alwaysOn');
      gate.fields = { baseBackoffMS: 10 };
      await waitedMS(1);
      const [first, second] = pausesMS();
      expect(first).toBeGreaterThanOrEqual(19);
      expect(second).toBeGreaterThanOrEqual(39);
      // Without it these would be 200 ms and 400 ms.
      expect(first! + second!).toBeLessThan(300);
    });
  });
});

// Handshake 9.
it('every handshake tells of backpressure', async () => {
  await using server = await ScriptedServer.listen();
  for (const options of [{}, { serverApi: '1' as const }]) {
    const greeted = server.requests.length;
    const greeter = new AsyncClient(server.uri, options);
    await greeter.db('admin').command({ ping: 1 });
    await greeter.close();
    const handshakes = server.requests.slice(greeted).filter(({ command }) => command.client !== undefined);
    // The monitor's and that of a connection of the pool.
    expect(handshakes.length).toBeGreaterThanOrEqual(2);
    for (const { command } of handshakes) expect(command.backpressure).toBe('2');
  }
});
