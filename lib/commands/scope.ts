import { inspect } from 'node:util';
import { type BSONOptions, Decoder, type Document, Encoder } from '../bson/codec.js';
import type { ServerAPI } from '../options/client-options.js';
import { ReadConcern, type ReadConcernLike } from '../options/read-concern.js';
import { ReadPreference, type ReadPreferenceLike } from '../options/read-preference.js';
import { serverApiFields } from '../options/server-api.js';
import { WriteConcern, type WriteConcernLike } from '../options/write-concern.js';
import { Deadline } from '../util/deadline.js';

/** What a client, database, collection or single operation may set for itself; what it leaves out it inherits. */
export interface ScopeOptions extends BSONOptions {
  readonly readPreference?: ReadPreferenceLike;
  readonly readConcern?: ReadConcernLike;
  readonly writeConcern?: WriteConcernLike;
  /** Milliseconds that an operation may take as a whole; a deadline where it is part of something larger. */
  readonly timeoutMS?: number | Deadline | undefined;
  /** Whether an operation that is given up ends on the server too. */
  readonly killOnAbort?: boolean | undefined;
}

const BSON_OPTIONS: readonly (keyof BSONOptions)[] = [
  'promoteValues',
  'promoteLongs',
  'promoteBuffers',
  'useBigInt64',
  'bsonRegExp',
  'raw',
  'fieldsAsRaw',
  'enableUtf8Validation',
  'ignoreUndefined',
  'serializeFunctions',
  'checkKeys',
];

/** Write concern settings that the sources allow beside `writeConcern`, on each operation. */
const LOOSE_WRITE_CONCERN = ['w', 'wtimeout', 'wtimeoutMS', 'wTimeoutMS', 'j', 'journal', 'fsync'] as const;

/** Every option that a scope takes for itself, so that no command needs to know it. */
export const SCOPE_OPTIONS: ReadonlySet<string> = new Set<string>([
  'readPreference',
  'readConcern',
  'writeConcern',
  'timeoutMS',
  'killOnAbort',
  ...BSON_OPTIONS,
  ...LOOSE_WRITE_CONCERN,
]);

/**
 * Where a command goes and under which settings: the part of an operation that does not change from call to call.
 * Made once for a client, database or collection; an operation that overrides something gets one of its own.
 */
export class Scope {
  /** The database's name. */
  readonly db: string;
  /** The collection's name, or undefined for commands on the database. */
  readonly collection: string | undefined;
  /** `database.collection` or the database alone, for errors. */
  readonly namespace: string;
  readonly readPreference: ReadPreference;
  readonly readConcern: ReadConcern;
  readonly writeConcern: WriteConcern;
  /** Milliseconds, 0 for no limit; a deadline where all operations share one; undefined where none is given. */
  readonly timeoutMS: number | Deadline | undefined;
  /** Whether an operation that is given up ends on the server too. */
  readonly killOnAbort: boolean;
  /** The session of all operations that name none: null for none at all. */
  readonly session: object | null | undefined;
  readonly bson: BSONOptions;
  readonly encoder: Encoder;
  readonly decoder: Decoder;
  /** The fields by which every command declares the Stable API; undefined where none is declared. */
  readonly serverApi: Readonly<Document> | undefined;

  private constructor(
    from: Pick<
      Scope,
      | 'db'
      | 'collection'
      | 'readPreference'
      | 'readConcern'
      | 'writeConcern'
      | 'timeoutMS'
      | 'killOnAbort'
      | 'session'
      | 'bson'
      | 'encoder'
      | 'decoder'
      | 'serverApi'
    >,
  ) {
    this.db = from.db;
    this.collection = from.collection;
    this.namespace = from.collection === undefined ? from.db : `${from.db}.${from.collection}`;
    this.readPreference = from.readPreference;
    this.readConcern = from.readConcern;
    this.writeConcern = from.writeConcern;
    this.timeoutMS = from.timeoutMS;
    this.killOnAbort = from.killOnAbort;
    this.session = from.session;
    this.bson = from.bson;
    this.encoder = from.encoder;
    this.decoder = from.decoder;
    this.serverApi = from.serverApi;
  }

  /** A client's own scope, which databases inherit from. */
  static root(options: {
    readonly readPreference: ReadPreference;
    readonly readConcern: ReadConcern;
    readonly writeConcern: WriteConcern;
    readonly timeoutMS?: number | Deadline | undefined;
    readonly killOnAbort?: boolean;
    readonly bson: BSONOptions;
    readonly serverApi?: Readonly<ServerAPI> | undefined;
  }): Scope {
    const { bson, serverApi } = options;
    return new Scope({
      ...options,
      timeoutMS: options.timeoutMS,
      killOnAbort: options.killOnAbort ?? false,
      session: undefined,
      db: 'admin',
      collection: undefined,
      encoder: new Encoder(bson),
      decoder: new Decoder(bson),
      serverApi: serverApi && serverApiFields(serverApi),
    });
  }

  inDatabase(db: string): Scope {
    return new Scope({ ...this, db, collection: undefined });
  }

  inCollection(collection: string): Scope {
    return new Scope({ ...this, collection });
  }

  /**
   * This scope with an operation's overrides; itself where there are none.
   *
   * @param isTimed whether the deadline has been read already, so that a time alone needs no scope of its own
   * @throws ConfigurationError for values that are no concern or read preference
   */
  with(options: Document | undefined, isTimed = false): Scope {
    if (options === undefined || options === null) return this;
    if (typeof options !== 'object') throw new TypeError(notOptions(options));
    let overrides = false;
    for (const key in options) {
      if (options[key] === undefined) continue;
      overrides ||= SCOPE_OPTIONS.has(key) && !(isTimed && key === 'timeoutMS');
    }
    return overrides ? this.#override(options) : this;
  }

  /** This scope with a session for all operations that name none; null for none at all. */
  inSession(session: object | null | undefined): Scope {
    return session === undefined ? this : new Scope({ ...this, session });
  }

  /** The time that an operation with these options has from now on; undefined where none is given. */
  deadline(options: Document | undefined): Deadline | undefined {
    const given = options?.timeoutMS ?? this.timeoutMS;
    if (given === undefined || given instanceof Deadline) return given;
    return new Deadline(Deadline.check(given, 'timeoutMS'));
  }

  #override(options: Document): Scope {
    const bson: Record<string, unknown> = {};
    for (const key of BSON_OPTIONS) if (options[key] !== undefined) bson[key] = options[key];
    const changed = Object.keys(bson).length > 0;
    const merged: BSONOptions = changed ? Object.freeze({ ...this.bson, ...bson }) : this.bson;
    const loose = looseWriteConcern(options);
    return new Scope({
      ...this,
      readPreference: pick(options.readPreference, ReadPreference.from, this.readPreference),
      readConcern: pick(options.readConcern, ReadConcern.from, this.readConcern),
      writeConcern: pick(options.writeConcern ?? loose, WriteConcern.from, this.writeConcern),
      timeoutMS: pick(options.timeoutMS, timeoutOf, this.timeoutMS),
      killOnAbort: pick(options.killOnAbort, killOnAbortOf, this.killOnAbort),
      bson: merged,
      encoder: changed ? new Encoder(merged) : this.encoder,
      decoder: changed ? new Decoder(merged) : this.decoder,
    });
  }
}

function notOptions(value: unknown): string {
  if (typeof value !== 'function') return `options must be an object, not ${inspect(value)}`;
  return 'options must be an object, not a function: there are no callbacks, await the promise';
}

function pick<T, L>(value: L | undefined | null, from: (value: L) => T, otherwise: T): T {
  return value === undefined || value === null ? otherwise : from(value);
}

function timeoutOf(value: unknown): number | Deadline {
  return value instanceof Deadline ? value : Deadline.check(value, 'timeoutMS');
}

function killOnAbortOf(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new TypeError(`killOnAbort must be true or false, not ${inspect(value, { depth: 0 })}`);
}

function looseWriteConcern(options: Document): WriteConcernLike | undefined {
  let loose: Record<string, unknown> | undefined;
  for (const key of LOOSE_WRITE_CONCERN) {
    if (options[key] !== undefined) loose = { ...loose, [key]: options[key] };
  }
  return loose as WriteConcernLike | undefined;
}
