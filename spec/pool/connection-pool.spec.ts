import { NetworkTimeoutError, PoolQueueFullError, PoolTimeoutError } from '../../lib/errors/connection-errors.js';
import { fakeClock } from '../support/fake-clock.js';
import { answer, FakeHost, Guest, lend, settle, states } from './fake-host.js';

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

describe('a connection that is not to be used again', () => {
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

  it('does not keep a connection on which somebody cleared it instead of sending', async () => {
    const host = new FakeHost();
    const guest = new Guest(false, () => host.pool.clear());
    host.pool.lend(guest);
    await settle();
    expect([guest.state, guest.connection!.isClosed, host.pool.stats().total]).toEqual(['lent', true, 0]);
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
