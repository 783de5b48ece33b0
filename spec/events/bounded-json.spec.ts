import { Binary, Long, ObjectId } from '../../lib/bson/codec.js';
import { relaxedJSON } from '../../lib/bson/relaxed-json.js';
import { boundedJSON } from '../../lib/events/bounded-json.js';

const DOCUMENT = {
  find: 'users',
  filter: { _id: new ObjectId('0123456789abcdef01234567'), at: new Date(0), n: Long.fromNumber(7), none: null },
  list: [1, 'two', [true], /x/i],
  bytes: new Binary(Buffer.alloc(50, 7)),
  raw: Buffer.alloc(40, 8),
  map: new Map([['a', 1]]),
};

it('is relaxed Extended JSON, whole where that is no longer than the limit', () => {
  const whole = relaxedJSON(DOCUMENT);
  expect(boundedJSON(DOCUMENT, whole.length)).toBe(whole);
  expect(boundedJSON(DOCUMENT, 0)).toBe(whole);
});

it('is the beginning of that at every limit, with an ellipsis that does not count', () => {
  const whole = relaxedJSON(DOCUMENT);
  for (let limit = 1; limit < whole.length; limit++) {
    expect(boundedJSON(DOCUMENT, limit)).toBe(`${whole.slice(0, limit)}...`);
  }
});

it('counts code points, and cuts none in two', () => {
  const smileys = '😀'.repeat(10);
  expect(boundedJSON({ a: smileys }, 9)).toBe('{"a":"😀😀😀...');
  expect(boundedJSON({ a: smileys }, 18)).toBe(`{"a":"${smileys}"}`);
  expect(boundedJSON({ a: 'é漢'.repeat(10) }, 8)).toBe('{"a":"é漢...');
  for (let limit = 1; limit < 18; limit++) {
    const text = boundedJSON({ a: smileys }, limit);
    expect([...text]).toHaveLength(limit + 3);
    expect(text).not.toMatch(/\p{Surrogate}/u);
  }
});

it('reads no further than it writes', () => {
  let read = 0;
  const item = {
    get a() {
      read++;
      return 1;
    },
  };
  const text = boundedJSON({ documents: Array.from({ length: 10_000 }, () => item), big: 'x'.repeat(1_000_000) }, 100);
  expect([...text]).toHaveLength(103);
  expect(read).toBeLessThan(200);
});

it('asks toBSON, leaves functions out, and takes any name', () => {
  const given = { own: { toBSON: () => ({ a: 1 }) }, call: () => 1, ['__proto__']: 2 };
  expect(boundedJSON(given, 100)).toBe('{"own":{"a":1},"__proto__":2}');
});
