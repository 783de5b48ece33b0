import type { Document } from '../../lib/api/document.js';
import type { Projection } from '../../lib/api/projection.js';
import { accept } from './assert.js';
import type { Event, Order, Tree } from './shop.js';

accept<Projection<Order>>(
  {},
  { customer: 1, total: true, _id: 0, 'address.city': 1, 'items.price': 1 },
  { items: { $slice: 3 }, labels: { $elemMatch: { $eq: 'a' } } },
  { 'items.$': 1, 'labels.$': 1 },
  { customer: { $toUpper: '$customer' }, note: '$customer', total: { $meta: 'textScore' } },
);
// @ts-expect-error an unknown field
accept<Projection<Order>>({ custmer: 1 });
// @ts-expect-error an unknown path
accept<Projection<Order>>({ 'items.prize': 1 });
// @ts-expect-error positions are for arrays
accept<Projection<Order>>({ 'address.$': 1 });
// @ts-expect-error 1 or 0
accept<Projection<Order>>({ customer: 2 });

accept<Projection<Tree>>({ _id: 1, 'children.name': 1, 'parent.parent.parent.x': 1 });
accept<Projection<Event>>({ user: 1, amount: 1, 'from.shop': 1 });
accept<Projection<Document>>({ a: 1, 'b.c': { $slice: 1 } });

// A computed field that the type does not name: as a Document.
accept<Projection<Order>>({ sum: { $sum: '$items.price' } } as Document);
