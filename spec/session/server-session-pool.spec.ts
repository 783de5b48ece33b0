import { ServerSessionPool } from '../../lib/session/server-session-pool.js';
import { fakeClock } from '../support/fake-clock.js';

describe('ServerSessionPool', () => {
  it('gives back the session that was used last', () => {
    const pool = new ServerSessionPool();
    const [first, second] = [pool.acquire(30), pool.acquire(30)];
    pool.release(first);
    pool.release(second);
    expect(pool.acquire(30)).toBe(second);
    expect(pool.acquire(30)).toBe(first);
  });

  it('makes ids that are random UUIDs, version 4', () => {
    const { lsid } = new ServerSessionPool().acquire(30);
    expect(lsid.id.toHexString()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('drops sessions that have less than a minute left on the server', async () => {
    using clock = fakeClock();
    const pool = new ServerSessionPool();
    const session = pool.acquire(30);
    pool.release(session);
    await clock.advance(29 * 60_000);
    const same = pool.acquire(30);
    expect(same).toBe(session);
    pool.release(same);
    await clock.advance(29 * 60_000 + 1);
    expect(pool.acquire(30)).not.toBe(session);
    expect(pool.size).toBe(0);
  });

  it('drops also those below that nobody would come upon', async () => {
    using clock = fakeClock();
    const pool = new ServerSessionPool();
    const burst = [pool.acquire(30), pool.acquire(30), pool.acquire(30)];
    for (const session of burst) pool.release(session);
    await clock.advance(20 * 60_000);
    pool.release(pool.acquire(30));
    expect(pool.size).toBe(3);
    await clock.advance(10 * 60_000);
    expect(pool.acquire(30)).toBe(burst[2]);
    expect(pool.size).toBe(0);
  });

  it('does not take back a session that is dirty', () => {
    const pool = new ServerSessionPool();
    const session = pool.acquire(30);
    session.dirty = true;
    pool.release(session);
    expect(pool.size).toBe(0);
  });

  it('hands out all ids when it is drained', () => {
    const pool = new ServerSessionPool();
    const session = pool.acquire(30);
    pool.release(session);
    expect(pool.drain()).toEqual([session.lsid]);
    expect(pool.size).toBe(0);
  });

  it('takes any where the timeout is not known', () => {
    const pool = new ServerSessionPool();
    const session = pool.acquire(undefined);
    pool.release(session);
    expect(pool.acquire(undefined)).toBe(session);
  });
});
