import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { StolenTime } from './stolen-time.js';

const pause = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

function work(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe('StolenTime', () => {
  it('counts what the process did not run, within the span alone', async () => {
    using stolen = new StolenTime();
    await sleep(20);
    const from = performance.now();
    pause(100);
    const to = performance.now();
    expect(await stolen.between(from, to)).toBeGreaterThan(70);
    expect(await stolen.between(from, from + 10)).toBeLessThanOrEqual(10);
    expect(await stolen.between(from - 1_000, from - 500)).toBe(0);
  });

  it('does not count what the process itself was busy with', async () => {
    using stolen = new StolenTime();
    await sleep(20);
    const from = performance.now();
    const { user: before } = process.cpuUsage();
    work(100);
    const usedMS = (process.cpuUsage().user - before) / 1000;
    const to = performance.now();
    // On a loaded machine a part of it may have been stolen indeed.
    expect(await stolen.between(from, to)).toBeLessThan(Math.max(10, to - from - usedMS + 10));
  });

  it('counts the work of the collector where that is wanted', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    using stolen = new StolenTime({ withCollector: true });
    await sleep(20);
    const from = performance.now();
    collect();
    const to = performance.now();
    await sleep(50); // the runtime tells of it in a turn of its own
    expect(await stolen.between(from, to)).toBeGreaterThan((to - from) / 2);
    expect(await stolen.between(from, to)).toBeLessThanOrEqual(to - from);
  });
});
