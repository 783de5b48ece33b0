import { Running } from '../../lib/core/running.js';
import { fakeClock } from '../support/fake-clock.js';
import { follow } from './fake-core.js';

describe('Running', () => {
  it('is quiet when the last has ended, and leaves no timer', async () => {
    using clock = fakeClock();
    const running = new Running();
    running.began();
    running.began();
    const quiet = follow(running.quiet(1_000).then(() => clock.now));
    running.ended();
    await clock.advance(10);
    expect(quiet).toEqual({});
    running.ended();
    await clock.settle();
    expect([quiet, clock.timers]).toEqual([{ value: 10 }, 0]);
    running.began();
    running.ended();
  });

  it('waits no longer than the limit', async () => {
    using clock = fakeClock();
    const running = new Running();
    running.began();
    const quiet = follow(running.quiet(1_000).then(() => clock.now));
    await clock.advance(1_000);
    expect(quiet).toEqual({ value: 1_000 });
    running.ended();
    expect(clock.timers).toBe(0);
  });

  it('waits as long as a timer of Node.js can, where more is asked', async () => {
    const started = jest.spyOn(globalThis, 'setTimeout');
    const running = new Running();
    running.began();
    const quiet = running.quiet(Number.MAX_SAFE_INTEGER);
    expect(started.mock.calls.map(([, delayMS]) => delayMS)).toEqual([2 ** 31 - 1]);
    running.ended();
    await quiet;
    started.mockRestore();
  });

  it('waits for nothing where nothing runs, or no time is given', async () => {
    using clock = fakeClock();
    const running = new Running();
    await running.quiet(1_000);
    running.began();
    await running.quiet(0);
    expect(clock.timers).toBe(0);
  });
});
