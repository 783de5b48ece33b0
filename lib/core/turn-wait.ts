import type { Deadline } from '../util/deadline.js';
import type { Turns, TurnTaker } from '../util/turns.js';
import type { DeadlineTicker, Timed } from './deadline-ticker.js';

/**
 * Waits for a session's turn, until a deadline at most.
 *
 * @returns whether the caller has the turn; if not, the place in the line is given up
 */
export function turnWithin(turns: Turns, deadline: Deadline | undefined, ticker: DeadlineTicker): Promise<boolean> {
  return new Promise((resolve) => {
    const wait = new TurnWait(deadline, ticker, resolve);
    turns.take(wait);
    wait.begin();
  });
}

class TurnWait implements TurnTaker, Timed {
  settled = false;
  readonly deadline: Deadline | undefined;
  readonly #ticker: DeadlineTicker;
  readonly #resolve: (hasTurn: boolean) => void;

  constructor(deadline: Deadline | undefined, ticker: DeadlineTicker, resolve: (hasTurn: boolean) => void) {
    this.deadline = deadline;
    this.#ticker = ticker;
    this.#resolve = resolve;
  }

  begin(): void {
    if (!this.settled && this.deadline !== undefined) this.#ticker.watch(this, this.deadline);
  }

  turn(): void {
    this.#settle(true);
  }

  expired(): void {
    this.#settle(false);
  }

  #settle(hasTurn: boolean): void {
    this.settled = true;
    if (this.deadline !== undefined) this.#ticker.forget(this, this.deadline);
    this.#resolve(hasTurn);
  }
}
