import { ObjectId } from '../../lib/bson/codec.js';
import {
  NetworkTimeoutError,
  PoolClearedError,
  PoolQueueFullError,
  PoolTimeoutError,
} from '../../lib/errors/connection-errors.js';
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

  it('is refused beyond maxPoolSize times waitQueueMultiple', async () => {
    const host = new FakeHost({ maxPoolSize: 2, waitQueueMultiple: 3 });
    const guests = await lend(host, 9);
    expect(states(guests)).toEqual([...Array(2).fill('lent'), ...Array(6).fill('waiting'), 'refused']);
    expect(guests[8]!.error).toBeInstanceOf(PoolQueueFullError);
    expect(guests[8]!.error!.message).toMatch(/^6 operations wait for a connection to db:27017 already/);
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
  it('says of an attempt whether anybody waits for it', async () => {
    const host = new FakeHost({ minPoolSize: 1 });
    await settle();
    await lend(host, 2);
    expect(host.backgrounds).toEqual([true, false]);
    host.pool.close(new Error('end'));
  });

  it('fills up to minPoolSize once the pool is ready, and never above maxConcurrent', async () => {
    const host = new FakeHost({ minPoolSize: 4 }, { paused: true });
    await settle();
    expect(host.pool.stats()).toMatchObject({ total: 0, connecting: 0 });
    host.pool.ready();
    await settle();
    expect(host.pool.stats()).toMatchObject({ total: 4, idle: 4 });
    const capped = new FakeHost({ minPoolSize: 4, maxPoolSize: 2 });
    await settle();
    expect(capped.pool.stats()).toMatchObject({ total: 2, idle: 2 });
    for (const { pool } of [host, capped]) pool.close(new Error('end'));
  });

  it('fills up again in the background, once a second, also after attempts that failed', async () => {
    using clock = fakeClock();
    const host = new FakeHost({ minPoolSize: 2, maxConnecting: 2 });
    await settle();
    host.patient = true;
    for (const connection of host.transports.keys()) connection.close(new Error('cut'));
    expect(host.pool.stats().total).toBe(0);
    await clock.advance(1_000);
    expect(host.attempts).toHaveLength(2);
    for (const attempt of host.attempts) attempt.fail(new Error('busy'));
    await settle();
    expect([host.failures.length, host.attempts.length]).toEqual([2, 2]);
    await clock.advance(1_000);
    for (const attempt of host.attempts.slice(2)) await attempt.succeed();
    expect(host.pool.stats()).toMatchObject({ total: 2, idle: 2, connecting: 0 });
    host.pool.clear();
    expect(clock.timers).toBe(0);
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
    const [guest] = await lend(host, 1);
    answer(host, guest!);
    host.transports.get(guest!.connection!)!.events.closed(undefined);
    expect([host.pool.stats().total, host.losses]).toEqual([0, []]);
  });
});

describe('a pool that is paused', () => {
  it('is so at first, and lends nothing until it is ready', async () => {
    const host = new FakeHost({}, { paused: true });
    const [early] = await lend(host, 1);
    expect([early!.state, early!.error!.message]).toEqual([
      'turned away',
      'the connection pool of db:27017 waits until its server has been reached',
    ]);
    for (let i = 0; i < 2; i++) host.pool.ready();
    expect([states(await lend(host, 1)), host.pool.isReady]).toEqual([['lent'], true]);
  });

  it('closes what was idle, and what was in use when it comes back', async () => {
    const host = new FakeHost();
    const guests = await lend(host, 3);
    answer(host, guests[0]!);
    host.pool.clear();
    expect([host.pool.isReady, guests[0]!.connection!.isClosed]).toEqual([false, true]);
    expect(host.pool.stats()).toMatchObject({ generation: 1, total: 2, inUse: 2, idle: 0 });
    answer(host, guests[1]!);
    expect([guests[1]!.state, guests[1]!.connection!.isClosed]).toEqual(['replied', true]);
    // An error of a connection of before says nothing of the server as it is now: the host sees that by its generation.
    guests[2]!.connection!.close(new Error('cut'));
    expect(host.losses).toEqual([['cut', 0]]);
    host.pool.ready();
    expect(states(await lend(host, 1))).toEqual(['lent']);
    expect(host.pool.stats()).toMatchObject({ total: 1, inUse: 1 });
  });

  it('interrupts those in use where it is told to', async () => {
    const host = new FakeHost();
    const guests = await lend(host, 2);
    host.pool.clear({ interrupt: true, error: new Error('heartbeat') });
    expect(states(guests)).toEqual(['failed', 'failed']);
    expect(guests[0]!.error).toBeInstanceOf(PoolClearedError);
    expect(guests[0]!.error!.message).toBe('connection to db:27017 interrupted due to server monitor timeout');
    expect([host.losses, host.pool.stats().total]).toEqual([[], 0]);
  });

  it('does not keep a connection on which somebody cleared it instead of sending', async () => {
    const host = new FakeHost();
    const guest = new Guest(false, () => host.pool.clear());
    host.pool.lend(guest);
    await settle();
    expect([guest.state, guest.connection!.isClosed, host.pool.stats().total]).toEqual(['lent', true, 0]);
  });
});

describe('a pool whose server another has replaced', () => {
  it('breaks off who can go on elsewhere, and sends those in line to choose again', async () => {
    const host = new FakeHost({ maxPoolSize: 2 });
    const guests = await lend(host, 3);
    Object.assign(guests[0]!, { moveOver: () => true });
    const error = new NetworkTimeoutError('replaced');
    host.pool.moveOver(error);
    expect(states(guests)).toEqual(['failed', 'lent', 'turned away']);
    expect(guests[0]!.error).toBe(error);
    expect(guests[2]!.error).toBeInstanceOf(PoolClearedError);
    expect([host.pool.isReady, host.losses]).toEqual([true, []]);
    expect(host.pool.stats()).toMatchObject({ total: 1, inUse: 1, waiting: 0 });
    answer(host, guests[1]!);
    expect(guests[1]!.state).toBe('replied');
  });
});

describe('a pool behind a load balancer', () => {
  it('clears one service without those of others, and stays ready', async () => {
    const host = new FakeHost();
    const [one, other] = [new ObjectId(), new ObjectId()];
    host.serviceId = one;
    const ofOne = await lend(host, 3);
    host.serviceId = other;
    const [ofOther] = await lend(host, 1);
    answer(host, ofOne[0]!);
    host.pool.clear({ serviceId: one });
    expect([host.pool.isReady, host.pool.generationOf(one), host.pool.generationOf(other)]).toEqual([true, 1, 0]);
    expect(host.pool.stats()).toMatchObject({ total: 3, idle: 0, generation: 0 });
    answer(host, ofOne[1]!);
    answer(host, ofOther!);
    expect([ofOne[1]!.connection!.isClosed, ofOther!.connection!.isClosed]).toEqual([true, false]);
    host.pool.clear({ serviceId: one, interrupt: true });
    expect([states(ofOne), host.pool.generationOf(one)]).toEqual([['replied', 'replied', 'failed'], 0]);
  });

  it('clears all services where none is named', async () => {
    const host = new FakeHost();
    host.serviceId = new ObjectId();
    const [guest] = await lend(host, 1);
    host.pool.clear();
    answer(host, guest!);
    expect([guest!.connection!.isClosed, host.pool.stats().total]).toEqual([true, 0]);
  });
});

describe('a pinned connection', () => {
  const holder = { purpose: 'cursor', idle: () => {} } as const;

  it('goes to nobody else until it is given back', async () => {
    const host = new FakeHost({ maxPoolSize: 1 });
    const [first, second] = await lend(host, 2);
    first!.connection!.pin(holder);
    answer(host, first!);
    expect([second!.state, host.pool.stats().inUse, host.pool.isQuiet]).toEqual(['waiting', 1, false]);
    expect(host.pool.holders()).toMatchObject({ inUse: 1, cursors: 1, transactions: 0, operations: [] });
    first!.connection!.unpin();
    expect(second!.connection).toBe(first!.connection);
  });

  it('may be pinned by whoever it is lent to, before anything is sent', async () => {
    const host = new FakeHost();
    const guest = new Guest(false, ({ connection }) => connection!.pin(holder));
    host.pool.lend(guest);
    await settle();
    expect(host.pool.stats()).toMatchObject({ inUse: 1, idle: 0 });
    guest.connection!.unpin();
    expect(host.pool.stats()).toMatchObject({ inUse: 0, idle: 1 });
  });

  it('is closed when it is given back stale', async () => {
    const host = new FakeHost();
    const [guest] = await lend(host, 1);
    guest!.connection!.pin(holder);
    answer(host, guest!);
    host.pool.clear();
    expect(guest!.connection!.isClosed).toBe(false);
    guest!.connection!.unpin();
    expect([guest!.connection!.isClosed, host.pool.stats().total]).toEqual([true, 0]);
  });

  it('that breaks stays with its holder', async () => {
    const host = new FakeHost();
    const [guest] = await lend(host, 1);
    guest!.connection!.pin(holder);
    guest!.connection!.close(new Error('cut'));
    expect([host.losses, host.pool.stats().inUse]).toEqual([[['cut', 0]], 1]);
    guest!.connection!.unpin();
    expect([host.losses.length, host.pool.stats().total]).toEqual([1, 0]);
  });
});

describe('the end', () => {
  it('close fails everybody with the reason, and lends no more', async () => {
    const host = new FakeHost({ maxPoolSize: 2, minPoolSize: 2 });
    const why = new Error('the client was closed');
    const guests = await lend(host, 4);
    answer(host, guests[0]!);
    host.pool.close(why);
    expect(states(guests)).toEqual(['replied', 'failed', 'failed', 'refused']);
    const late = new Guest();
    host.pool.lend(late);
    host.pool.clear();
    host.pool.close(new Error('again'));
    expect([guests[1]!.error, guests[3]!.error, late.error]).toEqual([why, why, why]);
    await settle();
    expect(host.pool.stats()).toMatchObject({ total: 0, connecting: 0, waiting: 0 });
    expect(() => host.pool.ready()).toThrow('the pool of db:27017 cannot go from closed to ready');
  });

  it('retire lets those in use finish', async () => {
    const host = new FakeHost();
    const guests = await lend(host, 2);
    answer(host, guests[0]!);
    host.pool.retire(new Error('the server left the set'));
    expect([guests[0]!.connection!.isClosed, host.pool.stats().inUse]).toEqual([true, 1]);
    answer(host, guests[1]!);
    expect([guests[1]!.state, guests[1]!.connection!.isClosed]).toEqual(['replied', true]);
    expect([states(await lend(host, 1)), host.pool.stats().total]).toEqual([['refused'], 0]);
  });
});
