import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import { inspect } from 'node:util';
import { InvalidOperationError } from '../errors/usage-errors.js';
import { type BodyPlan, planBody } from './body-options.js';
import type { BodyOptions, BodyOutcome } from './body-types.js';
import { breakOff } from './break-off.js';
import { CursorBody, type CursorNature, type RowSource } from './cursor-body.js';
import { whenGone } from './when-gone.js';

/**
 * Writes a cursor's documents to a response of `node:http`, or to any other writable stream, and ends it. Resolves when
 * the last byte has been handed to the system.
 */
export async function pipeTo(
  cursor: RowSource,
  nature: CursorNature,
  sink: Writable,
  options: BodyOptions = {},
): Promise<BodyOutcome> {
  const plan = planBody(options);
  checkSink(sink, options);
  plan.signal?.throwIfAborted();
  const body = new CursorBody(cursor, nature, plan);
  try {
    return await new Pipe(body, sink, plan).run();
  } finally {
    // Never rejects, and the response is over.
    void cursor.close();
  }
}

/** One run of a body into a sink. */
class Pipe {
  readonly #body: CursorBody;
  readonly #sink: Writable;
  readonly #plan: BodyPlan;
  #begun = false;
  /** Called once everything has been handed to the system. */
  #finish: () => void = () => undefined;

  constructor(body: CursorBody, sink: Writable, plan: BodyPlan) {
    this.#body = body;
    this.#sink = sink;
    this.#plan = plan;
  }

  async run(): Promise<BodyOutcome> {
    const sink = this.#sink;
    const { signal } = this.#plan;
    sink.on('error', this.#onError).on('finish', this.#onFinish);
    const leave = whenGone(sink, () => this.#body.stop(goneAway()));
    signal?.addEventListener('abort', this);
    try {
      await this.#pump();
      return isHead(sink) ? NOTHING : this.#body.outcome;
    } catch (error) {
      // Where nothing has been sent, the caller can still answer with an error.
      if (this.#begun) breakOff(sink);
      throw error;
    } finally {
      signal?.removeEventListener('abort', this);
      leave();
      sink.off('error', this.#onError).off('finish', this.#onFinish);
    }
  }

  async #pump(): Promise<void> {
    const body = this.#body;
    const sink = this.#sink;
    let slice = await body.next();
    if (isResponse(sink)) setHead(sink, this.#plan);
    this.#begun = true;
    if (isHead(sink)) slice = null;
    while (slice !== null && !body.ended) {
      if (slice.length === 0) flushHeaders(sink);
      else if (!sink.write(slice)) await body.until(new Promise((resolve) => sink.once('drain', resolve)));
      slice = await body.next();
    }
    const finished = new Promise<void>((resolve) => {
      this.#finish = resolve;
    });
    if (slice === null) sink.end();
    else sink.end(slice);
    await body.until(finished);
  }

  /** The signal's only event. */
  handleEvent(): void {
    this.#body.stop(this.#plan.signal!.reason);
  }

  readonly #onFinish = (): void => this.#finish();

  readonly #onError = (error: Error): void => this.#body.stop(error);
}

const NOTHING: BodyOutcome = { rows: 0, bytes: 0, truncated: false };

function goneAway(): DOMException {
  return new DOMException('the receiver went away before the body was whole', 'AbortError');
}

function isResponse(sink: Writable): sink is ServerResponse {
  return typeof (sink as Partial<ServerResponse>).setHeader === 'function';
}

function checkSink(sink: Writable, options: BodyOptions): void {
  const isWritable =
    typeof sink?.write === 'function' && typeof sink.end === 'function' && typeof sink.on === 'function';
  if (!isWritable)
    throw new TypeError(`pipeTo takes a response or a writable stream, not ${inspect(sink, { depth: 0 })}`);
  if (isResponse(sink)) checkUnsent(sink);
  else if (options.status !== undefined || options.headers !== undefined)
    throw new TypeError('status and headers go with a response of node:http: this writable stream has none');
  if (sink.destroyed) throw goneAway();
}

function checkUnsent(response: ServerResponse): void {
  if (response.headersSent || response.writableEnded)
    throw new InvalidOperationError('the response has been begun elsewhere: its headers are sent');
}

/** What the caller has set already stays, unless the options say otherwise. */
function setHead(response: ServerResponse, { status, headers, layout }: BodyPlan): void {
  // Perhaps meanwhile, by a time limit.
  checkUnsent(response);
  if (status !== undefined) response.statusCode = status;
  if (!response.hasHeader('content-type')) response.setHeader('content-type', layout.contentType);
  for (const name of new Set(headers.keys()))
    response.setHeader(name, name === 'set-cookie' ? headers.getSetCookie() : headers.get(name)!);
}

function flushHeaders(sink: Writable): void {
  if (isResponse(sink)) sink.flushHeaders();
}

/** The answer to HEAD has no body: there is nothing to read for it. */
function isHead(sink: Writable): boolean {
  return isResponse(sink) && (sink as { req?: IncomingMessage }).req?.method === 'HEAD';
}
