import type { RowSource } from '../../lib/api/cursor-body.js';

/** A cursor over batches that are there already. An error in a batch's place is what fetching it rejects with. */
export class ListedRows implements RowSource {
  closed = false;
  started = false;
  /** How often the next batch has been asked for. */
  fetches = 0;
  /** The last batch is followed by empty ones, as of a tailable cursor. */
  readonly endless: boolean;
  readonly #batches: (unknown[] | Error)[];
  #batch: unknown[] = [];

  constructor(batches: readonly (readonly unknown[] | Error)[], endless = false) {
    this.#batches = batches.map((batch) => (batch instanceof Error ? batch : [...batch]));
    this.endless = endless;
  }

  get alive(): boolean {
    return !this.closed && (this.#batch.length > 0 || this.#batches.length > 0 || this.endless);
  }

  async fetchNext(): Promise<boolean> {
    this.started = true;
    if (this.#batch.length > 0) return true;
    this.fetches++;
    await new Promise(setImmediate);
    const next = this.#batches.shift() ?? [];
    if (next instanceof Error) throw next;
    this.#batch = this.closed ? [] : next;
    return this.#batch.length > 0;
  }

  nextObject(): unknown {
    return this.#batch.length === 0 ? null : this.#batch.shift();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.#batch = [];
  }

  /** More documents for a cursor that waits for data. */
  add(...documents: unknown[]): void {
    this.#batches.push(documents);
  }
}

export const FINITE = { isTailable: false, waitsForData: false };
export const TAILABLE = { isTailable: true, waitsForData: false };
export const AWAITING = { isTailable: true, waitsForData: true };

/** Documents of about a hundred bytes of text. */
export function rows(count: number): { n: number; filler: string }[] {
  return Array.from({ length: count }, (_, n) => ({ n, filler: 'x'.repeat(80) }));
}
