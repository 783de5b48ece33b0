import { Long } from 'bson';
import { NetworkTimeoutError, ProtocolError } from '../../lib/errors/connection-errors.js';
import { OperationFailureError } from '../../lib/errors/operation-errors.js';
import { Monitor, type MonitorOptions } from '../../lib/topology/monitor.js';
import { type FakeClock, fakeClock } from '../support/fake-clock.js';
import { invalidBson } from '../support/reply-bytes.js';
import { MonitoredServer, MonitorLog } from './monitored-server.js';

const OPTIONS: MonitorOptions = {
  heartbeatFrequencyMS: 10_000,
  connectTimeoutMS: 3_000,
  serverMonitoringMode: 'auto',
  client: { driver: { name: 'rotor', version: '0' } },
  serverApiFields: undefined,
};
const EXHAUST_ALLOWED = 1 << 16;

let clock: FakeClock;
let server: MonitoredServer;
let log: MonitorLog;
let monitor: Monitor;

beforeEach(() => {
  clock = fakeClock();
  server = new MonitoredServer();
  log = new MonitorLog();
});
afterEach(async () => {
  monitor.close();
  await clock.settle();
  expect([clock.timers, server.open]).toEqual([0, 0]);
  clock.restore();
});

async function watch(options: Partial<MonitorOptions> = {}): Promise<void> {
  monitor = new Monitor('db:27017', server.connect, { ...OPTIONS, ...options }, log);
  monitor.start();
  await clock.settle();
}

async function watchStream(options: Partial<MonitorOptions> = {}): Promise<void> {
  server.hello = MonitoredServer.streaming(1);
  await watch(options);
}

describe('a server that does not stream', () => {
  it('is checked by the handshake, then by one hello every heartbeatFrequencyMS', async () => {
    await watch();
    expect(log.take()).toEqual(['0 started', '0 succeeded']);
    await clock.advance(9_999);
    expect(server.first.requests).toHaveLength(1);
    await clock.advance(10_001);
    expect(log.take()).toEqual(['10000 started', '10000 succeeded', '20000 started', '20000 succeeded']);
    expect(server.first.requests.map(({ command }) => command)).toEqual([
      { isMaster: 1, helloOk: true, backpressure: '2', client: OPTIONS.client, $db: 'admin' },
      { hello: 1, helloOk: true, $db: 'admin' },
      { hello: 1, helloOk: true, $db: 'admin' },
    ]);
    expect(server.first.requests[1]!.flags).toBe(0);
    expect(server.attempts).toHaveLength(1);
  });

  it('is checked under the old name of hello, if it knows no other', async () => {
    server.hello = { ok: 1, ismaster: true };
    await watch();
    await clock.advance(10_000);
    expect(server.first.last.command).toEqual({ isMaster: 1, helloOk: true, $db: 'admin' });
  });

  it('is checked under the Stable API that the client declares', async () => {
    server.hello = { ok: 1, isWritablePrimary: true };
    await watch({ serverApiFields: { apiVersion: '1', apiStrict: true } });
    await clock.advance(10_000);
    expect(server.first.last.command).toEqual({ hello: 1, apiVersion: '1', apiStrict: true, $db: 'admin' });
  });

  it('has the round trips of its checks', async () => {
    server.mood = 'keeps silent';
    await watch();
    await clock.advance(20);
    server.first.reply(server.hello);
    await clock.advance(10_000);
    await clock.advance(40);
    server.first.reply(server.hello);
    await clock.settle();
    expect(log.successes).toMatchObject([
      { awaited: false, connectionId: 'db:27017', driverConnectionId: 1, hello: server.hello, durationMS: 20 },
      { awaited: false, durationMS: 40, roundTrip: { average: 24, min: 20 } },
    ]);
    expect(log.successes[0]!.roundTrip).toEqual({ average: 20, min: 0 });
  });

  it('is checked again when it closes the connection in between', async () => {
    await watch();
    await clock.advance(2_000);
    server.first.events.closed(undefined);
    await clock.advance(1);
    expect(log.take()).toEqual(['0 started', '0 succeeded', '2000 started', '2000 succeeded']);
    expect(server.transports).toHaveLength(2);
    expect(log.successes.map(({ driverConnectionId }) => driverConnectionId)).toEqual([1, 2]);
  });

  it('streams as soon as it can', async () => {
    await watch();
    server.hello = MonitoredServer.streaming(1);
    await clock.advance(10_000);
    expect(log.told.slice(2)).toEqual(['10000 started', '10000 succeeded', '10000 started awaited']);
  });
});

describe('a server that streams', () => {
  it('is asked once and then answers when something changes', async () => {
    await watchStream();
    expect(log.take()).toEqual(['0 started', '0 succeeded', '0 started awaited']);
    const { command, flags } = server.first.last;
    expect(flags).toBe(EXHAUST_ALLOWED);
    expect(command).toEqual({
      hello: 1,
      helloOk: true,
      topologyVersion: { ...server.hello.topologyVersion, counter: 1 },
      maxAwaitTimeMS: 10_000,
      $db: 'admin',
    });
    // int32 would be refused: type 18 is a 64-bit integer.
    const counter = server.first.last.raw.indexOf('\x12counter\0', 0, 'latin1');
    expect(server.first.last.raw.readBigInt64LE(counter + 9)).toBe(1n);
    await clock.advance(5_000);
    server.first.stream(MonitoredServer.streaming(2));
    await clock.advance(4_000);
    server.first.stream(MonitoredServer.streaming(3));
    expect(log.take()).toEqual([
      '5000 succeeded awaited',
      '5000 started awaited',
      '9000 succeeded awaited',
      '9000 started awaited',
    ]);
    expect(log.successes.map(({ durationMS }) => durationMS)).toEqual([0, 5_000, 4_000]);
    expect(server.first.requests).toHaveLength(2);
  });

  it('is asked again, from where it was, when it ends the stream', async () => {
    await watchStream();
    server.first.stream(MonitoredServer.streaming(2));
    server.first.stream(MonitoredServer.streaming(7), false);
    expect(server.first.requests).toHaveLength(3);
    expect(server.first.last.command.topologyVersion.counter).toBe(7);
    expect(log.told.slice(-2)).toEqual(['0 succeeded awaited', '0 started awaited']);
  });

  it('has the round trips that are measured beside the stream', async () => {
    await watchStream();
    server.mood = 'keeps silent';
    expect(server.transports).toHaveLength(2);
    await clock.advance(10_000);
    expect(server.latest.last.command).toEqual({ hello: 1, helloOk: true, $db: 'admin' });
    await clock.advance(100);
    server.latest.reply(server.hello);
    server.first.stream(MonitoredServer.streaming(2));
    expect(log.successes.at(-1)!.roundTrip).toEqual({ average: 20, min: 0 });
    expect(log.told.filter((line) => !line.includes('awaited'))).toHaveLength(2);
  });

  it('is polled when it streams no more', async () => {
    await watchStream();
    server.hello = { ok: 1, helloOk: true };
    server.first.stream(server.hello, false);
    expect(server.open).toBe(1);
    await clock.advance(10_000);
    expect(log.told.slice(-3)).toEqual(['0 succeeded awaited', '10000 started', '10000 succeeded']);
  });

  it.each([
    ['poll', undefined, false],
    ['auto', undefined, true],
    ['auto', 'AWS_Lambda_nodejs20.x', false],
    ['stream', 'AWS_Lambda_nodejs20.x', true],
  ] as const)('in mode %s, as the function %s: %s', async (serverMonitoringMode, name, streams) => {
    if (name !== undefined) process.env.AWS_EXECUTION_ENV = name;
    try {
      await watchStream({ serverMonitoringMode });
    } finally {
      delete process.env.AWS_EXECUTION_ENV;
    }
    await clock.advance(1_000);
    expect(log.told.includes('0 started awaited')).toBe(streams);
    expect(server.attempts).toHaveLength(streams ? 2 : 1);
  });
});

describe('a server that keeps silent', () => {
  it.each([
    [3_000, ['3000 failed']],
    [0, []],
  ])('while the connection opens: connectTimeoutMS %s', async (connectTimeoutMS, ends) => {
    server.mood = 'cannot be reached';
    await watch({ connectTimeoutMS });
    await clock.advance(9_000);
    expect(log.take()).toEqual(['0 started', ...ends]);
  });

  it.each([
    [3_000, ['13000 failed', '13000 started']],
    [0, []],
  ])('when it is polled: connectTimeoutMS %s', async (connectTimeoutMS, ends) => {
    await watch({ connectTimeoutMS });
    server.mood = 'keeps silent';
    await clock.advance(10_000);
    log.take();
    await clock.advance(5_900);
    expect(log.take()).toEqual(ends);
    if (ends.length === 0) return;
    expect(log.failures[0]!.error).toBeInstanceOf(NetworkTimeoutError);
    expect(log.failures[0]!.error.message).toBe('db:27017 did not answer hello within connectTimeoutMS (3000 ms)');
    expect(server.first.destroyed).toBe(1);
  });

  it('when it streams: connectTimeoutMS + heartbeatFrequencyMS after its last word', async () => {
    await watchStream();
    await clock.advance(9_000);
    server.first.stream(MonitoredServer.streaming(1));
    server.mood = 'cannot be reached';
    await clock.advance(12_999);
    expect(log.told.at(-1)).toBe('9000 started awaited');
    await clock.advance(1);
    expect(log.told.slice(-2)).toEqual(['22000 failed awaited', '22000 started']);
    expect(log.failures[0]).toMatchObject({ durationMS: 13_000, cancelled: false });
    expect(log.failures[0]!.error).toBeInstanceOf(NetworkTimeoutError);
    expect(log.failures[0]!.error.message).toBe(
      'db:27017 did not answer hello within connectTimeoutMS + heartbeatFrequencyMS (13000 ms)',
    );
  });

  it('when it streams, with the longest times: as long as a timer of Node.js can', async () => {
    const started = jest.spyOn(globalThis, 'setTimeout');
    await watchStream({ connectTimeoutMS: 2 ** 31 - 1, heartbeatFrequencyMS: 2 ** 31 - 1 });
    expect(Math.max(...started.mock.calls.map(([, delayMS]) => delayMS ?? 0))).toBe(2 ** 31 - 1);
    started.mockRestore();
    await clock.advance(100_000);
    expect(log.told.at(-1)).toBe('0 started awaited');
  });

  it('when it streams, without connectTimeoutMS: for ever', async () => {
    await watchStream({ connectTimeoutMS: 0 });
    await clock.advance(100_000);
    expect(log.told.at(-1)).toBe('0 started awaited');
  });
});

describe('a check that fails', () => {
  it('by the network is repeated at once where the server was known, and only once', async () => {
    await watchStream();
    log.take();
    server.mood = 'refuses';
    await clock.advance(1_000);
    server.first.events.closed(new Error('ECONNRESET'));
    await clock.settle();
    expect(log.take()).toEqual(['1000 failed awaited', '1000 started', '1000 failed']);
    expect(log.failures[0]!.error.message).toContain('ECONNRESET');
    await clock.advance(9_999);
    expect(log.take()).toEqual([]);
    server.mood = 'answers';
    await clock.advance(1);
    expect(log.take()).toEqual(['11000 started', '11000 succeeded', '11000 started awaited']);
  });

  it('by the network is not repeated where nothing was known of the server', async () => {
    server.mood = 'refuses';
    await watch();
    expect(log.take()).toEqual(['0 started', '0 failed']);
    await clock.advance(10_000);
    expect(log.take()).toEqual(['10000 started', '10000 failed']);
  });

  it.each(['handshake', 'poll', 'stream'])('by a refusal is not repeated: %s', async (when) => {
    const refusal = { ok: 0, errmsg: 'shutting down', code: 91 };
    if (when === 'stream') await watchStream();
    if (when === 'poll') await watch();
    if (when !== 'stream') server.hello = refusal;
    if (when === 'handshake') await watch();
    if (when === 'poll') await clock.advance(10_000);
    if (when === 'stream') server.first.stream(refusal, false);
    await clock.settle();
    const { error } = log.failures[0]!;
    expect(when === 'handshake' ? error.cause : error).toBeInstanceOf(OperationFailureError);
    expect(error.message).toContain('shutting down');
    expect(server.open).toBe(0);
    log.take();
    server.hello = { ok: 1 };
    await clock.advance(9_999);
    expect(log.take()).toEqual([]);
    await clock.advance(1);
    expect(log.take().map((line) => line.split(' ')[1])).toEqual(['started', 'succeeded']);
    expect(server.open).toBe(1);
  });

  it('forgets the round trips', async () => {
    server.mood = 'keeps silent';
    await watch();
    await clock.advance(80);
    server.first.reply(server.hello);
    await clock.settle();
    server.mood = 'answers';
    server.first.events.closed(undefined);
    await clock.advance(500);
    expect(log.successes.at(-1)!.roundTrip.average).toBe(64);
    server.mood = 'refuses';
    server.latest.events.closed(undefined);
    await clock.advance(500);
    server.mood = 'answers';
    await clock.advance(10_000);
    expect(log.successes.at(-1)!.roundTrip).toEqual({ average: 0, min: 0 });
  });

  it('by bytes that are no answer is repeated, and hostile answers do not stream', async () => {
    await watch();
    server.mood = 'keeps silent';
    await clock.advance(10_000);
    const responseTo = server.first.last.requestId;
    server.first.receive(invalidBson('string too long', { responseTo }));
    expect(log.failures[0]!.error).toBeInstanceOf(ProtocolError);
    await clock.settle();
    for (const topologyVersion of [null, 7, 'new', {}, { processId: 1 }, { processId: 1, counter: '1' }, []]) {
      server.latest.reply({ ok: 1, topologyVersion });
      await clock.settle();
      expect(log.told.at(-1)).toMatch(/succeeded$/);
      await clock.advance(10_000);
    }
    server.latest.stream({ ok: 1 }, true);
    expect(log.failures[1]!.error.message).toContain('moreToCome');
  });
});

test('a counter that needs more than 53 bits goes back as it came', async () => {
  const counter = Long.fromString('9007199254740993');
  server.hello = MonitoredServer.streaming(1);
  server.hello.topologyVersion.counter = counter;
  await watch();
  const { raw } = server.first.last;
  expect(raw.readBigInt64LE(raw.indexOf('\x12counter\0', 0, 'latin1') + 9)).toBe(counter.toBigInt());
});
