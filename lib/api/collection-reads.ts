import { bsonTypeOf, type Document } from '../bson/codec.js';
import {
  aggregate,
  aggregateInto,
  checkPipeline,
  explainedAggregate,
  writesToCollection,
} from '../commands/aggregate.js';
import { count, countDocuments } from '../commands/count.js';
import { distinct } from '../commands/distinct.js';
import { explain } from '../commands/explain.js';
import { findOne } from '../commands/find.js';
import type { Scope } from '../commands/scope.js';
import type { CursorLimits } from '../cursor/cursor-plan.js';
import { OperationFailureError } from '../errors/operation-errors.js';
import { AsyncCommandCursor } from './async-command-cursor.js';
import { AsyncCursor } from './async-cursor.js';
import { call, steps } from './call.js';
import { CollectionBase } from './collection-base.js';
import type { Flatten, InferIdType, WithId } from './document.js';
import type { Filter } from './filter.js';
import { findOptions, networkTimeoutOf } from './find-options.js';
import type {
  AggregateOptions,
  CountDocumentsOptions,
  CountOptions,
  DistinctOptions,
  EstimatedDocumentCountOptions,
  FindOneOptions,
  FindOptions,
} from './read-options.js';

/** Server error 26, NamespaceNotFound. */
const NAMESPACE_NOT_FOUND = 26;

/** The reading half of a collection. */
export abstract class CollectionReads<T extends object = Document> extends CollectionBase {
  /**
   * A cursor over the documents that match. Sends nothing until the first document is asked for.
   *
   * @param filter all documents where it is left out
   * @param options projection, sort, limit, batchSize and the others of the find command
   * @throws TypeError for `undefined` in the filter, unless `ignoreUndefined` is set
   * @example
   * for await (const user of users.find({ age: { $gte: 18 } }, { sort: { name: 1 } })) console.log(user.name);
   * @see MongoDB CRUD specification, "Read"
   */
  find(filter?: Filter<T>, options?: FindOptions<T>): AsyncCursor<WithId<T>>;
  find<Result>(filter: Filter<T>, options?: FindOptions<T>): AsyncCursor<Result>;
  /** Motor's form: which fields to return, then the other options. */
  find(
    filter: Filter<T>,
    fields: Document | readonly string[] | undefined,
    options: FindOptions<T>,
  ): AsyncCursor<WithId<T>>;
  find(filter?: unknown, second?: unknown, third?: Document): AsyncCursor<any> {
    const { core, scope } = this;
    return new AsyncCursor({ core, scope, filter, options: findOptions(second, third), collection: this });
  }

  /**
   * The first document that matches, or null.
   *
   * @param filter a filter, or the `_id` itself where that is no plain object
   * @example
   * const user = await users.findOne({ email: 'ada@example.com' }, { projection: { name: 1 } });
   */
  findOne(filter?: Filter<T> | InferIdType<T>, options?: FindOneOptions<T>): Promise<WithId<T> | null>;
  findOne<Result>(filter: Filter<T>, options?: FindOneOptions<T>): Promise<Result | null>;
  findOne(
    filter: Filter<T>,
    fields: Document | readonly string[] | undefined,
    options: FindOneOptions<T>,
  ): Promise<WithId<T> | null>;
  findOne(filter?: unknown, second?: unknown, third?: Document): Promise<any> {
    if (second === undefined && third === undefined) {
      return this.run(findOne, { filter: idFilter(filter), options: undefined });
    }
    return this.steps(async () => {
      const options = findOptions(second, third);
      const found = this.run(findOne, { filter: idFilter(filter), options });
      const failure = networkTimeoutOf(options);
      return failure === undefined ? found : found.catch((error: unknown) => Promise.reject(failure(error)));
    });
  }

  /**
   * How many documents match, counted exactly.
   *
   * @param options skip, limit, hint, collation ...
   * @see MongoDB CRUD specification, "countDocuments"
   */
  countDocuments(filter?: Filter<T>, options?: CountDocumentsOptions): Promise<number> {
    return this.run(countDocuments, { filter, options });
  }

  /** About how many documents there are, by the collection's metadata: fast, and inexact after a crash or on a cluster. */
  estimatedDocumentCount(options?: EstimatedDocumentCountOptions): Promise<number> {
    return this.run(count, { options }).catch(unlessMissing(0));
  }

  /** How many documents match, by the legacy count command. Prefer `countDocuments`. */
  count(filter?: Filter<T>, options?: CountOptions): Promise<number> {
    return this.run(count, { filter: filter ?? {}, options });
  }

  /**
   * The different values of a field.
   *
   * @throws TypeError where `key` is no string
   * @example
   * const cities = await users.distinct('address.city', { active: true });
   */
  distinct<Key extends keyof WithId<T> & string>(
    key: Key,
    filter?: Filter<T>,
    options?: DistinctOptions,
  ): Promise<Flatten<WithId<T>[Key]>[]>;
  distinct(key: string, filter?: Filter<T>, options?: DistinctOptions): Promise<any[]>;
  distinct(key: string, filter?: unknown, options?: DistinctOptions): Promise<any[]> {
    return this.run(distinct, { key, filter, options });
  }

  /**
   * Runs an aggregation pipeline. Sends nothing until the first document is asked for; one that ends in `$out` or
   * `$merge` runs when the cursor is read to its end, such as by `toArray()`.
   *
   * @throws TypeError where the pipeline is no array of stages
   * @example
   * const totals = await orders.aggregate([{ $group: { _id: '$customer', n: { $sum: 1 } } }]).toArray();
   */
  aggregate<Result extends object = Document>(
    pipeline: readonly Document[] = [],
    options: AggregateOptions = {},
  ): AsyncCommandCursor<Result> {
    const { core, scope } = this;
    const { out, ...rest } = options as AggregateOptions & Document;
    const stages = out === undefined ? checkPipeline(pipeline) : [...checkPipeline(pipeline), { $out: out }];
    const command = writesToCollection(stages) ? aggregateInto : aggregate;
    const input = (current: Document) => ({ pipeline: stages, options: current });
    const of = (within: Scope): Document => explainedAggregate(input(rest), within);
    const explained = (verbosity: unknown): Promise<Document> =>
      call(core, explain, scope, { of, verbosity, options: rest });
    const open = (current: Document, limits: CursorLimits) =>
      core.run(command, scope, { ...input(current), ...limits });
    const writes = command === aggregateInto;
    return new AsyncCommandCursor({ core, scope, options: rest, open, writes, explain: explained });
  }

  /** @internal Turns "no such collection" into a value; other errors go on. */
  protected unlessMissing<Value>(value: Value): (error: unknown) => Value {
    return unlessMissing(value);
  }

  /** @internal Several commands as one operation. */
  protected steps<Result>(run: () => Promise<Result>): Promise<Result> {
    return steps(run);
  }
}

function unlessMissing<Value>(value: Value): (error: unknown) => Value {
  return (error) => {
    if (error instanceof OperationFailureError && error.code === NAMESPACE_NOT_FOUND) return value;
    throw error;
  };
}

/** As in PyMongo and Motor, whatever is no document is an `_id`. */
function idFilter(filter: unknown): unknown {
  if (filter === undefined || filter === null) return filter;
  const isDocument =
    typeof filter === 'object' &&
    !Array.isArray(filter) &&
    bsonTypeOf(filter) === undefined &&
    !(filter instanceof Date);
  return isDocument ? filter : { _id: filter };
}
