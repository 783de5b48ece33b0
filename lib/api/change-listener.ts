import { inspect } from 'node:util';
import type { Document } from '../bson/codec.js';
import { ListenerOverflowError } from '../errors/usage-errors.js';
import { requireObject } from '../session/session-options.js';
import { abortSignalOf } from '../util/abort-signal.js';
import { Ring } from '../util/ring.js';
import { steps } from './call.js';
import { type ChangeFilter, predicateOf } from './change-filter.js';
import type { Abortable } from './operation-options.js';

/**
 * What becomes of events for which a listener's buffer has no room: `block` reads no more from the server, for anybody,
 * until there is room; `dropOldest` leaves out what has waited longest; `fail` ends the listener with
 * ListenerOverflowError.
 */
export type OverflowPolicy = 'block' | 'dropOldest' | 'fail';

/** Options of `shared.listen`. */
export interface ListenOptions<Change = Document> extends Abortable {
  /** Which events the listener wants. Default: all. */
  filter?: ChangeFilter<Change>;
  /** How many events may wait for the listener. Default 1000. */
  bufferSize?: number;
  /** Default `block`. */
  onOverflow?: OverflowPolicy;
}

export interface ListenPlan<Change> {
  readonly wants: (change: Change) => boolean;
  readonly bufferSize: number;
  readonly onOverflow: OverflowPolicy;
  readonly signal: AbortSignal | undefined;
}

const POLICIES: readonly unknown[] = ['block', 'dropOldest', 'fail'];
const DEFAULT_BUFFER_SIZE = 1000;

/** @throws TypeError or RangeError for an option that is wrong */
export function planListener<Change>(options: ListenOptions<Change>): ListenPlan<Change> {
  requireObject(options, 'options');
  const { filter, bufferSize = DEFAULT_BUFFER_SIZE, onOverflow = 'block' } = options;
  const signal = abortSignalOf(options.signal);
  if (!Number.isSafeInteger(bufferSize) || bufferSize < 1)
    throw new RangeError(`bufferSize must be a whole number from 1, not ${inspect(bufferSize)}`);
  if (!POLICIES.includes(onOverflow))
    throw new TypeError(`onOverflow must be 'block', 'dropOldest' or 'fail', not ${inspect(onOverflow)}`);
  return { wants: predicateOf(filter), bufferSize, onOverflow, signal };
}

/** What a listener tells the stream that it listens to. */
export interface ListenerHost {
  readonly ready: Promise<void>;
  roomMade(): void;
  left(listener: ChangeListener<any>): Promise<void>;
}

interface Waiting<Change> {
  resolve(change: Change | null): void;
  reject(error: unknown): void;
}

/** One of many listeners to a shared change stream: an own filter, an own buffer. Made by `shared.listen()`. */
export class ChangeListener<Change = Document> implements AsyncIterable<Change>, AsyncDisposable {
  readonly #plan: ListenPlan<Change>;
  readonly #host: ListenerHost;
  readonly #buffer = new Ring<Change>();
  readonly #waiting: Waiting<Change>[] = [];
  #closed = false;
  /** No more will come; behind the buffer is the error, if there is one. */
  #end: { readonly error: unknown } | undefined;
  #dropped = 0;

  /** @internal Made by `shared.listen()`. */
  constructor(plan: ListenPlan<Change>, host: ListenerHost) {
    this.#plan = plan;
    this.#host = host;
    const { signal } = plan;
    if (signal?.aborted === true) this.#abort();
    else signal?.addEventListener('abort', this.#abort, { once: true });
  }

  /** Resolves when the stream is open on the server: what is written then is seen. Rejects where it cannot be opened. */
  get ready(): Promise<void> {
    return this.#host.ready;
  }

  /** How many events wait. */
  get buffered(): number {
    return this.#buffer.size;
  }

  /** How many events were left out as there was no room, with `onOverflow: 'dropOldest'`. */
  get dropped(): number {
    return this.#dropped;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** @internal Whether nobody can go on before this listener does. */
  get holdsUp(): boolean {
    return this.#plan.onOverflow === 'block' && this.#buffer.size >= this.#plan.bufferSize;
  }

  /**
   * The next event; null where the stream has ended or the listener was closed.
   *
   * @throws the stream's error, ListenerOverflowError, the signal's reason, what the filter threw
   */
  next(): Promise<Change | null> {
    return steps(
      () =>
        new Promise((resolve, reject) => {
          const { holdsUp } = this;
          const change = this.#buffer.shift();
          if (change !== undefined) {
            resolve(change);
            if (holdsUp) this.#host.roomMade();
          } else if (this.#end !== undefined) this.#tellEnd({ resolve, reject });
          else this.#waiting.push({ resolve, reject });
        }),
    );
  }

  /** Iterates until the stream ends, and closes the listener when the loop is left. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Change, void, void> {
    try {
      for (let change = await this.next(); change !== null; change = await this.next()) yield change;
    } finally {
      await this.close();
    }
  }

  /** Leaves: the last one closes the stream. Never rejects. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#leave(undefined);
    while (this.#buffer.shift() !== undefined); // Nobody reads it any more.
    await this.#host.left(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal An event of the stream. */
  offer(change: Change): void {
    if (this.#end !== undefined) return;
    try {
      if (!this.#plan.wants(change)) return;
    } catch (error) {
      this.#fail(error);
      return;
    }
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) waiting.resolve(change);
    else this.#keep(change);
  }

  /** @internal The stream has ended. What waits in the buffer can still be read. */
  end(error: unknown): void {
    if (this.#end !== undefined) return;
    this.#end = { error };
    this.#plan.signal?.removeEventListener('abort', this.#abort);
    for (const waiting of this.#waiting.splice(0)) this.#tellEnd(waiting);
  }

  #keep(change: Change): void {
    const { bufferSize, onOverflow } = this.#plan;
    if (this.#buffer.size >= bufferSize) {
      if (onOverflow === 'fail') {
        this.#fail(
          new ListenerOverflowError(`the listener has fallen behind: its ${bufferSize} events are all waiting`),
        );
        return;
      }
      if (onOverflow === 'dropOldest') {
        this.#buffer.shift();
        this.#dropped++;
      }
    }
    this.#buffer.push(change);
  }

  /** This listener alone. */
  #fail(error: unknown): void {
    this.#leave(error);
    void this.#host.left(this); // Never rejects.
  }

  #leave(error: unknown): void {
    this.#closed = true;
    this.end(error);
  }

  /** An error is told once. */
  #tellEnd({ resolve, reject }: Waiting<Change>): void {
    const { error } = this.#end!;
    this.#end = { error: undefined };
    this.#closed = true;
    if (error === undefined) resolve(null);
    else reject(error);
  }

  readonly #abort = (): void => this.#fail(this.#plan.signal!.reason);
}
