import type { Binary, Decimal128, Long, ObjectId } from '../../lib/bson/codec.js';

export interface Item {
  sku: string;
  price: number;
  tags: string[];
  vendor?: { name: string; since: Date };
}

/** A document with a field of each kind that filters and updates tell apart. */
export interface Order {
  _id: ObjectId;
  customer: string;
  state: 'open' | 'paid';
  rank: 1 | 2;
  total: number;
  big: Long;
  exact: Decimal128;
  paid: boolean;
  created: Date;
  note?: string;
  closed?: Date | null;
  owner: ObjectId;
  photo: Binary;
  address: { city: string; geo: { type: 'Point'; coordinates: [number, number] } };
  items: Item[];
  labels?: string[];
  grid: number[][];
  owners: ObjectId[];
  extra: Record<string, string>;
  open: any;
  counts: Map<string, number>;
}

/** A type that holds itself. */
export interface Tree {
  name: string;
  weight: number;
  parent?: Tree;
  children: Tree[];
}

export type Event =
  | { kind: 'login'; user: string; from: { ip: string } }
  | { kind: 'sale'; amount: number; from: { shop: string } };
