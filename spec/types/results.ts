import type * as official from 'mongodb';
import type { Document, WithId } from '../../lib/api/document.js';
import type { Filter } from '../../lib/api/filter.js';
import type {
  BulkWriteResult,
  DeleteResult,
  InsertManyResult,
  InsertOneResult,
  ModifyResult,
  UpdateResult,
} from '../../lib/api/results.js';
import type { FindOneAndDeleteOptions } from '../../lib/api/write-options.js';
import type { ObjectId } from '../../lib/bson/codec.js';
import type { Equal, Expect } from './assert.js';
import type { Order, Tree } from './shop.js';

type Extends<A, B> = [A] extends [B] ? true : false;

/** The shapes are the official driver's: its types take Rotor's results. */
export type Shapes = [
  Expect<Equal<InsertOneResult<Tree>['insertedId'], ObjectId>>,
  Expect<Equal<InsertOneResult<{ _id: string }>['insertedId'], string>>,
  Expect<Equal<UpdateResult<Tree>['upsertedId'], ObjectId | null>>,
  Expect<Extends<InsertOneResult<Tree>, official.InsertOneResult<Tree>>>,
  Expect<Extends<InsertManyResult<Order>, official.InsertManyResult<Order>>>,
  Expect<Extends<UpdateResult<Tree>, official.UpdateResult<Tree>>>,
  Expect<Extends<DeleteResult, official.DeleteResult>>,
  Expect<Extends<ModifyResult<Order>, official.ModifyResult<Order>>>,
  Expect<Equal<keyof official.InsertOneResult, keyof InsertOneResult>>,
  Expect<Equal<keyof official.InsertManyResult, keyof InsertManyResult>>,
  Expect<Equal<keyof official.UpdateResult, keyof UpdateResult>>,
  Expect<Equal<keyof official.DeleteResult, keyof DeleteResult>>,
  Expect<Equal<keyof official.ModifyResult, keyof ModifyResult>>,
  Expect<Equal<keyof official.BulkWriteResult, keyof BulkWriteResult>>,
];

/** A method with the overloads of the findOneAnd operations. */
interface Collection<T> {
  findOneAndDelete(
    filter: Filter<T>,
    options: FindOneAndDeleteOptions<T> & { includeResultMetadata: true },
  ): Promise<ModifyResult<T>>;
  findOneAndDelete(filter: Filter<T>, options?: FindOneAndDeleteOptions<T>): Promise<WithId<T> | null>;
}

export async function overloads(orders: Collection<Order>, any: Collection<Document>): Promise<void> {
  const document = await orders.findOneAndDelete({ customer: 'Ada' }, { sort: { total: -1 } });
  const result = await orders.findOneAndDelete({}, { includeResultMetadata: true, projection: { total: 1 } });
  const untyped = await any.findOneAndDelete({ a: 1 });
  const checks: [Expect<Equal<typeof document, WithId<Order> | null>>, Expect<Equal<typeof result.ok, 0 | 1>>] = [
    true,
    true,
  ];
  untyped?.anything.at(checks.length);
  // @ts-expect-error a misspelt option
  await orders.findOneAndDelete({}, { projektion: { total: 1 } });
}

/** A typed collection serves where an untyped one is asked for. */
export function widen(orders: Collection<Order>): [Collection<Document>, Collection<any>] {
  return [orders, orders];
}
