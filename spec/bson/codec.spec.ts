import { Binary, BSONError, BSONRegExp, deserialize, Long, ObjectId, serialize } from 'bson';
import { bsonTypeOf, Decoder, Encoder, newObjectId } from '../../lib/bson/codec.js';
import { InvalidDocumentError } from '../../lib/errors/usage-errors.js';

/** The bson package's work space. */
const SERIALIZE_LIMIT = 17 * 1024 * 1024;

function circular(): object {
  const document: Record<string, unknown> = { a: {} };
  document.a = { b: document };
  return document;
}

describe('Encoder', () => {
  it('writes at an offset, and nothing around it', () => {
    const target = Buffer.alloc(64, 0xee);
    const document = { a: 1, b: 'two' };
    const end = new Encoder().encodeInto(target, 10, document);
    expect(target.subarray(10, end)).toEqual(Buffer.from(serialize(document)));
    expect(Buffer.concat([target.subarray(0, 10), target.subarray(end)]).every((byte) => byte === 0xee)).toBe(true);
    expect(new Encoder().encode(document)).toEqual(Buffer.from(serialize(document)));
  });

  it('gives -1 for every target that is too small', () => {
    const document = { text: 'abc', number: 1.5, list: [1, 2], bytes: Buffer.alloc(3), date: new Date(0) };
    const { length } = serialize(document);
    const encoder = new Encoder();
    for (let size = 0; size < length; size++) expect(encoder.encodeInto(Buffer.alloc(size + 5), 5, document)).toBe(-1);
    expect(encoder.encodeInto(Buffer.alloc(length + 5), 5, document)).toBe(length + 5);
  });

  it.each([
    ['a string', { a: 'x'.repeat(SERIALIZE_LIMIT) }],
    ['bytes', { a: Buffer.alloc(SERIALIZE_LIMIT) }],
    ['many values', { a: new Array(20_000).fill('x'.repeat(1000)) }],
  ])('refuses what is too large for any message, by %s, whatever the target', (_name, document) => {
    const encoder = new Encoder();
    const target = Buffer.alloc(SERIALIZE_LIMIT + 1_000_000);
    for (const encode of [() => encoder.encodeInto(target, 0, document), () => encoder.encode(document)]) {
      expect(encode).toThrow(InvalidDocumentError);
      expect(encode).toThrow(`the document is larger than ${SERIALIZE_LIMIT} bytes`);
    }
    expect(encoder.encodeInto(target, 2_000_000, document)).toBe(-1);
  });

  it('refuses circles, values that BSON does not know and names with NUL', () => {
    const encoder = new Encoder();
    const target = Buffer.alloc(1000);
    for (const document of [circular(), { 'a\0b': 1 }, { a: [{ 'b\0': 1 }] }]) {
      expect(() => encoder.encode(document)).toThrow(InvalidDocumentError);
      expect(() => encoder.encodeInto(target, 0, document)).toThrow(/^the document cannot be written as BSON: ./);
    }
    expect(() => encoder.encode(circular())).toThrow(/circular/);
    expect(() => encoder.encode({ a: { _bsontype: 'Mine' } })).toThrow(InvalidDocumentError);
  });

  it('leaves errors of the user as they are, RangeErrors too', () => {
    for (const mine of [new Error('mine'), new RangeError('mine')]) {
      const document = {
        a: {
          toBSON(): never {
            throw mine;
          },
        },
      };
      expect(() => new Encoder().encode(document)).toThrow(mine);
      expect(() => new Encoder().encodeInto(Buffer.alloc(100), 0, document)).toThrow(mine);
    }
  });

  it('follows its options', () => {
    const document = { a: undefined, f: () => 1, $b: 1, 'c.d': 1 };
    const written = (options: object): object => deserialize(new Encoder(options).encode(document));
    expect(written({})).toEqual({ a: null, $b: 1, 'c.d': 1 });
    expect(Object.keys(written({ ignoreUndefined: true, serializeFunctions: true }))).toEqual(['f', '$b', 'c.d']);
    expect(() => written({ checkKeys: true })).toThrow(InvalidDocumentError);
    expect([new Encoder({ ignoreUndefined: true }).ignoreUndefined, new Encoder().ignoreUndefined]).toEqual([
      true,
      false,
    ]);
  });
});

describe('Decoder', () => {
  it('reads the document at an offset, whatever follows it', () => {
    const bytes = Buffer.concat([Buffer.alloc(7, 1), serialize({ a: 1 }), Buffer.alloc(9, 2)]);
    expect(new Decoder().decode(bytes, 7)).toEqual({ a: 1 });
  });

  it('follows its options', () => {
    const bytes = Buffer.from(
      serialize({
        long: Long.fromNumber(5),
        binary: new Binary(Buffer.from('x')),
        re: new BSONRegExp('a', 'i'),
        sub: {},
      }),
    );
    const read = (options: object): any => new Decoder(options).decode(bytes, 0);
    expect(read({})).toMatchObject({ long: 5, re: /a/i });
    expect(bsonTypeOf(read({}).binary)).toBe('Binary');
    expect(bsonTypeOf(read({ promoteLongs: false }).long)).toBe('Long');
    expect(read({ useBigInt64: true }).long).toBe(5n);
    expect(Buffer.isBuffer(read({ promoteBuffers: true }).binary)).toBe(true);
    expect(bsonTypeOf(read({ bsonRegExp: true }).re)).toBe('BSONRegExp');
    expect(Buffer.isBuffer(read({ raw: true }).sub)).toBe(true);
    expect(bsonTypeOf(read({ promoteValues: false }).long)).toBe('Long');
  });

  it('checks UTF-8 unless it is told not to', () => {
    const bytes = Buffer.from(serialize({ a: 'xy' }));
    bytes[bytes.indexOf('x')] = 0xff;
    expect(() => new Decoder().decode(bytes, 0)).toThrow(BSONError);
    expect(new Decoder({ enableUtf8Validation: false }).decode(bytes, 0)).toEqual({ a: '\ufffdy' });
  });
});

test('ObjectIds are made here, one after another, and values know their class', () => {
  const [first, second] = [newObjectId(), newObjectId()];
  expect(first).toBeInstanceOf(ObjectId);
  expect(first.toHexString() < second.toHexString()).toBe(true);
  expect([bsonTypeOf(first), bsonTypeOf({}), bsonTypeOf(null), bsonTypeOf('ObjectId')]).toEqual([
    'ObjectId',
    undefined,
    undefined,
    undefined,
  ]);
});
