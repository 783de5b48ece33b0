import type { Document } from '../bson/codec.js';
import type { Collation, CursorOptions, ExplainOptions, Hint, OperationOptions, Sort } from './operation-options.js';
import type { Projection } from './projection.js';

/** The options that a query shares with an aggregation. */
interface QueryOptions {
  collation?: Collation;
  /** The index to use; an unknown one is an error. */
  hint?: Hint;
  /** Variables for `$expr` and pipeline stages, read as `$$name`. */
  let?: Document;
  /** Let the server sort and group on disk what exceeds 100 MB of memory. */
  allowDiskUse?: boolean;
}

/** Options of `find`. */
export interface FindOptions<T = any> extends CursorOptions, QueryOptions, ExplainOptions {
  /** The fields to return. */
  projection?: Projection<T>;
  sort?: Sort;
  /** How many documents to pass over first. */
  skip?: number;
  /** How many documents to return at most; 0 is no limit, a negative number also means one reply only. */
  limit?: number;
  /** Close the cursor on the server after the first reply. */
  singleBatch?: boolean;
  /** The inclusive lower bound of the index in `hint`, field by field. */
  min?: Document;
  /** The exclusive upper bound of the index in `hint`, field by field. */
  max?: Document;
  /** Return the index keys only. */
  returnKey?: boolean;
  /** Add `$recordId`, the place in storage, to each document. */
  showRecordId?: boolean;
  /** On a sharded cluster, leave out shards that cannot be reached instead of failing. */
  allowPartialResults?: boolean;
  /** `false` is `noCursorTimeout: true`. */
  timeout?: boolean;
  /**
   * Motor's name of a time for each request of the query, in milliseconds: `timeoutMS` with `timeoutMode: 'iteration'`, in
   * the place of both. What takes longer is a NetworkTimeoutError, which is a ConnectionFailureError.
   */
  networkTimeout?: number;
  /** Ignored by servers since 4.4. */
  oplogReplay?: boolean;
}

/** Options of `findOne`. */
export interface FindOneOptions<T = any>
  extends Omit<FindOptions<T>, 'batchSize' | 'limit' | 'noCursorTimeout' | 'tailable' | 'awaitData'> {}

/** Options of `aggregate`. */
export interface AggregateOptions extends CursorOptions, QueryOptions, ExplainOptions {
  /** Let `$out` and `$merge` write documents that the collection's validator refuses. */
  bypassDocumentValidation?: boolean;
  /** The cursor part of the command, such as `{ batchSize: 100 }`; `batchSize` takes precedence. */
  cursor?: Document;
  /** A collection to write the result to: the same as a last stage `{ $out: name }`. */
  out?: string;
}

/** Options of `countDocuments`. */
export interface CountDocumentsOptions extends OperationOptions {
  collation?: Collation;
  hint?: Hint;
  /** Variables for `$expr`, read as `$$name`. */
  let?: Document;
  /** How many documents to pass over first. */
  skip?: number;
  /** How many documents to count at most. Positive. */
  limit?: number;
}

/** Options of `estimatedDocumentCount`, which reads the collection's metadata and takes no filter. */
export interface EstimatedDocumentCountOptions extends OperationOptions, ExplainOptions {}

/** Options of the `count` command behind `cursor.count()`. */
export interface CountOptions extends OperationOptions {
  collation?: Collation;
  hint?: Hint;
  skip?: number;
  limit?: number;
}

/** Options of `distinct`. */
export interface DistinctOptions extends OperationOptions, ExplainOptions {
  collation?: Collation;
  /** The index to use. Server 7.1 and later. */
  hint?: Hint;
}
