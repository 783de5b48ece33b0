export interface FakeClock extends Disposable {
  /** Milliseconds since the clock was installed. */
  readonly now: number;
  /** Lets time pass: due timers fire in order, and what they resolved has run when this returns. */
  advance(ms: number): Promise<void>;
  /** Runs what is waiting for a promise or for `setImmediate`, without letting time pass. */
  settle(): Promise<void>;
  /** Timers that are set. */
  readonly timers: number;
  /** Gives the real clock back. */
  restore(): void;
}

/**
 * Stops the clock: `Date`, `performance.now`, `setTimeout` and `setInterval` move by `advance` alone.
 *
 * Microtasks, `process.nextTick` and `setImmediate` stay real, so that promises and sockets go on working. Only globals
 * are replaced: code that imports `performance` or `setTimeout` from `node:` modules keeps the real ones.
 *
 * @param startMS what `Date.now()` gives at first. Default: the real time.
 * @example
 * using clock = fakeClock();
 * const wait = gate.enter({ maxWaitTime: 50 });
 * await clock.advance(50);
 */
export function fakeClock(startMS: number = Date.now()): FakeClock {
  jest.useFakeTimers({ now: startMS, doNotFake: ['nextTick', 'setImmediate', 'clearImmediate', 'queueMicrotask'] });
  const start = Date.now();
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const restore = (): void => void jest.useRealTimers();
  return {
    get now() {
      return Date.now() - start;
    },
    get timers() {
      return jest.getTimerCount();
    },
    settle,
    async advance(ms) {
      await settle(); // timers that pending promises are about to set belong to the time that passes now
      await jest.advanceTimersByTimeAsync(ms);
      await settle();
    },
    restore,
    [Symbol.dispose]: restore,
  };
}
