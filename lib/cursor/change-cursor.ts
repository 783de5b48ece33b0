import { Decoder, type Document } from '../bson/codec.js';
import type { DocumentBatch } from '../bson/document-batch.js';
import type { OpenedChanges, StartPoint } from '../commands/change-stream.js';
import type { CommandInput, ServerHandle } from '../commands/command.js';
import type { Scope } from '../commands/scope.js';
import type { IoCore } from '../core/io-core.js';
import { isHistoryLost, isPassing, isResumable, isRetryableRead } from '../errors/classify.js';
import { OperationTimeoutError } from '../errors/operation-timeout-error.js';
import { InvalidOperationError } from '../errors/usage-errors.js';
import { Deadline } from '../util/deadline.js';
import { BatchCursor } from './batch-cursor.js';
import type { CursorLimits, CursorPlan, DocumentCursor } from './cursor-plan.js';
import type { CursorSession } from './cursor-session.js';
import { ResumePoint } from './resume.js';

/** What to do where the server no longer has the events that come next. */
export type HistoryLostPolicy = 'fail' | 'restart' | ((error: Error) => unknown);

/** Where the place in a change stream is kept from one process to the next. */
export interface ResumeTokenStore {
  /** The token that was saved last; undefined or null where there is none. */
  load(): unknown;
  /** Called before each request for further events, when the earlier ones have been worked off. Awaited. */
  save(token: Document): unknown;
}

/** How a change stream is opened and goes on. */
export interface ChangePlan extends Pick<CursorPlan, 'batchSize' | 'maxAwaitTimeMS' | 'comment' | 'signal'> {
  /** Runs the aggregate. */
  open(
    start: StartPoint,
    within: CursorLimits & Pick<CommandInput, 'session' | 'lender'> & { readonly signal: AbortSignal },
  ): Promise<OpenedChanges>;
  readonly start: StartPoint;
  /** Milliseconds for each time that events are asked for; undefined for no limit. */
  readonly timeoutMS: number | undefined;
  /** The deadline of the operation that the stream is part of. */
  readonly lifetime: Deadline | undefined;
  readonly onHistoryLost: HistoryLostPolicy;
  readonly tokenStore: ResumeTokenStore | undefined;
}

const PLAIN = new Decoder();

const takeDocument = (cursor: BatchCursor): Document | null => cursor.take();
const takeBytes = (cursor: BatchCursor): Buffer | null => cursor.takeRaw();

/**
 * A cursor over changes that outlives the server's: where one breaks, another begins behind the last event that was
 * given out. Holds one batch cursor at a time; all of them go on in one session.
 *
 * An error that may pass leaves it open, but without a cursor on any server: the next fetch opens one.
 *
 * @see MongoDB Change Streams specification
 */
export class ChangeCursor implements DocumentCursor {
  readonly #core: IoCore;
  readonly #scope: Scope;
  readonly #plan: ChangePlan;
  #point: ResumePoint;
  #cursor: BatchCursor;
  #maxWireVersion = 0;
  #closed = false;
  #started = false;
  #loaded = false;
  #saved: Document | undefined;
  #fetching: Promise<boolean> | undefined;
  readonly #closing = new AbortController();
  readonly #signal: AbortSignal;

  constructor(core: IoCore, scope: Scope, plan: ChangePlan) {
    this.#core = core;
    this.#scope = scope;
    this.#plan = plan;
    this.#point = new ResumePoint(plan.start);
    const { signal } = this.#closing;
    this.#signal = plan.signal === undefined ? signal : AbortSignal.any([plan.signal, signal]);
    this.#cursor = this.#another(undefined);
  }

  get started(): boolean {
    return this.#started;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** The server closes its cursor behind an `invalidate` event. */
  get alive(): boolean {
    return !this.#closed && this.#cursor.alive;
  }

  get id(): bigint {
    return this.#cursor.id;
  }

  get server(): ServerHandle | undefined {
    return this.#cursor.server;
  }

  get batch(): DocumentBatch {
    return this.#cursor.batch;
  }

  /** With which the stream would go on behind the last event that was given out. */
  get resumeToken(): Document | undefined {
    if (this.#closed) return this.#point.token;
    const { batch, postBatchResumeToken } = this.#cursor;
    if (batch.isEmpty && postBatchResumeToken !== undefined) return postBatchResumeToken;
    return batch.lastToken(PLAIN) ?? this.#point.token;
  }

  /** @throws InvalidOperationError for an event without a resume token, ProtocolError: the stream is closed then */
  take(): Document | null {
    return this.#give(takeDocument);
  }

  takeRaw(): Buffer | null {
    return this.#give(takeBytes);
  }

  /** Opens the cursor on the server, and asks it for nothing. */
  open(): Promise<boolean> {
    return this.#once(() => this.#open(this.#deadline()).then(() => true));
  }

  fetch(insists = false): Promise<boolean> {
    if (!this.#cursor.batch.isEmpty) return Promise.resolve(true);
    if (this.#closed) return Promise.resolve(false);
    return this.#once(() => this.#fetch(insists));
  }

  /** A loop that failed for something that may pass can begin again: there is nothing to close. */
  leave(): Promise<void> {
    return this.alive && !this.#cursor.started ? Promise.resolve() : this.close();
  }

  /** Closes the cursor, on the server too. Never rejects. */
  async close(timeoutMS?: number): Promise<void> {
    if (!this.#closed) this.#finish(this.resumeToken);
    // First: it aborts a getMore that is under way, and knows by itself that it was closed.
    const closed = this.#cursor.close(timeoutMS);
    this.#closing.abort();
    await closed;
  }

  #give<Event>(take: (cursor: BatchCursor) => Event | null): Event | null {
    const cursor = this.#cursor;
    const { batch } = cursor;
    try {
      const event = take(cursor);
      if (event === null) return null;
      if (!batch.lastHasToken) throw tokenMissing();
      this.#point.returned();
      return event;
    } catch (error) {
      throw this.#broken(error, batch);
    }
  }

  /** Behind an event that cannot be given out, nobody knows where the stream is. */
  #broken(error: unknown, batch: DocumentBatch): unknown {
    this.#finish(batch.lastToken(PLAIN) ?? this.#point.token);
    void this.close();
    return error;
  }

  /** One fetch at a time. */
  #once(fetch: () => Promise<boolean>): Promise<boolean> {
    this.#started = true;
    this.#fetching ??= fetch().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #fetch(insists: boolean): Promise<boolean> {
    const deadline = this.#deadline();
    for (;;) {
      this.#settle();
      await this.#save();
      if (!this.alive) return false;
      await this.#round(deadline);
      if (this.#closed) return false;
      if (!this.#cursor.batch.isEmpty) return true;
      if (!insists) return false;
    }
  }

  #deadline(): Deadline | undefined {
    const { timeoutMS, lifetime } = this.#plan;
    return lifetime ?? (timeoutMS === undefined ? undefined : new Deadline(timeoutMS));
  }

  /** One getMore at most that succeeds, and one attempt to resume. */
  async #round(deadline: Deadline | undefined): Promise<void> {
    if (!this.#cursor.started) {
      await this.#open(deadline);
      if (!this.#cursor.batch.isEmpty || !this.alive) return;
    } else if (this.#cursor.alive && !this.#core.isReachable(this.#cursor.server!)) {
      // To wait for the server to come back would be to wait for as long as it is away.
      await this.#resume(undefined, deadline);
      return;
    }
    try {
      await this.#cursor.fetch(false, deadline);
    } catch (error) {
      await this.#failed(error, deadline);
    }
  }

  /** What becomes of the stream after a getMore that failed. */
  async #failed(error: unknown, deadline: Deadline | undefined): Promise<void> {
    if (this.#closed) return;
    if (error instanceof OperationTimeoutError) {
      // "The subsequent next call MUST perform a resume attempt": there is no time left for it now.
      this.#breakOff(error);
      throw error;
    }
    if (isResumable(error, this.#maxWireVersion)) await this.#resume(error, deadline);
    else if (isHistoryLost(error)) await this.#lost(error, deadline);
    else await this.#end(error);
  }

  async #resume(error: unknown, deadline: Deadline | undefined): Promise<void> {
    this.#breakOff(error);
    await this.#open(deadline);
  }

  /** The place is kept, and the cursor closed in the background, on its own server and on no other. */
  #breakOff(error: unknown): void {
    this.#settle();
    this.#cursor = this.#another(this.#cursor.handOver(error));
  }

  /** Opens a cursor where the stream is, if there is none. */
  async #open(deadline: Deadline | undefined): Promise<void> {
    if (this.#cursor.started) return;
    try {
      await this.#load();
      await this.#cursor.fetch(false, deadline);
    } catch (error) {
      if (this.#closed) return;
      if (isHistoryLost(error)) await this.#lost(error, deadline);
      else if (isPassing(error) || isRetryableRead(error)) throw error;
      else await this.#end(error);
    }
  }

  /** A new cursor is open before the policy is asked: what that reads, and what then comes, leave no gap. */
  async #lost(error: Error, deadline: Deadline | undefined): Promise<void> {
    const { onHistoryLost } = this.#plan;
    if (onHistoryLost === 'fail') return this.#end(error);
    this.#breakOff(error);
    this.#point.forget();
    try {
      await this.#cursor.fetch(false, deadline);
      if (onHistoryLost !== 'restart' && (await onHistoryLost(error)) === 'fail') throw error;
    } catch (reason) {
      await this.#end(reason);
    }
  }

  /** Nothing else can help. */
  async #end(error: unknown): Promise<never> {
    // The server may be slow to close its cursor, or away.
    void this.close();
    throw error;
  }

  #another(session: CursorSession | undefined): BatchCursor {
    const { batchSize, maxAwaitTimeMS, comment } = this.#plan;
    return new BatchCursor(this.#core, this.#scope, {
      open: (limits) => this.#run(limits, session),
      session,
      batchSize,
      limit: 0,
      tailable: true,
      awaitData: true,
      maxAwaitTimeMS,
      comment,
      signal: this.#plan.signal,
      lifetime: this.#plan.lifetime,
      prefetch: false,
      resumable: true,
    });
  }

  async #run(limits: CursorLimits, session: CursorSession | undefined): Promise<OpenedChanges> {
    const lent = { session: session?.lend(), lender: session };
    const opened = await this.#plan.open(this.#point.start, { ...limits, ...lent, signal: this.#signal });
    this.#maxWireVersion = opened.maxWireVersion;
    this.#point.opened(opened);
    return opened;
  }

  /** What has been read, the next batch may take the place of. */
  #settle(): void {
    this.#point.token = this.resumeToken;
  }

  async #load(): Promise<void> {
    const { tokenStore } = this.#plan;
    if (this.#loaded || tokenStore === undefined) return;
    const token = await tokenStore.load();
    this.#loaded = true;
    if (token === undefined || token === null) return;
    this.#saved = token as Document;
    this.#point = new ResumePoint({ startAfter: token as Document });
  }

  /** What has been given out has been worked off, as more is asked for. */
  async #save(): Promise<void> {
    const { token } = this.#point;
    const { tokenStore } = this.#plan;
    if (tokenStore === undefined || token === undefined || token === this.#saved) return;
    if (!this.#cursor.started) return;
    await tokenStore.save(token);
    this.#saved = token;
  }

  #finish(token: Document | undefined): void {
    this.#point.token = token;
    this.#closed = true;
  }
}

function tokenMissing(): InvalidOperationError {
  return new InvalidOperationError(
    'Cannot provide resume functionality when the resume token is missing: the pipeline must not remove or change the _id of events',
  );
}
