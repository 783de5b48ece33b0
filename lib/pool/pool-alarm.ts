/** What an alarm watches: the line of a pool at its cap. */
export interface WatchedLine {
  readonly waiting: number;
  /** Since when the first in line waits, by `performance.now()`; undefined where nobody waits. */
  readonly waitingSince: number | undefined;
  /** How many connections there are at most, are in use, and by whom. */
  usage(): string;
}

/** Who waits longer for a connection than this waits for too few of them, or for operations that hold them too long. */
export const WAIT_LIMIT_MS = 1_000;
/** The least time between two warnings of one pool. */
export const WARNING_PERIOD_MS = 60_000;

/**
 * Warns where operations wait long for a connection as all are in use, before their own limits make errors of it. Costs a
 * timer a second while somebody waits, and nothing else.
 */
export class PoolAlarm {
  readonly #address: string;
  #line: WatchedLine | undefined;
  #timer: NodeJS.Timeout | undefined;
  #warnedAt = Number.NEGATIVE_INFINITY;

  constructor(address: string) {
    this.#address = address;
  }

  /** Somebody waits, and all connections are in use. */
  watch(line: WatchedLine): void {
    if (this.#timer !== undefined) return;
    this.#line = line;
    this.#arm(WAIT_LIMIT_MS);
  }

  /** Nobody waits any more. */
  rest(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(delayMS: number): void {
    this.#timer = setTimeout(() => this.#look(), Math.max(1, delayMS)).unref();
  }

  #look(): void {
    this.#timer = undefined;
    const since = this.#line!.waitingSince;
    if (since === undefined) return;
    const now = performance.now();
    const waitedMS = now - since;
    if (waitedMS < WAIT_LIMIT_MS) {
      this.#arm(WAIT_LIMIT_MS - waitedMS);
      return;
    }
    if (now - this.#warnedAt >= WARNING_PERIOD_MS) this.#warn(waitedMS, now);
    this.#arm(WAIT_LIMIT_MS);
  }

  #warn(waitedMS: number, now: number): void {
    this.#warnedAt = now;
    const { waiting } = this.#line!;
    process.emitWarning(
      `the connections to ${this.#address} do not suffice: ${waiting} operations wait, the first for ` +
        `${Math.round(waitedMS)} ms; ${this.#line!.usage()}. Make these operations faster (indexes, maxTimeMS, timeoutMS), ` +
        'raise maxConcurrent (maxPoolSize), or begin fewer at a time; client.poolStats() shows all of it',
      { type: 'RotorWarning', code: 'ROTOR_POOL_NEARLY_EXHAUSTED' },
    );
  }
}
