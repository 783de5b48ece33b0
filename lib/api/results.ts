import type { Document } from '../bson/codec.js';
import type { WriteConcernFailure, WriteError } from '../errors/operation-errors.js';
import type { InferIdType, WithId } from './document.js';

/** What every write answers. */
interface WriteResult {
  /** `false` after a write with `w: 0`: the server sent no answer, and the counts mean nothing. */
  acknowledged: boolean;
}

/** The result of `insertOne`. */
export interface InsertOneResult<T = Document> extends WriteResult {
  /** The document's `_id`; null if it was left to the server (`forceServerObjectId`). */
  insertedId: InferIdType<T>;
}

/** The result of `insertMany`. */
export interface InsertManyResult<T = Document> extends WriteResult {
  insertedCount: number;
  /** The `_id` of each document, by its place in the list. */
  insertedIds: { [index: number]: InferIdType<T> };
}

/** The result of `updateOne`, `updateMany` and `replaceOne`. */
export interface UpdateResult<T = Document> extends WriteResult {
  /** How many documents the filter matched. */
  matchedCount: number;
  /** How many of them the update changed. */
  modifiedCount: number;
  /** 1 if a document was inserted (`upsert`), else 0. */
  upsertedCount: number;
  /** The `_id` of the inserted document, else null. */
  upsertedId: InferIdType<T> | null;
}

/** The result of `deleteOne` and `deleteMany`. */
export interface DeleteResult extends WriteResult {
  deletedCount: number;
}

/**
 * The result of the findOneAnd operations with `includeResultMetadata: true`; without it they give the document or
 * null. The methods have an overload for each.
 */
export interface ModifyResult<T = Document> {
  /** The document, or null where none matched. */
  value: WithId<T> | null;
  /** What the server says of the change: `n`, `updatedExisting`, and `upserted` with the `_id` of an upsert. */
  lastErrorObject?: Document;
  ok: 0 | 1;
}

/** The result of `bulkWrite`, and `error.result` of a `BulkWriteError`. Indexes count in the list that was given. */
export interface BulkWriteResult {
  /** 1 if the bulk was carried out, also with errors of single writes. */
  readonly ok: number;
  readonly insertedCount: number;
  readonly matchedCount: number;
  readonly modifiedCount: number;
  readonly deletedCount: number;
  readonly upsertedCount: number;
  /** The `_id` of each inserted document, by the index of its model. */
  readonly insertedIds: { [index: number]: any };
  /** The `_id` of each document that an upsert inserted, by the index of its model. */
  readonly upsertedIds: { [index: number]: any };
  /** The upserted `_id` of the model at `index`, if there is one. */
  getUpsertedIdAt(index: number): any;
  /** The merged counts and errors as one document. */
  getRawResponse(): Document;
  hasWriteErrors(): boolean;
  getWriteErrorCount(): number;
  /** The error number `index`, counted in the list of errors. */
  getWriteErrorAt(index: number): WriteError | undefined;
  getWriteErrors(): WriteError[];
  getWriteConcernError(): WriteConcernFailure | undefined;
  isOk(): boolean;
  toString(): string;
}
