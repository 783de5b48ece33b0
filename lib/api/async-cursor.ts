import { inspect } from 'node:util';
import type { Document } from '../bson/codec.js';
import { count as countCommand } from '../commands/count.js';
import { NO_DOCUMENTS } from '../commands/cursor-reply.js';
import { distinct } from '../commands/distinct.js';
import { explain } from '../commands/explain.js';
import { boolean, count, document, hint, integer, sort } from '../commands/fields.js';
import { checkFilter } from '../commands/filter.js';
import { explainedFind, find } from '../commands/find.js';
import type { Scope } from '../commands/scope.js';
import type { IoCore } from '../core/io-core.js';
import { BatchCursor } from '../cursor/batch-cursor.js';
import { cursorTimeout } from '../cursor/cursor-timeout.js';
import { fetchesAhead } from '../cursor/fetches-ahead.js';
import { ConfigurationError } from '../errors/usage-errors.js';
import type { ReadConcernLike } from '../options/read-concern.js';
import type { ReadPreferenceLike } from '../options/read-preference.js';
import { withAmbientSession } from '../session/ambient-session.js';
import { abortSignalOf } from '../util/abort-signal.js';
import { call } from './call.js';
import type { ClientSession } from './client-session.js';
import { networkTimeoutOf } from './find-options.js';
import { givenSession } from './given-session.js';
import { IterableCursor } from './iterable-cursor.js';
import type { Collation, Hint, Sort, SortDirection } from './operation-options.js';

/** What a cursor over a query is made of. */
export interface FindCursorSource {
  readonly core: IoCore;
  readonly scope: Scope;
  readonly filter: unknown;
  readonly options: Document;
  /** The façade that made it, as `cursor.collection` returns it. */
  readonly collection: unknown;
}

/** Bits of the legacy wire protocol, for addOption and removeOption. */
const FLAGS: Readonly<Record<number, string>> = {
  2: 'tailable',
  4: 'secondaryOk',
  8: 'oplogReplay',
  16: 'noCursorTimeout',
  32: 'awaitData',
  64: 'exhaust',
  128: 'allowPartialResults',
};
const ALL_FLAGS = Object.keys(FLAGS).reduce((mask, bit) => mask | Number(bit), 0);

/** Flags that are no option of find. */
const NO_OPTIONS: readonly string[] = ['secondaryOk', 'exhaust'];

/**
 * The documents that a query finds. Nothing is sent until the first document is asked for; until then the methods that
 * change the query return the cursor itself.
 *
 * @example
 * for await (const user of users.find({ active: true }).sort({ name: 1 }).limit(50)) console.log(user.name);
 */
export class AsyncCursor<T = Document> extends IterableCursor<T> {
  readonly #source: FindCursorSource;
  #filter: unknown;
  #options: Document;
  /** A slice of no documents, such as `slice(3, 3)`. */
  #empty = false;

  /** @internal Made by `collection.find()`. */
  constructor(source: FindCursorSource) {
    super();
    this.#source = source;
    this.#filter = checkFilter(source.filter, source.scope.with(source.options));
    this.#options = withAmbientSession(source.core, source.scope, source.options);
  }

  /** The collection that is searched. */
  get collection(): unknown {
    return this.#source.collection;
  }

  /** The session that the cursor was given, or that is bound to the block in which it was made; undefined for one of its own. */
  get session(): ClientSession | undefined {
    return givenSession(this.#source.scope, this.#options);
  }

  /** The order of the documents; the last call wins. `sort('name')`, `sort('name', -1)`, `sort([['a', 1], ['b', -1]])`. */
  sort(keyOrList: Sort, direction?: SortDirection): this {
    return this.#set('sort', sort(direction === undefined ? keyOrList : [[keyOrList, direction]], 'sort'));
  }

  /** At most so many documents; 0 for no limit, a negative number also for a single batch. */
  limit(n: number): this {
    this.#set('limit', integer(n, 'limit'));
    this.#empty = false;
    return this;
  }

  /** Passes over the first `n` documents. */
  skip(n: number): this {
    return this.#set('skip', count(n, 'skip'));
  }

  /** Which fields to return. */
  project<U = Document>(fields: Document): AsyncCursor<U> {
    return this.#set('projection', document(fields, 'projection')) as unknown as AsyncCursor<U>;
  }

  /** Another filter in the place of the one so far. */
  filter(filter: Document): this {
    this.refuseStarted('filter');
    this.#filter = checkFilter(filter, this.#source.scope.with(this.#options));
    return this;
  }

  /** The index to be used, by name or keys; null leaves it to the server again. */
  hint(index: Hint | null): this {
    return this.#set('hint', index === null ? undefined : hint(index, 'hint'));
  }

  /** How many documents a batch has. */
  batchSize(n: number): this {
    return this.#set('batchSize', count(n, 'batchSize'));
  }

  /** The inclusive lower bound of the index in `hint`. */
  min(bound: Document): this {
    return this.#set('min', document(bound, 'min'));
  }

  /** The exclusive upper bound of the index in `hint`. */
  max(bound: Document): this {
    return this.#set('max', document(bound, 'max'));
  }

  /**
   * At most so many documents or index keys are looked at.
   *
   * @throws RemovedCommandError when the cursor is read, by servers since MongoDB 4.2: use `maxTimeMS`
   */
  maxScan(n: number): this {
    return this.#set('maxScan', count(n, 'maxScan'));
  }

  /** Any value that shows up in the server's log and profile. */
  comment(value: unknown): this {
    return this.#set('comment', value);
  }

  /** How strings are compared. */
  collation(value: Collation): this {
    return this.#set('collation', document(value, 'collation'));
  }

  /** How long the server may work on the query, in milliseconds. */
  maxTimeMS(milliseconds: number): this {
    return this.#set('maxTimeMS', count(milliseconds, 'maxTimeMS'));
  }

  /** How long an awaitData cursor waits at the server for further documents, in milliseconds. */
  maxAwaitTimeMS(milliseconds: number): this {
    return this.#set('maxAwaitTimeMS', count(milliseconds, 'maxAwaitTimeMS'));
  }

  /** Whether the server may use the disk for large sorts. */
  allowDiskUse(allow = true): this {
    return this.#set('allowDiskUse', boolean(allow, 'allowDiskUse'));
  }

  /** Whether only the index keys are returned. */
  returnKey(yes = true): this {
    return this.#set('returnKey', boolean(yes, 'returnKey'));
  }

  /** Whether each document comes with the number that its storage gives it. */
  showRecordId(yes = true): this {
    return this.#set('showRecordId', boolean(yes, 'showRecordId'));
  }

  /** A condition in JavaScript, run by the server for each document. Prefer `$expr`. */
  where(code: unknown): this {
    const isCode = typeof code === 'string' || (typeof code === 'object' && code !== null && 'code' in code);
    if (!isCode)
      throw new TypeError(`where takes JavaScript source as a string or Code, not ${inspect(code, { depth: 0 })}`);
    const filter = this.#filter as Document;
    // A Map stays one: it keeps the order of keys that look like integers, an object does not.
    return this.filter(filter instanceof Map ? new Map([...filter, ['$where', code]]) : { ...filter, $where: code });
  }

  withReadPreference(readPreference: ReadPreferenceLike): this {
    return this.#set('readPreference', readPreference);
  }

  withReadConcern(readConcern: ReadConcernLike): this {
    return this.#set('readConcern', readConcern);
  }

  /** Sets one of tailable, awaitData, noCursorTimeout, allowPartialResults, oplogReplay, as the official driver names them. */
  addCursorFlag(flag: string, value: boolean): this {
    const name = flag === 'partial' ? 'allowPartialResults' : flag;
    const known = Object.values(FLAGS).filter((each) => !NO_OPTIONS.includes(each));
    if (!known.includes(name)) throw new TypeError(`flag must be one of ${known.join(', ')}, not ${flag}`);
    return this.#set(name, boolean(value, flag));
  }

  /**
   * Sets flags by the bits of the legacy protocol: 2 tailable, 4 secondaryOk (which stands for the read preference
   * `secondaryPreferred`, unless another than `primary` is set), 8 oplogReplay, 16 noCursorTimeout, 32 awaitData, 128 partial.
   *
   * @throws TypeError for bits that mean nothing; ConfigurationError for 64, an exhaust cursor, which Rotor does not have
   */
  addOption(mask: number): this {
    return this.#setFlags(mask, true);
  }

  /** Takes flags back that `addOption` has set, or an option of `find`. */
  removeOption(mask: number): this {
    return this.#setFlags(mask, false);
  }

  /**
   * A cursor over the one document at this place of the result, if there is one.
   *
   * @throws RangeError for a negative index
   */
  at(index: number): this {
    const skip = checkIndex(index, 'index');
    return this.skip(skip).limit(-1);
  }

  /**
   * Restricts the cursor to the places from `start` up to, and without, `end`. Overrides earlier skip and limit.
   *
   * @throws RangeError for negative bounds and an end before the start
   */
  slice(start: number, end?: number): this {
    const skip = checkIndex(start, 'start');
    const stop = end === undefined ? undefined : checkIndex(end, 'end');
    if (stop !== undefined && stop < skip)
      throw new RangeError(`end must not be before start (${skip}), but is ${stop}`);
    this.#set('skip', skip);
    this.#set('limit', stop === undefined ? 0 : stop - skip);
    this.#empty = stop === skip;
    return this;
  }

  /** A fresh cursor for the same query. */
  clone(): AsyncCursor<T> {
    const copy = new AsyncCursor<T>({ ...this.#source, filter: this.#filter, options: this.#options });
    copy.#empty = this.#empty;
    return copy;
  }

  /**
   * How many documents the query finds, by default without regard to skip and limit.
   *
   * @param withLimitAndSkip true to count what the cursor would return
   */
  count(withLimitAndSkip = false): Promise<number> {
    if (withLimitAndSkip && this.#empty) return Promise.resolve(0);
    const { skip, limit, ...others } = pick(this.#options, COUNT_OPTIONS);
    const options = withLimitAndSkip ? { ...others, skip, limit } : others;
    return call(this.#source.core, countCommand, this.#source.scope, { filter: this.#filter ?? {}, options });
  }

  /** The different values of a field among the documents that the filter finds. */
  distinct(key: string): Promise<any[]> {
    const options = pick(this.#options, [
      'collation',
      'comment',
      'maxTimeMS',
      'readPreference',
      'readConcern',
      'session',
      'signal',
      'killOnAbort',
      'timeoutMS',
    ]);
    return call(this.#source.core, distinct, this.#source.scope, { key, filter: this.#filter, options });
  }

  /** How the server would carry the query out: `queryPlanner`, `executionStats` or `allPlansExecution` (the default). */
  explain(verbosity?: unknown): Promise<Document> {
    const { core, scope } = this.#source;
    const options = this.#options;
    const of = (within: Scope): Document => explainedFind({ filter: this.#filter, options }, within);
    return call(core, explain, scope, { of, verbosity, options });
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
    const input = { filter: this.#filter, options: { ...options, ...this.#flags() } };
    const kind = { tailable: this.isTailable, awaitData: this.waitsForData };
    return new BatchCursor(core, scope.with(options), {
      ...cursorTimeout(scope, options, kind),
      open: (limits) => (this.#empty ? Promise.resolve(NO_DOCUMENTS) : core.run(find, scope, { ...input, ...limits })),
      batchSize: options.batchSize,
      limit: Math.abs(Number(options.limit ?? 0)),
      tailable: this.isTailable,
      awaitData: this.waitsForData,
      maxAwaitTimeMS: this.waitsForData ? options.maxAwaitTimeMS : undefined,
      comment: options.comment,
      signal: abortSignalOf(options.signal),
      prefetch: fetchesAhead(options, this.isTailable),
      failure: networkTimeoutOf(options),
    });
  }

  #flags(): Document {
    if (this.#options.cursorType === undefined) return {};
    return { tailable: this.isTailable, awaitData: this.waitsForData };
  }

  #setFlags(mask: number, value: boolean): this {
    integer(mask, 'mask');
    if ((mask & ~ALL_FLAGS) !== 0)
      throw new TypeError(`mask must be made of the bits ${Object.keys(FLAGS).join(', ')}, but is ${mask}`);
    for (const [bit, name] of Object.entries(FLAGS)) if ((mask & Number(bit)) !== 0) this.#setFlag(name, value);
    return this;
  }

  #setFlag(name: string, value: boolean): void {
    if (!NO_OPTIONS.includes(name)) this.#set(name, value);
    else if (name === 'exhaust' && value)
      throw new ConfigurationError(
        'exhaust cursors (64) are not supported: the next batch is fetched ahead in any case',
      );
    else if (name === 'secondaryOk') this.#allowSecondaries(value);
  }

  #allowSecondaries(allow: boolean): void {
    const { mode } = this.#source.scope.with(this.#options).readPreference;
    if (allow && mode === 'primary') this.#set('readPreference', 'secondaryPreferred');
    if (!allow && this.#options.readPreference === 'secondaryPreferred') this.#set('readPreference', undefined);
  }

  #set(name: string, value: unknown): this {
    this.refuseStarted(name);
    this.#options = { ...this.#options, [name]: value };
    return this;
  }
}

const COUNT_OPTIONS = [
  'skip',
  'limit',
  'hint',
  'collation',
  'comment',
  'maxTimeMS',
  'readPreference',
  'readConcern',
  'session',
  'signal',
  'killOnAbort',
  'timeoutMS',
];

function pick(options: Document, names: readonly string[]): Document {
  return Object.fromEntries(names.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]));
}

function checkIndex(value: unknown, name: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value))
    throw new TypeError(`${name} must be a whole number, not ${String(value)}`);
  if (value < 0) throw new RangeError(`${name} must not be negative, but is ${value}`);
  return value;
}
