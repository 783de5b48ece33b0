import { NetworkTimeoutError, PoolTimeoutError } from '../../lib/errors/connection-errors.js';
import { fakeClock } from '../support/fake-clock.js';
import { FakeHost, Guest } from './fake-host.js';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function lend(host: FakeHost, count: number): Promise<Guest[]> {
  const guests = Array.from({ length: count }, () => new Guest());
  for (const guest of guests) host.pool.lend(guest);
  await settle();
  return guests;
}

const states = (guests: readonly Guest[]): string[] => guests.map(({ state }) => state);

function answer(host: FakeHost, guest: Guest): void {
  host.transports.get(guest.connection!)!.reply();
}

describe('lending', () => {
  it('opens connections as they are asked for, and never more than maxConcurrent', async () => {
    const host = new FakeHost({ maxPoolSize: 3, maxConnecting: 10 });
    const guests = await lend(host, 10);
    expect(states(guests)).toEqual([...Array(3).fill('lent'), ...Array(7).fill('waiting')]);
    expect(host.pool.stats()).toMatchObject({ maxConcurrent: 3, total: 3, inUse: 3, idle: 0, waiting: 7 });
    expect(host.pool.isQuiet).toBe(false);
    for (let served = 0; served < 10; served++) {
      // First come, first served: the next in line gets the connection that came back.
      expect(guests.filter(({ state }) => state === 'lent')).toEqual(guests.slice(served, served + 3));
      answer(host, guests[served]!);
    }
    expect(states(guests)).toEqual(Array(10).fill('replied'));
    expect(host.pool.stats()).toMatchObject({ total: 3, inUse: 0, idle: 3, waiting: 0 });
    expect([host.transports.size, host.pool.isQuiet]).toEqual([3, true]);
  });

  it('lends the connection that was used last', async () => {
    const host = new FakeHost();
    const guests = await lend(host, 3);
    for (const i of [1, 0, 2]) answer(host, guests[i]!);
    const again = await lend(host, 3);
    expect(again.map(({ connection }) => connection)).toEqual([2, 0, 1].map((i) => guests[i]!.connection));
  });

  it('opens at most maxConnecting at a time', async () => {
    const host = new FakeHost({ maxConnecting: 2 });
    host.patient = true;
    const guests = await lend(host, 5);
    expect([host.attempts.length, host.pool.stats().connecting]).toEqual([2, 5]);
    for (let i = 0; i < 5; i++) {
      expect(host.attempts.length).toBe(Math.min(5, 2 + i));
      await host.attempts[i]!.succeed();
    }
    expect(states(guests)).toEqual(Array(5).fill('lent'));
    expect(host.pool.stats()).toMatchObject({ connecting: 0, total: 5 });
  });

  it('opens no connection for those who are served by one that came back', async () => {
    const host = new FakeHost();
    host.patient = true;
    await host.adopt();
    const [first, second] = await lend(host, 2);
    answer(host, first!);
    expect(second!.state).toBe('lent');
    await host.attempts[0]!.succeed();
    expect(host.pool.stats()).toMatchObject({ total: 2, idle: 1, waiting: 0 });
    expect(host.attempts).toHaveLength(1);
  });

  it('says who holds what', async () => {
    const host = new FakeHost({ maxPoolSize: 1 });
    await lend(host, 2);
    expect(host.pool.stats()).toEqual({
      address: 'db:27017',
      maxConcurrent: 1,
      total: 1,
      inUse: 1,
      idle: 0,
      connecting: 0,
      waiting: 1,
      generation: 0,
      holders: [{ command: 'ping', namespace: 'admin', heldMS: 5 }],
    });
  });

  it('serves 10,000 who expect no reply by one connection, on a flat stack', async () => {
    const host = new FakeHost({ maxPoolSize: 1 });
    const [first] = await lend(host, 1);
    let deepest = 0;
    const depth = (): void => {
      if (deepest === 0) deepest = new Error().stack!.length;
      expect(new Error().stack!.length).toBe(deepest);
    };
    const guests = Array.from({ length: 10_000 }, (_, i) => new Guest(false, i % 1000 === 0 ? depth : undefined));
    for (const guest of guests) host.pool.lend(guest);
    const last = new Guest();
    host.pool.lend(last);
    answer(host, first!);
    expect(guests.every(({ state }) => state === 'lent')).toBe(true);
    expect(last.state).toBe('lent');
    expect(host.transports.get(first!.connection!)!.requests).toHaveLength(10_002);
    answer(host, last);
    expect(host.pool.stats()).toMatchObject({ total: 1, idle: 1 });
  });
});

describe('waiting', () => {
  it('runs out with an error that names the holders', async () => {
    using clock = fakeClock();
    const host = new FakeHost({ maxPoolSize: 2, waitQueueTimeoutMS: 50 });
    const guests = await lend(host, 3);
    await clock.advance(50);
    expect(states(guests)).toEqual(['lent', 'lent', 'refused']);
    expect(guests[2]!.error).toBeInstanceOf(PoolTimeoutError);
    expect(guests[2]!.error!.message).toContain(
      '2 of at most 2 connections are in use, by ping on admin for 5 ms, ping on admin for 5 ms',
    );
    answer(host, guests[0]!);
    expect(host.pool.stats()).toMatchObject({ idle: 1, waiting: 0 });
    expect(clock.timers).toBe(0);
  });

  it('passes over 10,000 who gave up, and takes the next one', async () => {
    const host = new FakeHost({ maxPoolSize: 1 });
    const [first, ...rest] = await lend(host, 10_002);
    const last = rest.pop()!;
    for (const guest of rest) guest.leave();
    expect(host.pool.stats().waiting).toBe(1);
    answer(host, first!);
    expect(last.state).toBe('lent');
    expect(rest.every(({ state }) => state === 'waiting')).toBe(true);
    answer(host, last);
    expect(host.pool.stats()).toMatchObject({ idle: 1, waiting: 0 });
  });
});

describe('keeping connections', () => {
  it('fills up to minPoolSize once the host is reached, and never above maxConcurrent', async () => {
    const host = new FakeHost({ minPoolSize: 4 });
    expect(host.pool.stats().total).toBe(0);
    await host.adopt();
    await settle();
    expect(host.pool.stats()).toMatchObject({ total: 4, idle: 4 });
    const capped = new FakeHost({ minPoolSize: 4, maxPoolSize: 2 });
    await capped.adopt();
    await settle();
    expect(capped.pool.stats()).toMatchObject({ total: 2, idle: 2 });
  });

  it('closes those that were idle for too long, and keeps minPoolSize', async () => {
    using clock = fakeClock();
    const host = new FakeHost({ maxIdleTimeMS: 5_000, minPoolSize: 1 });
    const guests = await lend(host, 3);
    for (const guest of guests) answer(host, guest);
    const old = guests.map(({ connection }) => connection!);
    await clock.advance(5_000);
    expect(host.pool.stats().total).toBe(3);
    await clock.advance(1_000);
    expect(old.every(({ isClosed }) => isClosed)).toBe(true);
    expect(host.pool.stats()).toMatchObject({ total: 1, idle: 1 });
    expect(host.losses).toEqual([]);
    host.pool.close(new Error('end'));
    expect(clock.timers).toBe(0);
  });

  it('never lends a stale one, also between two sweeps', async () => {
    using clock = fakeClock();
    const host = new FakeHost({ maxIdleTimeMS: 100 });
    const [first] = await lend(host, 1);
    answer(host, first!);
    await clock.advance(101);
    const [second] = await lend(host, 1);
    expect(first!.connection!.isClosed).toBe(true);
    expect([second!.state, second!.connection === first!.connection]).toEqual(['lent', false]);
    host.pool.close(new Error('end'));
  });
});

describe('losing connections', () => {
  it('replaces one that broke in use, for those in line', async () => {
    const host = new FakeHost({ maxPoolSize: 1 });
    const [first, second] = await lend(host, 2);
    first!.connection!.close(new NetworkTimeoutError('silent'));
    await settle();
    expect([first!.state, second!.state]).toEqual(['failed', 'lent']);
    expect(host.losses).toEqual([['silent', 0]]);
    expect(host.pool.stats()).toMatchObject({ total: 1, inUse: 1 });
  });

  it('forgets one that broke while idle, and tells nobody', async () => {
    const host = new FakeHost();
    const connection = await host.adopt();
    host.transports.get(connection)!.events.closed(undefined);
    expect([host.pool.stats().total, host.losses]).toEqual([0, []]);
  });

  it('leaves a failed attempt to the host', async () => {
    const host = new FakeHost();
    host.patient = true;
    const [guest] = await lend(host, 1);
    host.attempts[0]!.fail(new Error('refused'));
    await settle();
    expect(host.failures).toMatchObject([{ message: 'refused' }]);
    expect(host.pool.stats()).toMatchObject({ connecting: 0, waiting: 1 });
    expect(guest!.state).toBe('waiting');
  });

  it('clear turns away who waits, gives up attempts and closes what is idle', async () => {
    const host = new FakeHost({ minPoolSize: 3 });
    await host.adopt();
    await settle();
    host.patient = true;
    const guests = await lend(host, 4);
    const [attempt] = host.attempts;
    answer(host, guests[0]!);
    host.pool.lend(new Guest(false));
    host.pool.clear();
    expect(states(guests)).toEqual(['replied', 'lent', 'lent', 'lent']);
    const late = await lend(host, 1);
    host.pool.clear();
    expect(states(late)).toEqual(['turned away']);
    expect(attempt!.signal.aborted).toBe(true);
    // Nothing is known of the host: it is not filled up to minPoolSize.
    expect(host.pool.stats()).toMatchObject({ generation: 2, idle: 0, connecting: 0, waiting: 0 });
    await attempt!.succeed();
    expect(host.pool.stats().total).toBe(3);
    answer(host, guests[1]!);
    expect([guests[1]!.state, guests[1]!.connection!.isClosed]).toEqual(['replied', true]);
    expect(host.pool.stats()).toMatchObject({ total: 2, inUse: 2, idle: 0 });
    expect(host.losses).toEqual([]);
  });

  it('keeps a failure of an abandoned attempt to itself', async () => {
    const host = new FakeHost();
    host.patient = true;
    await lend(host, 1);
    host.pool.clear();
    host.attempts[0]!.fail(new Error('aborted'));
    await settle();
    expect([host.failures, host.pool.stats().connecting]).toEqual([[], 0]);
  });

  it('close fails everybody with the reason, and lends no more', async () => {
    const host = new FakeHost({ maxPoolSize: 2, minPoolSize: 2 });
    const why = new Error('the client was closed');
    const guests = await lend(host, 3);
    answer(host, guests[0]!);
    host.pool.close(why);
    expect(states(guests)).toEqual(['replied', 'failed', 'failed']);
    const late = new Guest();
    host.pool.lend(late);
    expect([guests[1]!.error, late.error]).toEqual([why, why]);
    await settle();
    expect(host.pool.stats()).toMatchObject({ total: 0, connecting: 0, waiting: 0 });
  });

  it('close refuses those in line', async () => {
    const host = new FakeHost({ maxPoolSize: 1 });
    const guests = await lend(host, 3);
    host.pool.close(new Error('end'));
    expect(states(guests)).toEqual(['failed', 'refused', 'refused']);
  });
});
