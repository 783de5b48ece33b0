import type { Document, Timestamp } from '../bson/codec.js';
import type { Flatten, IsAny, IsUntyped, WithId } from './document.js';
import type { DotEntries, PathEntries } from './dot-path.js';
import type { ElementCondition, Equivalent, FilterOperators, IntegerType, NumericType } from './filter.js';

/** A value to store in a field of type `V`. `undefined` is no value: `$unset` removes a field. */
type Stored<V> = IsAny<V, any, Equivalent<Exclude<V, undefined>>>;

/** `Yes` where a field of type `V` may hold a value of type `Kind`. */
type Holds<V, Kind, Yes> = IsAny<V, Yes, Extract<V, Kind> extends never ? never : Yes>;

/** The fields and dot paths whose values may be of type `Kind`, each with a value of type `Value`. */
type FieldsOf<T, Kind, Value> = IsUntyped<
  T,
  Document,
  { [E in PathEntries<T, 'update'> as Holds<E[1], Kind, E[0]>]?: Value }
>;

/** All fields and dot paths, each with a value of type `Value`. */
type AllFields<T, Value> = IsUntyped<T, Document, { [E in PathEntries<T, 'update'> as E[0]]?: Value }>;

/** Over `K in Keys`: editors lead from a key of `$set` to the field's declaration. */
type TopValues<T, Keys extends keyof T = keyof T> = { [K in Keys]?: Stored<T[K]> };
type UnionKeys<T> = T extends unknown ? Exclude<keyof T, '_id'> : never;
type UnionValue<T, K> = T extends unknown ? (K extends keyof T ? T[K] : never) : never;
type UnionValues<T> = { [K in Exclude<UnionKeys<T>, keyof T>]?: Stored<UnionValue<T, K>> };
type DotValues<T> = { [E in DotEntries<T, 'update'> as E[0]]?: Stored<E[1]> };

/**
 * Fields and dot paths with values of their types.
 *
 * @example
 * const values: MatchKeysAndValues<{ address: { city: string } }> = { 'address.city': 'Oslo' };
 */
export type MatchKeysAndValues<T> = IsUntyped<
  T,
  { [K in keyof T]?: Stored<T[K]> },
  TopValues<T> & UnionValues<T> & DotValues<T>
>;

/** The element type of the arrays that a field of type `V` may hold. */
type ElementOf<V> = IsAny<V, any, Flatten<Extract<V, ReadonlyArray<unknown>>>>;

/** The fields that may hold an array, each with what `Kind` makes of its element type. */
type ArrayFields<T, Kind extends keyof ArrayChanges<unknown>> = IsUntyped<
  T,
  Document,
  {
    [E in PathEntries<T, 'update'> as Holds<E[1], ReadonlyArray<unknown>, E[0]>]?: ArrayChanges<ElementOf<E[1]>>[Kind];
  }
>;

/** What the array operators take for elements of type `Item`. */
interface ArrayChanges<Item> {
  push: IsAny<Item, any, Equivalent<Item> | PushModifiers<Item>>;
  addToSet: IsAny<Item, any, Equivalent<Item> | { $each: ReadonlyArray<Equivalent<Item>> }>;
  pull: IsAny<Item, any, Equivalent<Item> | RegExpFor<Item> | ElementCondition<Item> | FilterOperators<Item>>;
  pullAll: IsAny<Item, ReadonlyArray<any>, ReadonlyArray<Equivalent<Item>>>;
}

type RegExpFor<Item> = Extract<Item, string> extends never ? never : RegExp;

/** The modifiers of `$push`. */
export interface PushModifiers<Item> {
  $each: ReadonlyArray<IsAny<Item, any, Equivalent<Item>>>;
  /** How many elements to keep: the first ones, or the last ones if negative. */
  $slice?: number;
  /** The order of the array afterwards: of plain elements, or by fields of objects. */
  $sort?: 1 | -1 | Record<string, 1 | -1>;
  /** Where to insert, from 0; from the end if negative. */
  $position?: number;
}

/**
 * The update operators for documents of type `T`, with its fields and dot paths and values of their types. Positional
 * operators are part of a path: `items.$.price`, `items.$[].price`, `items.$[name].price` (these last are checked as
 * far as the array). For an untyped document every field is permitted.
 *
 * @example
 * interface Order { customer: string; items: { price: number }[]; total: number }
 * const update: UpdateFilter<Order> = { $inc: { total: 5 }, $push: { items: { price: 5 } } };
 */
export type UpdateFilter<T> = UpdateOperators<WithId<T>> & IsUntyped<T, Document, unknown>;

/** The update operators over a document type that has its `_id`. */
export interface UpdateOperators<T> {
  /** Sets fields. */
  $set?: MatchKeysAndValues<T>;
  /** Sets fields only if the update inserts a document (`upsert`). */
  $setOnInsert?: MatchKeysAndValues<T>;
  /** Removes fields. The value means nothing. */
  $unset?: AllFields<T, '' | true | 1>;
  /** Adds to numbers. */
  $inc?: FieldsOf<T, NumericType, NumericType>;
  /** Multiplies numbers. */
  $mul?: FieldsOf<T, NumericType, NumericType>;
  /** Sets fields whose value is greater than the given one. */
  $min?: MatchKeysAndValues<T>;
  /** Sets fields whose value is less than the given one. */
  $max?: MatchKeysAndValues<T>;
  /** Renames fields: from, to. */
  $rename?: AllFields<T, string>;
  /** Sets fields to the server's time, as a date unless `$type` says otherwise. */
  $currentDate?: FieldsOf<T, Date | Timestamp, true | { $type: 'date' | 'timestamp' }>;
  /** Appends to arrays; with modifiers, several elements at a position, sorted and cut. */
  $push?: ArrayFields<T, 'push'>;
  /** Appends to arrays what they do not hold yet. */
  $addToSet?: ArrayFields<T, 'addToSet'>;
  /** Removes the elements that equal a value or meet a condition. */
  $pull?: ArrayFields<T, 'pull'>;
  /** Removes the elements that equal one of the values. */
  $pullAll?: ArrayFields<T, 'pullAll'>;
  /** Removes the last element (1) or the first (-1). */
  $pop?: FieldsOf<T, ReadonlyArray<unknown>, 1 | -1>;
  /** Bitwise operations on integers. */
  $bit?: FieldsOf<T, IntegerType, { and: IntegerType } | { or: IntegerType } | { xor: IntegerType }>;
}

/**
 * An update: operators, or the stages of an aggregation pipeline (`$set`, `$unset`, `$replaceWith`, `$project` ...).
 *
 * @example
 * const update: Update<{ a: number; b: number }> = [{ $set: { a: { $add: ['$a', '$b'] } } }];
 */
export type Update<T> = UpdateFilter<T> | Document[];
