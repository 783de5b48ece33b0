import { ObjectId } from '../../lib/bson/codec.js';
import { NetworkTimeoutError, PoolClearedError } from '../../lib/errors/connection-errors.js';
import { fakeClock } from '../support/fake-clock.js';
import { answer, FakeHost, Guest, lend, settle, states } from './fake-host.js';

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

describe('a pool whose client is somebody else now', () => {
  it('opens its connections anew, for those in line too: nobody is sent away', async () => {
    const host = new FakeHost({ maxPoolSize: 2 }, { listens: true });
    const guests = await lend(host, 4);
    answer(host, guests[0]!);
    const [, second, third, fourth] = guests as [Guest, Guest, Guest, Guest];
    expect(states(guests)).toEqual(['replied', 'lent', 'lent', 'waiting']);
    host.eventNames();
    host.pool.renew();
    expect([host.pool.isReady, host.pool.generation, host.eventNames()]).toEqual([
      ...[true, 1, ['connectionPoolCleared', 'connectionPoolReady']],
    ]);
    answer(host, second);
    await settle();
    expect([second.state, second.connection!.isClosed, fourth.state]).toEqual(['replied', true, 'lent']);
    expect(fourth.connection!.generation).toBe(1);
    answer(host, third);
    expect(third.connection!.isClosed).toBe(true);
    answer(host, fourth);
    expect(host.pool.stats()).toMatchObject({ total: 1, idle: 1, waiting: 0 });
  });

  it('gives up the connections that are being opened, and opens others for who waits', async () => {
    const host = new FakeHost();
    host.patient = true;
    const [guest] = await lend(host, 1);
    host.pool.renew();
    expect(host.attempts[0]!.signal.aborted).toBe(true);
    await settle();
    expect([guest!.state, host.attempts.length]).toEqual(['waiting', 2]);
    await host.attempts[1]!.succeed();
    expect(guest!.state).toBe('lent');
  });

  it('stays paused, or closed, where it is', () => {
    const host = new FakeHost({}, { paused: true });
    host.pool.renew();
    expect([host.pool.isReady, host.pool.generation]).toEqual([false, 1]);
    host.pool.close(new Error('end'));
    host.pool.renew();
    expect([host.pool.isReady, host.pool.generation]).toEqual([false, 2]);
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
