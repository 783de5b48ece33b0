import type { Document } from '../bson/codec.js';
import { InvalidOperationError } from '../errors/usage-errors.js';
import { withoutSession } from '../session/ambient-session.js';
import { withoutDeadline } from '../util/ambient-deadline.js';
import { ChangeListener, type ListenOptions, planListener } from './change-listener.js';
import type { ResumeToken } from './change-stream-events.js';

/** What is shared. */
export interface SharedSource<Change> {
  readonly resumeToken: ResumeToken | undefined;
  open(): Promise<unknown>;
  next(): Promise<Change | null>;
  close(): Promise<void>;
}

/**
 * One change stream for many listeners: one cursor on the server and one connection, however many there are. Made by
 * `stream.share()`.
 *
 * The first listener opens the stream, the last that closes closes it. A listener gets what comes after it has joined. One
 * that joins when the stream has been closed, or has failed, opens it anew, from then on.
 */
export class SharedChangeStream<Change = Document> implements AsyncDisposable {
  readonly #listeners = new Set<ChangeListener<Change>>();
  #first: SharedSource<Change> | undefined;
  readonly #again: () => SharedSource<Change>;
  /** The stream that is read, as long as somebody listens. */
  #source: SharedSource<Change> | undefined;
  /** Resolves when that is open on the server; rejects as its listeners do. */
  #opening: Promise<void> | undefined;
  #closed = false;
  /** Somebody has made room, or nobody listens any more. */
  #roomMade: (() => void) | undefined;

  /** @internal Made by `stream.share()`. */
  constructor(first: SharedSource<Change>, again: () => SharedSource<Change>) {
    this.#first = first;
    this.#again = again;
  }

  /** How many listen. */
  get listeners(): number {
    return this.#listeners.size;
  }

  /** Whether `close()` has been called. */
  get closed(): boolean {
    return this.#closed;
  }

  /** The token of the last event that was handed to the listeners; what their buffers hold has not been worked off. */
  get resumeToken(): ResumeToken | undefined {
    return (this.#source ?? this.#first)?.resumeToken;
  }

  /**
   * Joins. From then on the listener's events wait for it in a buffer of its own. Writes whose events must be seen come
   * after `await listener.ready`.
   *
   * @throws InvalidOperationError after `close()`; TypeError or RangeError for options that are wrong
   * @example
   * const listener = shared.listen({ filter: ({ operationType }) => operationType === 'insert', bufferSize: 100 });
   * for await (const change of listener) console.log(change);
   */
  listen(options: ListenOptions<Change> = {}): ChangeListener<Change> {
    if (this.#closed) throw new InvalidOperationError('the shared change stream has been closed');
    const plan = planListener(options);
    // It outlives the block in which its first listener joins.
    this.#source ??= withoutSession(() => withoutDeadline(() => this.#begin()));
    const source = this.#source;
    const listener = new ChangeListener<Change>(plan, {
      ready: this.#opening!,
      roomMade: () => this.#makeRoom(),
      left: (one) => this.#left(one, source),
    });
    // Its signal may have been aborted before: then it has left already.
    if (!listener.closed) this.#listeners.add(listener);
    return listener;
  }

  /** Ends all listeners, without an error, and closes the stream. */
  async close(): Promise<void> {
    this.#closed = true;
    const source = this.#source ?? this.#first;
    for (const listener of [...this.#listeners]) void listener.close();
    await source?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #begin(): SharedSource<Change> {
    const source = this.#first ?? this.#again();
    this.#first = undefined;
    this.#opening = source.open().then(() => undefined);
    void this.#pump(source, this.#opening);
    return source;
  }

  /** Reads event after event; not before there is room for it with everybody who holds the others up. */
  async #pump(source: SharedSource<Change>, opening: Promise<void>): Promise<void> {
    try {
      await opening;
      while (source === this.#source) {
        if (this.#isHeldUp()) await this.#room();
        else {
          const change = await source.next();
          if (change === null) break;
          for (const listener of [...this.#listeners]) listener.offer(change);
        }
      }
      this.#end(source, undefined);
    } catch (error) {
      this.#end(source, error);
    }
  }

  #isHeldUp(): boolean {
    for (const listener of this.#listeners) if (listener.holdsUp) return true;
    return false;
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      this.#roomMade = resolve;
    });
  }

  #makeRoom(): void {
    this.#roomMade?.();
    this.#roomMade = undefined;
  }

  #left(listener: ChangeListener<Change>, source: SharedSource<Change>): Promise<void> {
    this.#listeners.delete(listener);
    this.#makeRoom();
    if (this.#listeners.size > 0 || source !== this.#source) return Promise.resolve();
    this.#source = undefined;
    return source.close();
  }

  /** The stream has come to its end, or has failed: everybody hears of it behind what waits in the buffer. */
  #end(source: SharedSource<Change>, error: unknown): void {
    if (source !== this.#source) return;
    this.#source = undefined;
    for (const listener of [...this.#listeners]) listener.end(error);
    this.#listeners.clear();
    void source.close();
  }
}
