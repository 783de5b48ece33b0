import type { BSONOptions, Document } from '../bson/codec.js';
import type { ReadPreferenceLike } from '../options/read-preference.js';
import type { ClientSession } from './client-session.js';
import type { CollectionOptions } from './collection-options.js';
import type { CursorOptions, Killable, OperationOptions } from './operation-options.js';

/** Options of a database object: its collections inherit them. */
export interface DatabaseOptions extends CollectionOptions {}

/** The official driver's name of `DatabaseOptions`. */
export type DbOptions = DatabaseOptions;

/** Options of `listCollections`. */
export interface ListCollectionsOptions extends Omit<CursorOptions, 'tailable' | 'awaitData' | 'noCursorTimeout'> {
  /** Return names and types only, which takes no lock on the collections. */
  nameOnly?: boolean;
  /** With `nameOnly`: list what the user may read, even if the user may not list collections. */
  authorizedCollections?: boolean;
}

/** A collection or view, as `listCollections` gives it. */
export interface CollectionInfo {
  name: string;
  type?: 'collection' | 'view' | 'timeseries' | (string & {});
  options?: Document;
  info?: Document;
  idIndex?: Document;
  [field: string]: any;
}

/** Options of `listDatabases` and `listDatabaseNames`. */
export interface ListDatabasesOptions extends OperationOptions {
  /** List the databases that match this filter, such as `{ name: /^app/ }`. */
  filter?: Document;
  /** Return names only, without sizes. */
  nameOnly?: boolean;
  /** `true`: list the databases that the user has rights on. `false`: list all, which needs the right to. */
  authorizedDatabases?: boolean;
}

/** The reply of `listDatabases`. Sizes are in bytes, `totalSizeMb` in megabytes. */
export interface ListDatabasesResult {
  databases: ({ name: string; sizeOnDisk?: number; empty?: boolean } & Document)[];
  totalSize?: number;
  totalSizeMb?: number;
  ok: 1 | 0;
}

/** Options of `dropDatabase`. */
export interface DropDatabaseOptions extends OperationOptions {}

/** Options of `db.stats()`. */
export interface DbStatsOptions extends OperationOptions {
  /** Sizes are divided by this: 1024 gives kilobytes. Default 1. */
  scale?: number;
  /** Add how much space the collections do not use. */
  freeStorage?: 0 | 1;
}

/**
 * Options of `command`. Concerns, comment and time limits are fields of the command itself: nothing is inherited, and
 * the read preference is `primary` unless it is given here.
 */
export interface RunCommandOptions extends BSONOptions, Killable {
  /** See `OperationOptions`. */
  session?: ClientSession | null | undefined;
  readPreference?: ReadPreferenceLike | undefined;
  /** How long the operation may take as a whole, in milliseconds. */
  timeoutMS?: number | undefined;
}

/** Options of `cursorCommand`. Those of the cursor are for its further requests (getMore). */
export interface RunCursorCommandOptions extends RunCommandOptions {
  /** How many documents a further reply holds at most. */
  batchSize?: number;
  /** How long the server waits for new documents in a further reply, in milliseconds. */
  maxTimeMS?: number;
  /** The same as `maxTimeMS`, by its name in the other cursors. */
  maxAwaitTimeMS?: number;
  /** The comment of the further requests. */
  comment?: unknown;
  tailable?: boolean;
  awaitData?: boolean;
  /** See `CursorOptions`. */
  prefetch?: boolean | 0 | 1;
  timeoutMode?: 'cursorLifetime' | 'iteration';
}
