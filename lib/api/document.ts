import type { Document, ObjectId } from '../bson/codec.js';

export type { Document };

/** `Yes` where `T` is `any`, else `No`. */
export type IsAny<T, Yes, No> = 0 extends 1 & T ? Yes : No;

/**
 * Whether `T` says nothing of its field names: `any`, `Document` and whatever extends them. A collection of such a type
 * permits every field.
 *
 * Asked by a name that no field can have, as NUL ends names in BSON. `string extends keyof T` would ask the same, but
 * the compiler then takes every type that depends on it for invariant: a typed collection would not serve where one of
 * untyped documents is asked for.
 */
export type IsUntyped<T, Yes, No> = [keyof T & '\0'] extends [never] ? No : Yes;

/** The element of an array type; any other type stays as it is. */
export type Flatten<T> = T extends ReadonlyArray<infer Item> ? Item : T;

/** `Omit` that keeps the members of a union apart and leaves types with an index signature alone. */
export type EnhancedOmit<T, Keys> = IsUntyped<T, T, T extends unknown ? Pick<T, Exclude<keyof T, Keys>> : never>;

/** The type of `_id`: the one that the document type names, else `ObjectId`, which the client then generates. */
export type InferIdType<T> = IsUntyped<
  T,
  any,
  T extends { _id?: infer Id } ? (unknown extends Id ? ObjectId : Exclude<Id, undefined>) : ObjectId
>;

/** A document as it is read: `_id` is there. */
export type WithId<T> = EnhancedOmit<T, '_id'> & { _id: InferIdType<T> };

/** A document without `_id`, such as a replacement. */
export type WithoutId<T> = EnhancedOmit<T, '_id'>;

/** A document whose `_id` may be left to the client. */
export type OptionalId<T> = IsUntyped<T, T, EnhancedOmit<T, '_id'> & { _id?: InferIdType<T> }>;

/** A document to insert: `_id` may be left out unless the document type requires it. */
export type OptionalUnlessRequiredId<T> = T extends { _id: any } ? T : OptionalId<T>;

/** Makes values of `_id` in place of the ObjectId that is the default. */
export interface PkFactory<Id = any> {
  createPk(): Id;
}
