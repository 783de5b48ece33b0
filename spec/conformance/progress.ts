import type { SpecFile } from './format.js';

interface Output {
  readonly isTTY?: boolean;
  write(text: string): void;
}

/** Shows how far a run has come: on a terminal one line that changes, elsewhere a line for each suite. */
export class Progress {
  readonly #output: Output;
  readonly #total: number;
  #done = 0;
  #suite: string | undefined;

  constructor(total: number, output: Output) {
    this.#total = total;
    this.#output = output;
  }

  /** Called before each file. */
  next({ suite, path }: SpecFile, failed: number): void {
    this.#done++;
    const state = `${this.#done}/${this.#total}${failed > 0 ? `, ${failed} failed` : ''}`;
    if (this.#output.isTTY) this.#output.write(`\r\x1b[K${state}  ${path}`);
    else if (suite !== this.#suite) this.#output.write(`${state}  ${suite}\n`);
    this.#suite = suite;
  }

  end(): void {
    if (this.#output.isTTY) this.#output.write('\r\x1b[K');
  }
}
