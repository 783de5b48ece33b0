import { Ring } from './ring.js';

/** Something that waits in line. */
export interface Waiter {
  /** True once nobody waits for it any more, such as after an abort: it is passed over. */
  readonly settled: boolean;
  /** When it began to wait, by `performance.now()`. The queue writes it. */
  queuedAt: number;
  /** The line that it stands in, to be told when it is abandoned. The queue writes it. */
  line: { abandon(): void } | undefined;
}

/**
 * First come, first served, each for a limited time. One timer serves the whole line: it wakes when the first wait is over.
 */
export class WaitQueue<W extends Waiter> {
  readonly #line = new Ring<W>();
  readonly #limitOf: (waiter: W) => number;
  readonly #expired: (waiter: W, waitedMS: number) => void;
  #timer: NodeJS.Timeout | undefined;
  /** By `performance.now()`. */
  #wakesAt = 0;
  #abandoned = 0;

  /**
   * @param limitMS the longest wait in milliseconds, of all or of this one; 0 for no limit.
   */
  constructor(limitMS: number | ((waiter: W) => number), expired: (waiter: W, waitedMS: number) => void) {
    this.#limitOf = typeof limitMS === 'number' ? () => limitMS : limitMS;
    this.#expired = expired;
  }

  /** How many really wait. */
  get size(): number {
    return this.#line.size - this.#abandoned;
  }

  /** The one that has waited longest. */
  get first(): W | undefined {
    for (let head = this.#line.peek(); head !== undefined; head = this.#line.peek()) {
      if (!head.settled) return head;
      this.#line.shift();
      this.#abandoned--;
    }
    return undefined;
  }

  push(waiter: W): void {
    waiter.queuedAt = performance.now();
    waiter.line = this;
    this.#line.push(waiter);
    const limitMS = this.#limitOf(waiter);
    if (limitMS > 0) this.#wake(waiter.queuedAt + limitMS, limitMS);
  }

  /** Takes the one that has waited longest. */
  shift(): W | undefined {
    for (let waiter = this.#line.shift(); waiter !== undefined; waiter = this.#line.shift()) {
      if (!waiter.settled) {
        waiter.line = undefined;
        return waiter;
      }
      this.#abandoned--;
    }
    this.#disarm();
    return undefined;
  }

  /** A waiter in the line has been settled elsewhere. Its place is freed when half of the line is such places. */
  abandon(): void {
    this.#abandoned++;
    if (this.#abandoned * 2 <= this.#line.size) return;
    this.#line.retain((waiter) => !waiter.settled);
    this.#abandoned = 0;
    if (this.#line.size === 0) this.#disarm();
  }

  /** Each in turn leaves the line if `serve` says so; the others keep their places, and the time that they have waited. */
  offer(serve: (waiter: W) => boolean): void {
    for (let left = this.#line.size; left > 0; left--) {
      const waiter = this.#line.shift();
      if (waiter === undefined) break;
      if (waiter.settled) {
        this.#abandoned--;
        continue;
      }
      waiter.line = undefined;
      if (serve(waiter)) continue;
      waiter.line = this;
      this.#line.push(waiter);
    }
    if (this.#line.size === 0) this.#disarm();
  }

  /** Empties the line; each waiter goes to `leave`. Those that queue again meanwhile stay. */
  drain(leave: (waiter: W) => void): void {
    for (let left = this.size; left > 0; left--) {
      const waiter = this.shift();
      if (waiter !== undefined) leave(waiter);
    }
    // `shift` leaves the timer to the next who comes; here it would keep the process alive for nobody.
    if (this.#line.size === 0) this.#disarm();
  }

  /** Wakes then, or earlier. */
  #wake(at: number, delayMS: number): void {
    if (this.#timer !== undefined) {
      if (at >= this.#wakesAt) return;
      clearTimeout(this.#timer);
    }
    this.#wakesAt = at;
    this.#timer = setTimeout(() => this.#expire(), delayMS);
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #expire(): void {
    this.#timer = undefined;
    const now = performance.now();
    let next = Number.POSITIVE_INFINITY;
    this.offer((waiter) => {
      const limitMS = this.#limitOf(waiter);
      const waitedMS = now - waiter.queuedAt;
      // A timer may fire a fraction of a millisecond early.
      if (limitMS > 0 && waitedMS >= limitMS - 1) {
        this.#expired(waiter, waitedMS);
        return true;
      }
      if (limitMS > 0) next = Math.min(next, waiter.queuedAt + limitMS);
      return false;
    });
    if (next < Number.POSITIVE_INFINITY) this.#wake(next, next - now);
  }
}
