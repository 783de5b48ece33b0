import { deserialize } from 'bson';
import { statementSequence, update, updateBatch, updateStatement } from '../../lib/commands/update.js';
import { COMMAND_ALLOWANCE } from '../../lib/wire/op-msg.js';
import { facts, replyOf, scope } from './scope-and-reply.js';

const set = { $set: { a: 1 } };

describe('updateStatement', () => {
  it('changes one or many, or replaces one', () => {
    expect(updateStatement({ a: 1 }, set, 'one', undefined, scope)).toEqual({ q: { a: 1 }, u: set });
    expect(updateStatement({}, set, 'many', undefined, scope)).toEqual({ q: {}, u: set, multi: true });
    expect(updateStatement({}, { a: 1 }, 'replace', undefined, scope)).toEqual({ q: {}, u: { a: 1 } });
  });

  it('takes the options of a statement, and only those', () => {
    const options = {
      upsert: true,
      collation: { locale: 'en' },
      arrayFilters: [{ x: 1 }],
      hint: 'a_1',
      sort: { a: 1 },
    };
    expect(updateStatement({}, set, 'one', { ...options, comment: 'x', let: {} }, scope)).toEqual({
      q: {},
      u: set,
      ...options,
    });
    expect(updateStatement({}, set, 'one', { upsert: null, hint: undefined }, scope)).toEqual({ q: {}, u: set });
  });

  it.each([
    [undefined, set, undefined, 'filter must be a document'],
    [{}, { a: 1 }, undefined, 'update must have operators'],
    [{}, set, { upsert: 'yes' }, 'upsert must be true or false'],
    [{}, set, { arrayFilters: {} }, 'arrayFilters must be an array'],
  ])('refuses %j, %j, %j', (filter, change, options, words) => {
    expect(() => updateStatement(filter, change, 'one', options, scope)).toThrow(words);
  });
});

describe('update', () => {
  const input = { filter: { a: 1 }, update: set, mode: 'one' as const };

  it('is one statement; its options go to the statement or to the command', () => {
    const options = { upsert: true, let: { x: 1 }, bypassDocumentValidation: true, comment: 'x', maxTimeMS: 5 };
    expect(update.build({ ...input, options }, scope)).toEqual({
      update: 'c',
      updates: [{ q: { a: 1 }, u: set, upsert: true }],
      ordered: true,
      let: { x: 1 },
      bypassDocumentValidation: true,
      comment: 'x',
      maxTimeMS: 5,
    });
  });

  it('does not count an upsert as a match', () => {
    const upserted = [{ index: 0, _id: 7 }];
    expect(update.parse(replyOf({ n: 2, nModified: 1 }), input, scope, facts)).toEqual({
      acknowledged: true,
      matchedCount: 2,
      modifiedCount: 1,
      upsertedCount: 0,
      upsertedId: null,
    });
    expect(update.parse(replyOf({ n: 1, nModified: 0, upserted }), input, scope, facts)).toMatchObject({
      matchedCount: 0,
      upsertedCount: 1,
      upsertedId: 7,
    });
    expect(update.unacknowledged?.(input, facts)).toMatchObject({ acknowledged: false, upsertedId: null });
  });
});

describe('updateBatch', () => {
  const statements = [
    { q: { a: 1 }, u: set },
    { q: {}, u: set },
  ];

  it('sends statements as a sequence that may be larger than a document by what is around one', () => {
    const input = { statements, from: 1, ordered: false, options: { comment: 'x', upsert: true } };
    expect(updateBatch.build(input, scope)).toEqual({ update: 'c', ordered: false, comment: 'x' });
    expect(updateBatch.from?.(input)).toBe(1);
    const sequence = updateBatch.sequence!(input, scope);
    expect(sequence).toMatchObject({ name: 'updates', length: 2, allowance: COMMAND_ALLOWANCE });
    const target = Buffer.alloc(200);
    const end = sequence.encodeInto(target, 0, 1);
    expect(deserialize(target.subarray(0, end))).toEqual(statements[1]);
    expect(statementSequence('x', [], scope).length).toBe(0);
  });

  it('reads counts and errors', () => {
    const input = { statements, from: 0, ordered: true };
    expect(updateBatch.parse(replyOf({ n: 2, nModified: 1 }), input, scope, facts)).toMatchObject({
      n: 2,
      nModified: 1,
    });
    const writeErrors = [{ index: 0, code: 5, errmsg: 'no' }];
    expect(updateBatch.parseFailed?.(replyOf({ n: 0, writeErrors }), input, scope, facts)).toMatchObject({
      writeErrors,
    });
    expect(updateBatch.unacknowledged?.(input, facts)).toMatchObject({ acknowledged: false });
  });
});
