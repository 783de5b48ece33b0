import type { ClientBulkWriteResult } from '../bulk/client-bulk-result.js';
import type {
  DeleteManyModel,
  DeleteOneModel,
  InsertOneModel,
  ReplaceOneModel,
  UpdateManyModel,
  UpdateOneModel,
} from './bulk-models.js';
import type { Document } from './document.js';
import type { OperationOptions } from './operation-options.js';

/** Where a write goes: `database.collection`. */
interface WithNamespace<Name extends string> {
  readonly name: Name;
  readonly namespace: string;
}

/**
 * One write of `client.bulkWrite`, with the name of its kind and its namespace.
 *
 * @example
 * const model: AnyClientBulkWriteModel = { name: 'insertOne', namespace: 'app.users', document: { name: 'Ada' } };
 */
export type AnyClientBulkWriteModel<T = Document> =
  | (WithNamespace<'insertOne'> & InsertOneModel<T>)
  | (WithNamespace<'updateOne'> & UpdateOneModel<T>)
  | (WithNamespace<'updateMany'> & UpdateManyModel<T>)
  | (WithNamespace<'replaceOne'> & ReplaceOneModel<T>)
  | (WithNamespace<'deleteOne'> & DeleteOneModel<T>)
  | (WithNamespace<'deleteMany'> & DeleteManyModel<T>);

/** Options of `client.bulkWrite`. */
export interface ClientBulkWriteOptions extends OperationOptions {
  /** Stop at the first error. With `false` all writes are tried and their errors collected. Default true. */
  ordered?: boolean;
  /** Write documents that a collection's validator refuses. */
  bypassDocumentValidation?: boolean;
  /** Variables for `$expr` and pipelines of all the models, read as `$$name`. */
  let?: Document;
  /** Return what each single write did. Default false. */
  verboseResults?: boolean;
}

export type { ClientBulkWriteResult };
