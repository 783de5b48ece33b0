import { inspect } from 'node:util';

/**
 * The time by which an operation has to be over, however many commands it takes. One object may be shared by all of
 * them; it is only ever read.
 */
export class Deadline {
  /** What the user asked for, in milliseconds; 0 for no limit, which still is another thing than none given. */
  readonly timeoutMS: number;
  /** By `performance.now()`; Infinity for no limit. */
  readonly at: number;

  /** @param startedAt when the time began to run, by `performance.now()` */
  constructor(timeoutMS: number, startedAt = performance.now()) {
    this.timeoutMS = timeoutMS;
    this.at = timeoutMS === 0 ? Number.POSITIVE_INFINITY : startedAt + timeoutMS;
  }

  /** Milliseconds; Infinity for no limit, negative when it is over. */
  get remainingMS(): number {
    return this.at - performance.now();
  }

  /** The earlier of two deadlines. */
  static earlier(one: Deadline | undefined, other: Deadline | undefined): Deadline | undefined {
    if (one === undefined || other === undefined) return one ?? other;
    return other.at < one.at ? other : one;
  }

  /** @throws TypeError or RangeError, which names the option, the value and what was expected */
  static check(value: unknown, name: string): number {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
    const message = `${name} must be a whole number of milliseconds from 0 (no limit), not ${inspect(value)}`;
    throw typeof value === 'number' ? new RangeError(message) : new TypeError(message);
  }
}
