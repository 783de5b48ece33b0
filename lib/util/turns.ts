/** Who takes turns. */
export interface TurnTaker {
  /** True once nobody waits for it any more: it is passed over. */
  readonly settled: boolean;
  /** Its turn has come. It lasts until `done` is called, once. */
  turn(): void;
}

/**
 * One after another, in the order in which they came. Whoever comes when nobody has the turn gets it at once.
 *
 * ```
 *   take -> turn() ... done -> the next: turn() ... done -> nobody
 * ```
 */
export class Turns {
  readonly #line: TurnTaker[] = [];
  #taken = false;
  /** Whether turns are being handed out further down the stack: many that end at once must not nest. */
  #handing = false;

  /** Whether somebody has the turn. */
  get taken(): boolean {
    return this.#taken;
  }

  take(taker: TurnTaker): void {
    if (this.#taken) {
      this.#line.push(taker);
      return;
    }
    this.#taken = true;
    taker.turn();
  }

  /** Resolves when the caller has the turn. */
  wait(): Promise<void> {
    return new Promise((resolve) => this.take({ settled: false, turn: resolve }));
  }

  /** Whoever has the turn gives it on. */
  done(): void {
    this.#taken = false;
    if (this.#handing) return;
    this.#handing = true;
    try {
      while (!this.#taken) {
        const next = this.#line.shift();
        if (next === undefined) return;
        if (next.settled) continue;
        this.#taken = true;
        next.turn();
      }
    } finally {
      this.#handing = false;
    }
  }
}
