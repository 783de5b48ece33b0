import type { Document } from '../../lib/api/document.js';
import type { Update, UpdateFilter } from '../../lib/api/update-filter.js';
import type { Long, ObjectId, Timestamp } from '../../lib/bson/codec.js';
import { accept } from './assert.js';
import type { Event, Order, Tree } from './shop.js';

declare const id: ObjectId;
declare const long: Long;
declare const stamp: Timestamp;
const now = new Date();

accept<UpdateFilter<Order>>(
  { $set: { customer: 'Ada', total: long, 'address.city': 'Oslo', closed: null, note: 'x', photo: new Uint8Array(1) } },
  { $set: { 'items.0.price': 3, 'items.$.price': 3, 'items.$[].price': 3, 'items.$[low].price': 3 } },
  { $set: { 'items.$': { sku: 'a', price: 1, tags: [] }, 'items.$[a].tags.$[b]': 'x', 'grid.0.1': 3, 'grid.0': [1] } },
  { $set: { 'extra.any': 'x', 'open.any': 1, 'counts.a': 1, 'items.1.vendor.name': 'x' } },
  { $setOnInsert: { _id: id, created: now }, $unset: { note: '', 'items.$[].vendor': 1, closed: true } },
  { $inc: { total: 1, big: 5n, exact: 1, 'items.$.price': -2 }, $mul: { total: 1.5 } },
  { $min: { created: now, total: 1 }, $max: { 'items.0.price': 9 } },
  { $rename: { note: 'remark' }, $currentDate: { created: true, closed: { $type: 'date' } } },
  { $push: { labels: 'new', items: { sku: 'a', price: 1, tags: [] }, 'items.$.tags': 'x' } },
  {
    $push: { items: { $each: [], $slice: -3, $sort: { price: -1 }, $position: 0 }, labels: { $each: ['a'], $sort: 1 } },
  },
  { $addToSet: { labels: 'a', owners: { $each: [id] } }, $pop: { labels: 1, 'items.0.tags': -1 } },
  { $pull: { labels: { $in: ['a', /b/] }, items: { price: { $lt: 3 }, 'vendor.name': 'x' }, owners: id } },
  { $pull: { labels: /^a/, 'items.$[].tags': 'x', grid: [1, 2] } },
  { $pullAll: { labels: ['a', 'b'], owners: [id] }, $bit: { total: { and: 5 }, big: { xor: long } } },
);

// @ts-expect-error a number for a string
accept<UpdateFilter<Order>>({ $set: { customer: 3 } });
// @ts-expect-error a number for a string, by path
accept<UpdateFilter<Order>>({ $set: { 'address.city': 3 } });
// @ts-expect-error a number for a string, by position
accept<UpdateFilter<Order>>({ $set: { 'items.$.sku': 3 } });
// @ts-expect-error an update needs a position in an array
accept<UpdateFilter<Order>>({ $set: { 'items.sku': 'a' } });
// @ts-expect-error an unknown field
accept<UpdateFilter<Order>>({ $set: { custmer: 'a' } });
// @ts-expect-error an unknown field
accept<UpdateFilter<Order>>({ $unset: { 'address.town': '' } });
// @ts-expect-error the field is never null
accept<UpdateFilter<Order>>({ $set: { customer: null } });
// @ts-expect-error undefined is no value
accept<UpdateFilter<Order>>({ $set: { note: undefined } });
// @ts-expect-error ObjectId fields accept ObjectId only
accept<UpdateFilter<Order>>({ $set: { owner: 'x' } });
// @ts-expect-error not a number
accept<UpdateFilter<Order>>({ $inc: { customer: 1 } });
// @ts-expect-error not a number
accept<UpdateFilter<Order>>({ $inc: { total: '1' } });
// @ts-expect-error not a date
accept<UpdateFilter<Order>>({ $currentDate: { total: true } });
// @ts-expect-error not an array
accept<UpdateFilter<Order>>({ $push: { customer: 'x' } });
// @ts-expect-error not an element
accept<UpdateFilter<Order>>({ $push: { labels: 3 } });
// @ts-expect-error not elements
accept<UpdateFilter<Order>>({ $push: { labels: { $each: [3] } } });
// @ts-expect-error a misspelt modifier
accept<UpdateFilter<Order>>({ $push: { labels: { $each: ['a'], $slize: 3 } } });
// @ts-expect-error not an element
accept<UpdateFilter<Order>>({ $addToSet: { labels: 3 } });
// @ts-expect-error an unknown field of the element
accept<UpdateFilter<Order>>({ $pull: { items: { prize: 3 } } });
// @ts-expect-error not elements
accept<UpdateFilter<Order>>({ $pullAll: { labels: [3] } });
// @ts-expect-error 1 or -1
accept<UpdateFilter<Order>>({ $pop: { labels: 2 } });
// @ts-expect-error not an integer operation
accept<UpdateFilter<Order>>({ $bit: { total: { nand: 5 } } });
// @ts-expect-error an unknown operator
accept<UpdateFilter<Order>>({ $sett: { total: 5 } });
// @ts-expect-error a replacement is no update
accept<UpdateFilter<Order>>({ customer: 'Ada' });

accept<UpdateFilter<Tree>>({ $set: { 'parent.name': 'x', 'children.0.weight': 1, 'parent.parent.parent.name': 'x' } });
// @ts-expect-error the first turn of a recursive type is checked
accept<UpdateFilter<Tree>>({ $inc: { 'parent.name': 1 } });

accept<UpdateFilter<Event>>({ $set: { user: 'u', 'from.ip': 'x' }, $inc: { amount: 1 } });

// Untyped documents permit every field; a pipeline is a list of stages.
accept<UpdateFilter<Document>>(
  { $set: { a: 1, 'b.$.c': 2 }, $push: { d: { $each: [] } }, $inc: { e: 1 }, $unset: { f: 0 } },
  { $currentDate: { t: { $type: 'timestamp' } }, $max: { t: stamp } },
);
accept<Update<Order>>([{ $set: { total: { $sum: '$items.price' } } }], { $set: { total: 1 } });
interface Half extends Document {
  name: string;
}
accept<UpdateFilter<Half>>({ $set: { name: 'x', other: 3 }, $inc: { count: 1 } });
// @ts-expect-error a number for a string
accept<UpdateFilter<Half>>({ $set: { name: 3 } });

/** Updates can be built up and handed on. */
export function build(): [Update<Document>, Document] {
  const update: UpdateFilter<Order> = { $set: {} };
  if (update.$set) update.$set['items.0.price'] = 3;
  update.$inc = { total: 1 };
  return [update, update];
}
