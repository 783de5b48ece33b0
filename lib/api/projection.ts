import type { Document } from '../bson/codec.js';
import type { IsUntyped, WithId } from './document.js';
import type { PathEntries } from './dot-path.js';

/**
 * What a projection says of one field: in or out, or an expression: a part of an array (`$slice`, `$elemMatch`), text
 * search data (`$meta`), another field (`'$name'`) or any aggregation expression.
 */
export type ProjectionValue = 0 | 1 | boolean | string | Document;

/** The path of a positional projection, which keeps the first element that the filter matched. */
type Positional<Path, V> = Path extends string
  ? NonNullable<V> extends ReadonlyArray<unknown>
    ? `${Path}.$`
    : never
  : never;

/**
 * The fields that documents of type `T` come back with: its fields and dot paths, either those to include or those to
 * leave out (`_id` may be left out of either). For an untyped document every field is permitted.
 *
 * New fields that an expression computes are not fields of `T`: write them as a `Document`, and give the type of the
 * result to the method.
 *
 * @example
 * interface User { name: string; address: { city: string } }
 * const projection: Projection<User> = { name: 1, 'address.city': 1, _id: 0 };
 */
export type Projection<T> = IsUntyped<
  T,
  Document,
  { [K in keyof T]?: ProjectionValue } & {
    [E in PathEntries<WithId<T>, 'filter'> as E[0] | Positional<E[0], E[1]>]?: ProjectionValue;
  }
>;
