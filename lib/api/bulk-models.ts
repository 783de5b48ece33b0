import type { Document } from '../bson/codec.js';
import type { OptionalId, WithoutId } from './document.js';
import type { Filter } from './filter.js';
import type { Collation, Hint, Sort } from './operation-options.js';
import type { Update } from './update-filter.js';

/** The model `{ insertOne: { document } }`. */
export interface InsertOneModel<T = Document> {
  document: OptionalId<T>;
}

/** What the models share that choose documents. */
interface SelectionModel<T> {
  filter: Filter<T>;
  collation?: Collation;
  /** The index to use; an unknown one is an error. */
  hint?: Hint;
}

interface UpsertModel<T> extends SelectionModel<T> {
  /** Insert a document if none matches. Default false. */
  upsert?: boolean;
}

/** The model `{ updateMany: { filter, update } }`. */
export interface UpdateManyModel<T = Document> extends UpsertModel<T> {
  update: Update<T>;
  /** The conditions behind the names in `$[name]`. */
  arrayFilters?: Document[];
}

/** The model `{ updateOne: { filter, update } }`. */
export interface UpdateOneModel<T = Document> extends UpdateManyModel<T> {
  /** Which of several matching documents is updated: the first in this order. Server 8.0 and later. */
  sort?: Sort;
}

/** The model `{ replaceOne: { filter, replacement } }`. */
export interface ReplaceOneModel<T = Document> extends UpsertModel<T> {
  replacement: WithoutId<T>;
  /** Which of several matching documents is replaced: the first in this order. Server 8.0 and later. */
  sort?: Sort;
}

/** The model `{ deleteOne: { filter } }`. */
export interface DeleteOneModel<T = Document> extends SelectionModel<T> {}

/** The model `{ deleteMany: { filter } }`. */
export interface DeleteManyModel<T = Document> extends SelectionModel<T> {}

/**
 * One write of `bulkWrite`.
 *
 * @example
 * await users.bulkWrite([
 *   { insertOne: { document: { name: 'Ada' } } },
 *   { updateOne: { filter: { name: 'Bob' }, update: { $inc: { visits: 1 } }, upsert: true } },
 *   { deleteMany: { filter: { visits: 0 } } },
 * ]);
 */
export type AnyBulkWriteOperation<T = Document> =
  | { insertOne: InsertOneModel<T> }
  | { updateOne: UpdateOneModel<T> }
  | { updateMany: UpdateManyModel<T> }
  | { replaceOne: ReplaceOneModel<T> }
  | { deleteOne: DeleteOneModel<T> }
  | { deleteMany: DeleteManyModel<T> };
