import { deleteBatch, deleteStatement, remove } from '../../lib/commands/delete.js';
import { facts, replyOf, scope } from './scope-and-reply.js';

describe('deleteStatement', () => {
  it('has a filter, a limit and its options', () => {
    expect(deleteStatement({ a: 1 }, false, undefined, scope)).toEqual({ q: { a: 1 }, limit: 1 });
    const options = { collation: { locale: 'en' }, hint: 'a_1', comment: 'x' };
    expect(deleteStatement({}, true, options, scope)).toEqual({
      q: {},
      limit: 0,
      collation: { locale: 'en' },
      hint: 'a_1',
    });
  });

  it.each([undefined, null, [], 'x', { a: undefined }])('refuses the filter %p: it must not mean all', (filter) => {
    expect(() => deleteStatement(filter, true, undefined, scope)).toThrow(TypeError);
  });
});

describe('remove', () => {
  const input = { filter: { a: 1 }, many: false };

  it('is one statement; its options go to the statement or to the command', () => {
    const options = { hint: { a: 1 }, let: { x: 1 }, comment: 'x', ordered: false, maxTimeMS: 5 };
    expect(remove.build({ ...input, options }, scope)).toEqual({
      delete: 'c',
      deletes: [{ q: { a: 1 }, limit: 1, hint: { a: 1 } }],
      ordered: true,
      let: { x: 1 },
      comment: 'x',
      maxTimeMS: 5,
    });
  });

  it('gives what was deleted', () => {
    expect(remove.parse(replyOf({ n: 2 }), input, scope, facts)).toEqual({ acknowledged: true, deletedCount: 2 });
    expect(remove.unacknowledged?.(input, facts)).toEqual({ acknowledged: false, deletedCount: 0 });
  });
});

describe('deleteBatch', () => {
  it('sends statements as a sequence, from where it goes on', () => {
    const input = { statements: [{ q: {}, limit: 1 }], from: 0, ordered: false, options: { let: { x: 1 } } };
    expect(deleteBatch.build(input, scope)).toEqual({ delete: 'c', ordered: false, let: { x: 1 } });
    expect(deleteBatch.sequence?.(input, scope)).toMatchObject({ name: 'deletes', length: 1 });
    expect(deleteBatch.from?.({ ...input, from: 7 })).toBe(7);
    expect(deleteBatch.parse(replyOf({ n: 3 }), input, scope, facts)).toMatchObject({
      n: 3,
      sent: 1,
      acknowledged: true,
    });
  });
});
