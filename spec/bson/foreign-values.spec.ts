import * as other from 'bson-6';
import * as own from '../../lib/bson/codec.js';
import { adoptForeign } from '../../lib/bson/foreign-values.js';

const encoder = new own.Encoder();
const decoder = new own.Decoder({ promoteValues: false });
const HEX = '0123456789abcdef01234567';

describe('values of another version of the bson package', () => {
  it.each<[string, unknown, unknown]>([
    ['ObjectId', new other.ObjectId(HEX), new own.ObjectId(HEX)],
    ['Binary', new other.Binary(Buffer.from('abc'), 5), new own.Binary(Buffer.from('abc'), 5)],
    ['UUID', new other.UUID('a'.repeat(32)), new own.UUID('a'.repeat(32))],
    ['Long', other.Long.fromString('-9007199254740993'), own.Long.fromString('-9007199254740993')],
    ['Timestamp', new other.Timestamp({ t: 4_000_000_000, i: 2 }), new own.Timestamp({ t: 4_000_000_000, i: 2 })],
    ['Decimal128', other.Decimal128.fromString('1.50'), own.Decimal128.fromString('1.50')],
    ['Double', new other.Double(2), new own.Double(2)],
    ['Int32', new other.Int32(2), new own.Int32(2)],
    ['Code', new other.Code('x', { y: new other.Int32(1) }), new own.Code('x', { y: new own.Int32(1) })],
    [
      'DBRef',
      new other.DBRef('c', new other.ObjectId(HEX), 'db', { n: 1 }),
      new own.DBRef('c', new own.ObjectId(HEX), 'db', { n: 1 }),
    ],
    ['BSONRegExp', new other.BSONRegExp('a', 'i'), new own.BSONRegExp('a', 'i')],
    ['BSONSymbol', new other.BSONSymbol('s'), new own.BSONSymbol('s')],
    ['MinKey', new other.MinKey(), new own.MinKey()],
    ['MaxKey', new other.MaxKey(), new own.MaxKey()],
  ])('%s is written as this version writes it', (_name, foreign, expected) => {
    expect(encoder.encode({ value: foreign })).toEqual(encoder.encode({ value: expected }));
  });

  it('are found in arrays, maps and objects that make their own BSON', () => {
    const id = new other.ObjectId(HEX);
    const document = { list: [{ id }], map: new Map([['id', id]]), made: { toBSON: () => ({ id }) }, at: new Date(5) };
    const bytes = Buffer.alloc(1000);
    const end = encoder.encodeInto(bytes, 10, document);
    const read = decoder.decode(bytes.subarray(0, end), 10);
    const expected = new own.ObjectId(HEX);
    expect(read).toEqual({ list: [{ id: expected }], map: { id: expected }, made: { id: expected }, at: new Date(5) });
    expect(document.list[0]!.id).toBe(id);
  });

  it('leave the error for a circle to the encoder', () => {
    const circle: Record<string, unknown> = { id: new other.ObjectId(HEX) };
    circle.self = circle;
    expect(() => encoder.encode(circle)).toThrow(/circular/i);
  });

  it('are refused where their class is unknown', () => {
    const strange = Object.assign(Object.create({ [Symbol.for('@@mdb.bson.version')]: 99 }), { _bsontype: 'Novelty' });
    expect(() => encoder.encode({ strange })).toThrow('a Novelty of another version of the bson package');
  });
});

describe('adoptForeign', () => {
  it('keeps values of the own version and asks for the others', () => {
    const ownId = new own.ObjectId();
    const asked: string[] = [];
    const adopt = (type: string): string => `${asked.push(type)}`;
    const result = adoptForeign({ ownId, theirs: new other.Int32(1), plain: 1, none: null }, 7, adopt);
    expect(result).toEqual({ ownId, theirs: '1', plain: 1, none: null });
    expect(asked).toEqual(['Int32']);
  });
});
