import type { BSONOptions, Document } from '../bson/codec.js';
import type { ClientSession } from './client-session.js';
import type { PkFactory } from './document.js';
import type { Collation, ConcernOptions, OperationOptions } from './operation-options.js';

/** Options of a collection object: they hold for its operations unless these give their own. */
export interface CollectionOptions extends BSONOptions, ConcernOptions {
  /** How long each operation may take as a whole, in milliseconds. */
  timeoutMS?: number;
  /** Whether operations that are aborted under way end on the server too. */
  killOnAbort?: boolean;
  /** The session of every operation that names none; null for none at all. */
  session?: ClientSession | null | undefined;
  /** Makes the `_id` of documents that come without one. Default: an ObjectId. */
  pkFactory?: PkFactory;
  /** Leave a missing `_id` to the server. Default false. */
  forceServerObjectId?: boolean;
}

/** A collection of measurements over time. */
export interface TimeSeriesCollectionOptions {
  /** The field with the date of a measurement. */
  timeField: string;
  /** The field that tells the series apart. */
  metaField?: string;
  /** About how far apart the measurements of one series are. Default `seconds`. */
  granularity?: 'seconds' | 'minutes' | 'hours' | (string & {});
  /** The longest time, in seconds, between the measurements of a bucket. Goes with `bucketRoundingSeconds`. */
  bucketMaxSpanSeconds?: number;
  /** What a bucket's start is rounded down to, in seconds. Equal to `bucketMaxSpanSeconds`. */
  bucketRoundingSeconds?: number;
  [option: string]: any;
}

/** A collection that is stored in the order of its key. */
export interface ClusteredCollectionOptions {
  key: { _id: 1 } & Document;
  unique: boolean;
  name?: string;
  [option: string]: any;
}

/** Options of `createCollection`. */
export interface CreateCollectionOptions extends OperationOptions {
  /** Keep the collection at a fixed size: the oldest documents make room. Needs `size`. */
  capped?: boolean;
  /** The size of a capped collection, in bytes. */
  size?: number;
  /** The most documents that a capped collection holds. */
  max?: number;
  /** A filter that documents must match, such as `{ $jsonSchema: ... }`. */
  validator?: Document;
  /** Which documents are checked: all (`strict`, default), those that were valid before (`moderate`), or none (`off`). */
  validationLevel?: 'off' | 'strict' | 'moderate' | (string & {});
  /** Whether to refuse an invalid document (`error`, default), to log it (`warn`), or both (`errorAndLog`, server 8.1). */
  validationAction?: 'error' | 'warn' | 'errorAndLog' | (string & {});
  /** The collation of queries and indexes that name none. */
  collation?: Collation;
  timeseries?: TimeSeriesCollectionOptions;
  clusteredIndex?: ClusteredCollectionOptions;
  /** In a time series or clustered collection, delete documents this many seconds after their date. */
  expireAfterSeconds?: number;
  /** Keep documents as they were before and after a change, for change streams. */
  changeStreamPreAndPostImages?: { enabled: boolean };
  /** Makes a view of this collection or view, of the same database. */
  viewOn?: string;
  /** The stages of the view. */
  pipeline?: Document[];
  /** Options of the storage engine, by its name. */
  storageEngine?: Document;
  /** Defaults for indexes, such as `{ storageEngine: ... }`. */
  indexOptionDefaults?: Document;
  /** Which fields are encrypted, and how (Queryable Encryption). */
  encryptedFields?: Document;
  /** Options of the MMAPv1 storage engine (servers before 4.2). */
  flags?: number;
  /** Make an index over `_id`. Servers since 4.0 require it. */
  autoIndexId?: boolean;
  /** The index over `_id`, such as `{ key: { _id: 1 }, name: '_id_', collation: ... }`. */
  idIndex?: Document;
  /**
   * Ask first whether the collection exists, where servers since MongoDB 7.0 would not mind one with the same options.
   * Default true; not asked within a transaction.
   */
  checkExists?: boolean;
  /** Makes the `_id` of documents that come without one, on the collection object that is returned. */
  pkFactory?: PkFactory;
  /** Leave a missing `_id` to the server, on the collection object that is returned. */
  forceServerObjectId?: boolean;
}

/** Options of `rename`. */
export interface RenameOptions extends OperationOptions {
  /** Drop the collection that has the new name. Default false: it is an error. */
  dropTarget?: boolean;
}

/** Options of `drop` and `dropCollection`. */
export interface DropCollectionOptions extends OperationOptions {
  /** Of an encrypted collection (Queryable Encryption): drop the collections of its encryption state, too. */
  encryptedFields?: Document;
}

/** Options of `validateCollection`. */
export interface ValidateCollectionOptions extends OperationOptions {
  /** Check everything, which takes longer. */
  full?: boolean;
  /** Check while reads and writes go on. */
  background?: boolean;
  /** Repair what can be repaired. Standalone servers only. */
  repair?: boolean;
  /** Correct the collection's metadata. */
  metadata?: boolean;
  /** Check that all documents are valid BSON. Server 6.2 and later. */
  checkBSONConformance?: boolean;
  /** Motor's name for `full`, which goes before it. */
  scandata?: boolean;
}
