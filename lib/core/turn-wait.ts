import type { Deadline } from '../util/deadline.js';
import type { Turns, TurnTaker } from '../util/turns.js';
import type { DeadlineTicker, Timed } from './deadline-ticker.js';

/**
 * Waits for a session's turn, until a deadline or a signal's abort at most.
 *
 * @returns whether the caller has the turn; if not, the place in the line is given up
 */
export function turnWithin(
  turns: Turns,
  deadline: Deadline | undefined,
  ticker: DeadlineTicker,
  signal?: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve) => {
    const wait = new TurnWait(deadline, ticker, signal, resolve);
    turns.take(wait);
    wait.begin();
  });
}

class TurnWait implements TurnTaker, Timed {
  settled = false;
  readonly deadline: Deadline | undefined;
  readonly #ticker: DeadlineTicker;
  readonly #signal: AbortSignal | undefined;
  readonly #resolve: (hasTurn: boolean) => void;

  constructor(
    deadline: Deadline | undefined,
    ticker: DeadlineTicker,
    signal: AbortSignal | undefined,
    resolve: (hasTurn: boolean) => void,
  ) {
    this.deadline = deadline;
    this.#ticker = ticker;
    this.#signal = signal;
    this.#resolve = resolve;
  }

  begin(): void {
    if (this.settled) return;
    if (this.#signal?.aborted) {
      this.expired();
      return;
    }
    if (this.deadline !== undefined) this.#ticker.watch(this, this.deadline);
    this.#signal?.addEventListener('abort', this.#giveUp, { once: true });
  }

  turn(): void {
    this.#settle(true);
  }

  expired(): void {
    this.#settle(false);
  }

  readonly #giveUp = (): void => this.expired();

  #settle(hasTurn: boolean): void {
    this.settled = true;
    if (this.deadline !== undefined) this.#ticker.forget(this, this.deadline);
    this.#signal?.removeEventListener('abort', this.#giveUp);
    this.#resolve(hasTurn);
  }
}
