let stepMS = 0;

/** Puts a clock in the place of the wall clock that steps at command. Timers and `performance.now()` know nothing of it. */
export function installWallClock(): void {
  const Real = Date;
  globalThis.Date = class extends Real {
    constructor(...given: unknown[]) {
      super(...((given.length === 0 ? [Real.now() + stepMS] : given) as [number]));
    }

    static override now(): number {
      return Real.now() + stepMS;
    }
  } as DateConstructor;
}

/** @param byMS how far the clock is ahead of the real one from now on; negative for behind. */
export function setWallClock(byMS: number): void {
  stepMS = byMS;
}
