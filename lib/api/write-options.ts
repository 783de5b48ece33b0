import type { Document } from '../bson/codec.js';
import type { Collation, ExplainOptions, Hint, OperationOptions, Sort } from './operation-options.js';
import type { Projection } from './projection.js';

/** For writes that a collection's validator checks. */
interface ValidationOptions {
  /** Write documents that the collection's validator refuses. Default false. */
  bypassDocumentValidation?: boolean;
}

/** For writes that take documents without `_id`. */
interface InsertIdOptions {
  /** Leave a missing `_id` to the server; it then does not appear in the result. Default false. */
  forceServerObjectId?: boolean;
}

/** For writes that choose their documents by a filter. */
interface SelectionOptions {
  collation?: Collation;
  /** The index to use; an unknown one is an error. */
  hint?: Hint;
  /** Variables for `$expr` and pipelines, read as `$$name`. */
  let?: Document;
}

interface UpsertOptions {
  /** Insert a document made of the filter and the update if none matches. Default false. */
  upsert?: boolean;
}

interface ArrayFilterOptions {
  /**
   * The conditions behind the names in `$[name]`, each for one name.
   *
   * @example
   * { arrayFilters: [{ 'low.price': { $lt: 10 } }] } // for { $inc: { 'items.$[low].price': 1 } }
   */
  arrayFilters?: Document[];
}

/** Options of `insertOne`. */
export interface InsertOneOptions extends OperationOptions, ValidationOptions, InsertIdOptions {}

/** Options of `bulkWrite`. */
export interface BulkWriteOptions extends OperationOptions, ValidationOptions, InsertIdOptions {
  /** Stop at the first error. With `false` all writes are tried and their errors collected. Default true. */
  ordered?: boolean;
  /** Variables for `$expr` and pipelines of all the models, read as `$$name`. */
  let?: Document;
}

/** Options of `insertMany`. */
export interface InsertManyOptions extends BulkWriteOptions {}

/** Options of `updateMany` and, without `sort`, of `updateOne`. */
export interface UpdateOptions
  extends OperationOptions,
    ValidationOptions,
    SelectionOptions,
    UpsertOptions,
    ArrayFilterOptions,
    ExplainOptions {}

/** Options of `updateOne`. */
export interface UpdateOneOptions extends UpdateOptions {
  /** Which of several matching documents is updated: the first in this order. Server 8.0 and later. */
  sort?: Sort;
}

/** Options of `replaceOne`. */
export interface ReplaceOptions
  extends OperationOptions,
    ValidationOptions,
    SelectionOptions,
    UpsertOptions,
    ExplainOptions {
  /** Which of several matching documents is replaced: the first in this order. Server 8.0 and later. */
  sort?: Sort;
}

/** Options of `deleteOne` and `deleteMany`. */
export interface DeleteOptions extends OperationOptions, SelectionOptions, ExplainOptions {
  /** Has no meaning for a single delete; taken because the official driver does. */
  ordered?: boolean;
}

/** Which document an operation that changes one returns: as it was, or as it is then. */
export type ReturnDocument = 'before' | 'after';

/** What the three findOneAnd operations share. */
interface FindOneAndModifyOptions<T> extends OperationOptions, SelectionOptions, ExplainOptions {
  /** The fields to return. */
  projection?: Projection<T>;
  /** Which of several matching documents is taken: the first in this order. */
  sort?: Sort;
  /** Return `ModifyResult` with the document in `value`, instead of the document. Default false. */
  includeResultMetadata?: boolean;
}

interface ReturnOptions {
  /** Default `before`. */
  returnDocument?: ReturnDocument;
}

/** Options of `findOneAndUpdate`. */
export interface FindOneAndUpdateOptions<T = any>
  extends FindOneAndModifyOptions<T>,
    ValidationOptions,
    UpsertOptions,
    ArrayFilterOptions,
    ReturnOptions {}

/** Options of `findOneAndReplace`. */
export interface FindOneAndReplaceOptions<T = any>
  extends FindOneAndModifyOptions<T>,
    ValidationOptions,
    UpsertOptions,
    ReturnOptions {}

/** Options of `findOneAndDelete`. */
export interface FindOneAndDeleteOptions<T = any> extends FindOneAndModifyOptions<T> {}
