import { setImmediate as nextTurn } from 'node:timers/promises';
import { relaxedJSON } from '../bson/relaxed-json.js';
import { InvalidOperationError, ResultTooLargeError } from '../errors/usage-errors.js';
import type { BodyPlan } from './body-options.js';
import type { BodyOutcome } from './body-types.js';

/** What a body needs of a cursor. */
export interface RowSource {
  readonly started: boolean;
  readonly closed: boolean;
  /** Whether documents are left or may come. */
  readonly alive: boolean;
  /** Makes sure that `nextObject` has a document, if there is one; a tailable cursor is asked once. */
  fetchNext(): Promise<boolean>;
  nextObject(): unknown;
  close(): Promise<void>;
}

/** How a cursor behaves where no document is left. */
export interface CursorNature {
  readonly isTailable: boolean;
  readonly waitsForData: boolean;
}

/** A slice is complete with so many bytes: few writes, and little that waits for a slow reader. */
const SLICE_BYTES = 64 * 1024;
/** Or after so many milliseconds of work, where much is decoded for little text. */
const SLICE_MS = 8;

/**
 * The body of a response: a cursor's documents as text, in slices. A slice is made when it is asked for, within one turn
 * of the event loop, and the next one in another turn, so that a batch of 16 MB does not keep everybody waiting. It ends
 * with its batch: nothing that is there waits for the server.
 */
export class CursorBody {
  readonly #cursor: RowSource;
  readonly #nature: CursorNature;
  readonly #plan: BodyPlan;
  #rows = 0;
  #bytes = 0;
  #truncated = false;
  #begun = false;
  #ended = false;
  #stopped: { readonly reason: unknown } | undefined;
  /** Ends the wait that is under way. */
  #interrupt: ((reason: unknown) => void) | undefined;

  /** @throws InvalidOperationError for a cursor that has been read from or closed, or whose array would never end */
  constructor(cursor: RowSource, nature: CursorNature, plan: BodyPlan) {
    const state = cursor.closed ? 'been closed' : cursor.started ? 'started' : undefined;
    if (state !== undefined)
      throw new InvalidOperationError(`the cursor has ${state}: its body would not be whole; use clone() or rewind()`);
    if (nature.isTailable && plan.layout.closing !== '')
      throw new InvalidOperationError('a tailable cursor has no end: use the format "ndjson", not "array"');
    this.#cursor = cursor;
    this.#nature = nature;
    this.#plan = plan;
  }

  /** Whether the last slice has been handed out. */
  get ended(): boolean {
    return this.#ended;
  }

  get outcome(): BodyOutcome {
    return { rows: this.#rows, bytes: this.#bytes, truncated: this.#truncated };
  }

  /**
   * The next slice, or null at the end. Only the first one may be empty: where there are no documents, or none yet.
   *
   * @throws the cursor's error, ResultTooLargeError, the reason given to `stop`; the cursor is closed then
   */
  async next(): Promise<Buffer | null> {
    try {
      if (this.#begun && !this.#ended) await nextTurn();
      if (this.#stopped !== undefined) throw this.#stopped.reason;
      if (this.#ended) return null;
      const isFirst = !this.#begun;
      this.#begun = true;
      if (!(await this.#fetch(isFirst)) && !(isFirst && this.#mayGoOn)) this.#end();
      const slice = this.#slice();
      return slice.length > 0 || isFirst ? slice : null;
    } catch (error) {
      this.stop(error);
      throw error;
    }
  }

  /** Gives up: whatever waits for the body, and whoever asks for more, gets the reason. Closes the cursor on its server. */
  stop(reason: unknown): void {
    if (this.#stopped !== undefined) return;
    this.#stopped = { reason };
    // Never rejects. Whoever waits for the reason does not have to wait for the server as well.
    void this.#cursor.close();
    this.#interrupt?.(reason);
  }

  /** Waits for a promise, or until the body is stopped. One wait at a time. */
  until<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#interrupt = reject;
      promise.then(resolve, reject);
      if (this.#stopped !== undefined) reject(this.#stopped.reason);
    });
  }

  /** Whether a cursor that has nothing now waits for more. */
  get #mayGoOn(): boolean {
    return this.#nature.waitsForData && this.#cursor.alive;
  }

  /** Whether there is a document. The first question to a cursor that waits for data is asked once: headers can go out. */
  async #fetch(isFirst: boolean): Promise<boolean> {
    while (!this.#cursor.closed) {
      if (await this.until(this.#cursor.fetchNext())) return true;
      if (isFirst || !this.#mayGoOn) break;
    }
    return false;
  }

  /** One document at least, however long a busy machine gives the process no time: no text at all would be the end. */
  #slice(): Buffer {
    const until = performance.now() + SLICE_MS;
    const full = this.#bytes + SLICE_BYTES;
    let text = '';
    while (!this.#ended) {
      const document = this.#cursor.nextObject();
      if (document === null) break;
      text += this.#row(document);
      if (this.#bytes >= full || performance.now() >= until) break;
    }
    if (!this.#ended && !this.#cursor.alive) this.#end();
    if (this.#ended) text += this.#closing();
    return Buffer.from(text);
  }

  /** The text of a document; none where it is one too many. */
  #row(document: unknown): string {
    const { layout, maxRows, maxBytes } = this.#plan;
    if (this.#rows >= maxRows) return this.#exceed('maxRows', maxRows);
    const before = this.#rows === 0 ? layout.opening : layout.between;
    const text = `${before}${relaxedJSON(document)}${layout.behind}`;
    const bytes = this.#bytes + Buffer.byteLength(text);
    if (bytes + layout.closing.length > maxBytes) return this.#exceed('maxBytes', maxBytes);
    this.#rows++;
    this.#bytes = bytes;
    return text;
  }

  #exceed(option: string, most: number): string {
    if (!this.#plan.truncate) {
      throw new ResultTooLargeError(
        `the result is larger than ${option} (${most}) allows; with truncate: true it would end there`,
      );
    }
    this.#truncated = true;
    this.#ended = true;
    return '';
  }

  /** @throws InvalidOperationError where the cursor was closed meanwhile: only a tailable one ends that way */
  #end(): void {
    if (this.#cursor.closed && !this.#nature.isTailable)
      throw new InvalidOperationError('the cursor was closed before its end: the body is not whole');
    this.#ended = true;
  }

  #closing(): string {
    const { opening, closing } = this.#plan.layout;
    const text = this.#rows === 0 ? opening + closing : closing;
    this.#bytes += text.length;
    void this.#cursor.close();
    return text;
  }
}
