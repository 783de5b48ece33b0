import type { Document } from '../bson/codec.js';
import type { OpenedCursor } from '../commands/cursor-reply.js';
import { count } from '../commands/fields.js';
import type { Scope } from '../commands/scope.js';
import type { IoCore } from '../core/io-core.js';
import { BatchCursor } from '../cursor/batch-cursor.js';
import type { CursorLimits } from '../cursor/cursor-plan.js';
import { cursorTimeout } from '../cursor/cursor-timeout.js';
import { fetchesAhead } from '../cursor/fetches-ahead.js';
import { withAmbientSession } from '../session/ambient-session.js';
import { abortSignalOf } from '../util/abort-signal.js';
import type { ClientSession } from './client-session.js';
import { givenSession } from './given-session.js';
import { IterableCursor } from './iterable-cursor.js';

/** What a command cursor is made of. */
export interface CommandCursorSource {
  readonly core: IoCore;
  readonly scope: Scope;
  /** Sends the command that opens the cursor. */
  open(options: Document, limits: CursorLimits): Promise<OpenedCursor>;
  /** Whether the command writes instead of returning documents. */
  readonly writes?: boolean;
  readonly options: Document;
  /** How the server would carry the command out; undefined where it cannot say. */
  explain?: ((verbosity: unknown) => Promise<Document>) | undefined;
}

/**
 * A cursor over the result of a command: aggregate, listCollections, listIndexes, or any command whose reply has a
 * cursor. The command is sent when the first document is asked for.
 *
 * @example
 * for await (const { _id, total } of orders.aggregate([{ $group: { _id: '$customer', total: { $sum: '$price' } } }])) {
 *   console.log(_id, total);
 * }
 */
export class AsyncCommandCursor<T = Document> extends IterableCursor<T> {
  readonly #source: CommandCursorSource;
  #options: Document;

  /** @internal Made by the methods of collections and databases. */
  constructor(source: CommandCursorSource) {
    super();
    this.#source = source;
    this.#options = withAmbientSession(source.core, source.scope, source.options);
  }

  /** The session that the cursor was given, or that is bound to the block in which it was made; undefined for one of its own. */
  get session(): ClientSession | undefined {
    return givenSession(this.#source.scope, this.#options);
  }

  /**
   * How many documents a batch has.
   *
   * @throws RangeError for a negative size, InvalidOperationError once started
   */
  batchSize(size: number): this {
    return this.#set('batchSize', count(size, 'batchSize'));
  }

  /** How long the server may work on the command, in milliseconds. */
  maxTimeMS(milliseconds: number): this {
    return this.#set('maxTimeMS', count(milliseconds, 'maxTimeMS'));
  }

  /** Any value that shows up in the server's log and profile. */
  comment(value: unknown): this {
    return this.#set('comment', value);
  }

  /** A fresh cursor for the same command. */
  clone(): AsyncCommandCursor<T> {
    return new AsyncCommandCursor({ ...this.#source, options: this.#options });
  }

  /**
   * How the server would carry the command out.
   *
   * @param verbosity `queryPlanner`, `executionStats` or `allPlansExecution` (the default, also `true`)
   * @throws TypeError where the command cannot be explained
   */
  async explain(verbosity?: unknown): Promise<Document> {
    if (this.#source.explain === undefined) throw new TypeError('the command of this cursor cannot be explained');
    return this.#source.explain(verbosity);
  }

  protected get isTailable(): boolean {
    const { tailable, cursorType } = this.#options;
    return tailable === true || cursorType === 'tailable' || cursorType === 'tailableAwait';
  }

  protected get waitsForData(): boolean {
    return this.isTailable && (this.#options.awaitData === true || this.#options.cursorType === 'tailableAwait');
  }

  protected openCursor(): BatchCursor {
    const { core, scope } = this.#source;
    const options = this.#options;
    const kind = { tailable: this.isTailable, awaitData: this.waitsForData, writes: this.#source.writes };
    return new BatchCursor(core, scope.with(options), {
      ...cursorTimeout(scope, options, kind),
      open: (limits) => this.#source.open(options, limits),
      batchSize: options.batchSize,
      limit: 0,
      tailable: this.isTailable,
      awaitData: this.waitsForData,
      maxAwaitTimeMS: options.maxAwaitTimeMS,
      comment: options.comment,
      signal: abortSignalOf(options.signal),
      prefetch: fetchesAhead(options, this.isTailable),
    });
  }

  #set(name: string, value: unknown): this {
    this.refuseStarted(name);
    this.#options = { ...this.#options, [name]: value };
    return this;
  }
}
