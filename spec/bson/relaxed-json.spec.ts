import {
  Binary,
  BSONRegExp,
  Code,
  DBRef,
  Decimal128,
  Double,
  Int32,
  LaxEJSON,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  UUID,
} from '../../lib/bson/codec.js';
import { EJSON } from '../../lib/bson/extended-json.js';
import { relaxedJSON } from '../../lib/bson/relaxed-json.js';

const ID = new ObjectId('56e1fc72e0c917e9c4714161');

describe('relaxedJSON', () => {
  it.each([
    ['plain values', { a: 1, b: -2.5, c: 1e300, d: 'text', e: true, f: null, g: [1, ['x'], {}], h: { i: { j: [] } } }],
    ['what stands for no value', { a: undefined, b: [undefined], c: () => 1, d: [() => 1], e: Symbol('s') }],
    ['strings to be escaped', { 'a"b\\c': '"\\\n\u0000\u001f\u2028é😀\ud800', '': '' }],
    ['dates', { a: new Date(0), b: new Date(1356351330501), c: new Date(-1), d: new Date(253402300800000) }],
    ['doubles that are no numbers', { a: Number.NaN, b: Number.POSITIVE_INFINITY, c: Number.NEGATIVE_INFINITY }],
    [
      'numbers of BSON',
      { a: new Int32(5), b: new Double(1.5), c: Long.fromNumber(7), d: 8n, e: new Decimal128('1.50') },
    ],
    [
      'other types',
      { a: ID, b: new UUID(), c: new Binary(Buffer.from('x'), 5), d: new BSONRegExp('a"', 'ix'), e: /a\/b/im },
    ],
    ['rare types', { a: new MinKey(), b: new MaxKey(), c: new Timestamp({ t: 1, i: 2 }), d: new Code('f', { a: ID }) }],
    ['references', { a: new DBRef('c', ID, 'db', { more: 1 }) }],
    ['a map', new Map<string, unknown>([['a', ID]])],
    ['a value of its own', 'text'],
    ['an identifier of its own', ID],
    ['a list of its own', [ID, null]],
  ])('writes %s as the bson package does', (_what, value) => {
    expect(relaxedJSON(value)).toBe(LaxEJSON.stringify(value, { relaxed: true }));
  });

  it('writes a key that would change the prototype', () => {
    const document = JSON.parse('{"__proto__":{"a":1}}');
    expect(relaxedJSON(document)).toBe('{"__proto__":{"a":1}}');
  });

  it.each([
    [
      'the digits of 64-bit integers',
      { a: Long.MAX_VALUE, b: Long.MIN_VALUE },
      '{"a":9223372036854775807,"b":-9223372036854775808}',
    ],
    ['the digits of a bigint', { a: 9007199254740993n }, '{"a":9007199254740993}'],
    ['the sign of a zero', { a: -0 }, '{"a":-0.0}'],
    ['bytes', { a: Buffer.from('abc') }, '{"a":{"$binary":{"base64":"YWJj","subType":"00"}}}'],
    [
      'part of a buffer',
      { a: new Uint8Array([1, 2, 3]).subarray(1) },
      '{"a":{"$binary":{"base64":"AgM=","subType":"00"}}}',
    ],
    ['the flag s, which is read as g', { a: /x/g }, '{"a":{"$regularExpression":{"pattern":"x","options":"s"}}}'],
    ['all flags in their order', { a: /x/gim }, '{"a":{"$regularExpression":{"pattern":"x","options":"ims"}}}'],
  ])('keeps %s, which the bson package does not', (_what, value, text) => {
    expect(relaxedJSON(value)).toBe(text);
  });

  it('is read back by EJSON', () => {
    const document = { a: ID, b: new Date(5), c: [1, -0, Number.NaN], d: Buffer.from('x'), e: 'ü"' };
    expect(EJSON.parse(relaxedJSON(document))).toEqual({ ...document, d: new Binary(Buffer.from('x')) });
  });

  it.each([undefined, () => 1, Symbol('s')])('refuses what JSON cannot hold: %p', (value) => {
    expect(() => relaxedJSON(value)).toThrow(
      new TypeError(`expected a value that JSON can hold, found ${typeof value}`),
    );
  });
});

describe('an object that says what stands for it', () => {
  it('is written as its toBSON says', () => {
    class Point {
      toBSON(): object {
        return { x: 1 };
      }
    }
    expect(relaxedJSON({ at: new Point(), all: [new Point()] })).toBe('{"at":{"x":1},"all":[{"x":1}]}');
  });
});
