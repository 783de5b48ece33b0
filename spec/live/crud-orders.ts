import { Long } from '../../lib/index.js';

export interface Order {
  _id: number;
  customer: string;
  price: number;
  items: { sku: string; n: number }[];
  tags?: string[];
  at: Date;
}

/** The same documents for each test that compares: `_id` fixed, so that results are equal. */
export function orders(): Order[] {
  return ['Ada', 'bob', 'Bob', 'ćvet', 'cid', 'Ada'].map((customer, index) => ({
    _id: index + 1,
    customer,
    price: (index + 1) * 10,
    items: [
      { sku: 'a', n: index },
      { sku: 'b', n: 5 - index },
    ],
    ...(index % 2 === 0 ? { tags: ['x', `t${index}`] } : {}),
    at: new Date(Date.UTC(2020, index)),
  }));
}

/** One document with every type that an option of the codec reads in its own way. */
export function types() {
  return {
    _id: 1,
    small: Long.fromNumber(7),
    large: Long.fromString('9007199254740993'),
    bytes: Buffer.from([1, 2, 3]),
    pattern: /^a/i,
    nested: { list: [1, 2] },
  };
}
