import { inspect } from 'node:util';
import type { Document } from '../bson/codec.js';
import { checkPipeline } from '../commands/aggregate.js';
import { type ChangeStreamInput, changeStream, startOf } from '../commands/change-stream.js';
import type { Scope } from '../commands/scope.js';
import type { IoCore } from '../core/io-core.js';
import { ChangeCursor } from '../cursor/change-cursor.js';
import { cursorTimeout } from '../cursor/cursor-timeout.js';
import { ConfigurationError, InvalidOperationError } from '../errors/usage-errors.js';
import { requireObject } from '../session/session-options.js';
import { abortSignalOf } from '../util/abort-signal.js';
import { steps } from './call.js';
import type { ChangeStreamDocument, ResumeToken } from './change-stream-events.js';
import type { ChangeStreamOptions, WatchPipeline } from './change-stream-options.js';
import type { ClientSession } from './client-session.js';
import { givenSession } from './given-session.js';
import { IterableCursor } from './iterable-cursor.js';
import { SharedChangeStream } from './shared-change-stream.js';

/** What a change stream is made of. */
export interface ChangeStreamSource {
  readonly core: IoCore;
  readonly scope: Scope;
  readonly pipeline: WatchPipeline;
  readonly options: ChangeStreamOptions;
}

/**
 * The changes of a collection, a database or all databases, as they happen: made by `watch`, which gives a
 * CollectionChangeStream, a DatabaseChangeStream or a ClusterChangeStream. Nothing is sent before the
 * first event is asked for, and events count from then on; `open()` begins at once.
 *
 * Where the connection breaks or the primary changes, the stream goes on behind the last event that it gave, by itself:
 * none is lost and none comes twice. Only where that fails at once as well, the error is raised; if it is one that may
 * pass, as a timeout, the stream stays open, and asking again goes on. An error that cannot pass closes it.
 *
 * While it waits for events, a stream holds a connection of the pool. For many listeners, `share()` one.
 *
 * @example
 * await using stream = users.watch([{ $match: { operationType: 'insert' } }]);
 * for await (const change of stream) {
 *   if (change.operationType === 'insert') console.log(change.fullDocument);
 * }
 * @see MongoDB Change Streams specification
 */
export abstract class AsyncChangeStream<T = Document, Change = ChangeStreamDocument<T>> extends IterableCursor<Change> {
  /** Of which documents the events tell. */
  declare protected readonly watched: T;
  protected readonly source: ChangeStreamSource;
  #changes: ChangeCursor | undefined;

  /**
   * @internal Made by `watch`.
   * @throws TypeError, RangeError or ConfigurationError for a pipeline or options that are wrong
   */
  constructor(source: ChangeStreamSource) {
    super();
    const { scope, options } = source;
    checkOptions(options);
    this.source = { ...source, pipeline: checkPipeline(source.pipeline ?? []) };
    changeStream.build(this.#input(), scope.with(options));
    cursorTimeout(scope, options, KIND);
  }

  /**
   * The token with which the stream would go on behind the last event that it gave; undefined where there is none yet. It
   * also moves on while nothing comes: to store the newest one, read it after each event, and after each `tryNext()`.
   *
   * @example
   * for (;;) {
   *   const change = await stream.tryNext();
   *   if (change !== null) await process(change);
   *   await store(stream.resumeToken);
   * }
   */
  get resumeToken(): ResumeToken | undefined {
    if (this.#changes !== undefined) return this.#changes.resumeToken;
    const { startAfter, resumeAfter } = this.source.options;
    return startAfter ?? resumeAfter;
  }

  /** The session that the stream was given; undefined for one of its own. */
  get session(): ClientSession | undefined {
    return givenSession(this.source.scope, this.source.options);
  }

  /**
   * Opens the stream on the server, so that later changes are its events, and resolves to it.
   *
   * @throws the error of the aggregate command, InvalidOperationError for a closed stream
   */
  open(): Promise<this> {
    return steps(async () => {
      if (this.closed) throw new InvalidOperationError('the change stream has been closed; clone() gives a fresh one');
      void this.inner;
      await this.#changes!.open();
      return this;
    });
  }

  /** A fresh stream with the same pipeline and options. */
  clone(): this {
    return this.again(this.source.options);
  }

  /**
   * One cursor on the server for many listeners, which come and go. The stream must not be read by itself any more.
   *
   * @throws InvalidOperationError for a stream that has started
   * @example
   * const shared = db.watch().share();
   * server.on('request', async (request, response) => {
   *   await using listener = shared.listen({ filter: { 'ns.coll': 'orders' }, onOverflow: 'dropOldest' });
   *   for await (const change of listener) response.write(`data: ${EJSON.stringify(change)}\n\n`);
   * });
   */
  share(): SharedChangeStream<Change> {
    this.refuseStarted('share');
    const { resumeAfter: _, startAfter: __, startAtOperationTime: ___, ...fromNow } = this.source.options;
    return new SharedChangeStream<Change>(this, () => this.again(fromNow));
  }

  /** A fresh stream of the same kind, with the same pipeline. */
  protected abstract again(options: ChangeStreamOptions): this;

  /** Whether the changes of all databases are watched. */
  protected get isWholeCluster(): boolean {
    return false;
  }

  protected get isTailable(): boolean {
    return true;
  }

  protected get waitsForData(): boolean {
    return true;
  }

  protected openCursor(): ChangeCursor {
    const { core, scope, options } = this.source;
    const within = scope.with(options);
    const { timeoutMS, lifetime, tellsServer } = cursorTimeout(scope, options, KIND);
    this.#changes = new ChangeCursor(core, within, {
      open: (start, { signal, ...limits }) => {
        const input = this.#input({ ...options, signal });
        return core.run(changeStream, scope, { ...input, ...limits, start, tellsServer: tellsServer !== false });
      },
      start: startOf(options),
      batchSize: options.batchSize,
      maxAwaitTimeMS: options.maxAwaitTimeMS,
      comment: options.comment,
      signal: options.signal,
      timeoutMS,
      lifetime,
      onHistoryLost: options.onHistoryLost ?? 'fail',
      tokenStore: options.tokenStore,
    });
    return this.#changes;
  }

  #input(options: Document = this.source.options): ChangeStreamInput {
    return { pipeline: this.source.pipeline, wholeCluster: this.isWholeCluster, start: startOf(options), options };
  }
}

const KIND = { tailable: true, awaitData: true } as const;

function checkOptions(options: Document): void {
  requireObject(options, 'options');
  abortSignalOf(options.signal);
  const { timeoutMode, onHistoryLost, tokenStore } = options;
  if (timeoutMode !== undefined)
    throw new ConfigurationError('timeoutMode cannot be used with a change stream: its timeoutMS is for each request');
  const isPolicy = onHistoryLost === 'fail' || onHistoryLost === 'restart' || typeof onHistoryLost === 'function';
  if (onHistoryLost !== undefined && !isPolicy)
    throw new TypeError(`onHistoryLost must be 'fail', 'restart' or a function, not ${inspect(onHistoryLost)}`);
  const isStore = typeof tokenStore?.load === 'function' && typeof tokenStore.save === 'function';
  if (tokenStore !== undefined && !isStore)
    throw new TypeError(`tokenStore must have the methods load and save, but is ${inspect(tokenStore, { depth: 0 })}`);
}
