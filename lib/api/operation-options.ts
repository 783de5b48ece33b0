import type { BSONOptions, Document } from '../bson/codec.js';
import type { ReadConcernLike } from '../options/read-concern.js';
import type { ReadPreferenceLike } from '../options/read-preference.js';
import type { WriteConcernLike } from '../options/write-concern.js';
import type { ClientSession } from './client-session.js';

/** Ends a wait from outside. */
export interface Abortable {
  /**
   * Aborts the operation: its promise rejects with the signal's reason. The server may have carried it out by then.
   *
   * @example
   * await users.findOne({ name: 'Ada' }, { signal: AbortSignal.timeout(500) });
   */
  signal?: AbortSignal | undefined;
}

/** Ends an operation from outside. */
export interface Killable extends Abortable {
  /**
   * Whether the operation ends on the server too when its signal aborts it, or its deadline without the server being told
   * of that. Best effort, as far as the user has the right. Default: the collection's, the database's or the client's, which
   * is false.
   */
  killOnAbort?: boolean | undefined;
}

/** The concerns of an operation, a collection or a database. What is not given is inherited from above. */
export interface ConcernOptions {
  /** Which servers reads go to: a mode, an object with a mode, or a ReadPreference. */
  readPreference?: ReadPreferenceLike | undefined;
  /** How durable the data must be that reads return: a level, an object with a level, or a ReadConcern. */
  readConcern?: ReadConcernLike | undefined;
  /** Which acknowledgement writes wait for. `{ w: 0 }` waits for none: errors stay unknown. */
  writeConcern?: WriteConcernLike | undefined;
}

/** What every operation takes. Everything that is not given comes from the collection, the database or the client. */
export interface OperationOptions extends BSONOptions, ConcernOptions, Killable {
  /**
   * The session that the operation is part of; by default that of the block around it (`client.transaction`), else one of
   * its own. null for one of its own in any case.
   */
  session?: ClientSession | null | undefined;
  /** Any value; appears in the server's profile, log and `$currentOp`. */
  comment?: unknown;
  /** How long the server may work on the command, in milliseconds. Default: no limit. */
  maxTimeMS?: number | undefined;
  /**
   * How long the operation may take as a whole, in milliseconds, with waiting for a server and a connection and with
   * retries. Default: the client's.
   */
  timeoutMS?: number | undefined;
  /** On a time series collection, work on the stored buckets instead of the measurements. Server 8.2 and later. */
  rawData?: boolean;
}

export type ExplainVerbosity = 'queryPlanner' | 'executionStats' | 'allPlansExecution' | (string & {});

export interface ExplainCommandOptions {
  verbosity: ExplainVerbosity;
  /** How long the server may work on the explain command, in milliseconds. */
  maxTimeMS?: number;
}

/** For the operations that the server can explain. */
export interface ExplainOptions {
  /** Return the server's plan instead of carrying the operation out. `true` means `allPlansExecution`. */
  explain?: boolean | ExplainVerbosity | ExplainCommandOptions;
}

/** What every operation with a cursor takes. */
export interface CursorOptions extends OperationOptions {
  /** How many documents a reply holds at most. Default: 101 in the first reply, then as many as fit in 16 MiB. */
  batchSize?: number;
  /**
   * How long the server waits for new documents in one reply, in milliseconds. For tailable cursors with `awaitData`
   * and for change streams.
   */
  maxAwaitTimeMS?: number;
  /** Keep the cursor open at the end of a capped collection. */
  tailable?: boolean;
  /** At the end of a capped collection, wait on the server for new documents. Needs `tailable`. */
  awaitData?: boolean;
  /** Keep the cursor on the server however long it is idle. By default the server drops it after 10 minutes. */
  noCursorTimeout?: boolean;
  /**
   * Whether the next batch, and never more, is asked for while the current one is read; not by tailable cursors. Default
   * true: `false` or 0 asks for it when the current one has been read.
   */
  prefetch?: boolean | 0 | 1;
  /** Whether `timeoutMS` limits the cursor's whole life or each of its requests. */
  timeoutMode?: 'cursorLifetime' | 'iteration';
}

/** The language rules by which strings are compared. */
export interface Collation {
  /** An ICU locale such as `en` or `de@collation=phonebook`; `simple` compares bytes. */
  locale: string;
  /** Compare case too at strengths 1 and 2. Default false. */
  caseLevel?: boolean;
  /** Which case sorts first at strength 3. Default `off`. */
  caseFirst?: 'upper' | 'lower' | 'off' | (string & {});
  /** What makes a difference: 1 base letters, 2 accents as well, 3 case as well (default), 4 punctuation, 5 identity. */
  strength?: 1 | 2 | 3 | 4 | 5 | (number & {});
  /** Compare digits as numbers: `10` after `9`. Default false. */
  numericOrdering?: boolean;
  /** Whether spaces and punctuation count (`non-ignorable`, default) or only at strength 4 (`shifted`). */
  alternate?: 'non-ignorable' | 'shifted' | (string & {});
  /** With `alternate: 'shifted'`: ignore spaces and punctuation (`punct`, default) or spaces alone. */
  maxVariable?: 'punct' | 'space' | (string & {});
  /** Compare accents from the end of the string, as some French dictionaries do. Default false. */
  backwards?: boolean;
  /** Normalize text before comparing it. Default false. */
  normalization?: boolean;
}

/** The official driver's name of `Collation`. */
export type CollationOptions = Collation;

/** An index for the query planner: its name, or its keys in order. */
export type Hint = string | Document;

/** A direction: ascending, descending, or by text search data such as `{ $meta: 'textScore' }`. */
export type SortDirection = 1 | -1 | 'asc' | 'desc' | 'ascending' | 'descending' | { readonly $meta: string };

/**
 * An order: a field (ascending), several fields, or fields with directions as an object, a Map, a pair or a list of
 * pairs. A direction alone is taken with the field of the call.
 *
 * @example
 * const orders: Sort[] = ['name', ['name', -1], { age: -1, name: 1 }, [['age', 'desc'], ['name', 1]]];
 */
export type Sort =
  | string
  | Exclude<SortDirection, { readonly $meta: string }>
  | readonly string[]
  | { readonly [field: string]: SortDirection }
  | ReadonlyMap<string, SortDirection>
  | ReadonlyArray<readonly [field: string, direction: SortDirection]>
  | readonly [field: string, direction: SortDirection];
