import { Readable, type Writable } from 'node:stream';
import { type Document, Long } from '../bson/codec.js';
import type { DocumentCursor } from '../cursor/cursor-plan.js';
import { atCallSite } from '../errors/call-site.js';
import { InvalidOperationError } from '../errors/usage-errors.js';
import type { BodyOptions, BodyOutcome, ResponseOptions } from './body-types.js';
import { steps } from './call.js';
import type { CursorNature } from './cursor-body.js';
import { type ListOptions, planList, tooLarge } from './list-options.js';
import { pipeTo } from './pipe-to.js';
import { toResponse } from './to-response.js';

/**
 * What `cursor.fetchNext` gives: it can be awaited as it is, as in Motor, and called. Reading the property alone asks
 * the server for nothing.
 */
export interface FetchNext extends PromiseLike<boolean> {
  (): Promise<boolean>;
}

/**
 * Iteration over a cursor, in every style. All of them stand on two primitives of the batch cursor: make sure there is
 * a batch, and take the next document of it. The command that opens the cursor is sent when the first document is asked
 * for.
 */
export abstract class IterableCursor<T = Document> implements AsyncIterable<T> {
  #cursor: DocumentCursor | undefined;
  #transform: ((document: any) => any) | undefined;
  #iterating = false;
  #given = false;

  /** Makes the cursor that runs what has been asked for so far. */
  protected abstract openCursor(): DocumentCursor;

  /** Whether the cursor waits for further documents at the end. */
  protected abstract get isTailable(): boolean;

  /** Whether `next` waits until a tailable cursor has something. */
  protected abstract get waitsForData(): boolean;

  protected get inner(): DocumentCursor {
    this.#cursor ??= this.openCursor();
    return this.#cursor;
  }

  /** @throws InvalidOperationError where the cursor has started: what it asks for cannot change any more */
  protected refuseStarted(what: string): void {
    if (this.#given) throw new InvalidOperationError(`cannot set ${what}: the cursor has been closed`);
    if (this.started)
      throw new InvalidOperationError(`cannot set ${what}: the cursor has started; use clone() or rewind()`);
  }

  /**
   * Whether there is a next document, which `nextObject()` then returns at once. Both spellings work:
   * `while (await cursor.fetchNext)` and `while (await cursor.fetchNext())`.
   *
   * @example
   * while (await cursor.fetchNext) console.log(cursor.nextObject());
   */
  get fetchNext(): FetchNext {
    const fetch = (): Promise<boolean> => this.#fetch();
    // biome-ignore lint/suspicious/noThenProperty: to be awaited without being called is what it is for
    return Object.assign(fetch, { then: ((yes, no) => this.#fetch().then(yes, no)) as PromiseLike<boolean>['then'] });
  }

  /** The next document of the current batch, or null where there is none. Does not wait; see `fetchNext`. */
  nextObject(): T | null {
    return this.#take();
  }

  /**
   * The next document, or null at the end. A tailable cursor with awaitData waits for one.
   *
   * @throws the error of the find or getMore command, ConnectionFailureError
   */
  next(): Promise<T | null> {
    try {
      const ready = this.#take();
      if (ready !== null) return Promise.resolve(ready);
    } catch (error) {
      return Promise.reject(error);
    }
    return steps(() => this.#next());
  }

  /** The next document, or null if there is none now: a tailable cursor is asked once. */
  tryNext(): Promise<T | null> {
    return steps(async () => ((await this.#fetch()) ? this.#take() : null));
  }

  /** Whether `next` will have a document. */
  async hasNext(): Promise<boolean> {
    while (!(await this.#fetch(this.waitsForData))) if (!this.waitsForData || !this.alive) return false;
    return true;
  }

  /**
   * Up to `length` documents; the next call goes on behind them. An empty list at the end.
   *
   * @param length how many at most, from 0; null for all that are left
   * @param options `maxBytes`: how large the documents may be together, as BSON
   * @throws TypeError or RangeError for another length, InvalidOperationError for a tailable cursor
   * @example
   * for (let page = await cursor.toList(100); page.length > 0; page = await cursor.toList(100)) show(page);
   */
  toList(length: number | null, options?: ListOptions): Promise<T[]> {
    return steps(async () => {
      const { most, maxBytes } = planList(length, options);
      if (this.isTailable)
        throw new InvalidOperationError('toList cannot be used with a tailable cursor: it has no end');
      this.#refuseClosed();
      const documents: T[] = [];
      let bytes = 0;
      while (documents.length < most && (await this.inner.fetch().catch(this.#giveUp))) {
        const { batch } = this.inner;
        const start = bytes + batch.bytesLeft;
        for (let document = this.#take(); document !== null; document = this.#take()) {
          bytes = start - batch.bytesLeft;
          if (bytes > maxBytes) {
            await this.close();
            throw tooLarge(documents.length, maxBytes);
          }
          documents.push(document);
          if (documents.length >= most) break;
        }
      }
      if (length === null) await this.#cursor?.close();
      return documents;
    });
  }

  /** All documents that are left. The cursor is closed then. */
  toArray(options?: ListOptions): Promise<T[]> {
    return this.toList(null, options);
  }

  /**
   * Calls `callback(document, null)` for each document and `callback(null, null)` at the end, or `callback(null, error)`
   * once. Returning `false` pauses; a further `each` goes on. An error that the callback throws ends the iteration and is
   * thrown outside of it, as one from a timer would be.
   *
   * @throws InvalidOperationError while another `each` of the cursor runs
   */
  each(callback: (document: T | null, error: Error | null) => unknown): void {
    if (typeof callback !== 'function') throw new TypeError(`callback must be a function, not ${typeof callback}`);
    if (this.#iterating) throw new InvalidOperationError('each is running on this cursor already');
    this.#iterating = true;
    this.#each(callback).then(
      (last) => {
        if (last === undefined) return;
        this.#iterating = false;
        process.nextTick(callback, null, last);
      },
      (error) => {
        this.#iterating = false;
        process.nextTick(() => {
          throw error;
        });
      },
    );
  }

  /** Calls `visit` for each document that is left, in turn; a returned promise is waited for. `false` stops. */
  forEach(visit: (document: T) => unknown): Promise<void> {
    return steps(async () => {
      for await (const document of this) if ((await visit(document)) === false) return;
    });
  }

  /** The documents of the current batch, without asking the server. */
  readBufferedDocuments(count = Number.POSITIVE_INFINITY): T[] {
    const documents: T[] = [];
    while (documents.length < count) {
      const document = this.#take();
      if (document === null) break;
      documents.push(document);
    }
    return documents;
  }

  /** How many documents of the current batch are left. */
  bufferedCount(): number {
    return this.#cursor?.batch.count ?? 0;
  }

  /**
   * The batches as bytes: each item is the documents of one reply, as BSON. For passing data on without decoding it.
   *
   * @example
   * for await (const batch of cursor.rawBatches()) for (const bytes of batch) socket.write(bytes);
   */
  async *rawBatches(): AsyncGenerator<Buffer[], void, void> {
    try {
      while (await this.#fetch()) {
        const batch: Buffer[] = [];
        const { inner } = this;
        for (let bytes = inner.takeRaw(); bytes !== null; bytes = inner.takeRaw()) batch.push(bytes);
        yield batch;
      }
    } catch (error) {
      throw atCallSite(error, this.rawBatches);
    } finally {
      await this.#cursor?.close();
    }
  }

  /** The documents as a Node.js stream of objects, with backpressure. Destroying it closes the cursor. */
  stream(): Readable {
    return Readable.from(this, { objectMode: true });
  }

  /**
   * The documents as a fetch-style response, in relaxed Extended JSON: one per line, or `{ format: 'array' }`. What fails
   * later than before the first of them, and a result above `maxRows` or `maxBytes`, breaks the body off visibly.
   *
   * @throws InvalidOperationError for a cursor that has started, the error of the find command
   * @example
   * const handler = (request: Request) => users.find().toResponse({ signal: request.signal, maxRows: 100_000 });
   */
  toResponse(options?: ResponseOptions): Promise<Response> {
    return steps(() => toResponse(this, this.#nature, options));
  }

  /**
   * Answers with the documents, as `toResponse` does, in `node:http`, Express (`res`) or Fastify (`reply.raw`); also into
   * any writable stream. Resolves when all has been handed to the system. Where it rejects, nothing has been sent while
   * `res.headersSent` is false; afterwards the connection has been broken off.
   *
   * @throws as `toResponse`; AbortError (a DOMException) where the receiver goes away
   * @example
   * createServer((request, res) => users.find().pipeTo(res, { format: 'array' }).catch(report));
   */
  pipeTo(res: Writable, options?: BodyOptions): Promise<BodyOutcome> {
    return steps(() => pipeTo(this, this.#nature, res, options));
  }

  /**
   * Changes each document on its way. Further calls apply to what the earlier ones return. An error that `transform`
   * throws closes the cursor and reaches whoever asked for the document; so does a TypeError where it returns null, which
   * stands for the end.
   */
  map<U>(transform: (document: T) => U): IterableCursor<U> {
    this.refuseStarted('map');
    const before = this.#transform;
    this.#transform = before === undefined ? transform : (document) => transform(before(document));
    return this as unknown as IterableCursor<U>;
  }

  /** Iterates over the documents that are left, and closes the cursor when the loop is left early. */
  [Symbol.asyncIterator](): AsyncIterator<T, void, void> {
    let begun = false;
    return {
      next: () => {
        try {
          const ready = this.#take();
          if (ready !== null) return Promise.resolve({ done: false, value: ready });
        } catch (error) {
          return Promise.reject(error);
        }
        // Closing a cursor within its loop ends the loop; a loop over a closed cursor is a mistake.
        if (this.#given && begun) return Promise.resolve({ done: true, value: undefined });
        begun = true;
        return this.#step();
      },
      return: async () => {
        await this.#cursor?.close();
        return { done: true, value: undefined };
      },
    };
  }

  /** Whether documents are left or may come. False after an empty first batch of a tailable cursor that the server closed. */
  get alive(): boolean {
    return !this.#given && (this.#cursor?.alive ?? true);
  }

  /** The cursor's number on its server; null before the start and where the server holds none. */
  get cursorId(): Long | null {
    return this.#cursor?.id ? Long.fromBigInt(this.#cursor.id) : null;
  }

  /** The official driver's name for `cursorId`. */
  get id(): Long | undefined {
    return this.cursorId ?? undefined;
  }

  /** `host:port` of the server that the cursor is on; null before the start. */
  get address(): string | null {
    return this.#cursor?.server?.address ?? null;
  }

  /** Whether the command that opens the cursor has been sent. */
  get started(): boolean {
    return this.#cursor?.started ?? false;
  }

  /** Whether nothing more will come: closed by `close()`, by a loop that ended, or by an error. */
  get closed(): boolean {
    return this.#given || (this.#cursor?.closed ?? false);
  }

  /** Closes the cursor, on the server too, within `timeoutMS`. Never rejects; a second call does nothing. */
  async close({ timeoutMS }: { timeoutMS?: number } = {}): Promise<void> {
    this.#given = true;
    await this.#cursor?.close(timeoutMS);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Forgets what has been read: the next document is the first again, by a new command. */
  rewind(): this {
    void this.#cursor?.close();
    this.#cursor = undefined;
    this.#given = false;
    return this;
  }

  get #nature(): CursorNature {
    return { isTailable: this.isTailable, waitsForData: this.waitsForData };
  }

  #take(): T | null {
    const document = this.#cursor?.take() ?? null;
    return document === null || this.#transform === undefined ? (document as T | null) : this.#transformed(document);
  }

  #transformed(document: Document): T {
    try {
      const result = this.#transform!(document);
      if (result !== null) return result;
      throw new TypeError('map: the function must not return null, which stands for the end of the cursor');
    } catch (error) {
      void this.#cursor?.close();
      throw error;
    }
  }

  /** @param insists whether a cursor that waits for data is asked until something comes, all within one deadline */
  #fetch(insists = false): Promise<boolean> {
    return steps(() => {
      this.#refuseClosed();
      return this.inner.fetch(insists);
    });
  }

  async #next(): Promise<T | null> {
    this.#refuseClosed();
    for (;;) {
      if (await this.inner.fetch(this.waitsForData)) {
        // Another call that waited for the same batch may have taken its last document.
        const document = this.#take();
        if (document !== null) return document;
      } else if (!this.waitsForData || !this.alive) return null;
    }
  }

  #step(): Promise<IteratorResult<T, void>> {
    return steps(async () => {
      let document: T | null = null;
      try {
        document = await this.#next();
      } finally {
        if (document === null) await this.#cursor?.leave();
      }
      return document === null ? { done: true, value: undefined } : { done: false, value: document };
    });
  }

  /** The error to be reported at the end, null for none, undefined where the callback has paused the iteration. */
  async #each(callback: (document: T | null, error: Error | null) => unknown): Promise<Error | null | undefined> {
    for (;;) {
      let document: T | null;
      try {
        document = await this.next().catch(this.#giveUp);
      } catch (error) {
        return error as Error;
      }
      if (document === null) return null;
      if (callback(document, null) === false) {
        // At once: whoever hears of the pause within the callback may go on before this promise is settled.
        this.#iterating = false;
        return undefined;
      }
      if (this.#given) return null;
    }
  }

  /** A loop that fails is over: nobody is left to close the cursor. */
  readonly #giveUp = async (error: unknown): Promise<never> => {
    await this.#cursor?.close();
    throw error;
  };

  #refuseClosed(): void {
    if (this.#given)
      throw new InvalidOperationError('the cursor has been closed; clone() gives a fresh one, rewind() starts again');
  }
}
