import type { ReadableStreamDefaultController, UnderlyingSource } from 'node:stream/web';
import { planBody } from './body-options.js';
import type { ResponseOptions } from './body-types.js';
import { CursorBody, type CursorNature, type RowSource } from './cursor-body.js';

/** A cursor's documents as a fetch-style response. Resolves when the first of them are there, or it is known that none are. */
export async function toResponse(
  cursor: RowSource,
  nature: CursorNature,
  options: ResponseOptions = {},
): Promise<Response> {
  const { onEnd } = options;
  if (onEnd !== undefined && typeof onEnd !== 'function')
    throw new TypeError(`onEnd must be a function, not ${typeof onEnd}`);
  const plan = planBody(options);
  plan.signal?.throwIfAborted();
  const { status = 200, headers, layout } = plan;
  if (!headers.has('content-type')) headers.set('content-type', layout.contentType);
  const source = new BodySource(new CursorBody(cursor, nature, plan), plan.signal, onEnd);
  await source.begin();
  // No reading ahead: a slice is made when the reader has taken the one before.
  return new Response(new ReadableStream(source, { highWaterMark: 0 }), { status, headers });
}

/** What a ReadableStream draws a body from. */
class BodySource implements UnderlyingSource<Uint8Array> {
  readonly #body: CursorBody;
  readonly #signal: AbortSignal | undefined;
  #onEnd: ResponseOptions['onEnd'];
  /** Made before there is a stream; null once it has been handed over. */
  #first: Buffer | null = null;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  constructor(body: CursorBody, signal: AbortSignal | undefined, onEnd: ResponseOptions['onEnd']) {
    this.#body = body;
    this.#signal = signal;
    this.#onEnd = onEnd;
  }

  /** What fails here fails before there is a response: nobody has been told that all is well. */
  async begin(): Promise<void> {
    this.#signal?.addEventListener('abort', this);
    try {
      this.#first = await this.#body.next();
    } catch (error) {
      this.#signal?.removeEventListener('abort', this);
      throw error;
    }
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = controller;
  }

  async pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    try {
      let slice = this.#first ?? (await this.#body.next());
      this.#first = null;
      // Nothing has come yet: the headers are out, and the reader waits for the first documents.
      while (slice?.length === 0 && !this.#body.ended) slice = await this.#body.next();
      if (slice !== null && slice.length > 0) controller.enqueue(slice);
      if (!this.#body.ended) return;
      controller.close();
      this.#over({});
    } catch (error) {
      this.#over({ error });
      throw error;
    }
  }

  /** The reader has gone away. */
  cancel(reason: unknown): void {
    const error = reason ?? new DOMException('the reader of the response has gone away', 'AbortError');
    this.#body.stop(error);
    this.#over({ error });
  }

  /** The signal's only event. */
  handleEvent(): void {
    const error = this.#signal!.reason;
    this.#body.stop(error);
    if (this.#controller === undefined) return;
    this.#controller.error(error);
    this.#over({ error });
  }

  #over(failure: { error?: unknown }): void {
    this.#signal?.removeEventListener('abort', this);
    // What the callback throws is not the stream's: it is thrown outside of it.
    if (this.#onEnd !== undefined) process.nextTick(this.#onEnd, { ...this.#body.outcome, ...failure });
    this.#onEnd = undefined;
  }
}
