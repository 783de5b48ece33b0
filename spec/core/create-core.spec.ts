import { Long, ObjectId } from 'bson';
import { find } from '../../lib/commands/find.js';
import { insertOne } from '../../lib/commands/insert.js';
import { runCommand } from '../../lib/commands/run-command.js';
import type { Scope } from '../../lib/commands/scope.js';
import { createCore } from '../../lib/core/create-core.js';
import type { IoCore } from '../../lib/core/io-core.js';
import { ConfigurationError } from '../../lib/errors/usage-errors.js';
import { ClientEmitter } from '../../lib/events/emitter.js';
import type { ServerDescription } from '../../lib/events/topology-descriptions.js';
import type { ClientOptions } from '../../lib/options/client-options.js';
import { ReadPreference } from '../../lib/options/read-preference.js';
import { resolveOptions } from '../../lib/options/resolve.js';
import { ScriptedServer } from '../support/scripted-server.js';

describe('createCore', () => {
  it('makes a core that is closed, and the scope that all inherit from', () => {
    const { core, scope } = createCore(resolveOptions('mongodb://db:27018/', { w: 2, readPreference: 'nearest' }));
    expect([core.isOpen, core.servers, core.poolStats()]).toEqual([false, [], []]);
    expect(scope).toMatchObject({ db: 'admin', collection: undefined, readPreference: { mode: 'nearest' } });
    expect(scope.writeConcern.toDocument()).toEqual({ w: 2 });
  });

  it('refuses what is not supported yet, with words that say so', () => {
    const options = resolveOptions('mongodb://ada:secret@a/', { autoEncryption: {} as never });
    expect(() => createCore(options)).toThrow(ConfigurationError);
    expect(() => createCore(options)).toThrow('does not support client-side encryption (autoEncryption) yet: ');
    expect(() => createCore(options)).not.toThrow('secret');
  });

  it.each<[string, ClientOptions]>([
    ['mongodb://a,b:5/', {}],
    ['mongodb://a/?replicaSet=rs&directConnection=true', {}],
    ['mongodb://a/', { loadBalanced: true }],
    ['mongodb://ada:secret@a/', {}],
    ['mongodb+srv://shop.example.com/?tls=false', {}],
  ])('takes every kind of deployment: %s %j', (uri, given) => {
    const { core } = createCore(resolveOptions(uri, given));
    expect([core.isOpen, core.description]).toEqual([false, undefined]);
  });
});

describe('options reach those whom they are for', () => {
  let server: ScriptedServer;
  let core: IoCore;
  let checks: number;
  let scope: Scope;

  function make(options: ClientOptions, uri = server.uri): void {
    checks = 0;
    const events = new ClientEmitter().on('serverHeartbeatStarted', () => checks++);
    ({ core, scope } = createCore(resolveOptions(uri, { serverSelectionTimeoutMS: 300, ...options }), events));
  }

  const ping = () => core.run(runCommand, scope, { command: { ping: 1 } });
  const later = (delayMS: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, delayMS));

  beforeEach(async () => {
    server = await ScriptedServer.listen();
  });
  afterEach(async () => {
    await core.close();
    await server.close();
  });

  it('serverSelector is asked', async () => {
    const serverSelector = jest.fn((servers: readonly ServerDescription[]) => servers);
    make({ serverSelector });
    await ping();
    expect(serverSelector.mock.calls[0]![0]).toMatchObject([{ address: server.address, type: 'Standalone' }]);
    serverSelector.mockReturnValue([]);
    await expect(ping()).rejects.toThrow('serverSelector has chosen none of the suitable servers');
  });

  it.each([
    [500, 2],
    [10_000, 1],
  ])('heartbeatFrequencyMS %i: %i checks in 900 ms', async (heartbeatFrequencyMS, expected) => {
    make({ heartbeatFrequencyMS });
    await core.reach(ReadPreference.PRIMARY);
    await later(900);
    expect(checks).toBe(expected);
  });

  it.each([
    ['poll', false],
    ['stream', true],
  ] as const)('serverMonitoringMode %s', async (serverMonitoringMode, streams) => {
    server.hello = { topologyVersion: { processId: new ObjectId(), counter: Long.fromNumber(0) } };
    make({ serverMonitoringMode, heartbeatFrequencyMS: 500 });
    await core.reach(ReadPreference.PRIMARY);
    await later(900);
    expect(server.requests.some(({ command }) => 'maxAwaitTimeMS' in command)).toBe(streams);
  });

  it('maxPoolSize, waitQueueMultiple and waitQueueTimeoutMS limit the line', async () => {
    make({ maxPoolSize: 1, waitQueueMultiple: 2, waitQueueTimeoutMS: 50 });
    await ping();
    server.handler = ({ name }) => (name === 'ping' ? 'hang' : undefined);
    const errors = Array.from({ length: 4 }, () => ping().catch((error) => error.name));
    const [, second, third, fourth] = errors;
    expect(await Promise.all([second, third, fourth])).toEqual([
      'PoolTimeoutError',
      'PoolTimeoutError',
      'PoolQueueFullError',
    ]);
    await core.close();
    expect(await errors[0]).toBe('InvalidOperationError');
  });

  it.each([
    [true, 2],
    [false, 1],
  ])('retryReads %p: %i attempts', async (retryReads, attempts) => {
    server.handler = ({ name }) => (name === 'find' ? { ok: 0, code: 6, errmsg: 'unreachable' } : undefined);
    make({ retryReads });
    await expect(core.run(find, scope.inCollection('items'), { filter: {} })).rejects.toThrow('unreachable');
    expect(server.requestsOf('find')).toHaveLength(attempts);
  });

  it.each([
    [true, 2],
    [false, 1],
  ])('retryWrites %p: %i attempts', async (retryWrites, attempts) => {
    const { address } = server;
    server.hello = { setName: 'rs0', hosts: [address], me: address };
    server.handler = ({ name }) => {
      return name === 'insert'
        ? { ok: 0, code: 6, errmsg: 'unreachable', errorLabels: ['RetryableWriteError'] }
        : undefined;
    };
    make({ retryWrites });
    const input = { documents: [{ _id: 1 }], from: 0, ids: [], makeId: undefined };
    await expect(core.run(insertOne, scope.inCollection('items'), input)).rejects.toThrow('unreachable');
    expect(server.requestsOf('insert').map(({ command }) => 'txnNumber' in command)).toEqual(
      Array(attempts).fill(retryWrites),
    );
  });

  it.each([[0], [3]])('maxAdaptiveRetries %i', async (maxAdaptiveRetries) => {
    jest.spyOn(Math, 'random').mockReturnValue(0);
    const errorLabels = ['SystemOverloadedError', 'RetryableError'];
    server.handler = ({ name }) =>
      name === 'find' ? { ok: 0, code: 462, errmsg: 'too busy', errorLabels } : undefined;
    make({ maxAdaptiveRetries });
    await expect(core.run(find, scope.inCollection('items'), { filter: {} })).rejects.toThrow('too busy');
    expect(server.requestsOf('find')).toHaveLength(1 + maxAdaptiveRetries);
    jest.restoreAllMocks();
  });

  it.each([
    [true, 1],
    [false, 2],
  ])('enableOverloadRetargeting %p: %i attempts on the first server', async (enableOverloadRetargeting, attempts) => {
    jest.spyOn(Math, 'random').mockReturnValue(0);
    const errorLabels = ['SystemOverloadedError', 'RetryableError'];
    await using other = await ScriptedServer.listen();
    const asked: string[] = [];
    for (const one of [server, other]) {
      one.handler = ({ name }) => {
        if (name !== 'find') return undefined;
        asked.push(one.address);
        return { ok: 0, code: 462, errmsg: 'too busy', errorLabels };
      };
    }
    // A replica set, as mongoses are changed in any case.
    const hosts = [server.address, other.address];
    server.hello = { setName: 'rs0', hosts, me: server.address };
    other.hello = {
      setName: 'rs0',
      hosts,
      me: other.address,
      ismaster: false,
      isWritablePrimary: false,
      secondary: true,
    };
    const uri = `mongodb://${hosts.join(',')}/?replicaSet=rs0`;
    make({ maxAdaptiveRetries: 1, enableOverloadRetargeting, readPreference: 'nearest', localThresholdMS: 5_000 }, uri);
    await core.reach(ReadPreference.PRIMARY);
    await core.reach(ReadPreference.SECONDARY);
    await expect(core.run(find, scope.inCollection('items'), { filter: {} })).rejects.toThrow('too busy');
    expect(asked.filter((address) => address === asked[0])).toHaveLength(attempts);
    await core.close();
    jest.restoreAllMocks();
  });

  it('localThresholdMS narrows the choice', async () => {
    await using slow = await ScriptedServer.listen({ delayMS: 60 });
    const hosts = [server.address, slow.address];
    const secondary = { setName: 'rs0', hosts, ismaster: false, isWritablePrimary: false, secondary: true };
    server.hello = { ...secondary, me: server.address };
    slow.hello = { ...secondary, me: slow.address };
    const uri = `mongodb://${hosts.join(',')}/?replicaSet=rs0`;
    for (const [localThresholdMS, servers] of [
      [0, 1],
      [5_000, 2],
    ] as const) {
      make({ localThresholdMS, readPreference: 'secondary', serverSelectionTimeoutMS: 2_000 }, uri);
      await core.reach(ReadPreference.SECONDARY);
      while (core.servers.length < 2) await later(10);
      const reached = await Promise.all(Array.from({ length: 30 }, () => core.reach(ReadPreference.SECONDARY)));
      expect(new Set(reached).size).toBe(servers);
      await core.close();
    }
  });
});
