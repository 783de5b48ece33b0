import { inspect } from 'node:util';
import { bsonTypeOf, type Document } from '../bson/codec.js';
import type { BulkWriteResult } from '../bulk/bulk-result.js';
import { executeBulk } from '../bulk/execute.js';
import { type BulkGroup, planBulk } from '../bulk/plan.js';
import { type DeleteOutcome, remove } from '../commands/delete.js';
import { boolean } from '../commands/fields.js';
import { type FindAndModifyInput, findAndModify } from '../commands/find-and-modify.js';
import { insertOne } from '../commands/insert.js';
import { type UpdateMode, update } from '../commands/update.js';
import type { AnyBulkWriteOperation } from './bulk-models.js';
import { CollectionReads } from './collection-reads.js';
import type { OptionalUnlessRequiredId, WithId, WithoutId } from './document.js';
import type { Filter } from './filter.js';
import type { DeleteResult, InsertManyResult, InsertOneResult, ModifyResult, UpdateResult } from './results.js';
import { settle } from './settings.js';
import type { Update } from './update-filter.js';
import type {
  BulkWriteOptions,
  DeleteOptions,
  FindOneAndDeleteOptions,
  FindOneAndReplaceOptions,
  FindOneAndUpdateOptions,
  InsertManyOptions,
  InsertOneOptions,
  ReplaceOptions,
  UpdateOneOptions,
  UpdateOptions,
} from './write-options.js';

type WithMetadata = { readonly includeResultMetadata: true };

/** The writing half of a collection. */
export abstract class CollectionWrites<T extends object = Document> extends CollectionReads<T> {
  /**
   * Inserts a document. Where it has no `_id` it gets one, also in the caller's object.
   *
   * @throws DuplicateKeyError, OperationFailureError, InvalidDocumentError; TypeError for what is no document
   * @example
   * const { insertedId } = await users.insertOne({ name: 'Ada' });
   * @see MongoDB CRUD specification, "Insert, Update, Replace, Delete, and Bulk Writes"
   */
  insertOne(document: OptionalUnlessRequiredId<T>, options?: InsertOneOptions): Promise<InsertOneResult<T>> {
    if (!isDocument(document)) return Promise.reject(notADocument('document', document));
    return this.run(insertOne, { documents: [document], from: 0, ids: [], makeId: this.#makeId(options), options });
  }

  /**
   * Inserts documents, in as few messages as the server's limits allow.
   *
   * @param options `ordered: false` goes on after errors
   * @throws BulkWriteError where single documents failed; TypeError for an empty list
   * @example
   * const { insertedCount } = await users.insertMany([{ name: 'Ada' }, { name: 'Bob' }]);
   */
  insertMany(
    documents: readonly OptionalUnlessRequiredId<T>[],
    options?: InsertManyOptions,
  ): Promise<InsertManyResult<T>> {
    return this.steps(async () => {
      checkList(documents, 'documents');
      documents.forEach((document, index) => {
        if (!isDocument(document)) throw notADocument(`documents[${index}]`, document);
      });
      const group: BulkGroup = {
        kind: 'insert',
        entries: documents as unknown as Document[],
        indexes: documents.map((_, index) => index),
      };
      const { acknowledged, insertedCount, insertedIds } = await this.#bulk([group], options, 'insert');
      return { acknowledged, insertedCount: acknowledged ? insertedCount : documents.length, insertedIds };
    });
  }

  /**
   * Changes the first document that matches.
   *
   * @param change operators such as `{ $set: { ... } }`, or a pipeline
   * @throws TypeError for an update without operators, OperationFailureError
   * @example
   * await users.updateOne({ _id }, { $inc: { visits: 1 } }, { upsert: true });
   */
  updateOne(filter: Filter<T>, change: Update<T>, options?: UpdateOneOptions): Promise<UpdateResult<T>> {
    return this.#update(filter, change, 'one', options);
  }

  /** Changes all documents that match. See `updateOne`. */
  updateMany(filter: Filter<T>, change: Update<T>, options?: UpdateOptions): Promise<UpdateResult<T>> {
    return this.#update(filter, change, 'many', options);
  }

  /**
   * Puts another document in the place of the first that matches; `_id` stays.
   *
   * @throws TypeError for a replacement with operators, OperationFailureError
   */
  replaceOne(filter: Filter<T>, replacement: WithoutId<T>, options?: ReplaceOptions): Promise<UpdateResult<T>> {
    return this.#update(filter, replacement, 'replace', options);
  }

  /**
   * Deletes the first document that matches.
   *
   * @throws TypeError for a filter that is `undefined`: it may have been meant to be something
   * @example
   * const { deletedCount } = await users.deleteOne({ _id });
   */
  deleteOne(...given: [filter?: Filter<T>, options?: DeleteOptions]): Promise<DeleteResult> {
    return this.#delete(given, false);
  }

  /** Deletes all documents that match; all of the collection where no filter is given. See `deleteOne`. */
  deleteMany(...given: [filter?: Filter<T>, options?: DeleteOptions]): Promise<DeleteResult> {
    return this.#delete(given, true);
  }

  /**
   * Changes the first document that matches and returns it: as it was, or with `returnDocument: 'after'` as it is then.
   *
   * @returns the document or null; with `includeResultMetadata: true` the server's answer with the document in `value`
   * @example
   * const job = await jobs.findOneAndUpdate({ state: 'new' }, { $set: { state: 'taken' } }, { sort: { at: 1 } });
   */
  findOneAndUpdate(
    filter: Filter<T>,
    change: Update<T>,
    options: FindOneAndUpdateOptions<T> & WithMetadata,
  ): Promise<ModifyResult<T>>;
  findOneAndUpdate(
    filter: Filter<T>,
    change: Update<T>,
    options?: FindOneAndUpdateOptions<T>,
  ): Promise<WithId<T> | null>;
  findOneAndUpdate(filter: unknown, change: unknown, options?: Document): Promise<any> {
    return this.#findAnd({ filter, mode: 'update', update: change, options });
  }

  /** Puts another document in the place of the first that matches and returns one of the two. See `findOneAndUpdate`. */
  findOneAndReplace(
    filter: Filter<T>,
    replacement: WithoutId<T>,
    options: FindOneAndReplaceOptions<T> & WithMetadata,
  ): Promise<ModifyResult<T>>;
  findOneAndReplace(
    filter: Filter<T>,
    replacement: WithoutId<T>,
    options?: FindOneAndReplaceOptions<T>,
  ): Promise<WithId<T> | null>;
  findOneAndReplace(filter: unknown, replacement: unknown, options?: Document): Promise<any> {
    return this.#findAnd({ filter, mode: 'replace', update: replacement, options });
  }

  /** Deletes the first document that matches and returns it. See `findOneAndUpdate`. */
  findOneAndDelete(filter: Filter<T>, options: FindOneAndDeleteOptions<T> & WithMetadata): Promise<ModifyResult<T>>;
  findOneAndDelete(filter: Filter<T>, options?: FindOneAndDeleteOptions<T>): Promise<WithId<T> | null>;
  findOneAndDelete(filter: unknown, options?: Document): Promise<any> {
    return this.#findAnd({ filter, mode: 'delete', options });
  }

  /**
   * Carries out a list of writes, in their order or, with `ordered: false`, grouped by kind and on after errors.
   *
   * @throws BulkWriteError where single writes failed; its indexes count in this list. TypeError for an empty list and
   * for a model that is wrong, before anything is sent
   * @example
   * await users.bulkWrite([
   *   { insertOne: { document: { name: 'Ada' } } },
   *   { updateMany: { filter: { active: false }, update: { $unset: { token: '' } } } },
   *   { deleteOne: { filter: { name: 'Bob' } } },
   * ]);
   * @see MongoDB CRUD specification, "Bulk Writes"
   */
  bulkWrite(operations: readonly AnyBulkWriteOperation<T>[], options?: BulkWriteOptions): Promise<BulkWriteResult> {
    return this.steps(async () => {
      checkList(operations, 'operations');
      const scope = this.scope.with(options);
      return this.#bulk(planBulk(operations, isOrdered(options), scope), options);
    });
  }

  #bulk(
    groups: readonly BulkGroup[],
    options: BulkWriteOptions | undefined,
    operation?: string,
  ): Promise<BulkWriteResult> {
    const ordered = isOrdered(options);
    const makeId = this.#makeId(options);
    return executeBulk(this.core, this.scope, groups, { ordered, makeId, options, operation });
  }

  #delete(given: readonly [filter?: unknown, options?: Document], many: boolean): Promise<DeleteOutcome> {
    const [filter, options] = given;
    return this.run(remove, { filter: given.length === 0 ? {} : filter, many, options });
  }

  #update(filter: unknown, change: unknown, mode: UpdateMode, options: Document | undefined): Promise<UpdateResult<T>> {
    return this.run(update, { filter, update: change, mode, options });
  }

  async #findAnd(input: FindAndModifyInput): Promise<unknown> {
    const reply = await this.run(findAndModify, input);
    if (input.options?.includeResultMetadata === true || input.options?.explain) return reply;
    return reply.value ?? null;
  }

  #makeId(options: InsertOneOptions | undefined): (() => unknown) | undefined {
    return options?.forceServerObjectId === undefined ? this.settings.makeId : settle(this.settings, options).makeId;
  }
}

function isOrdered(options: BulkWriteOptions | undefined): boolean {
  return boolean(options?.ordered ?? true, 'ordered') as boolean;
}

function isDocument(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && bsonTypeOf(value) === undefined;
}

function notADocument(name: string, value: unknown): TypeError {
  return new TypeError(`${name} must be a document, not ${inspect(value, { depth: 0 })}`);
}

function checkList(list: unknown, name: string): void {
  if (!Array.isArray(list)) throw new TypeError(`${name} must be an array, not ${inspect(list, { depth: 0 })}`);
  if (list.length === 0) throw new TypeError(`${name} must not be empty`);
}
