import type { Document, InferIdType, OptionalId, OptionalUnlessRequiredId, WithId } from '../../lib/api/document.js';
import type { ObjectId } from '../../lib/bson/codec.js';
import { accept, type Equal, type Expect } from './assert.js';
import type { Event, Order } from './shop.js';

type Named = { name: string };
type Keyed = { _id: string; name: string };
type Loose = { _id?: number; name: string };

export type Ids = [
  Expect<Equal<InferIdType<Named>, ObjectId>>,
  Expect<Equal<InferIdType<Keyed>, string>>,
  Expect<Equal<InferIdType<Loose>, number>>,
  Expect<Equal<InferIdType<Document>, any>>,
  Expect<Equal<InferIdType<any>, any>>,
  Expect<Equal<WithId<Named>['_id'], ObjectId>>,
  Expect<Equal<WithId<Loose>['_id'], number>>,
  Expect<Equal<WithId<Order>['customer'], string>>,
];

export function read(event: WithId<Event>): string | number {
  return event.kind === 'login' ? event.from.ip : event.amount;
}

accept<OptionalUnlessRequiredId<Named>>({ name: 'a' });
accept<OptionalUnlessRequiredId<Keyed>>({ _id: 'k', name: 'a' });
// @ts-expect-error the type requires _id
accept<OptionalUnlessRequiredId<Keyed>>({ name: 'a' });
// @ts-expect-error name is missing
accept<OptionalUnlessRequiredId<Named>>({});
accept<OptionalUnlessRequiredId<Event>>({ kind: 'sale', amount: 1, from: { shop: 'x' } });
// @ts-expect-error a field of the other member
accept<OptionalUnlessRequiredId<Event>>({ kind: 'sale', user: 'u', from: { shop: 'x' } });
accept<OptionalUnlessRequiredId<Document>>({ _id: 'any', a: [1] }, {});
accept<OptionalId<Keyed>>({ name: 'a' });
