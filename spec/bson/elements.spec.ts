import {
  Binary,
  BSONRegExp,
  BSONSymbol,
  Code,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  serialize,
  Timestamp,
} from 'bson';
import {
  BSONType,
  endOfDocument,
  MalformedBSONError,
  numberAt,
  skipCString,
  skipValue,
} from '../../lib/bson/elements.js';

const VALUES: Record<Exclude<keyof typeof BSONType, 'undefined' | 'dbPointer'>, unknown> = {
  double: new Double(1.5),
  string: 'text with ünïcode and \0 within',
  document: { a: { b: 1 } },
  array: [1, 'two', [3]],
  binary: new Binary(Buffer.from('abc')),
  objectId: new ObjectId(),
  boolean: true,
  date: new Date(),
  null: null,
  regularExpression: new BSONRegExp('^a.*', 'im'),
  code: new Code('f()'),
  symbol: new BSONSymbol('s'),
  codeWithScope: new Code('f(a)', { a: 1 }),
  int32: new Int32(-1),
  timestamp: new Timestamp({ t: 1, i: 2 }),
  int64: Long.fromNumber(-5),
  decimal128: Decimal128.fromString('1.50'),
  minKey: new MinKey(),
  maxKey: new MaxKey(),
};

/** A document's only element by hand, for the types that the codec no longer writes. */
function documentOf(type: number, value: Buffer): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(4), Buffer.from([type, 0x61, 0]), value, Buffer.alloc(1)]);
  bytes.writeInt32LE(bytes.length, 0);
  return bytes;
}

const DOCUMENTS: [string, Buffer][] = [
  ...Object.entries(VALUES).map(([name, a]): [string, Buffer] => [name, Buffer.from(serialize({ a }))]),
  ['undefined', documentOf(BSONType.undefined, Buffer.alloc(0))],
  [
    'dbPointer',
    documentOf(BSONType.dbPointer, Buffer.concat([Buffer.from([3, 0, 0, 0]), Buffer.from('ab\0'), Buffer.alloc(12)])),
  ],
];

/** The value of `a` starts behind int32 size, type byte, "a\0". */
const VALUE = 7;

describe('skipValue', () => {
  it.each(DOCUMENTS)('passes over a %s', (name, bytes) => {
    const type = bytes[4]!;
    expect(type).toBe(BSONType[name as keyof typeof BSONType]);
    expect(skipValue(bytes, type, VALUE, bytes.length - 1)).toBe(bytes.length - 1);
  });

  it.each(DOCUMENTS)('never passes over the end of what surrounds a %s', (_name, bytes) => {
    const type = bytes[4]!;
    // The bytes are there, but they belong to somebody else.
    const larger = Buffer.concat([bytes, Buffer.alloc(64)]);
    for (let end = VALUE; end < bytes.length - 1; end++) {
      expect(() => skipValue(larger, type, VALUE, end)).toThrow(MalformedBSONError);
    }
  });

  it.each(['string', 'code', 'symbol', 'binary', 'codeWithScope', 'document', 'array'] as const)(
    'refuses lengths that a %s cannot have',
    (name) => {
      for (const length of [-1, -0x80000000, 1000, 0x7fffffff]) {
        const bytes = Buffer.from(serialize({ a: VALUES[name] }));
        bytes.writeInt32LE(length, VALUE);
        expect(() => skipValue(bytes, bytes[4]!, VALUE, bytes.length - 1)).toThrow(MalformedBSONError);
      }
    },
  );

  it('refuses types that do not exist', () => {
    expect(() => skipValue(Buffer.alloc(20), 0x55, 4, 20)).toThrow('an element before byte 4 has the unknown type 85');
  });
});

test('skipCString wants the zero byte before the end', () => {
  const bytes = Buffer.from('ab\0\0');
  expect([skipCString(bytes, 0, 4), skipCString(bytes, 2, 4)]).toEqual([3, 3]);
  expect(() => skipCString(bytes, 0, 2)).toThrow(MalformedBSONError);
  expect(() => skipCString(bytes, 4, 4)).toThrow('a name at byte 4 does not end within its document');
});

test('endOfDocument wants a size that fits, and the zero byte at its end', () => {
  const bytes = Buffer.concat([Buffer.alloc(3), serialize({ a: 1 }), Buffer.alloc(5)]);
  expect(endOfDocument(bytes, 3, bytes.length)).toBe(15);
  expect(endOfDocument(bytes, 3, 15)).toBe(15);
  expect(() => endOfDocument(bytes, 3, 14)).toThrow('a document at byte 3 claims 12 bytes, of 11');
  expect(() => endOfDocument(bytes, 3, 6)).toThrow('a length at byte 3 lies outside its document');
  for (const size of [0, 4, -5]) {
    bytes.writeInt32LE(size, 3);
    expect(() => endOfDocument(bytes, 3, bytes.length)).toThrow(MalformedBSONError);
  }
  expect(() => endOfDocument(Buffer.from([5, 0, 0, 0, 1]), 0, 5)).toThrow(MalformedBSONError);
});

test.each([
  ['double', 1.5],
  ['int32', -1],
  ['int64', -5],
  ['boolean', 1],
  ['string', 0],
] as const)('numberAt reads a %s as %d', (name, expected) => {
  const bytes = Buffer.from(serialize({ a: VALUES[name] }));
  expect(numberAt(bytes, BSONType[name], VALUE)).toBe(expected);
});
