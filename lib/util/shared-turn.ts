import type { Deadline } from './deadline.js';
import type { Turns } from './turns.js';

/** What `setTimeout` can wait for. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * A turn that several operations have, one after another: the first takes it, and it is given on when the last is over. For
 * a bulk, which nothing else may part.
 */
export class SharedTurn {
  #turns: Turns | undefined;
  #isUsed = false;
  #isOver = false;

  /** Waits for the turn before the first operation; undefined where the time is over before it comes. */
  static wait(turns: Turns, deadline?: Deadline): Promise<SharedTurn | undefined> {
    return new Promise((resolve) => {
      const shared = new SharedTurn();
      let timer: NodeJS.Timeout | undefined;
      const taker = {
        settled: false,
        turn: () => {
          clearTimeout(timer);
          shared.#turns = turns;
          resolve(shared);
        },
      };
      turns.take(taker);
      if (shared.isHeld || deadline === undefined || deadline.at === Number.POSITIVE_INFINITY) return;
      const late = (): void => {
        taker.settled = true;
        resolve(undefined);
      };
      timer = setTimeout(late, Math.min(deadline.remainingMS, LONGEST_TIMER_MS));
    });
  }

  /** Whether the turn has come: the next operation need not wait for one. */
  get isHeld(): boolean {
    return this.#turns !== undefined;
  }

  /** The turn has come to one of the operations. */
  begin(turns: Turns): void {
    this.#turns = turns;
    this.#isUsed = true;
  }

  /** The operation that had begun is over; nobody else can use what the turns are for before that. */
  end(): void {
    this.#isUsed = false;
    if (this.#isOver) this.#giveOn();
  }

  /** No further operation follows. */
  done(): void {
    this.#isOver = true;
    if (!this.#isUsed) this.#giveOn();
  }

  #giveOn(): void {
    const turns = this.#turns;
    this.#turns = undefined;
    turns?.done();
  }
}
