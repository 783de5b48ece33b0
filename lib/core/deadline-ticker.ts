import type { Deadline } from '../util/deadline.js';

/** Something that has to be over in time. */
export interface Timed {
  readonly deadline: Deadline | undefined;
  /** The time is over. Called once, unless it was forgotten before. */
  expired(): void;
}

/** Operations whose time runs out within the same so many milliseconds are told together. */
const SLOT_MS = 10;
/** The longest sleep: so soon after the last operation the ticker stops. */
const LONGEST_SLEEP_MS = 100;

/**
 * One clock for all deadlines of a client, so that an operation needs no timer of its own. It runs only while something
 * waits.
 *
 * ```
 *   #slots (in order):  ... | 4711 | 4712 | 4730 | ...      number = time / 10 ms, rounded up
 *   #waiting:                 {a, b}  {}     {c}            who was forgotten has left its set
 * ```
 */
export class DeadlineTicker {
  readonly #waiting = new Map<number, Set<Timed>>();
  #slots: number[] = [];
  /** Whose time is over, while they are being told. */
  #told: Set<Timed> = new Set();
  #count = 0;
  #timer: NodeJS.Timeout | undefined;
  #wakesAt = 0;

  /** How many wait. */
  get size(): number {
    return this.#count;
  }

  /** How many different times are kept. */
  get slots(): number {
    return this.#slots.length;
  }

  watch(timed: Timed, { at }: Deadline): void {
    if (at === Number.POSITIVE_INFINITY) return;
    const slot = Math.ceil(at / SLOT_MS);
    let waiting = this.#waiting.get(slot);
    if (waiting === undefined) {
      waiting = new Set();
      this.#waiting.set(slot, waiting);
      this.#insert(slot);
    }
    waiting.add(timed);
    this.#count++;
    if (this.#timer === undefined || slot * SLOT_MS < this.#wakesAt) this.#sleep();
  }

  forget(timed: Timed, { at }: Deadline): void {
    const isGone = this.#waiting.get(Math.ceil(at / SLOT_MS))?.delete(timed) === true || this.#told.delete(timed);
    if (isGone) this.#count--;
  }

  /** Stops at once. Nobody is told. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting.clear();
    this.#slots = [];
    this.#count = 0;
  }

  /** Most deadlines are later than all before. */
  #insert(slot: number): void {
    let at = this.#slots.length;
    while (at > 0 && this.#slots[at - 1]! > slot) at--;
    this.#slots.splice(at, 0, slot);
  }

  #sleep(): void {
    clearTimeout(this.#timer);
    const now = performance.now();
    const sleepMS = Math.min(Math.max(this.#slots[0]! * SLOT_MS - now, 1), LONGEST_SLEEP_MS);
    this.#wakesAt = now + sleepMS;
    this.#timer = setTimeout(() => this.#tick(), sleepMS);
  }

  /** Under steady work with long deadlines, slots that all have left would pile up until they are due. */
  #dropEmpty(): void {
    this.#slots = this.#slots.filter((slot) => this.#waiting.get(slot)!.size > 0 || !this.#waiting.delete(slot));
  }

  #tick(): void {
    this.#timer = undefined;
    if (this.#count === 0) {
      this.close();
      return;
    }
    const now = Math.floor(performance.now() / SLOT_MS);
    let over = 0;
    while (over < this.#slots.length && this.#slots[over]! <= now) over++;
    for (const slot of this.#slots.splice(0, over)) {
      const waiting = this.#waiting.get(slot)!;
      this.#waiting.delete(slot);
      this.#told = waiting;
      for (const timed of waiting) {
        this.forget(timed, timed.deadline!);
        timed.expired();
      }
    }
    this.#dropEmpty();
    // Who was told may have begun something else.
    if (this.#timer === undefined && this.#slots.length > 0) this.#sleep();
  }
}
