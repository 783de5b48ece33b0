import type { Document } from '../bson/codec.js';
import { DocumentBatch } from '../bson/document-batch.js';
import type { CursorReply } from '../bson/reply.js';
import type { ServerHandle } from '../commands/command.js';
import { type GetMoreInput, getMore } from '../commands/get-more.js';
import type { Scope } from '../commands/scope.js';
import type { IoCore } from '../core/io-core.js';
import { Lease } from '../core/lease.js';
import { ProtocolError } from '../errors/connection-errors.js';
import { OperationFailureError } from '../errors/operation-errors.js';
import { Deadline } from '../util/deadline.js';
import { AbortWatch } from './abort-watch.js';
import type { CursorPlan, DocumentCursor } from './cursor-plan.js';
import { CursorSession } from './cursor-session.js';

/** A cursor's states. An illegal move throws: it is a defect of the driver's. */
const MOVES = {
  fresh: ['open', 'exhausted', 'closed'],
  open: ['exhausted', 'closed'],
  exhausted: ['closed'],
  closed: [],
} as const satisfies Record<string, readonly string[]>;

type State = keyof typeof MOVES;

/** Server errors that say that the cursor is gone: CursorNotFound, CursorKilled, QueryPlanKilled. */
const GONE: ReadonlySet<number> = new Set([43, 237, 175]);

function isGone(error: unknown): boolean {
  return error instanceof OperationFailureError && GONE.has(error.code);
}

/** What the collector needs to close the cursor of an object that is gone. */
interface Remains {
  readonly core: IoCore;
  readonly server: ServerHandle;
  readonly scope: Scope;
  readonly id: bigint;
  readonly session: CursorSession | undefined;
  readonly watch: AbortWatch | undefined;
}

/** Cursors that nobody holds any more are closed on their server. Best effort, as the collector chooses its time. */
const forgotten = new FinalizationRegistry<Remains>(({ core, scope, id, server, session, watch }) => {
  watch?.stop();
  session?.release();
  void core.killCursor(id, scope, server);
});

/**
 * Fetches batches and hands out their documents one by one. Knows nothing of how a user iterates: that is the façade's.
 */
export class BatchCursor implements DocumentCursor {
  readonly #core: IoCore;
  readonly #scope: Scope;
  readonly #plan: CursorPlan;
  #state: State = 'fresh';
  #batch = DocumentBatch.empty;
  #postBatchResumeToken: Document | undefined;
  #id = 0n;
  #server: ServerHandle | undefined;
  #session: CursorSession | undefined;
  #getMoreScope: Scope;
  /** Documents that the server has sent, counted only where a limit needs it. */
  #received = 0;
  /** The fetch that is under way: one at a time. */
  #fetching: Promise<boolean> | undefined;
  #prefetched: Promise<CursorReply> | undefined;
  /** The command that closes the cursor on its server. */
  #killing: Promise<void> | undefined;
  /** Of the signal, as long as the server holds a cursor. */
  #watch: AbortWatch | undefined;
  /** Of the cursor, or of the fetch that is under way. */
  #deadline: Deadline | undefined;
  /** For awaitData alone: a server draws its wait out though the cursor has been killed, so closing aborts the getMore. */
  readonly #closing: AbortController | undefined;
  readonly #signal: AbortSignal | undefined;

  constructor(core: IoCore, scope: Scope, plan: CursorPlan) {
    this.#core = core;
    this.#scope = scope;
    this.#getMoreScope = scope;
    this.#plan = plan;
    this.#session = plan.session;
    this.#signal = plan.signal;
    if (!plan.awaitData) return;
    this.#closing = new AbortController();
    const { signal } = this.#closing;
    this.#signal = plan.signal === undefined ? signal : AbortSignal.any([plan.signal, signal]);
  }

  get started(): boolean {
    return this.#state !== 'fresh' || this.#fetching !== undefined;
  }

  get closed(): boolean {
    return this.#state === 'closed';
  }

  /** Whether there are or may come further documents. */
  get alive(): boolean {
    return !this.#batch.isEmpty || this.#state === 'open' || this.#state === 'fresh';
  }

  /** 0n where the server holds no cursor. */
  get id(): bigint {
    return this.#id;
  }

  get server(): ServerHandle | undefined {
    return this.#server;
  }

  /** The current batch. */
  get batch(): DocumentBatch {
    return this.#batch;
  }

  /** Up to where a change stream is read with the current batch. */
  get postBatchResumeToken(): Document | undefined {
    return this.#postBatchResumeToken;
  }

  /**
   * The next document of the current batch, or null where the batch is used up.
   *
   * @throws ProtocolError for a document that is not BSON: the cursor is closed then
   */
  take(): Document | null {
    try {
      return this.#readAhead(this.#batch.next(this.#scope.decoder));
    } catch (error) {
      throw this.#spoilt(error);
    }
  }

  /** As `take`, but gives the document's bytes: they share the memory of their batch. */
  takeRaw(): Buffer | null {
    try {
      return this.#readAhead(this.#batch.nextRaw());
    } catch (error) {
      throw this.#spoilt(error);
    }
  }

  /**
   * Makes sure that `take` has a document, if there is one: true, or false at the end. A tailable cursor says false when
   * nothing has come within the server's patience; it is then still alive.
   *
   * @param insists whether a tailable cursor is asked until something comes, all within one deadline
   * @param deadline of something larger; by default the plan's times hold
   */
  fetch(insists = false, deadline?: Deadline): Promise<boolean> {
    if (!this.#batch.isEmpty) return Promise.resolve(true);
    if (this.#state === 'exhausted' || this.#state === 'closed') return Promise.resolve(false);
    if (this.#fetching === undefined) {
      this.#beginTime(deadline);
      this.#fetching = this.#fetchBatch(insists).finally(() => {
        this.#fetching = undefined;
      });
    }
    return this.#fetching;
  }

  /**
   * Ends a cursor whose place another one takes: that goes on in the session which this gives. The server may be out of
   * reach, so nobody waits until it has closed the cursor.
   */
  handOver(error: unknown): CursorSession | undefined {
    const session = this.#session;
    this.#session = undefined;
    if (this.#state === 'open' && isGone(error)) this.#give();
    else void this.close();
    return session;
  }

  leave(): Promise<void> {
    return this.close();
  }

  /**
   * Gives up what is left, and closes the cursor on its server. Rejects for a wrong time alone.
   *
   * @param timeoutMS for the command that closes it; by default the cursor's own, which begins anew
   */
  async close(timeoutMS?: number): Promise<void> {
    if (this.#state === 'closed') return this.#killing;
    // First of all, as it refuses a wrong time.
    const scope = this.#killScope(timeoutMS);
    const id = this.#id;
    this.#batch = DocumentBatch.empty;
    this.#moveTo('closed');
    this.#setId(0n);
    this.#session?.release();
    this.#closing?.abort();
    if (id !== 0n) this.#killing = this.#core.killCursor(id, scope, this.#server);
    return this.#killing;
  }

  /** Where the cursor shares the deadline of something larger, closing it has as much time again. */
  #killScope(timeoutMS = this.#plan.lifetime?.timeoutMS): Scope {
    return timeoutMS === undefined ? this.#getMoreScope : this.#getMoreScope.with({ timeoutMS });
  }

  /** @see MongoDB Client Side Operations Timeout specification, "Cursors" */
  #beginTime(deadline: Deadline | undefined): void {
    const { timeoutMS, timeoutMode, lifetime } = this.#plan;
    const isKept = this.#deadline !== undefined && timeoutMode !== 'iteration';
    if (deadline !== undefined) this.#deadline = deadline;
    else if (!isKept) this.#deadline = lifetime ?? (timeoutMS === undefined ? undefined : new Deadline(timeoutMS));
  }

  /** Goes on until a batch has documents, for the server may send empty ones. */
  async #fetchBatch(insists: boolean): Promise<boolean> {
    try {
      const { signal } = this.#plan;
      if (signal?.aborted === true) throw signal.reason;
      for (;;) {
        const wasFresh = this.#state === 'fresh';
        const reply = wasFresh ? await this.#open() : await this.#next();
        if (this.closed) {
          // One that was open then is being killed already, and its server let go.
          if (wasFresh) this.#killLate(reply.id);
          this.#session?.release();
          return false;
        }
        this.#accept(reply);
        if (!this.#batch.isEmpty) return true;
        if (this.#id === 0n) return false;
        // The first batch of a tailable cursor comes without waiting: one that awaits data asks once more.
        const { tailable, awaitData, resumable } = this.#plan;
        if (tailable && !insists && !(wasFresh && awaitData && resumable !== true)) return false;
      }
    } catch (error) {
      if (this.closed) return false;
      await this.#end(error);
      throw this.#plan.failure === undefined ? error : this.#plan.failure(error);
    }
  }

  /** Whatever the error: unless it says that the cursor is gone, it may still be open on its server. */
  async #end(error: unknown): Promise<void> {
    // MongoDB Load Balancer specification, "Connection Pinning": an error of getMore does not unpin, closing the cursor does.
    if (this.#server instanceof Lease || this.#plan.resumable === true) return;
    if (!(error instanceof OperationFailureError)) {
      // The caller has given up, or the server is out of reach: nobody waits for the cursor to be closed.
      void this.close();
    } else if (isGone(error)) {
      this.#give();
    } else {
      await this.close();
    }
  }

  async #open(): Promise<CursorReply> {
    const opened = await this.#plan.open({
      deadline: this.#deadline,
      tellsServer: this.#plan.tellsServer !== false,
    });
    this.#server = opened.server;
    if (opened.session !== undefined) this.#session ??= new CursorSession(opened.session, this.#core.sessions);
    const dot = opened.namespace.indexOf('.');
    // The server names the namespace to be used: for listCollections and aggregations it is not the one that was asked.
    if (dot > 0 && opened.namespace !== this.#scope.namespace) {
      this.#getMoreScope = this.#scope
        .inDatabase(opened.namespace.slice(0, dot))
        .inCollection(opened.namespace.slice(dot + 1));
    }
    return opened;
  }

  /** A batch that cannot be read is of no use any more. */
  #spoilt(error: unknown): ProtocolError {
    const address = this.#server?.address;
    const { namespace } = this.#scope;
    const reason = error instanceof Error ? error.message : String(error);
    void this.close();
    const spoilt = new ProtocolError(`a document of the cursor on ${namespace} at ${address} is not BSON: ${reason}`, {
      cause: error,
    });
    return Object.assign(spoilt, { namespace, address });
  }

  #next(): Promise<CursorReply> {
    const prefetched = this.#prefetched;
    this.#prefetched = undefined;
    return prefetched ?? this.#getMore();
  }

  #getMore(): Promise<CursorReply> {
    const { comment, maxAwaitTimeMS, turn } = this.#plan;
    const signal = this.#signal;
    const input: GetMoreInput = {
      id: this.#id,
      batchSize: this.#nextBatchSize(),
      maxAwaitTimeMS,
      comment,
      session: this.#session?.lend(),
      lender: this.#session,
      turn,
      deadline: this.#deadline,
      tellsServer: false,
      options: signal === undefined ? undefined : { signal },
    };
    return this.#core.run(getMore, this.#getMoreScope, input, this.#server);
  }

  /** @see MongoDB Find, getMore and killCursors commands specification, "Combining Limit and Batch Size" */
  #nextBatchSize(): number | undefined {
    const { batchSize, limit } = this.#plan;
    if (limit === 0 || batchSize === undefined || batchSize === 0) return batchSize || undefined;
    return Math.min(batchSize, limit - this.#received);
  }

  /** From the middle of a batch on, the next one is on its way: whoever stops early has not asked for it. */
  #readAhead<Taken>(taken: Taken | null): Taken | null {
    if (taken === null || !this.#plan.prefetch || this.#prefetched !== undefined) return taken;
    // The time for the next batch begins when that is asked for.
    if (this.#plan.timeoutMode === 'iteration') return taken;
    if (this.#state !== 'open' || !this.#batch.isPastMiddle) return taken;
    this.#prefetched = this.#getMore();
    // A failure is reported to whoever asks for the batch.
    this.#prefetched.catch(() => undefined);
    return taken;
  }

  #accept(reply: CursorReply): void {
    this.#batch = reply.batch;
    this.#postBatchResumeToken = reply.postBatchResumeToken;
    if (this.#plan.limit > 0 && this.#plan.batchSize !== undefined) this.#received += reply.batch.count;
    if (this.#state === 'fresh') this.#moveTo(reply.id === 0n ? 'exhausted' : 'open');
    else if (reply.id === 0n) this.#moveTo('exhausted');
    this.#setId(reply.id);
    if (reply.id === 0n) this.#letGo();
  }

  /** Between two batches nobody else would close the cursor on its server before the next is asked for. */
  aborted(): void {
    if (this.#fetching !== undefined) return;
    const id = this.#id;
    this.#setId(0n);
    this.#killing = this.#core.killCursor(id, this.#killScope(), this.#server);
    this.#session?.release();
  }

  #setId(id: bigint): void {
    if (id === this.#id) return;
    forgotten.unregister(this);
    this.#id = id;
    this.#watch?.stop();
    this.#watch = undefined;
    const server = this.#server;
    if (id === 0n || server === undefined) return;
    const { signal } = this.#plan;
    if (signal !== undefined) this.#watch = new AbortWatch(signal, this);
    const remains = {
      core: this.#core,
      scope: this.#killScope(),
      id,
      server,
      session: this.#session,
      watch: this.#watch,
    };
    forgotten.register(this, remains, this);
  }

  /** The cursor is of no use any more, and there is nothing to close. */
  #give(): void {
    this.#batch = DocumentBatch.empty;
    this.#moveTo('closed');
    this.#setId(0n);
    this.#letGo();
  }

  /** The server holds nothing of the cursor any more. */
  #letGo(): void {
    this.#core.letGo(this.#server);
    this.#session?.release();
  }

  /** A cursor that was opened after its user had closed it. */
  #killLate(id: bigint): void {
    if (id !== 0n) void this.#core.killCursor(id, this.#killScope(), this.#server);
  }

  #moveTo(to: State): void {
    if (!(MOVES[this.#state] as readonly State[]).includes(to))
      throw new Error(`a cursor cannot go from ${this.#state} to ${to}`);
    this.#state = to;
  }
}
