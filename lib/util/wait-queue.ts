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
 * First come, first served, with one limit for all: as everyone may wait equally long, the head's time runs out first,
 * and one timer serves the whole line.
 */
export class WaitQueue<W extends Waiter> {
  readonly #line = new Ring<W>();
  readonly #limitMS: number;
  readonly #expired: (waiter: W, waitedMS: number) => void;
  readonly #isExempt: (waiter: W) => boolean;
  #timer: NodeJS.Timeout | undefined;
  #abandoned = 0;

  /**
   * @param limitMS the longest wait in milliseconds; 0 for no limit.
   * @param isExempt who may wait longer.
   */
  constructor(
    limitMS: number,
    expired: (waiter: W, waitedMS: number) => void,
    isExempt: (waiter: W) => boolean = none,
  ) {
    this.#limitMS = limitMS;
    this.#expired = expired;
    this.#isExempt = isExempt;
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
    if (this.#limitMS > 0 && this.#timer === undefined) this.#arm(this.#limitMS);
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

  #arm(delayMS: number): void {
    this.#timer = setTimeout(() => this.#expire(), delayMS);
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #expire(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (let head = this.#line.peek(); head !== undefined; head = this.#line.peek()) {
      const waitedMS = now - head.queuedAt;
      if (!head.settled && this.#isExempt(head)) {
        this.#expireAmong(now);
        return;
      }
      // A timer may fire a fraction of a millisecond early.
      if (!head.settled && waitedMS < this.#limitMS - 1) {
        this.#arm(this.#limitMS - waitedMS);
        return;
      }
      this.#line.shift();
      if (head.settled) {
        this.#abandoned--;
        continue;
      }
      head.line = undefined;
      this.#expired(head, waitedMS);
    }
  }

  /** With somebody exempt at the head, the times of those behind are looked at one by one. */
  #expireAmong(now: number): void {
    this.offer((waiter) => {
      const waitedMS = now - waiter.queuedAt;
      if (this.#isExempt(waiter) || waitedMS < this.#limitMS - 1) return false;
      this.#expired(waiter, waitedMS);
      return true;
    });
    if (this.size > 0 && this.#timer === undefined) this.#arm(EXEMPT_PAUSE_MS);
  }
}

/** How often a line with somebody exempt at its head is looked through. */
const EXEMPT_PAUSE_MS = 10;

const none = (): boolean => false;
