import { RoundTripTime } from '../../lib/topology/round-trip-time.js';
import { RTTMonitor } from '../../lib/topology/rtt-monitor.js';
import { type FakeClock, fakeClock } from '../support/fake-clock.js';
import { MonitoredServer } from './monitored-server.js';

const CLIENT = { driver: { name: 'rotor', version: '0' } };

let clock: FakeClock;
let server: MonitoredServer;
let samples: number[];
let monitor: RTTMonitor;

beforeEach(() => {
  clock = fakeClock();
  server = new MonitoredServer();
  samples = [];
});
afterEach(async () => {
  monitor.stop();
  await clock.settle();
  expect([clock.timers, server.open]).toEqual([0, 0]);
  clock.restore();
});

async function measure(connectTimeoutMS = 3_000, serverApiFields?: object): Promise<void> {
  const roundTrip = new RoundTripTime();
  const add = roundTrip.add.bind(roundTrip);
  roundTrip.add = (sampleMS) => {
    samples.push(sampleMS);
    add(sampleMS);
  };
  const options = { heartbeatFrequencyMS: 10_000, connectTimeoutMS, client: CLIENT, serverApiFields };
  monitor = new RTTMonitor('db:27017', server.connect, options, roundTrip);
  monitor.start();
  monitor.start();
  await clock.settle();
}

describe('RTTMonitor', () => {
  it('measures the handshake, then one hello every heartbeatFrequencyMS on the same connection', async () => {
    server.mood = 'keeps silent';
    await measure();
    await clock.advance(30);
    server.first.reply(server.hello);
    await clock.advance(10_000);
    await clock.advance(50);
    server.first.reply(server.hello);
    await clock.advance(9_999);
    expect(samples).toEqual([30, 50]);
    expect(server.first.requests.map(({ command }) => command)).toEqual([
      { isMaster: 1, helloOk: true, backpressure: '2', client: CLIENT, $db: 'admin' },
      { hello: 1, helloOk: true, $db: 'admin' },
    ]);
    expect(server.attempts).toHaveLength(1);
  });

  it('uses the Stable API, and the old name of hello where it must', async () => {
    await measure(3_000, { apiVersion: '1' });
    await clock.advance(10_000);
    expect(server.first.last.command).toEqual({ hello: 1, apiVersion: '1', $db: 'admin' });
    monitor.stop();
    server.hello = { ok: 1 };
    await measure();
    await clock.advance(10_000);
    expect(server.latest.last.command).toEqual({ isMaster: 1, helloOk: true, $db: 'admin' });
  });

  it('tries again after a failure of any kind, which nobody hears of', async () => {
    server.mood = 'refuses';
    await measure();
    server.mood = 'cannot be reached';
    await clock.advance(13_000); // ends by connectTimeoutMS
    server.mood = 'answers';
    await clock.advance(10_000);
    expect([server.attempts.length, samples]).toEqual([3, [0]]);
    server.mood = 'keeps silent';
    await clock.advance(12_999);
    expect(server.first.destroyed).toBe(0);
    await clock.advance(1);
    expect(server.first.destroyed).toBe(1);
    server.mood = 'answers';
    server.hello = { ok: 0, errmsg: 'shutting down' };
    await clock.advance(10_000);
    expect([server.attempts.length, server.open, samples]).toEqual([4, 0, [0]]);
    server.hello = { ok: 1, helloOk: true };
    await clock.advance(10_000);
    server.latest.events.closed(undefined);
    await clock.advance(10_000);
    server.hello = { ok: 0, errmsg: 'shutting down' };
    await clock.advance(10_000);
    expect([server.attempts.length, server.open, samples]).toEqual([6, 0, [0, 0, 0]]);
  });

  it('waits without a limit where connectTimeoutMS is 0', async () => {
    await measure(0);
    server.mood = 'keeps silent';
    await clock.advance(100_000);
    server.first.reply(server.hello);
    expect(samples).toEqual([0, 90_000]);
  });

  it.each(['cannot be reached', 'keeps silent', 'refuses', 'answers'] as const)(
    'stops at once, and can start again, while its server %s',
    async (mood) => {
      server.mood = mood;
      await measure();
      const before = samples.length;
      monitor.stop();
      monitor.stop();
      await clock.settle();
      await clock.advance(60_000);
      expect([clock.timers, server.open, samples.length, server.attempts.length]).toEqual([0, 0, before, 1]);
      server.mood = 'answers';
      monitor.start();
      await clock.settle();
      expect([samples.length, server.open]).toEqual([before + 1, 1]);
    },
  );

  it('stops in the middle of a measurement', async () => {
    await measure();
    server.mood = 'keeps silent';
    await clock.advance(10_000);
    monitor.stop();
    expect([clock.timers, server.open, samples]).toEqual([0, 0, [0]]);
  });
});
