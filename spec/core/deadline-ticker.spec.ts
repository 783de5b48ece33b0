import { DeadlineTicker, type Timed } from '../../lib/core/deadline-ticker.js';
import { Deadline } from '../../lib/util/deadline.js';
import { type FakeClock, fakeClock } from '../support/fake-clock.js';

/** Writes down when its time was over. */
class Work implements Timed {
  readonly deadline: Deadline;
  toldAt: number | undefined;
  readonly #clock: FakeClock;
  readonly #then: (() => void) | undefined;

  constructor(clock: FakeClock, timeoutMS: number, then?: () => void) {
    this.#clock = clock;
    this.#then = then;
    this.deadline = new Deadline(timeoutMS);
  }

  expired(): void {
    if (this.toldAt !== undefined) throw new Error('told twice');
    this.toldAt = this.#clock.now;
    this.#then?.();
  }
}

let clock: FakeClock;
let ticker: DeadlineTicker;

function watch(timeoutMS: number, then?: () => void): Work {
  const work = new Work(clock, timeoutMS, then);
  ticker.watch(work, work.deadline);
  return work;
}

beforeEach(() => {
  clock = fakeClock();
  ticker = new DeadlineTicker();
});
afterEach(() => {
  ticker.close();
  clock.restore();
});

describe('DeadlineTicker', () => {
  it('tells each when its time is over: not before, and not 11 ms later', async () => {
    const works = [35, 5, 1_234, 35, 999, 99].map((timeoutMS) => watch(timeoutMS));
    expect(ticker.size).toBe(6);
    await clock.advance(2_000);
    for (const { toldAt, deadline } of works) {
      expect(toldAt).toBeGreaterThanOrEqual(deadline.timeoutMS);
      expect(toldAt).toBeLessThanOrEqual(deadline.timeoutMS + 11);
    }
    expect([ticker.size, clock.timers]).toEqual([0, 0]);
  });

  it('has one timer, however many wait, and wakes earlier for who comes later with less time', async () => {
    const late = watch(10_000);
    const soon = watch(20);
    for (let count = 0; count < 1_000; count++) watch(5_000 + count);
    expect(clock.timers).toBe(1);
    await clock.advance(31);
    expect([soon.toldAt! <= 31, late.toldAt, ticker.size, clock.timers]).toEqual([true, undefined, 1_001, 1]);
  });

  it('does not tell who was forgotten, and stops soon after the last', async () => {
    const work = watch(30_000);
    ticker.forget(work, work.deadline);
    ticker.forget(work, work.deadline);
    expect(ticker.size).toBe(0);
    await clock.advance(101);
    expect(clock.timers).toBe(0);
    await clock.advance(40_000);
    expect(work.toldAt).toBeUndefined();
  });

  it('needs nothing where there is no limit', () => {
    const work = watch(0);
    expect([ticker.size, clock.timers]).toEqual([0, 0]);
    ticker.forget(work, work.deadline);
    expect(ticker.size).toBe(0);
  });

  it('tells at once who comes with its time over', async () => {
    const work = new Work(clock, 50);
    await clock.advance(80);
    ticker.watch(work, work.deadline);
    await clock.advance(2);
    expect(work.toldAt).toBeLessThanOrEqual(82);
  });

  it('takes new work, and lets go of other, from who is told', async () => {
    let next: Work | undefined;
    const other = new Work(clock, 20);
    watch(20, () => {
      next = watch(30);
      ticker.forget(other, other.deadline);
    });
    ticker.watch(other, other.deadline);
    await clock.advance(70);
    expect([next!.toldAt !== undefined, other.toldAt, ticker.size, clock.timers]).toEqual([true, undefined, 0, 0]);
  });

  it('keeps nothing of a long day of short work with long deadlines', async () => {
    const stays = watch(3_600_000);
    for (let round = 0; round < 300; round++) {
      const work = watch(3_600_000);
      await clock.advance(10);
      ticker.forget(work, work.deadline);
    }
    await clock.advance(101);
    expect([ticker.size, ticker.slots]).toEqual([1, 1]);
    ticker.forget(stays, stays.deadline);
  });

  it('tells nobody after it was closed', async () => {
    const work = watch(20);
    ticker.close();
    expect([ticker.size, clock.timers]).toEqual([0, 0]);
    await clock.advance(100);
    expect(work.toldAt).toBeUndefined();
  });
});
