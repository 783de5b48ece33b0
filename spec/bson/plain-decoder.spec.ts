import { inspect } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  Binary,
  BSONRegExp,
  Code,
  DBRef,
  Decimal128,
  type Document,
  Double,
  deserialize,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  serialize,
  Timestamp,
  UUID,
} from 'bson';
import { PlainDecoder } from '../../lib/bson/plain-decoder.js';

const OPTIONS = { allowObjectSmallerThanBufferSize: true, validation: { utf8: true } };

const bytesOf = (document: Document): Buffer => Buffer.from(serialize(document, { ignoreUndefined: false }));
const decode = (bytes: Buffer, start = 0): Document | undefined => new PlainDecoder(true).decode(bytes, start);

/** What the bson package makes of the bytes; undefined where it refuses them. */
function reference(bytes: Buffer): Document | undefined {
  try {
    return deserialize(bytes, OPTIONS);
  } catch {
    return undefined;
  }
}

/** All values with their types, in their order. Unlike any comparison, it takes two invalid dates for the same. */
const shown = (document: Document): string =>
  inspect(document, { depth: null, maxArrayLength: null, maxStringLength: null });

/** A document's elements as they are, in the frame of its size and its last zero byte. */
function document(...elements: readonly (readonly number[] | string)[]): Buffer {
  const inside = Buffer.concat(elements.map((element) => Buffer.from(element as string, 'latin1')));
  const bytes = Buffer.concat([Buffer.alloc(4), inside, Buffer.alloc(1)]);
  bytes.writeInt32LE(bytes.length);
  return bytes;
}

describe('PlainDecoder', () => {
  it.each<[string, unknown]>([
    ['a short text', 'short'],
    ['an empty text', ''],
    ['a text of 23 bytes', 'x'.repeat(23)],
    ['a text of 24 bytes', 'x'.repeat(24)],
    ['a long text', 'x'.repeat(10_000)],
    ['a short text beyond ASCII', 'Grüße'],
    ['a long text beyond ASCII', '日本語のテキスト 😀'.repeat(20)],
    ['a NUL within a text', 'a\0b'],
    ['a whole number', 42],
    ['a negative one', -42],
    ['the least of 32 bits', new Int32(-(2 ** 31))],
    ['a fraction', 1.5],
    ['negative zero', new Double(-0)],
    ['NaN', Number.NaN],
    ['infinity', Number.NEGATIVE_INFINITY],
    ['true', true],
    ['false', false],
    ['null', null],
    ['a date', new Date(1_700_000_000_123)],
    ['a date before 1970', new Date(-1)],
    ['a date that JavaScript has no value for', new Date(8.64e15)],
    ['a 64-bit integer', Long.fromNumber(2 ** 40)],
    ['a negative 64-bit integer', Long.fromNumber(-(2 ** 40))],
    ['2 ** 53', Long.fromNumber(2 ** 53)],
    ['2 ** 53 + 1', Long.fromNumber(2 ** 53).add(1)],
    ['-(2 ** 53)', Long.fromNumber(-(2 ** 53))],
    ['-(2 ** 53) - 1', Long.fromNumber(-(2 ** 53)).sub(1)],
    ['the greatest of 64 bits', Long.MAX_VALUE],
    ['the least of 64 bits', Long.MIN_VALUE],
    ['an ObjectId', new ObjectId()],
    ['a timestamp', new Timestamp({ t: 4_294_967_295, i: 4_294_967_295 })],
    ['bytes', Buffer.from('bytes')],
    ['no bytes', Buffer.alloc(0)],
    ['bytes of the user', new Binary(Buffer.from('mine'), 0x80)],
    ['a UUID', new UUID()],
    ['bytes that pass for a UUID', new Binary(Buffer.alloc(15), 4)],
    ['a decimal', Decimal128.fromString('1.50')],
    ['a document', { b: { c: { d: 1 } } }],
    ['an empty document', {}],
    ['an array', [1, 'two', [3, [{ four: 4 }]], null]],
    ['an empty array', []],
  ])('makes of %s what the bson package makes of it', (_name, value) => {
    const bytes = bytesOf({ before: 1, value, after: 'x' });
    const decoded = decode(bytes)!;
    expect(decoded).toStrictEqual(deserialize(bytes, OPTIONS));
    expect(shown(decoded)).toBe(shown(deserialize(bytes, OPTIONS)));
  });

  it.each<[string, unknown]>([
    ['a regular expression', /a/i],
    ['one as BSON has it', new BSONRegExp('a', 'x')],
    ['code', new Code('f()')],
    ['code with a scope', new Code('f()', { a: 1 })],
    ['MinKey', new MinKey()],
    ['MaxKey', new MaxKey()],
    ['undefined', undefined],
    ['a reference', new DBRef('c', new ObjectId())],
    ['what would change a prototype', JSON.parse('{ "__proto__": 1 }')],
    ['bytes of the old type', new Binary(Buffer.from('old'), 2)],
    ['the sign for what is not UTF-8', 'a long text with a \ufffd in it'],
  ])('leaves %s to the bson package', (_name, value) => {
    const bytes = bytesOf({ value });
    // null in place of undefined, which `serialize` writes
    if (value === undefined) bytes[4] = 0x06;
    expect(decode(bytes)).toBeUndefined();
    expect(() => deserialize(bytes, OPTIONS)).not.toThrow();
  });

  it('takes text that is not UTF-8 where it is not to be refused', () => {
    const bytes = document([0x02], 'a\0', [4, 0, 0, 0], 'x\xff\xfe\0');
    expect(decode(bytes)).toBeUndefined();
    expect(new PlainDecoder(false).decode(bytes, 0)).toEqual({ a: 'x\ufffd\ufffd' });
  });

  it('tells names apart that begin alike, that are bytes of another, and that are beyond ASCII', () => {
    const decoder = new PlainDecoder(true);
    // The bytes of the second name are those of the first as Latin-1, and the other way round.
    const documents = [
      { a: 1 },
      { ab: 1 },
      { abc: 1 },
      { a: 1 },
      { '': 1 },
      { é: 1 },
      { 'Ã©': 1 },
      { é: 1 },
      { [`${'x'.repeat(65)}1`]: 1, [`${'x'.repeat(65)}2`]: 2 },
      { 2: 'two', 1: 'one', a: 0 },
    ];
    for (const each of [...documents, ...documents.toReversed()]) {
      expect(Object.entries(decoder.decode(bytesOf(each), 0)!)).toEqual(Object.entries(each));
    }
  });

  it('keeps the last of two values of one name, as the bson package does', () => {
    const bytes = document([0x08], 'a\0', [0], [0x08], 'b\0', [0], [0x08], 'a\0', [1]);
    expect(Object.entries(decode(bytes)!)).toEqual(Object.entries(deserialize(bytes, OPTIONS)));
  });

  it('reads a document in the middle of others, and nothing of them', () => {
    const before = bytesOf({ secret: 'before' });
    const bytes = Buffer.concat([before, bytesOf({ a: 'mine' }), bytesOf({ secret: 'behind' })]);
    expect(decode(bytes, before.length)).toEqual({ a: 'mine' });
    // Every length that is too large would reach into the document behind.
    const start = before.length;
    for (const size of [-1, 0, 4, 14, 16, 200, 2 ** 31 - 1]) {
      const wrong = Buffer.from(bytes);
      wrong.writeInt32LE(size, start);
      expect(decode(wrong, start)).toBeUndefined();
      const wrongText = Buffer.from(bytes);
      wrongText.writeInt32LE(size, start + 7);
      expect(decode(wrongText, start)).toBeUndefined();
    }
  });

  it('copies what it gives of ids and decimals', () => {
    const bytes = bytesOf({ id: new ObjectId('0123456789abcdef01234567'), number: Decimal128.fromString('7') });
    const { id, number } = decode(bytes)!;
    bytes.fill(0);
    expect(id.toHexString()).toBe('0123456789abcdef01234567');
    expect(number.toString()).toBe('7');
  });

  it('leaves very deep documents to the bson package, which calls nothing for them', () => {
    let deep: Document = {};
    for (let depth = 0; depth < 150; depth++) deep = { deep };
    expect(decode(bytesOf(deep))).toEqual(deep);
    let bytes = document();
    for (let depth = 0; depth < 2_000; depth++) bytes = document([0x03], 'a\0', bytes.toString('latin1'));
    expect(decode(bytes)).toBeUndefined();
  });

  it('does not keep the bytes', async () => {
    setFlagsFromString('--expose-gc');
    const decoder = new PlainDecoder(true);
    const kept = new WeakRef(bytesOf({ a: 'x' }));
    decoder.decode(kept.deref()!, 0);
    await new Promise((resolve) => setImmediate(resolve));
    runInNewContext('gc')();
    expect(kept.deref()).toBeUndefined();
  });

  it('agrees with the bson package on 5,000 documents, of which half have wrong bytes', () => {
    const random = randomFrom(20_231);
    const decoder = new PlainDecoder(true);
    const counts = { plain: 0, left: 0 };
    for (let round = 0; round < 5_000; round++) {
      const bytes = bytesOf(anyDocument(random, 0));
      if (round % 2 === 1) spoil(bytes, random);
      const decoded = decoder.decode(bytes, 0);
      counts[decoded === undefined ? 'left' : 'plain']++;
      if (decoded === undefined) continue;
      const expected = reference(bytes);
      if (expected === undefined || shown(decoded) !== shown(expected)) {
        throw new Error(`not the same, in round ${round}: ${bytes.toString('hex')}`);
      }
    }
    expect(counts.plain).toBeGreaterThan(1_500);
    expect(counts.left).toBeGreaterThan(700);
  });
});

type Random = () => number;

/** The same numbers each time: mulberry32. */
function randomFrom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const pick = <T>(values: readonly T[], random: Random): T => values[Math.floor(random() * values.length)]!;

const NAMES = ['a', 'b', '_id', 'name', 'näme', '', '$id', '1', '0', 'a.b', 'a long name of more than 24 bytes'];

function anyDocument(random: Random, depth: number): Document {
  const entries = Array.from({ length: Math.floor(random() * 6) }, () => [
    pick(NAMES, random),
    anyValue(random, depth),
  ]);
  return Object.fromEntries(entries);
}

function anyValue(random: Random, depth: number): unknown {
  const kind = Math.floor(random() * (depth < 4 ? 15 : 12));
  switch (kind) {
    case 0:
      return Math.floor(random() * 2 ** 32) - 2 ** 31;
    case 1:
      return random() * 1e6;
    case 2:
      return pick(['', 'text', 'zwölf', 'a text of more than 24 bytes', '😀', 'a longer text with 😀'], random);
    case 3:
      return random() < 0.5;
    case 4:
      return null;
    case 5:
      return new Date(Math.floor((random() - 0.5) * 1e13));
    case 6:
      return Long.fromBits(Math.floor(random() * 2 ** 32) | 0, Math.floor((random() - 0.5) * 2 ** 23));
    case 7:
      return ObjectId.createFromTime(Math.floor(random() * 2 ** 31));
    case 8:
      return new Timestamp({ t: Math.floor(random() * 2 ** 32), i: Math.floor(random() * 2 ** 32) });
    case 9:
      return new Binary(Buffer.alloc(Math.floor(random() * 20), 7), pick([0, 3, 4, 5, 0x80], random));
    case 10:
      return Decimal128.fromString(String(Math.floor(random() * 1e9)));
    case 11:
      return random() < 0.2 ? /x/ : 'plain';
    case 12:
      return anyDocument(random, depth + 1);
    case 13:
      return Array.from({ length: Math.floor(random() * 5) }, () => anyValue(random, depth + 1));
    default:
      return new UUID(Buffer.from(Array.from({ length: 16 }, () => Math.floor(random() * 256))));
  }
}

/** One to three bytes get any value, often one that means something. */
function spoil(bytes: Buffer, random: Random): void {
  for (let count = 1 + Math.floor(random() * 3); count > 0; count--) {
    const at = Math.floor(random() * bytes.length);
    bytes[at] = random() < 0.5 ? pick([0, 1, 2, 3, 4, 5, 8, 255], random) : Math.floor(random() * 256);
  }
}
