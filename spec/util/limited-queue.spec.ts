import { LimitedQueue } from '../../lib/util/limited-queue.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('LimitedQueue', () => {
  it('runs tasks in their order, never more than it may', async () => {
    const queue = new LimitedQueue(2);
    const begun: number[] = [];
    let running = 0;
    let most = 0;
    const task = (i: number) => async (): Promise<number> => {
      begun.push(i);
      most = Math.max(most, ++running);
      await turn();
      running--;
      return i;
    };
    const results = [0, 1, 2, 3, 4].map((i) => queue.add(task(i)));
    expect(queue.size).toBe(5);
    expect(await Promise.all(results)).toEqual([0, 1, 2, 3, 4]);
    expect(begun).toEqual([0, 1, 2, 3, 4]);
    expect([most, queue.size]).toEqual([2, 0]);
  });

  it('hands a failure to its caller and goes on', async () => {
    const queue = new LimitedQueue(1);
    const failing = queue.add(() => Promise.reject(new Error('task')));
    const next = queue.add(() => Promise.resolve('next'));
    await expect(failing).rejects.toThrow('task');
    expect(await next).toBe('next');
  });

  it('has room when no task waits for its turn', async () => {
    const queue = new LimitedQueue(1);
    const ends: (() => void)[] = [];
    const task = (): Promise<void> => new Promise((resolve) => ends.push(resolve));
    await queue.room();
    void queue.add(task);
    await queue.room();
    void queue.add(task);
    let hasRoom = false;
    const room = queue.room().then(() => {
      hasRoom = true;
    });
    await turn();
    expect([hasRoom, ends.length]).toEqual([false, 1]);
    ends[0]!();
    await room;
    await turn();
    expect(ends).toHaveLength(2);
    ends[1]!();
  });

  it('forgets what has not begun', async () => {
    const queue = new LimitedQueue(1);
    let begun = 0;
    const task = async (): Promise<void> => {
      begun++;
      await turn();
    };
    const first = queue.add(task);
    void queue.add(task);
    queue.clear();
    await first;
    await turn();
    expect([begun, queue.size]).toEqual([1, 0]);
  });
});
