import { PoolAlarm, WAIT_LIMIT_MS, WARNING_PERIOD_MS } from '../../lib/pool/pool-alarm.js';
import { type FakeClock, fakeClock } from '../support/fake-clock.js';
import { FakeHost, Guest } from './fake-host.js';

let clock: FakeClock;
let warnings: [string, any][];

beforeEach(() => {
  clock = fakeClock();
  warnings = [];
  jest.spyOn(process, 'emitWarning').mockImplementation((...given: any[]) => void warnings.push(given as never));
});
afterEach(() => {
  clock.restore();
  jest.restoreAllMocks();
});

describe('PoolAlarm', () => {
  it('warns of who waits longer than a second, once a minute, and rests when nobody does', async () => {
    const line = {
      ...{ waiting: 3, waitingSince: performance.now() as number | undefined, oldestMS: () => 4_711.2 },
      usage: () => '2 of at most 2 connections are in use, by find',
    };
    const alarm = new PoolAlarm('db:27017');
    alarm.watch(line);
    alarm.watch(line);
    await clock.advance(WAIT_LIMIT_MS - 1);
    expect([warnings.length, clock.timers]).toEqual([0, 1]);
    await clock.advance(1);
    expect(warnings[0]![0]).toMatch(
      /^3 operations wait for a connection to db:27017, the first for 1000 ms: 2 of at most 2 connections are in use, by find; the oldest is under way for 4711 ms\. If the server does not answer /,
    );
    expect(warnings[0]![1]).toEqual({ type: 'RotorWarning', code: 'ROTOR_POOL_NEARLY_EXHAUSTED' });
    await clock.advance(WARNING_PERIOD_MS - 2);
    expect(warnings).toHaveLength(1);
    await clock.advance(WAIT_LIMIT_MS);
    expect(warnings).toHaveLength(2);
    line.waitingSince = undefined;
    await clock.advance(WAIT_LIMIT_MS);
    expect(clock.timers).toBe(0);
  });

  it('knows nothing of a pool whose line moves', async () => {
    const line = { waiting: 1, waitingSince: performance.now(), usage: () => '', oldestMS: () => undefined };
    const alarm = new PoolAlarm('db:27017');
    alarm.watch(line);
    for (let turn = 0; turn < 20; turn++) {
      await clock.advance(300);
      line.waitingSince = performance.now() - 200;
    }
    expect(warnings).toEqual([]);
    alarm.rest();
    expect(clock.timers).toBe(0);
  });
});

describe('a pool', () => {
  it('whose connections are all in use warns with the operations that hold them', async () => {
    const host = new FakeHost({ maxPoolSize: 1 });
    const guests = [new Guest(), new Guest(), new Guest()];
    for (const guest of guests) {
      host.pool.lend(guest);
      await clock.settle();
    }
    expect(guests.map(({ state }) => state)).toEqual(['lent', 'waiting', 'waiting']);
    guests[1]!.leave();
    await clock.advance(1_100);
    expect(warnings.map(([message]) => message)).toEqual([
      expect.stringMatching(
        /^1 operation waits for a connection to \S+, the first for \d+ ms: 1 of at most 1 connections are in use, by \w+ on .* for \d+ ms; the oldest is under way for \d+ ms\. /,
      ),
    ]);
    host.pool.close(new Error('closed'));
    expect(clock.timers).toBe(0);
  });

  it('that still opens connections does not', async () => {
    const host = new FakeHost({ maxPoolSize: 2 });
    host.patient = true;
    host.pool.lend(new Guest());
    await clock.advance(2_000);
    expect([warnings, clock.timers]).toEqual([[], 0]);
    host.pool.close(new Error('closed'));
  });
});
