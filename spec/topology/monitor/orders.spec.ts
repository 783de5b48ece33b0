import { Monitor, type MonitorOptions } from '../../../lib/topology/monitor.js';
import { type FakeClock, fakeClock } from '../../support/fake-clock.js';
import { MonitoredServer, MonitorLog } from '../monitored-server.js';

const OPTIONS: MonitorOptions = {
  heartbeatFrequencyMS: 10_000,
  connectTimeoutMS: 3_000,
  serverMonitoringMode: 'auto',
  client: { driver: { name: 'rotor', version: '0' } },
  serverApiFields: undefined,
};

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

async function watch(): Promise<void> {
  monitor = new Monitor('db:27017', server.connect, OPTIONS, log);
  monitor.start();
  await clock.settle();
}

async function watchStream(): Promise<void> {
  server.hello = MonitoredServer.streaming(1);
  await watch();
}

describe('requestCheck', () => {
  it('wakes a monitor that sleeps', async () => {
    await watch();
    await clock.advance(4_000);
    monitor.requestCheck();
    await clock.advance(1);
    expect(log.told.slice(2)).toEqual(['4000 started', '4000 succeeded']);
    await clock.advance(9_990);
    expect(log.told).toHaveLength(4);
  });

  it('waits until the last check is 500 ms ago, however often it is asked', async () => {
    await watch();
    await clock.advance(200);
    for (let i = 0; i < 1_000; i++) monitor.requestCheck();
    expect(clock.timers).toBe(1);
    await clock.advance(299);
    monitor.requestCheck();
    expect(log.told).toHaveLength(2);
    await clock.advance(1);
    expect(log.told.slice(2)).toEqual(['500 started', '500 succeeded']);
  });

  it('is ignored while a check is under way', async () => {
    server.mood = 'keeps silent';
    await watch();
    monitor.requestCheck();
    await clock.advance(100);
    server.first.reply(server.hello);
    await clock.advance(9_000);
    expect(log.told).toEqual(['0 started', '100 succeeded']);
  });

  it('counts when it comes from whom the end of a check is told', async () => {
    server.mood = 'refuses';
    log.onFailed = () => monitor.requestCheck();
    log.onSucceeded = () => monitor.requestCheck();
    await watch();
    await clock.advance(500);
    server.mood = 'answers';
    await clock.advance(1_000);
    const all = ['0 started', '0 failed', '500 started', '500 failed', '1000 started', '1000 succeeded'];
    expect(log.told).toEqual([...all, '1500 started', '1500 succeeded']);
    log.onSucceeded = undefined;
  });
});

describe('cancelCheck', () => {
  it('gives a stream up; the next check waits', async () => {
    await watchStream();
    await clock.advance(3_000);
    monitor.cancelCheck();
    expect(log.take().at(-1)).toBe('3000 cancelled awaited');
    expect(server.open).toBe(0);
    await clock.advance(9_999);
    expect(log.take()).toEqual([]);
    await clock.advance(1);
    expect(log.take()).toEqual(['13000 started', '13000 succeeded', '13000 started awaited']);
  });

  it('lets the next check come 500 ms later where one is requested', async () => {
    await watchStream();
    await clock.advance(3_000);
    log.onFailed = () => monitor.requestCheck();
    monitor.cancelCheck();
    await clock.advance(499);
    expect(log.told.at(-1)).toBe('3000 cancelled awaited');
    await clock.advance(1);
    expect(log.told).toContain('3500 succeeded');
  });

  it('does not forget who asked while the check was under way', async () => {
    await watchStream();
    await clock.advance(3_000);
    monitor.requestCheck();
    monitor.cancelCheck();
    await clock.advance(499);
    expect(log.take().at(-1)).toBe('3000 cancelled awaited');
    await clock.advance(1);
    expect(log.take()).toContain('3500 succeeded');
    // The check has served the request.
    monitor.cancelCheck();
    await clock.advance(9_999);
    expect(log.take()).toEqual(['3500 cancelled awaited']);
  });

  it.each(['cannot be reached', 'keeps silent'] as const)('gives an attempt to connect up: %s', async (mood) => {
    server.mood = mood;
    await watch();
    monitor.cancelCheck();
    monitor.cancelCheck();
    await clock.settle();
    expect([log.take(), server.open]).toEqual([['0 started', '0 cancelled'], 0]);
    server.mood = 'answers';
    monitor.requestCheck();
    await clock.advance(500);
    expect(log.take()).toEqual(['500 started', '500 succeeded']);
  });

  it('closes a connection on which nothing is asked, and sleeps on', async () => {
    await watch();
    await clock.advance(6_000);
    monitor.cancelCheck();
    expect([log.told.length, server.open]).toEqual([2, 0]);
    await clock.advance(4_000);
    expect(log.told.slice(2)).toEqual(['10000 started', '10000 succeeded']);
  });

  it('does nothing before the start and after the end', () => {
    monitor = new Monitor('db:27017', server.connect, OPTIONS, log);
    monitor.cancelCheck();
    monitor.requestCheck();
    monitor.close();
    monitor.cancelCheck();
    monitor.requestCheck();
    expect([log.told, clock.timers]).toEqual([[], 0]);
    expect(() => monitor.start()).toThrow('the monitor of db:27017 cannot go from closed to connecting');
  });
});

describe('close', () => {
  it.each<[string, () => Promise<void>, string | undefined]>([
    ['asleep', () => watch(), undefined],
    ['in a stream', () => watchStream(), '0 cancelled awaited'],
    [
      'connecting',
      () => {
        server.mood = 'cannot be reached';
        return watch();
      },
      '0 cancelled',
    ],
    [
      'in a handshake',
      () => {
        server.mood = 'keeps silent';
        return watch();
      },
      '0 cancelled',
    ],
    [
      'in a poll',
      async () => {
        await watch();
        server.mood = 'keeps silent';
        await clock.advance(10_000);
      },
      '10000 cancelled',
    ],
    [
      'between two failures',
      () => {
        server.mood = 'refuses';
        return watch();
      },
      undefined,
    ],
  ])('ends a monitor at once: %s', async (_name, reach, last) => {
    await reach();
    log.take();
    monitor.close();
    monitor.close();
    expect(server.open).toBe(0);
    await clock.settle();
    expect(log.take()).toEqual(last === undefined ? [] : [last]);
    await clock.advance(60_000);
    expect([log.told, clock.timers]).toEqual([[], 0]);
  });

  it('may come from whom the monitor tells', async () => {
    for (const when of ['onStarted', 'onSucceeded', 'onFailed'] as const) {
      for (const streams of [false, true]) {
        server = new MonitoredServer();
        if (streams) server.hello = MonitoredServer.streaming(1);
        if (when === 'onFailed') server.mood = 'refuses';
        log = new MonitorLog();
        log[when] = () => monitor.close();
        await watch();
        expect([clock.timers, server.open, log.told.length]).toEqual([0, 0, 2]);
      }
    }
  });

  it('may come with an answer of a stream, be it the last or not', async () => {
    for (const more of [true, false]) {
      await watchStream();
      log.onSucceeded = () => monitor.close();
      // The newest connection is the one that measures.
      server.transports.at(-2)!.stream(MonitoredServer.streaming(2), more);
      expect([clock.timers, server.open]).toEqual([0, 0]);
      expect(log.told.at(-1)).toMatch(/succeeded awaited$/);
      log.onSucceeded = undefined;
    }
  });
});
