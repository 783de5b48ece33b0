import type { Binary, BSONRegExp, Code, Decimal128, Document, Double, Int32, Long, ObjectId } from '../bson/codec.js';
import type { Flatten, IsAny, IsUntyped, WithId } from './document.js';
import type { DotEntries } from './dot-path.js';

/** The server compares numbers by value, whatever their BSON types. */
export type IntegerType = number | bigint | Int32 | Long;
export type NumericType = IntegerType | Double | Decimal128;

/** The names that `$type` takes beside BSON's type numbers; `number` stands for all numeric types. */
export type BSONTypeAlias =
  | 'double'
  | 'string'
  | 'object'
  | 'array'
  | 'binData'
  | 'undefined'
  | 'objectId'
  | 'bool'
  | 'date'
  | 'null'
  | 'regex'
  | 'dbPointer'
  | 'javascript'
  | 'symbol'
  | 'javascriptWithScope'
  | 'int'
  | 'timestamp'
  | 'long'
  | 'decimal'
  | 'minKey'
  | 'maxKey'
  | 'number';

/** A numeric mask, a binary mask, or a list of bit positions (0 is the least significant). */
export type BitwiseFilter = IntegerType | Binary | Uint8Array | readonly number[];

/**
 * The values that stand for one of type `V`: other numeric types for a number, any bytes for bytes. A number that is
 * narrowed to literals stays narrow.
 */
export type Equivalent<V> = V extends ObjectId
  ? V
  : V extends number
    ? V | Exclude<NumericType, number>
    : V extends NumericType
      ? NumericType
      : V extends Uint8Array
        ? V | Binary
        : V extends Binary
          ? V | Uint8Array
          : V;

/** What a field of type `V` may be compared with: its own values, or a regular expression for a string. */
type Matching<V> = Equivalent<V> | (V extends string ? RegExp | BSONRegExp : never);

/** An array matches by one of its elements or as a whole. */
type MatchingArray<V> = V extends ReadonlyArray<infer Item> ? V | Matching<Item> : never;

/** `null` also matches a field that is not there. */
type Missing<V> = undefined extends V ? null : never;

/**
 * The values that a field of type `V` can be compared with.
 *
 * @example
 * type Name = AlternativeType<string>;   // string | RegExp | BSONRegExp
 * type Tags = AlternativeType<string[]>; // string[] | string | RegExp | BSONRegExp
 */
export type AlternativeType<V> = IsAny<V, any, Matching<Exclude<V, undefined>> | MatchingArray<V> | Missing<V>>;

/** A value to equal, or an object of operators. */
export type Condition<V> = IsAny<V, any, AlternativeType<V> | FilterOperators<V>>;

/** `Yes` where `V`, or the elements of `V`, may be of type `Kind`. */
type May<V, Kind, Yes> = IsAny<V, Yes, Extract<Flatten<NonNullable<V>>, Kind> extends never ? never : Yes>;

/** `Yes` where `V` may be an array. */
type MayBeArray<V, Yes> = IsAny<V, Yes, Extract<V, ReadonlyArray<unknown>> extends never ? never : Yes>;

/** `Yes` where `V` may hold a place: a GeoJSON object or a pair of coordinates. */
type MayBePlace<V, Yes> = IsAny<V, Yes, Extract<V, object> extends never ? never : Yes>;

/** The condition that `$elemMatch` puts on one element: fields for an object, operators for a plain value. */
export type ElementCondition<Item> = IsAny<
  Item,
  Document,
  FilterOperators<Item> | (Extract<Item, object> extends never ? never : FilterFields<Extract<Item, object>>)
>;

/**
 * The operators for a field of type `V`. Operators that cannot apply to it have the type `never`.
 *
 * @example
 * const age: FilterOperators<number> = { $gte: 18, $lt: 65 };
 */
export interface FilterOperators<V> {
  $eq?: AlternativeType<V>;
  $ne?: AlternativeType<V>;
  $gt?: AlternativeType<V>;
  $gte?: AlternativeType<V>;
  $lt?: AlternativeType<V>;
  $lte?: AlternativeType<V>;
  $in?: ReadonlyArray<AlternativeType<V>>;
  $nin?: ReadonlyArray<AlternativeType<V>>;
  $not?: FilterOperators<V> | May<V, string, RegExp | BSONRegExp>;
  /** `true` also matches a field whose value is null. */
  $exists?: boolean;
  $type?: number | BSONTypeAlias | ReadonlyArray<number | BSONTypeAlias>;
  /** Divisor and remainder. */
  $mod?: May<V, NumericType, readonly [divisor: IntegerType, remainder: IntegerType]>;
  $regex?: May<V, string, string | RegExp | BSONRegExp>;
  /** Letters of the flags of `$regex`: `i`, `m`, `s`, `u`, `x`. */
  $options?: May<V, string, string>;
  $all?: ReadonlyArray<AlternativeType<V> | { $elemMatch: ElementCondition<Flatten<NonNullable<V>>> }>;
  $elemMatch?: MayBeArray<V, ElementCondition<Flatten<NonNullable<V>>>>;
  $size?: MayBeArray<V, number>;
  $bitsAllClear?: May<V, NumericType | Binary | Uint8Array, BitwiseFilter>;
  $bitsAllSet?: May<V, NumericType | Binary | Uint8Array, BitwiseFilter>;
  $bitsAnyClear?: May<V, NumericType | Binary | Uint8Array, BitwiseFilter>;
  $bitsAnySet?: May<V, NumericType | Binary | Uint8Array, BitwiseFilter>;
  $geoIntersects?: MayBePlace<V, { $geometry: Document }>;
  /** `$geometry`, or one of the older shapes `$box`, `$polygon`, `$center`, `$centerSphere`. */
  $geoWithin?: MayBePlace<V, Document>;
  $near?: MayBePlace<V, Document | readonly number[]>;
  $nearSphere?: MayBePlace<V, Document | readonly number[]>;
  /** With a pair of coordinates: in radians. Within `$near: { $geometry }` it is in metres. */
  $maxDistance?: MayBePlace<V, number>;
  $minDistance?: MayBePlace<V, number>;
}

/** Written as a method: so a filter of one type can be handed to code that takes filters of untyped documents. */
type Predicate<This> = { method(this: This): boolean }['method'];

/** The operators that stand beside the fields. */
export interface RootFilterOperators<T> {
  $and?: Filter<T>[];
  $or?: Filter<T>[];
  $nor?: Filter<T>[];
  /** An aggregation expression, such as `{ $gt: ['$spent', '$budget'] }`. */
  $expr?: unknown;
  $jsonSchema?: Document;
  /** Needs a text index on the collection. */
  $text?: { $search: string; $language?: string; $caseSensitive?: boolean; $diacriticSensitive?: boolean };
  /** JavaScript that runs on the server, with the document as `this`. */
  $where?: string | Code | Predicate<WithId<T>>;
  /** Between 0 and 1: the share of the documents to take at random. */
  $sampleRate?: number;
  /** Appears in the server's profile and log. */
  $comment?: string | Document;
}

type KeysOfUnion<T> = T extends unknown ? keyof T : never;
type ValueInUnion<T, K> = T extends unknown ? (K extends keyof T ? T[K] : undefined) : never;

/**
 * Over `K in Keys`, not over `keyof T`: so a union is not split, and editors still lead from a filter's key to the
 * field's declaration.
 */
type TopFields<T, Keys extends keyof T = keyof T> = { [K in Keys]?: Condition<T[K]> };

/** The fields that only some members of a union have. */
type UnionFields<T> = { [K in Exclude<KeysOfUnion<T>, keyof T>]?: Condition<ValueInUnion<T, K>> };

type DotFields<T> = { [E in DotEntries<T, 'filter'> as E[0]]?: Condition<E[1]> };

/** The fields of a filter, without the operators of its root. */
export type FilterFields<T> = IsUntyped<
  T,
  { [K in keyof T]?: Condition<T[K]> },
  TopFields<T> & UnionFields<T> & DotFields<T>
>;

/**
 * A filter for documents of type `T`: its fields and dot paths, with values or operators that suit their types, and
 * the operators of the root. For an untyped document every field is permitted.
 *
 * @example
 * interface Order { customer: string; items: { price: number }[] }
 * const filter: Filter<Order> = { customer: /^A/, 'items.price': { $gt: 10 } };
 */
export type Filter<T> = FilterFields<WithId<T>> & RootFilterOperators<T>;
