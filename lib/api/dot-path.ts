import type { IsAny, IsUntyped } from './document.js';

/*
 * A document type becomes a union of entries `[path, type of the value there]`, made in one walk over the type.
 *
 *   { name: string; items: { price: number }[] }
 *   → ['name', string] | ['items', ...] | [`items.${number}`, ...] | ['items.price', number]
 *     | [`items.${number}.price`, number]
 *
 * What bounds the walk, so that compiles stay fast: it goes `Levels` levels down; it leaves a recursive type the second
 * time that it meets it; and deeper down (`Crowded`) it leaves a type that is also the type of a field beside the way,
 * as twenty types that all refer to each other have too many paths otherwise. Below that every path is permitted, with
 * any value.
 */

/** Types that have no fields of their own for the server. */
type Leaf =
  | string
  | number
  | bigint
  | boolean
  | symbol
  | null
  | undefined
  | Date
  | RegExp
  | Uint8Array
  | ((...args: never[]) => unknown)
  | { readonly _bsontype: string };

/** How many levels of objects and arrays below the document are walked. */
type Levels = 5;
type OneLess = { 5: 4; 4: 3; 3: 2; 2: 1; 1: 0; 0: 0 };
type Level = keyof OneLess;

/** The levels, counted down from `Levels`, at which a type is left that is found beside the way as well. */
type Crowded = 0 | 1 | 2;

/**
 * How a path goes through an array. A filter has `items.0.price` and `items.price`; an update has `items.0.price` and
 * the positional operators `items.$.price`, `items.$[].price`, `items.$[name].price`.
 */
export type PathStyle = 'filter' | 'update';

/** What travels down the walk. */
interface Walk {
  style: PathStyle;
  level: Level;
  /** The object types above the parent, each in a tuple. The parent stays out: so a recursive type is walked twice. */
  seen: unknown;
  parent: unknown;
  /** The types of the fields beside the parents and above, and of those beside the value; each in a tuple. */
  beside: unknown;
  siblings: unknown;
  /** `undefined` where something above may be missing, as an optional object or an element of an array. */
  gap: undefined;
}

type Step<W extends Walk, Parent, Gap extends undefined> = {
  style: W['style'];
  level: OneLess[W['level']];
  seen: W['seen'] | W['parent'];
  parent: [Parent];
  beside: W['beside'] | W['siblings'];
  siblings: FieldTypes<Parent>;
  gap: Gap;
};

/** The way into an array: no fields to remember, and an element may be missing. */
type IntoArray<W extends Walk> = {
  style: W['style'];
  level: OneLess[W['level']];
  seen: W['seen'];
  parent: W['parent'];
  beside: W['beside'];
  siblings: W['siblings'];
  gap: undefined;
};

/** The object types of the fields, each in a tuple. */
type FieldTypes<T> = { [K in keyof T]-?: FieldType<NonNullable<T[K]>> }[keyof T];
type FieldType<V> = unknown extends V
  ? never
  : V extends Leaf
    ? never
    : V extends ReadonlyArray<infer Item>
      ? FieldType<NonNullable<Item>>
      : [V];

/** `true` if `T` is one of the tuples in `Seen`; both directions, as a subtype has other fields. */
type IsSeen<T, Seen> = Seen extends [infer One]
  ? [T] extends [One]
    ? [One] extends [T]
      ? true
      : never
    : never
  : never;

/** Every path that begins with `Prefix`, with any value. */
type Anything<Prefix extends string> = [`${Prefix}${string}`, any];

type GapAfter<V, W extends Walk> = undefined extends V ? undefined : null extends V ? undefined : W['gap'];

/** The entries below a value of type `V`; a union gives the entries of all its members. */
type Below<V, Prefix extends string, W extends Walk> = V extends Leaf
  ? never
  : V extends ReadonlyArray<infer Item>
    ? ArrayEntries<Item, Prefix, W>
    : V extends ReadonlyMap<any, any>
      ? Anything<Prefix>
      : W['level'] extends 0
        ? Anything<Prefix>
        : true extends IsSeen<V, W['seen'] | (W['level'] extends Crowded ? W['beside'] : never)>
          ? Anything<Prefix>
          : ObjectEntries<V, Prefix, W>;

type ObjectEntries<T, Prefix extends string, W extends Walk> = IsUntyped<
  T,
  Anything<Prefix>,
  { [K in keyof T & (string | number)]-?: Entry<T[K], `${Prefix}${K}`, Step<W, T, GapAfter<T[K], W>>> }[keyof T &
    (string | number)]
>;

type Entry<V, Path extends string, W extends Walk> = [Path, V | W['gap']] | Deeper<V, Path, W>;

type Deeper<V, Path extends string, W extends Walk> = unknown extends V
  ? Anything<`${Path}.`>
  : Below<NonNullable<V>, `${Path}.`, W>;

type ArrayEntries<Item, Prefix extends string, W extends Walk> = W['level'] extends 0
  ? Anything<Prefix>
  : W['style'] extends 'filter'
    ? ElementEntries<Item, `${Prefix}${number}`, IntoArray<W>> | ItemEntries<Item, Prefix, IntoArray<W>>
    :
        | ElementEntries<Item, `${Prefix}${number}` | `${Prefix}$` | `${Prefix}$[]`, IntoArray<W>>
        // `$[a]` and what follows it cannot be told apart in a pattern: `$[${string}].name` is also `$[a].sub.$[b].name`.
        | Anything<`${Prefix}$[`>;

/** The element at a position. In an array of arrays `0.1` is a number as well, so that the pattern's value is open. */
type ElementEntries<Item, Path extends string, W extends Walk> = Entry<
  NonNullable<Item> extends ReadonlyArray<unknown> ? any : Item,
  Path,
  W
>;

/** The fields of an element, named without a position. */
type ItemEntries<Item, Prefix extends string, W extends Walk> = unknown extends Item
  ? Anything<Prefix>
  : Below<NonNullable<Item>, Prefix, W>;

type Top<Style extends PathStyle> = {
  style: Style;
  level: Levels;
  seen: never;
  parent: never;
  beside: never;
  siblings: never;
  gap: never;
};

/** The entries of all fields, those of the top level included. `T` is a type that names its fields. */
export type PathEntries<T, Style extends PathStyle> = T extends unknown ? ObjectEntries<T, '', Top<Style>> : never;

/** The entries below the top level only. */
export type DotEntries<T, Style extends PathStyle> = T extends unknown
  ? {
      [K in keyof T & (string | number)]-?: Deeper<T[K], `${K}`, Step<Top<Style>, T, GapAfter<T[K], Top<Style>>>>;
    }[keyof T & (string | number)]
  : never;

/**
 * The dot paths of a document type, those of the top level included; any string for an untyped document.
 *
 * @example
 * type User = { name: string; address: { city: string } };
 * const path: DotPath<User> = 'address.city';
 */
export type DotPath<T> = IsUntyped<T, string, PathEntries<T, 'filter'>[0]>;

/** The parts of a path: `'a.b'` gives `['a', 'b']`. */
type Split<Path extends string> = Path extends `${infer Head}.${infer Rest}` ? [Head, ...Split<Rest>] : [Path];

/** The dot paths of a document type, each as a tuple of its parts; `Join<NestedPaths<T>, '.'>` is `DotPath<T>`. */
export type NestedPaths<T> = Split<DotPath<T>>;

/** Joins a tuple of parts: `Join<['a', 'b'], '.'>` is `'a.b'`. */
export type Join<Parts extends readonly unknown[], Separator extends string> = Parts extends readonly []
  ? ''
  : Parts extends readonly [infer Only extends string | number]
    ? `${Only}`
    : Parts extends readonly [infer Head extends string | number, ...infer Rest]
      ? `${Head}${Separator}${Join<Rest, Separator>}`
      : string;

/**
 * The type at a dot path, `unknown` where there is none. Through an array the path takes an index or none.
 *
 * @example
 * type City = PropertyType<{ address: { city: string } }, 'address.city'>; // string
 */
export type PropertyType<T, Path extends string> = IsAny<
  T,
  any,
  string extends Path
    ? unknown
    : Path extends keyof T
      ? T[Path]
      : T extends ReadonlyArray<infer Item>
        ? ItemType<Item, Path>
        : Path extends `${infer Head}.${infer Rest}`
          ? Head extends keyof T
            ? PropertyType<NonNullable<T[Head]>, Rest>
            : unknown
          : T extends ReadonlyMap<string, infer Value>
            ? Value
            : unknown
>;

type ItemType<Item, Path extends string> = Path extends `${number}`
  ? Item
  : Path extends `${number}.${infer Rest}`
    ? PropertyType<NonNullable<Item>, Rest>
    : PropertyType<NonNullable<Item>, Path>;
