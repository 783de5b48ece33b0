import type { Document } from '../../lib/api/document.js';
import type { Filter } from '../../lib/api/filter.js';
import type { BSONRegExp, Int32, Long, ObjectId, UUID } from '../../lib/bson/codec.js';
import { accept } from './assert.js';
import type { Event, Order, Tree } from './shop.js';

declare const id: ObjectId;
declare const long: Long;
declare const int: Int32;
declare const uuid: UUID;
declare const pattern: BSONRegExp;
const now = new Date();

// Values of the field's type, by name and by path.
accept<Filter<Order>>(
  {},
  { _id: id, customer: 'Ada', total: 3, paid: true, created: now },
  { customer: /^A/ },
  { customer: pattern },
  { total: long },
  { total: int, big: 5, exact: 5n },
  { rank: 1, state: 'open' },
  { note: null, closed: null },
  { photo: uuid },
  { photo: new Uint8Array(3) },
  { 'address.city': 'Oslo', 'address.geo.coordinates': 10 },
  { 'address.geo.coordinates.0': 10 },
  { 'extra.any.thing': 'x', 'open.any': 1, 'counts.a': 1 },
  { open: { whatever: 1 } },
);

// Arrays: an element, the whole, by position, through the elements.
accept<Filter<Order>>(
  { labels: 'new' },
  { labels: /^n/ },
  { labels: ['new', 'red'] },
  { labels: { $in: ['new', /^o/], $size: 2 } },
  { owners: id },
  { items: { sku: 'a', price: 1, tags: [] } },
  { 'items.price': 3, 'items.tags': 'x', 'items.vendor.name': /x/ },
  { 'items.0.price': { $gt: 3 }, 'items.12.tags.0': 'x' },
  { grid: [1, 2] },
  { 'grid.0': 1, 'grid.0.1': 1 },
);

// Operators.
accept<Filter<Order>>(
  { customer: { $eq: 'a', $ne: 'b', $gt: 'a', $lte: /z/, $exists: true, $type: 'string' } },
  { customer: { $regex: 'a', $options: 'i' } },
  { customer: { $not: /a/, $nin: ['a', /b/] } },
  { customer: { $not: { $regex: /a/ } } },
  { total: { $mod: [4, 0], $bitsAllSet: [1, 5], $type: ['int', 16, 'number'] } },
  { note: { $in: ['a', null] } },
  { items: { $elemMatch: { price: { $lt: 4 }, 'vendor.name': 'x', $or: [] } as never } },
  { items: { $elemMatch: { price: { $lt: 4 }, 'vendor.name': 'x', tags: 'a' } } },
  { labels: { $elemMatch: { $gte: 'a', $lt: 'b' }, $all: ['a', 'b'] } },
  { items: { $all: [{ $elemMatch: { sku: 'a' } }] } },
  { 'address.geo': { $near: { $geometry: { type: 'Point', coordinates: [1, 2] }, $maxDistance: 5 } } },
  { 'address.geo.coordinates': { $geoWithin: { $center: [[1, 2], 3] } } },
  { $and: [{ total: 1 }, { $or: [{ paid: true }, { $nor: [{ 'address.city': 'x' }] }] }] },
  { $expr: { $gt: ['$total', 3] }, $comment: 'why', $text: { $search: 'tea' }, $jsonSchema: {} },
  { $where: 'this.total > 3' },
  {
    $where() {
      return this.total > 3;
    },
  },
);

// @ts-expect-error an unknown field
accept<Filter<Order>>({ custmer: 'Ada' });
// @ts-expect-error an unknown path
accept<Filter<Order>>({ 'address.town': 'Oslo' });
// @ts-expect-error an unknown path below an array
accept<Filter<Order>>({ 'items.0.prize': 3 });
// @ts-expect-error a number for a string
accept<Filter<Order>>({ customer: 3 });
// @ts-expect-error a number for a string, by path
accept<Filter<Order>>({ 'items.sku': 3 });
// @ts-expect-error a number for a string, in an operator
accept<Filter<Order>>({ customer: { $in: ['a', 3] } });
// @ts-expect-error a string for a number
accept<Filter<Order>>({ 'items.0.price': { $gt: '3' } });
// @ts-expect-error not one of the literals
accept<Filter<Order>>({ state: 'gone' });
// @ts-expect-error not one of the literals
accept<Filter<Order>>({ rank: 3 });
// @ts-expect-error ObjectId fields accept ObjectId only
accept<Filter<Order>>({ _id: '0123456789abcdef01234567' });
// @ts-expect-error ObjectId fields accept ObjectId only
accept<Filter<Order>>({ owner: { $in: ['0123456789abcdef01234567'] } });
// @ts-expect-error the field is always there and is never null
accept<Filter<Order>>({ customer: null });
// @ts-expect-error a regular expression for a number
accept<Filter<Order>>({ total: /3/ });
// @ts-expect-error an unknown operator
accept<Filter<Order>>({ total: { $gtt: 3 } });
// @ts-expect-error an unknown operator of the root
accept<Filter<Order>>({ $xor: [] });
// @ts-expect-error $regex needs a string
accept<Filter<Order>>({ total: { $regex: 'a' } });
// @ts-expect-error $size needs an array
accept<Filter<Order>>({ customer: { $size: 3 } });
// @ts-expect-error $mod needs a number
accept<Filter<Order>>({ customer: { $mod: [2, 0] } });
// @ts-expect-error $elemMatch knows the element's fields
accept<Filter<Order>>({ items: { $elemMatch: { prize: 3 } } });
// @ts-expect-error checked inside of $or too
accept<Filter<Order>>({ $or: [{ customer: 3 }] });
// @ts-expect-error undefined would match everything or nothing
accept<Filter<Order>>({ customer: undefined });

// A document type without _id has an ObjectId.
accept<Filter<Tree>>({ _id: id, 'parent.name': 'x', 'children.children.weight': 3, 'parent.parent.parent.x': 3 });
// @ts-expect-error the first turn of a recursive type is checked
accept<Filter<Tree>>({ 'children.weight': 'heavy' });

// A union: the fields of all its members.
accept<Filter<Event>>({ kind: { $in: ['login', 'sale'] } }, { user: 'u' }, { amount: { $exists: false } });
accept<Filter<Event>>({ 'from.ip': 'x' }, { 'from.shop': 'x' });
// @ts-expect-error in none of the members
accept<Filter<Event>>({ 'from.city': 'x' });
// @ts-expect-error wrong in all members
accept<Filter<Event>>({ kind: 'logout' });

// Untyped documents permit everything; types that extend Document check the fields that they name.
accept<Filter<Document>>({ a: 1, 'b.c': /x/, d: { $in: ['x', 3] }, _id: 'x' }, { $or: [{ x: 1 }] });
accept<Filter<any>>({ a: 1, _id: 'x' });
interface Half extends Document {
  name: string;
}
accept<Filter<Half>>({ name: 'a', other: 3, 'x.y': 1 });
// @ts-expect-error a number for a string
accept<Filter<Half>>({ name: 3 });

/** Filters can be built up and handed on. */
export function build(name: string | undefined, key: string): [Filter<Order>, Filter<Document>, Document] {
  const filter: Filter<Order> = {};
  if (name !== undefined) filter.customer = name;
  filter['address.city'] = { $ne: 'Oslo' };
  filter['items.0.price'] = { $gt: 1 };
  filter.$and = [];
  filter.$and.push({ paid: true });
  const dynamic: Document = { [key]: 1 };
  accept<Filter<Order>>(dynamic, { ...filter, total: 3 });
  return [filter, filter, filter];
}

/** In code that is generic over the document type, a filter needs a cast, as in the official driver. */
export function byId<T extends { _id: string }>(key: T['_id'], take: (filter: Document) => void): Filter<T> {
  const filter = { _id: key } as Filter<T>;
  take(filter);
  take(filter as Document);
  return filter;
}
