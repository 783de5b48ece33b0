import { fakeClock } from './fake-clock.js';

describe('fakeClock', () => {
  it('moves Date, performance and timers together, and by advance alone', async () => {
    using clock = fakeClock(1_000_000);
    const start = performance.now();
    const fired: number[] = [];
    setTimeout(() => fired.push(clock.now), 50);
    const interval = setInterval(() => fired.push(clock.now), 20);
    await clock.settle();
    expect([clock.now, Date.now(), clock.timers, fired]).toEqual([0, 1_000_000, 2, []]);
    await clock.advance(50);
    expect(fired).toEqual([20, 40, 50]);
    expect([Date.now(), performance.now() - start]).toEqual([1_000_050, 50]);
    clearInterval(interval);
    expect(clock.timers).toBe(0);
  });

  it('lets promises that wait for timers go on, chain after chain', async () => {
    using clock = fakeClock();
    const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
    let done = false;
    void (async () => {
      await Promise.resolve();
      await pause(10);
      await pause(10);
      done = true;
    })();
    await clock.advance(19);
    expect(done).toBe(false);
    await clock.advance(1);
    expect(done).toBe(true);
  });

  it('gives the real clock back', async () => {
    const real = setTimeout;
    const clock = fakeClock(0);
    expect(setTimeout).not.toBe(real);
    clock.restore();
    expect(setTimeout).toBe(real);
    expect(Date.now()).toBeGreaterThan(1e12);
  });
});
