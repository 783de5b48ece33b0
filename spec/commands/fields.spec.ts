import { Double, Int32, Long, ObjectId } from '../../lib/bson/codec.js';
import {
  anything,
  boolean,
  copyOptions,
  count,
  document,
  elsewhere,
  hint,
  integer,
  keyDocument,
  list,
  removed,
  sort,
  text,
} from '../../lib/commands/fields.js';
import { RemovedCommandError } from '../../lib/errors/operation-errors.js';

describe('copyOptions', () => {
  const fields = { upsert: boolean, comment: anything, ordered: elsewhere };

  it('copies what the command takes, and leaves out what is not given', () => {
    const options = { upsert: true, comment: undefined, ordered: 'whatever' };
    expect(copyOptions({ a: 1 }, options, fields, 'test')).toEqual({ a: 1, upsert: true });
    expect(copyOptions({ a: 1 }, { upsert: null }, fields, 'test')).toEqual({ a: 1 });
    expect(copyOptions({ a: 1 }, undefined, fields, 'test')).toEqual({ a: 1 });
  });

  it('says nothing of options that are for the core', () => {
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    copyOptions({}, { signal: 1, session: 1, readConcern: 1, w: 1, promoteLongs: true, explain: true }, fields, 'test');
    expect(warned).not.toHaveBeenCalled();
    warned.mockRestore();
  });

  it('warns once of an option that nobody takes', () => {
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    copyOptions({}, { upsrt: true }, fields, 'test');
    copyOptions({}, { upsrt: true }, fields, 'test');
    copyOptions({}, { upsrt: true }, fields, 'other');
    expect(warned.mock.calls.map(([message]) => message)).toEqual([
      "test has no option 'upsrt': it is ignored; did you mean upsert?",
      "other has no option 'upsrt': it is ignored; did you mean upsert?",
    ]);
    warned.mockRestore();
  });
});

describe('options that are gone', () => {
  it('are refused for what they meant', () => {
    expect(() => copyOptions({}, { safe: true }, {}, 'insert')).toThrow(
      'option safe of insert is not supported: use w',
    );
    const field = removed('find', '4.0', 'hint the index on _id');
    const error = expect(() => copyOptions({}, { snapshot: true }, { snapshot: field }, 'find'));
    error.toThrow(RemovedCommandError);
    error.toThrow('MongoDB 4.0 removed the option snapshot of find: hint the index on _id');
    expect(copyOptions({}, { snapshot: undefined }, { snapshot: field }, 'find')).toEqual({});
  });

  it('and so are second tries of a single operation, of which the client alone decides', () => {
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    copyOptions({}, { retryWrites: false }, {}, 'retries');
    expect(warned).toHaveBeenCalledWith("retries has no option 'retryWrites': it is ignored", expect.anything());
    warned.mockRestore();
  });
});

describe('fields', () => {
  it.each([
    [boolean, 1, 'must be true or false, not 1'],
    [text, 5, 'must be a string, not 5'],
    [integer, 1.5, 'must be a whole number, not 1.5'],
    [integer, '5', "must be a whole number, not '5'"],
    [integer, Number.NaN, 'must be a whole number, not NaN'],
    [integer, new Double(1.5), 'must be a whole number'],
    [document, [], 'must be a document, not []'],
    [document, null, 'must be a document, not null'],
    [document, new ObjectId(), 'must be a document'],
    [list, {}, 'must be an array, not {}'],
    [hint, 5, 'must be a document, not 5'],
    [sort, { a: 'up' }, 'must be one of the directions'],
    [sort, [['a', true]], 'must be a direction'],
    [sort, [5], 'must be a field, pairs of field and direction, or a document'],
  ])('%p refuse %p', (field, value, words) => {
    expect(() => field(value, 'option')).toThrow(TypeError);
    expect(() => field(value, 'option')).toThrow(`option ${words}`);
  });

  it.each([
    [boolean, false],
    [text, ''],
    [integer, -5],
    [integer, 5n],
    [integer, Long.fromNumber(5)],
    [integer, new Int32(5)],
    [count, 0],
    [document, new Map()],
    [list, []],
    [hint, 'a_1'],
    [anything, null],
  ])('%p take %p as it is', (field, value) => {
    expect(field(value, 'option')).toBe(value);
  });

  it('count refuses what is below 0', () => {
    expect(() => count(-1, 'skip')).toThrow(new RangeError('skip must not be negative, but is -1'));
    expect(() => count(Long.fromNumber(-2), 'skip')).toThrow(RangeError);
  });
});

describe('keyDocument', () => {
  it.each([
    ['a', { a: 1 }],
    [
      { b: 1, a: '2dsphere' },
      { b: 1, a: '2dsphere' },
    ],
    [['a', -1], new Map([['a', -1]])],
    [['a', 'desc'], new Map([['a', -1]])],
    [
      ['a', 'b'],
      new Map([
        ['a', 1],
        ['b', 1],
      ]),
    ],
    [
      [
        ['b', 'descending'],
        ['a', 'text'],
      ],
      new Map<string, unknown>([
        ['b', -1],
        ['a', 'text'],
      ]),
    ],
    [
      [{ b: 1 }, { a: -1 }],
      new Map([
        ['b', 1],
        ['a', -1],
      ]),
    ],
    [['s', { $meta: 'textScore' }], new Map([['s', { $meta: 'textScore' }]])],
  ])('reads %j', (value, expected) => {
    expect(keyDocument(value, 'keys')).toEqual(expected);
  });
});

describe('sort', () => {
  it('writes words as numbers, in each form, and keeps the order', () => {
    expect(sort({ a: 1 }, 'sort')).toEqual({ a: 1 });
    expect(sort({ b: 'desc', a: 1 }, 'sort')).toEqual(
      new Map([
        ['b', -1],
        ['a', 1],
      ]),
    );
    expect(sort(new Map([['b', 'ascending']]), 'sort')).toEqual(new Map([['b', 1]]));
    expect(sort({ s: { $meta: 'textScore' }, a: '-1' }, 'sort')).toEqual(
      new Map<string, unknown>([
        ['s', { $meta: 'textScore' }],
        ['a', -1],
      ]),
    );
  });

  it('leaves the object of the caller alone', () => {
    const order = Object.freeze({ a: 'desc' });
    sort(order, 'sort');
    expect(order).toEqual({ a: 'desc' });
  });
});
