/** Counts the operations under way. */
export class Running {
  #count = 0;
  #whenQuiet: (() => void) | undefined;

  began(): void {
    this.#count++;
  }

  ended(): void {
    if (--this.#count === 0 && this.#whenQuiet !== undefined) this.#whenQuiet();
  }

  /** Resolves when none is under way, or after `limitMS` milliseconds. */
  async quiet(limitMS: number): Promise<void> {
    if (limitMS <= 0 || this.#count === 0) return;
    await new Promise<void>((resolve) => {
      // A longer timer of Node.js would go off at once.
      const timer = setTimeout(resolve, Math.min(limitMS, 0x7fff_ffff));
      this.#whenQuiet = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#whenQuiet = undefined;
  }
}
