import { Binary, Decimal128, Double, EJSON, Int32, Long, ObjectId } from '../../../lib/index.js';
import type { MatchContext } from './match-place.js';
import { match, matchRootDocuments } from './matcher.js';
import { Difference, MalformedTestError } from './verdicts.js';

const LSID = { id: new Binary(Buffer.alloc(16, 7), 4) };

const context: MatchContext = {
  entity(name) {
    if (name === 'document') return { a: 1 };
    throw new MalformedTestError(`there is no entity ${name}`);
  },
  lsid: () => LSID,
};

function matching(expected: unknown, actual: unknown, root = true): () => void {
  return () => match(expected, actual, { context, path: '', root });
}

describe('documents', () => {
  it('may have more fields at the root, and not below it', () => {
    expect(matching({ x: 1 }, { x: 1, y: 2 })).not.toThrow();
    expect(matching({ x: { y: 1 } }, { x: { y: 1, z: 2 } })).toThrow('x: expected no fields but y');
    expect(matching({ x: 1 }, { x: 1, y: 2 }, false)).toThrow(Difference);
  });

  it('must have every field that is expected, in any order', () => {
    expect(matching({ x: 1, y: 2 }, { y: 2, x: 1 })).not.toThrow();
    expect(matching({ x: 1, y: 1 }, { x: 1 })).toThrow('y: expected 1, but got nothing');
    expect(matching({ x: null }, {})).toThrow(Difference);
  });

  it('are not the same as other values', () => {
    expect(matching({}, [])).toThrow(Difference);
    expect(matching({}, null)).toThrow(Difference);
    expect(matching({}, new ObjectId())).toThrow(Difference);
  });
});

describe('arrays', () => {
  it('have the same number of elements, in order', () => {
    expect(matching([1, 2], [1, 2])).not.toThrow();
    expect(matching([1, 2], [2, 1])).toThrow('[0]: expected 1, but got 2');
    expect(matching([1, 2], [1, 2, 3])).toThrow('2 elements');
  });

  it('hold root documents only where they come from a cursor', () => {
    const [expected, actual] = [[{ x: 1 }], [{ x: 1, y: 1 }]];
    expect(matching(expected, actual)).toThrow(Difference);
    expect(() => matchRootDocuments(expected, actual, { context, path: '', root: true })).not.toThrow();
  });
});

describe('values', () => {
  it('are the same number whatever its type', () => {
    for (const one of [1, 1n, Long.fromInt(1), new Int32(1), new Double(1)]) {
      expect(matching(1, one)).not.toThrow();
      expect(matching(one, 1)).not.toThrow();
      expect(matching(1.5, one)).toThrow(Difference);
    }
    expect(matching(Long.fromString('9007199254740993'), 9007199254740993n)).not.toThrow();
    expect(matching(Long.fromString('9007199254740993'), 9007199254740992n)).toThrow(Difference);
    expect(matching(1, Decimal128.fromString('1'))).toThrow(Difference);
    expect(matching(1, true)).toThrow(Difference);
    expect(matching(1, '1')).toThrow(Difference);
  });

  it('of BSON are compared by what they hold', () => {
    const id = new ObjectId();
    expect(matching(id, new ObjectId(id.toHexString()))).not.toThrow();
    expect(matching(id, new ObjectId())).toThrow(Difference);
    expect(matching(new Date(5), new Date(5))).not.toThrow();
    expect(matching(new Date(5), new Date(6))).toThrow(Difference);
    expect(matching(EJSON.parse('{"$regularExpression":{"pattern":"a","options":"i"}}'), /a/i)).not.toThrow();
    expect(matching(EJSON.parse('{"$regularExpression":{"pattern":"a","options":""}}'), /a/i)).toThrow(Difference);
    expect(matching(new Binary(Buffer.from('a')), Buffer.from('a'))).not.toThrow();
  });
});

describe('special operators', () => {
  it('$$exists asks for a field, whatever its value', () => {
    expect(matching({ x: { $$exists: true } }, { x: null })).not.toThrow();
    expect(matching({ x: { $$exists: true } }, {})).toThrow(Difference);
    expect(matching({ x: { $$exists: false } }, {})).not.toThrow();
    expect(matching({ x: { $$exists: false } }, { x: null })).toThrow(Difference);
  });

  it('$$type asks for one of several types', () => {
    expect(matching({ $$type: ['int', 'long'] }, 5)).not.toThrow();
    expect(matching({ $$type: 'string' }, 5)).toThrow(Difference);
    expect(matching({ $$type: 'int' }, 1.5)).toThrow(Difference);
    expect(matching({ $$type: 'int' }, 2 ** 31)).toThrow(Difference);
    expect(matching({ $$type: 'number' }, Decimal128.fromString('1'))).not.toThrow();
    expect(matching({ $$type: 'array' }, ['a'])).not.toThrow();
    expect(matching({ x: { $$type: 'null' } }, {})).toThrow(Difference);
    expect(matching({ $$type: 'integer' }, 5)).toThrow(MalformedTestError);
  });

  it('$$unsetOrMatches takes nothing, or what matches', () => {
    expect(matching({ x: { $$unsetOrMatches: 2 } }, {})).not.toThrow();
    expect(matching({ x: { $$unsetOrMatches: 2 } }, { x: 2 })).not.toThrow();
    expect(matching({ x: { $$unsetOrMatches: 2 } }, { x: 3 })).toThrow(Difference);
    expect(matching({ $$unsetOrMatches: { x: 1 } }, { x: 1, more: 1 })).not.toThrow();
    expect(matching({ x: { $$unsetOrMatches: { y: 1 } } }, { x: { y: 1, more: 1 } })).toThrow(Difference);
  });

  it('$$matchesEntity compares with a saved value', () => {
    expect(matching({ $$matchesEntity: 'document' }, { a: 1 })).not.toThrow();
    expect(matching({ $$matchesEntity: 'document' }, { a: 2 })).toThrow(Difference);
    expect(matching({ $$matchesEntity: 'missing' }, { a: 1 })).toThrow(MalformedTestError);
  });

  it('$$matchesHexBytes compares bytes', () => {
    expect(matching({ $$matchesHexBytes: '12Ab' }, Buffer.from([0x12, 0xab]))).not.toThrow();
    expect(matching({ $$matchesHexBytes: '' }, '')).not.toThrow();
    expect(matching({ $$matchesHexBytes: '12' }, Buffer.from([0x13]))).toThrow(Difference);
    expect(matching({ $$matchesHexBytes: '123' }, Buffer.from([0x12]))).toThrow(MalformedTestError);
  });

  it('$$sessionLsid compares with a session', () => {
    expect(matching({ lsid: { $$sessionLsid: 'session0' } }, { lsid: { id: LSID.id } })).not.toThrow();
    const other = { lsid: { id: new Binary(Buffer.alloc(16, 8), 4) } };
    expect(matching({ lsid: { $$sessionLsid: 'session0' } }, other)).toThrow(Difference);
  });

  it('$$lte compares numbers', () => {
    expect(matching({ $$lte: 5 }, 5)).not.toThrow();
    expect(matching({ $$lte: 5 }, Long.fromInt(4))).not.toThrow();
    expect(matching({ $$lte: 5 }, 5.1)).toThrow(Difference);
    expect(matching({ $$lte: 5 }, 'x')).toThrow(Difference);
  });

  it('$$matchAsDocument reads extended JSON, and $$matchAsRoot allows more fields', () => {
    const text = '{"x": {"$numberInt": "1"}, "y": 2}';
    expect(matching({ $$matchAsDocument: { x: 1, y: 2 } }, text)).not.toThrow();
    expect(matching({ $$matchAsDocument: { x: 1 } }, text)).toThrow(Difference);
    expect(matching({ $$matchAsDocument: { $$matchAsRoot: { x: 1 } } }, text)).not.toThrow();
    expect(matching({ $$matchAsDocument: {} }, '{ "x" }')).toThrow(Difference);
    expect(matching({ $$matchAsDocument: { $$matchAsRoot: {} } }, '[1]')).toThrow(Difference);
  });

  it('are refused where they are unknown or cannot be compared', () => {
    expect(matching({ $$foo: 1 }, 1)).toThrow(MalformedTestError);
    expect(matching({ x: { $$placeholder: 1 } }, { x: 1 })).toThrow(MalformedTestError);
  });
});
