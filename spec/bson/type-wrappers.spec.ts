import {
  Binary,
  BSONRegExp,
  BSONSymbol,
  Code,
  DBRef,
  Decimal128,
  type Document,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  UUID,
} from '../../lib/bson/codec.js';
import { isWrapperKey, readWrapper, type WrapperContext } from '../../lib/bson/type-wrappers.js';

const HEX = '56e1fc72e0c917e9c4714161';
const UUID_TEXT = '73ffd264-44b3-4c69-90e8-e7d1dfc035d4';

const exact: WrapperContext = {
  relaxed: false,
  useBigInt64: false,
  refuse(where, expected) {
    throw new Error(`${where}: ${expected}`);
  },
  readDocument: (_key, given) => ({ read: given }),
};
const relaxed: WrapperContext = { ...exact, relaxed: true };

function read(given: Document, context = exact): unknown {
  return readWrapper(given, Object.keys(given).find(isWrapperKey)!, context);
}

const rightly: [Document, unknown][] = [
  [{ $oid: HEX }, new ObjectId(HEX)],
  [{ $oid: HEX.toUpperCase() }, new ObjectId(HEX)],
  [{ $symbol: '' }, new BSONSymbol('')],
  [{ $numberInt: '0' }, new Int32(0)],
  [{ $numberInt: '-2147483648' }, new Int32(-2147483648)],
  [{ $numberInt: '2147483647' }, new Int32(2147483647)],
  [{ $numberLong: '-9223372036854775808' }, Long.MIN_VALUE],
  [{ $numberLong: '9223372036854775807' }, Long.MAX_VALUE],
  [{ $numberDouble: '1.2345678921232E+18' }, new Double(1.2345678921232e18)],
  [{ $numberDouble: '.1' }, new Double(0.1)],
  [{ $numberDouble: '5.' }, new Double(5)],
  [{ $numberDouble: '-0.0' }, new Double(-0)],
  [{ $numberDouble: 'NaN' }, new Double(Number.NaN)],
  [{ $numberDouble: '-Infinity' }, new Double(Number.NEGATIVE_INFINITY)],
  [{ $numberDecimal: '1e100' }, Decimal128.fromString('1E+100')],
  [{ $binary: { base64: '', subType: '0' } }, new Binary(Buffer.alloc(0))],
  [{ $binary: { subType: '80', base64: '//8=' } }, new Binary(Buffer.from([255, 255]), 0x80)],
  [{ $binary: { base64: 'AAEC', subType: 'fF' } }, new Binary(Buffer.from([0, 1, 2]), 0xff)],
  [{ $binary: { base64: 'c//SZESzTGmQ6OfR38A11A==', subType: '04' } }, new UUID(UUID_TEXT)],
  [{ $binary: { base64: 'AA==', subType: '04' } }, new Binary(Buffer.from([0]), 4)],
  [{ $uuid: UUID_TEXT }, new UUID(UUID_TEXT)],
  [{ $uuid: UUID_TEXT.replaceAll('-', '').toUpperCase() }, new UUID(UUID_TEXT)],
  [{ $code: 'f' }, new Code('f')],
  [{ $scope: { a: 1 }, $code: 'f' }, new Code('f', { read: { a: 1 } })],
  [{ $timestamp: { i: 0, t: 4294967295 } }, new Timestamp({ t: 4294967295, i: 0 })],
  [{ $regularExpression: { options: 'mix', pattern: 'a/b' } }, new BSONRegExp('a/b', 'imx')],
  [{ $dbPointer: { $id: { $oid: HEX }, $ref: 'b' } }, new DBRef('b', new ObjectId(HEX))],
  [{ $date: { $numberLong: '-284643869501' } }, new Date(-284643869501)],
  [{ $date: { $numberLong: '8640000000000000' } }, new Date(8.64e15)],
  [{ $date: '2012-12-24T12:15:30Z' }, new Date(1356351330000)],
  [{ $date: '2012-12-24T12:15:30.501Z' }, new Date(1356351330501)],
  [{ $date: '2012-12-24t13:45:30.5+01:30' }, new Date(1356351330500)],
  [{ $date: '2024-02-29T23:59:59z' }, new Date(1709251199000)],
  [{ $date: '0001-01-01T00:00:00Z' }, new Date(-62135596800000)],
  [{ $minKey: 1 }, new MinKey()],
  [{ $maxKey: 1 }, new MaxKey()],
  [{ $undefined: true }, null],
];

test.each(rightly)('%j is read', (given, expected) => {
  expect(read(given)).toEqual(expected);
  expect((read(given) as any)?.constructor).toBe((expected as any)?.constructor);
});

const OTHER_TYPES = [null, 42, true, 'no', [], {}];

/** Every type wrapper in full, and which JSON values in place of its own are wrong. */
const whole: Document[] = [
  { $oid: HEX },
  { $numberInt: '1' },
  { $numberLong: '1' },
  { $numberDouble: '1' },
  { $numberDecimal: '1' },
  { $binary: { base64: '', subType: '00' } },
  { $uuid: UUID_TEXT },
  { $timestamp: { t: 1, i: 1 } },
  { $regularExpression: { pattern: '', options: '' } },
  { $dbPointer: { $ref: '', $id: { $oid: HEX } } },
  { $date: { $numberLong: '1' } },
  { $date: '1970-01-01T00:00:00Z' },
  { $minKey: 1 },
  { $maxKey: 1 },
];

describe.each(whole)('%j', (wrapper) => {
  const [key] = Object.keys(wrapper) as [string];

  it('takes no other keys, whatever their order', () => {
    for (const extra of ['unrelated', '$unknown', '$oid', '$numberInt', '$ref', '$type']) {
      if (extra === key) continue;
      expect(() => readWrapper({ ...wrapper, [extra]: '1' }, key, exact)).toThrow(`an object of ${key} and nothing`);
      expect(() => readWrapper({ [extra]: '1', ...wrapper }, key, exact)).toThrow(`an object of ${key} and nothing`);
    }
  });

  it('takes no values of other types', () => {
    for (const other of [...OTHER_TYPES, '1x', -1, 1.5]) expect(() => read({ [key]: other })).toThrow(key);
  });

  it('takes no inner object with a key less, a key more or a value of another type', () => {
    const inner = wrapper[key];
    const wrong: Document[] = [];
    for (const name of typeof inner === 'object' ? Object.keys(inner) : []) {
      const { [name]: _left, ...rest } = inner;
      wrong.push(rest, { ...inner, unrelated: 1 });
      for (const other of OTHER_TYPES) {
        const isRight = typeof other === typeof inner[name] && typeof other !== 'object' && isFree(name);
        if (!isRight) wrong.push({ ...inner, [name]: other });
      }
    }
    expect(wrong.length > 0).toBe(typeof inner === 'object');
    for (const other of wrong) expect(() => read({ [key]: other })).toThrow(key);
  });
});

/** Whether any value of the right JSON type will do. */
function isFree(name: string): boolean {
  return ['pattern', '$ref', 't', 'i'].includes(name);
}

test.each<[Document, string]>([
  [{ $oid: '56e1fc72e0c917e9c471416' }, '$oid: a string of 24 hexadecimal digits'],
  [{ $oid: '56e1fc72e0c917e9c471416g' }, '$oid: a string of 24 hexadecimal digits'],
  [{ $symbol: 1 }, '$symbol: a string'],
  [{ $numberInt: '2147483648' }, '$numberInt: a 32-bit signed integer as a string'],
  [{ $numberInt: '-2147483649' }, '$numberInt: a 32-bit signed integer as a string'],
  [{ $numberInt: '1.0' }, '$numberInt: a 32-bit signed integer as a string'],
  [{ $numberInt: '' }, '$numberInt: a 32-bit signed integer as a string'],
  [{ $numberInt: ' 1' }, '$numberInt: a 32-bit signed integer as a string'],
  [{ $numberInt: '0x10' }, '$numberInt: a 32-bit signed integer as a string'],
  [{ $numberLong: '9223372036854775808' }, '$numberLong: a 64-bit signed integer as a string'],
  [{ $numberLong: '-9223372036854775809' }, '$numberLong: a 64-bit signed integer as a string'],
  [{ $numberLong: '1e3' }, '$numberLong: a 64-bit signed integer as a string'],
  [{ $numberDouble: '' }, '$numberDouble: a finite double'],
  [{ $numberDouble: '.' }, '$numberDouble: a finite double'],
  [{ $numberDouble: '0x10' }, '$numberDouble: a finite double'],
  [{ $numberDouble: '1e400' }, '$numberDouble: a finite double'],
  [{ $numberDouble: 'Inf' }, '$numberDouble: a finite double'],
  [{ $numberDouble: '1 ' }, '$numberDouble: a finite double'],
  [{ $numberDecimal: '1..2' }, '$numberDecimal: a 128-bit decimal as a string'],
  [{ $numberDecimal: '' }, '$numberDecimal: a 128-bit decimal as a string'],
  [{ $binary: 'AA==' }, '$binary: an object of base64 and subType'],
  [{ $binary: 'AA==', $type: '00' }, ': an object of $binary and nothing else'],
  [{ $binary: { base64: 'AA=', subType: '00' } }, '$binary.base64: base64 text with its padding'],
  [{ $binary: { base64: 'AA', subType: '00' } }, '$binary.base64: base64 text with its padding'],
  [{ $binary: { base64: 'A===', subType: '00' } }, '$binary.base64: base64 text with its padding'],
  [{ $binary: { base64: 'A A=', subType: '00' } }, '$binary.base64: base64 text with its padding'],
  [{ $binary: { base64: 'AA==AAAA', subType: '00' } }, '$binary.base64: base64 text with its padding'],
  [{ $binary: { base64: '__8=', subType: '00' } }, '$binary.base64: base64 text with its padding'],
  [{ $binary: { base64: '--8=', subType: '00' } }, '$binary.base64: base64 text with its padding'],
  [{ $binary: { base64: '', subType: '' } }, '$binary.subType: one or two hexadecimal digits'],
  [{ $binary: { base64: '', subType: '100' } }, '$binary.subType: one or two hexadecimal digits'],
  [{ $binary: { base64: '', subType: '0g' } }, '$binary.subType: one or two hexadecimal digits'],
  [{ $uuid: '73ff-d26444b-34c6-990e8e-7d1dfc035d4' }, '$uuid: a UUID as a string'],
  [{ $uuid: `urn:uuid:${UUID_TEXT}` }, '$uuid: a UUID as a string'],
  [{ $code: 1 }, '$code: a string'],
  [{ $code: 1, $scope: {} }, '$code: a string'],
  [{ $code: '', unrelated: 1 }, ': an object of $code and nothing else'],
  [{ $code: '', $scope: {}, unrelated: 1 }, ': an object of $code and $scope and nothing else'],
  [{ $scope: {} }, ': an object of $code and $scope and nothing else'],
  [{ $code: '', $scope: null }, '$scope: a document'],
  [{ $code: '', $scope: [] }, '$scope: a document'],
  [{ $code: '', $scope: { $oid: HEX } }, '$scope: a document'],
  [{ $timestamp: { t: -1, i: 1 } }, '$timestamp.t: an integer from 0 to 4294967295'],
  [{ $timestamp: { t: 1, i: 4294967296 } }, '$timestamp.i: an integer from 0 to 4294967295'],
  [{ $timestamp: { t: 1.5, i: 1 } }, '$timestamp.t: an integer from 0 to 4294967295'],
  [{ $regularExpression: { pattern: '', options: 'g' } }, '$regularExpression: a pattern without NUL and options of'],
  [{ $regularExpression: { pattern: 'a\0', options: '' } }, '$regularExpression: a pattern without NUL'],
  [{ $regularExpression: { pattern: 'a', options: 'i\0' } }, '$regularExpression: a pattern without NUL'],
  [{ $dbPointer: { $ref: 'b', $id: HEX } }, '$dbPointer.$id: an object of $oid'],
  [{ $dbPointer: { $ref: 'b', $id: { $oid: 'x' } } }, '$dbPointer.$id.$oid: a string of 24 hexadecimal digits'],
  [{ $date: 42 }, '$date: an Internet date and time as a string, or an object of $numberLong'],
  [{ $date: { $numberInt: '1' } }, '$date: an object of $numberLong and nothing else'],
  [{ $date: { $numberLong: 1 } }, '$date.$numberLong: a 64-bit signed integer as a string'],
  [{ $date: { $numberLong: '8640000000000001' } }, '$date.$numberLong: milliseconds that a Date holds'],
  [{ $date: '2012-12-24' }, '$date: a date such as'],
  [{ $date: '2012-12-24T12:15:30' }, '$date: a date such as'],
  [{ $date: '2012-12-24T12:15:30+0000' }, '$date: a date such as'],
  [{ $date: '2012-12-24T12:15:30.1234Z' }, '$date: a date such as'],
  [{ $date: '2012-02-30T12:15:30Z' }, '$date: a date such as'],
  [{ $date: '2012-13-01T12:15:30Z' }, '$date: a date such as'],
  [{ $date: '2012-12-24T24:00:00Z' }, '$date: a date such as'],
  [{ $date: '2012-12-24T23:59:60Z' }, '$date: a date such as'],
  [{ $date: 'Dec 24 2012' }, '$date: a date such as'],
  [{ $minKey: '1' }, '$minKey: 1'],
  [{ $maxKey: 0 }, '$maxKey: 1'],
  [{ $undefined: false }, '$undefined: true'],
  [{ $undefined: true, unrelated: 1 }, ': an object of $undefined and nothing else'],
])('%j is refused', (given, words) => {
  expect(() => read(given)).toThrow(words);
});

test('relaxed numbers are plain, and 64-bit integers bigint where that is asked for', () => {
  expect(read({ $numberInt: '-5' }, relaxed)).toBe(-5);
  expect(read({ $numberLong: '9007199254740991' }, relaxed)).toBe(Number.MAX_SAFE_INTEGER);
  expect(read({ $numberDouble: '-0.0' }, relaxed)).toBe(-0);
  expect(read({ $numberDouble: 'Infinity' }, relaxed)).toBe(Number.POSITIVE_INFINITY);
  for (const context of [exact, relaxed]) {
    expect(read({ $numberLong: '9223372036854775807' }, { ...context, useBigInt64: true })).toBe(2n ** 63n - 1n);
  }
});

test('megabytes of base64 are read and checked', () => {
  const bytes = Buffer.alloc(12_000_000, 'abc');
  const base64 = bytes.toString('base64');
  expect(bytes.equals((read({ $binary: { base64, subType: '00' } }) as Binary).buffer)).toBe(true);
  expect(() => read({ $binary: { base64: `*${base64.slice(1)}`, subType: '00' } })).toThrow('$binary.base64');
});

test('keys of DBRef and of query operators belong to plain documents', () => {
  for (const key of ['$ref', '$id', '$db', '$regex', '$options', '$type', '$unknown', '$', 'oid', '__proto__']) {
    expect([key, isWrapperKey(key)]).toEqual([key, false]);
  }
});
