import { type Waiter, WaitQueue } from '../../lib/util/wait-queue.js';
import { fakeClock } from '../support/fake-clock.js';

class Visitor implements Waiter {
  settled = false;
  queuedAt = 0;
  line: { abandon(): void } | undefined;
  readonly name: number;

  constructor(name: number) {
    this.name = name;
  }

  leave(): void {
    this.settled = true;
    this.line?.abandon();
  }
}

const visitors = (count: number): Visitor[] => Array.from({ length: count }, (_, i) => new Visitor(i));

describe('WaitQueue', () => {
  it('serves first come, first served, and tells each whether it stands in line', () => {
    const queue = new WaitQueue<Visitor>(0, () => undefined);
    const [a, b] = visitors(2) as [Visitor, Visitor];
    queue.push(a);
    queue.push(b);
    expect([queue.size, a.line]).toEqual([2, queue]);
    expect(queue.shift()).toBe(a);
    expect([queue.size, a.line, b.line]).toEqual([1, undefined, queue]);
    expect([queue.shift(), queue.shift(), queue.size]).toEqual([b, undefined, 0]);
  });

  it('needs one timer for the whole line, and none where there is no limit', async () => {
    using clock = fakeClock();
    const endless = new WaitQueue<Visitor>(0, () => undefined);
    endless.push(new Visitor(0));
    expect(clock.timers).toBe(0);

    const gone: [number, number][] = [];
    const queue = new WaitQueue<Visitor>(100, ({ name }, waitedMS) => gone.push([name, waitedMS]));
    const [a, b, c] = visitors(3) as [Visitor, Visitor, Visitor];
    queue.push(a);
    await clock.advance(40);
    queue.push(b);
    queue.push(c);
    expect(clock.timers).toBe(1);
    c.leave();
    await clock.advance(60);
    expect(gone).toEqual([[0, 100]]);
    expect([a.line, queue.size, clock.timers]).toEqual([undefined, 1, 1]);
    await clock.advance(40);
    expect(gone).toEqual([
      [0, 100],
      [1, 100],
    ]);
    expect([queue.size, clock.timers]).toEqual([0, 0]);
  });

  it('leaves no timer behind when it is drained, which would keep the process alive', () => {
    using clock = fakeClock();
    const queue = new WaitQueue<Visitor>(100, () => undefined);
    for (const visitor of visitors(2)) queue.push(visitor);
    queue.drain(() => undefined);
    expect([queue.size, clock.timers]).toEqual([0, 0]);
  });

  it('measures each wait by itself, also with a timer left from one who was served', async () => {
    using clock = fakeClock();
    const gone: number[] = [];
    const queue = new WaitQueue<Visitor>(100, ({ name }) => gone.push(name));
    queue.push(new Visitor(0));
    expect(queue.shift()?.name).toBe(0);
    await clock.advance(90);
    queue.push(new Visitor(1));
    await clock.advance(99);
    expect(gone).toEqual([]);
    await clock.advance(1);
    expect(gone).toEqual([1]);
    expect(clock.timers).toBe(0);
  });

  it('passes over 10,000 who left, and frees their places while others wait', () => {
    const queue = new WaitQueue<Visitor>(0, () => undefined);
    const all = visitors(10_001);
    for (const visitor of all) queue.push(visitor);
    const kept = all[5_000]!;
    let calls = 0;
    const settled = { get: () => ++calls > 0 };
    for (const visitor of all) if (visitor !== kept) visitor.leave();
    expect(queue.size).toBe(1);
    // Those who left are gone from the line: nobody asks them again.
    for (const visitor of all) if (visitor !== kept) Object.defineProperty(visitor, 'settled', settled);
    expect(queue.shift()).toBe(kept);
    expect(calls).toBeLessThanOrEqual(2);
    expect([queue.shift(), queue.size]).toEqual([undefined, 0]);
  });

  it('limits each wait by itself where limits differ, wherever the waiter stands', async () => {
    using clock = fakeClock();
    const gone: [number, number][] = [];
    const limits = [500, 100, 300];
    const queue = new WaitQueue<Visitor>(
      ({ name }) => limits[name]!,
      ({ name }, waitedMS) => gone.push([name, waitedMS]),
    );
    for (const visitor of visitors(3)) queue.push(visitor);
    expect(clock.timers).toBe(1);
    for (const ms of [100, 200, 200]) await clock.advance(ms);
    expect(gone).toEqual([
      [1, 100],
      [2, 300],
      [0, 500],
    ]);
    expect([queue.size, clock.timers]).toEqual([0, 0]);
  });

  it('lets those wait who have no limit, wherever they stand', async () => {
    using clock = fakeClock();
    const gone: number[] = [];
    const queue = new WaitQueue<Visitor>(
      ({ name }) => (name % 2 === 0 ? 0 : 100),
      ({ name }) => gone.push(name),
    );
    const all = visitors(4);
    for (const visitor of all) queue.push(visitor);
    await clock.advance(100);
    expect([gone, queue.size, clock.timers]).toEqual([[1, 3], 2, 0]);
    await clock.advance(1_000);
    expect([gone.length, queue.shift()?.name, queue.shift()?.name]).toEqual([2, 0, 2]);
    await clock.advance(20);
    expect([queue.size, clock.timers]).toEqual([0, 0]);
  });

  it('stops its timer when all have left', async () => {
    using clock = fakeClock();
    const queue = new WaitQueue<Visitor>(100, () => undefined);
    const all = visitors(3);
    for (const visitor of all) queue.push(visitor);
    for (const visitor of all) visitor.leave();
    expect([queue.size, clock.timers]).toEqual([0, 0]);
    queue.push(new Visitor(9));
    expect([queue.size, clock.timers]).toEqual([1, 1]);
    queue.drain(() => undefined);
    expect(clock.timers).toBe(0);
  });

  it('offers to each in turn; who is not served keeps the place, and the time that has passed', async () => {
    using clock = fakeClock();
    const expired: number[] = [];
    const queue = new WaitQueue<Visitor>(100, ({ name }) => expired.push(name));
    const all = visitors(5);
    for (const visitor of all) queue.push(visitor);
    all[1]!.leave();
    await clock.advance(60);
    const offered: number[] = [];
    queue.offer((visitor) => {
      offered.push(visitor.name);
      expect(visitor.line).toBeUndefined();
      return visitor.name === 2;
    });
    expect([offered, queue.size, all[2]!.line]).toEqual([[0, 2, 3, 4], 3, undefined]);
    all[3]!.leave();
    expect(queue.size).toBe(2);
    await clock.advance(40);
    expect([expired, clock.timers]).toEqual([[0, 4], 0]);
  });

  it('stops its timer when an offer serves all, and offers nothing to those who come meanwhile', () => {
    using clock = fakeClock();
    const queue = new WaitQueue<Visitor>(100, () => undefined);
    const [first, second] = visitors(2) as [Visitor, Visitor];
    queue.push(first);
    queue.offer(() => true);
    expect([queue.size, clock.timers]).toEqual([0, 0]);
    queue.push(first);
    queue.offer(() => {
      queue.push(second);
      return true;
    });
    expect([queue.size, clock.timers, queue.shift()]).toEqual([1, 1, second]);
    queue.drain(() => undefined);
    queue.offer(() => false);
    expect(clock.timers).toBe(0);
  });

  it('drains those who wait now; who queues again meanwhile stays', () => {
    const queue = new WaitQueue<Visitor>(0, () => undefined);
    const all = visitors(4);
    for (const visitor of all) queue.push(visitor);
    all[1]!.leave();
    const drained: number[] = [];
    queue.drain((visitor) => {
      drained.push(visitor.name);
      if (visitor.name !== 2) queue.push(visitor);
    });
    expect(drained).toEqual([0, 2, 3]);
    expect([queue.size, queue.shift()?.name, queue.shift()?.name]).toEqual([2, 0, 3]);
  });
});
