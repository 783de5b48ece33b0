/** What an alarm watches: the line of a pool at its cap. */
export interface WatchedLine {
  readonly waiting: number;
  /** Since when the first in line waits, by `performance.now()`; undefined where nobody waits. */
  readonly waitingSince: number | undefined;
  /** How many connections there are at most, are in use, and by whom. */
  usage(): string;
  /** For how many milliseconds the oldest operation that has a connection is under way; undefined where there is none. */
  oldestMS(): number | undefined;
}

/** Who waits longer for a connection than this waits for a server that answers late, or for too few connections. */
export const WAIT_LIMIT_MS = 1_000;
/** The least time between two warnings of one pool. */
export const WARNING_PERIOD_MS = 60_000;

/**
 * Warns where operations wait long for a connection as all are in use, before their own limits make errors of it. Costs
 * one timer while somebody waits, which looks once a second, and nothing else.
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
    this.#timer = setInterval(() => this.#look(), WAIT_LIMIT_MS).unref();
  }

  /** Nobody waits any more. */
  rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const since = this.#line!.waitingSince;
    if (since === undefined) {
      this.rest();
      return;
    }
    const now = performance.now();
    const isDue = now - since >= WAIT_LIMIT_MS && now - this.#warnedAt >= WARNING_PERIOD_MS;
    if (isDue) this.#warn(now - since, now);
  }

  /** From here a server that hangs looks like one that is asked too much: the words leave open what only time can tell. */
  #warn(waitedMS: number, now: number): void {
    this.#warnedAt = now;
    const line = this.#line!;
    const wait = line.waiting === 1 ? '1 operation waits' : `${line.waiting} operations wait`;
    const oldestMS = line.oldestMS();
    const oldest = oldestMS === undefined ? '' : `; the oldest is under way for ${Math.round(oldestMS)} ms`;
    process.emitWarning(
      `${wait} for a connection to ${this.#address}, the first for ${Math.round(waitedMS)} ms: ${line.usage()}${oldest}. ` +
        'If the server does not answer (client.health() tells), timeoutMS bounds the wait. If it does, make these ' +
        'operations faster (indexes, maxTimeMS), raise maxConcurrent (maxPoolSize), or begin fewer at a time. ' +
        'client.poolStats() shows all of it',
      { type: 'RotorWarning', code: 'ROTOR_POOL_NEARLY_EXHAUSTED' },
    );
  }
}
