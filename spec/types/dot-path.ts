import type { DotPath, Join, NestedPaths, PropertyType } from '../../lib/api/dot-path.js';
import type { ObjectId } from '../../lib/bson/codec.js';
import { accept, type Equal, type Expect } from './assert.js';
import type { Item, Order, Tree } from './shop.js';

type Small = { a: number; b?: { c: string; d: { e: Date }[] } };

export type Paths = [
  Expect<Equal<DotPath<Small>, 'a' | 'b' | 'b.c' | 'b.d' | `b.d.${number}` | 'b.d.e' | `b.d.${number}.e`>>,
  Expect<Equal<Join<NestedPaths<Small>, '.'>, DotPath<Small>>>,
  Expect<Equal<Join<['a', 0, 'b'], '.'>, 'a.0.b'>>,
  Expect<Equal<PropertyType<Order, 'address.city'>, string>>,
  Expect<Equal<PropertyType<Order, 'items.price'>, number>>,
  Expect<Equal<PropertyType<Order, 'items.3'>, Item>>,
  Expect<Equal<PropertyType<Order, 'items.3.vendor.since'>, Date>>,
  Expect<Equal<PropertyType<Order, 'owners.0'>, ObjectId>>,
  Expect<Equal<PropertyType<Order, 'address.town'>, unknown>>,
  Expect<Equal<PropertyType<Order, string>, unknown>>,
  Expect<Equal<PropertyType<Tree, 'parent.parent.children.name'>, string>>,
];

accept<DotPath<Tree>>('name', 'parent.weight', 'children.0.name', 'children.children.children.name', 'parent.parent.x');
// @ts-expect-error the first turns of a recursive type are checked
accept<DotPath<Tree>>('parent.size');
