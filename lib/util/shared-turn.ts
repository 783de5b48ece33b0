import type { Turns } from './turns.js';

/**
 * A turn that several operations have, one after another: the first takes it, and it is given on when the last is over. For
 * a bulk, which nothing else may part.
 */
export class SharedTurn {
  #turns: Turns | undefined;
  #isUsed = false;
  #isOver = false;

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
