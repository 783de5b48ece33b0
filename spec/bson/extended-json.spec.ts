import {
  Binary,
  BSONRegExp,
  DBRef,
  Decimal128,
  Double,
  Int32,
  LaxEJSON,
  Long,
  MinKey,
  ObjectId,
  Timestamp,
} from '../../lib/bson/codec.js';
import { EJSON } from '../../lib/bson/extended-json.js';
import { InvalidDocumentError } from '../../lib/errors/usage-errors.js';

const HEX = '56e1fc72e0c917e9c4714161';

const EVERYTHING = {
  id: new ObjectId(HEX),
  list: [1, 2.5, -0, 2 ** 31, -(2 ** 31), 2 ** 53, 1e300, 'text', null, true, { deeper: [[Long.ONE]] }],
  numbers: { int: new Int32(5), long: Long.fromString('9007199254740993'), double: new Double(3) },
  decimal: Decimal128.fromString('1.50'),
  binary: new Binary(Buffer.from('abc'), 5),
  pattern: new BSONRegExp('a', 'ix'),
  at: new Date(1356351330501),
  long_ago: new Date(-62135596800000),
  reference: new DBRef('c', new ObjectId(HEX), 'db', { more: new Int32(1) }),
  stamp: new Timestamp({ t: 1, i: 2 }),
  min: new MinKey(),
};

describe('EJSON.parse', () => {
  it.each([{}, { relaxed: false }, { useBigInt64: true }, { relaxed: false, useBigInt64: true }])(
    'gives what the bson package gives, with %j',
    (options) => {
      for (const relaxed of [true, false]) {
        const text = EJSON.stringify(EVERYTHING, { relaxed });
        expect(EJSON.parse(text, options)).toEqual(LaxEJSON.parse(text, options));
      }
    },
  );

  it.each(['5', '"a"', 'null', '[]', '{}', '{"":{"":1}}', `{"$oid":"${HEX}"}`, '[[{"$minKey":1}]]'])(
    'reads %s at the top level',
    (text) => expect(EJSON.parse(text)).toEqual(LaxEJSON.parse(text)),
  );

  it.each([
    '{"$unknown":1,"a":2}',
    '{"a":{"$unknown":{"$type":2}}}',
    '{"a":{"$type":"string"}}',
    '{"a":{"$regex":"^a","$options":"i"}}',
    '{"a":{"$regex":{"b":1}}}',
    '{"a":{"$regex":5}}',
    '{"a":{"$in":[1,2],"$exists":true}}',
    '{"a":{"$ref":"c"}}',
    '{"a":{"$id":1}}',
    '{"a":{"$ref":1,"$id":1}}',
    '{"a":{"$ref":"c","$id":null}}',
    '{"a":{"$ref":"c","$id":1,"$db":1}}',
    '{"a":{"$ref":"c","$id":1,"$banana":1}}',
    '{"a":{"$ref":"fs.files","$id":1,"$db":"db"}}',
  ])('leaves %s as it is', (text) => {
    const read = EJSON.parse(text);
    expect(read).toEqual(JSON.parse(text));
    expect(EJSON.stringify(read)).toBe(text);
  });

  it('gives numbers the smallest type that holds them, where they are not to be plain', () => {
    const text = '[2147483647,2147483648,-2147483648,-2147483649,-9223372036854775808,9223372036854775808,-0,1.5,1e3]';
    expect(EJSON.parse(text, { relaxed: false })).toEqual([
      new Int32(2147483647),
      Long.fromNumber(2147483648),
      new Int32(-2147483648),
      Long.fromNumber(-2147483649),
      Long.MIN_VALUE,
      new Double(2 ** 63),
      new Double(-0),
      new Double(1.5),
      new Int32(1000),
    ]);
    expect(EJSON.parse(text)).toEqual(JSON.parse(text));
    expect(EJSON.parse('[4294967296]', { relaxed: false, useBigInt64: true })).toEqual([4294967296n]);
  });

  it('reads the types within plain documents with a dollar', () => {
    const text = '{"$regex":{"$regularExpression":{"pattern":"a","options":"i"}},"$options":"x"}';
    expect(EJSON.parse(text)).toEqual({ $regex: new BSONRegExp('a', 'i'), $options: 'x' });
    expect(EJSON.parse('{"$and":[{"n":{"$gt":{"$numberInt":"4"}}}]}')).toEqual({ $and: [{ n: { $gt: 4 } }] });
  });

  it('reads references, whatever the order of their keys', () => {
    const text = `{"a":{"$db":"d","x":{"$numberInt":"1"},"$id":{"$oid":"${HEX}"},"$ref":"c"}}`;
    const { a } = EJSON.parse(text);
    expect(a).toBeInstanceOf(DBRef);
    expect([a.collection, a.oid, a.db, a.fields]).toEqual(['c', new ObjectId(HEX), 'd', { x: 1 }]);
  });

  it('reads the scope of code as a document, with the same options', () => {
    const text = '{"a":{"$scope":{"n":{"$numberLong":"3"},"m":2},"$code":"f"}}';
    expect(EJSON.parse(text, { relaxed: false }).a.scope).toEqual({ n: Long.fromNumber(3), m: new Int32(2) });
    expect(EJSON.parse(text).a.scope).toEqual({ n: 3, m: 2 });
    expect(() => EJSON.parse('{"a":{"$code":"","$scope":{"b":{"$oid":1}}}}')).toThrow(' at a.$scope.b.$oid: ');
  });

  it.each<[string, string]>([
    ['{"a":[0,{"b":{"$oid":42}}]}', 'at a.1.b.$oid: expected a string of 24 hexadecimal digits, found 42'],
    ['{"$oid":42}', 'at $oid: expected a string of 24 hexadecimal digits, found 42'],
    [
      `{"ok":{"c":[{}]},"a":{"$oid":"${HEX}","b":1}}`,
      `at a: expected an object of $oid and nothing else, found {"$oid":"${HEX}","b":1}`,
    ],
    ['{"$minKey":1,"b":1}', 'at the top level: expected an object of $minKey and nothing else'],
    ['{"a":{"$timestamp":{"t":"1","i":1}}}', 'at a.$timestamp.t: expected an integer from 0 to 4294967295, found "1"'],
    ['{"a":{"$minKey":true}}', 'at a.$minKey: expected 1, found true'],
    ['{"a":{"$numberDecimal":"x"}}', 'at a.$numberDecimal: expected a 128-bit decimal as a string (x not a valid'],
    ['{"a":{"b\\u0000":1}}', 'at a: expected names of fields without NUL, found "b\\u0000"'],
    ['{"b\\u0000":{"$oid":1}}', 'at the top level: expected names of fields without NUL, found "b\\u0000"'],
  ])('says what is wrong with %s', (text, words) => {
    for (const relaxed of [true, false]) {
      expect(() => EJSON.parse(text, { relaxed })).toThrow(InvalidDocumentError);
      expect(() => EJSON.parse(text, { relaxed })).toThrow(`invalid Extended JSON ${words}`);
    }
  });

  it('shows no more of a value than is needed, and keeps the cause', () => {
    const refusal = (text: string): Error => {
      try {
        return EJSON.parse(text);
      } catch (error) {
        return error as Error;
      }
    };
    expect(refusal(`{"a":{"$oid":"${'x'.repeat(1000)}"}}`).message).toMatch(/found "x{76}\.\.\.$/);
    expect(refusal('{"a":{"$numberDecimal":"x"}}').cause).toBeInstanceOf(Error);
  });

  it('lets text be no JSON as JSON.parse does', () => {
    for (const text of ['', '{', '{"a":NaN}', "{'a':1}"]) expect(() => EJSON.parse(text)).toThrow(/JSON/);
  });

  it('takes NUL in values, and names that only look like it', () => {
    expect(EJSON.parse('{"a":"\\u0000","\\\\u0000":1}')).toEqual({ a: '\0', '\\u0000': 1 });
  });

  it('keeps a field that is called __proto__', () => {
    const read = EJSON.parse('{"__proto__":{"$numberInt":"1"},"a":{"__proto__":{"b":1}}}');
    expect(Object.keys(read)).toEqual(['__proto__', 'a']);
    expect(Object.getOwnPropertyDescriptor(read, '__proto__')?.value).toBe(1);
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
    expect(read.a.b).toBeUndefined();
  });

  it('reads 1000 levels', () => {
    let read = EJSON.parse(`${'[{"a":'.repeat(500)}{"$numberInt":"7"}${'}]'.repeat(500)}`);
    for (let level = 0; level < 500; level++) read = read[0].a;
    expect(read).toBe(7);
  });

  it('reads version 1 where that is asked for, as the bson package does', () => {
    const text = '{"a":{"$binary":"AA==","$type":"05"},"b":{"$date":5},"c":{"$regex":"x","$options":"i"}}';
    expect(EJSON.parse(text, { legacy: true })).toEqual({
      a: new Binary(Buffer.from([0]), 5),
      b: new Date(5),
      c: new BSONRegExp('x', 'i'),
    });
    expect(() => EJSON.parse(text)).toThrow(InvalidDocumentError);
    expect(() => EJSON.parse(text, { legacy: false })).toThrow(InvalidDocumentError);
  });
});

describe('EJSON.deserialize and serialize', () => {
  it('do as parse and stringify, with objects', () => {
    for (const relaxed of [true, false]) {
      const plain = EJSON.serialize(EVERYTHING, { relaxed });
      expect(JSON.stringify(plain)).toBe(EJSON.stringify(EVERYTHING, { relaxed }));
      expect(EJSON.deserialize(plain, { relaxed })).toEqual(LaxEJSON.deserialize(plain, { relaxed }));
    }
  });

  it('leave what they are given as it is', () => {
    const plain = { a: [{ $numberInt: '5' }], n: 1 };
    expect(EJSON.deserialize(plain, { relaxed: false })).toEqual({ a: [new Int32(5)], n: new Int32(1) });
    expect(plain).toEqual({ a: [{ $numberInt: '5' }], n: 1 });
  });

  it('are as strict', () => {
    expect(() => EJSON.deserialize({ a: { $oid: HEX, b: 1 } })).toThrow(
      ' at a: expected an object of $oid and nothing',
    );
    expect(EJSON.deserialize({ a: { $date: 5 } }, { legacy: true })).toEqual({ a: new Date(5) });
  });
});
