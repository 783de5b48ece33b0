import { ObjectId } from '../../lib/bson/codec.js';
import { checkReplacement, checkUpdate } from '../../lib/commands/update-document.js';
import { scope, scopeOf } from './scope-and-reply.js';

describe('checkUpdate', () => {
  it.each([[{ $set: { a: 1 } }], [[{ $set: { a: 1 } }]], [new Map([['$inc', { a: 1 }]])], [{ $set: { a: 1 }, b: 1 }]])(
    'takes %p as it is',
    (update) => {
      expect(checkUpdate(update, scope)).toBe(update);
    },
  );

  it.each([
    [{}, 'update must have operators such as { $set: ... }, but it is empty'],
    [{ a: 1 }, "but its first key is 'a'; replaceOne takes whole documents"],
    [new Map([['a', 1]]), "its first key is 'a'"],
    [[], 'update must not be an empty pipeline'],
    [null, 'update must be a document or a pipeline, not null'],
    ['$set', 'update must be a document or a pipeline'],
    [new ObjectId(), 'update must be a document or a pipeline'],
  ])('refuses %p', (update, words) => {
    expect(() => checkUpdate(update, scope)).toThrow(words);
  });

  it('refuses with ignoreUndefined what would go out empty, and so replace the document', () => {
    const ignoring = scopeOf({ ignoreUndefined: true });
    expect(() => checkUpdate({ $set: undefined }, ignoring)).toThrow(/an operator whose value is not undefined/);
    expect(() => checkUpdate(new Map([['$set', undefined]]), ignoring)).toThrow(TypeError);
    expect(checkUpdate({ $set: undefined, $inc: { a: 1 } }, ignoring)).toBeDefined();
  });
});

describe('checkReplacement', () => {
  it('takes documents without operators, also an empty one', () => {
    for (const replacement of [{}, { a: 1 }, new Map([['a', 1]])])
      expect(checkReplacement(replacement)).toBe(replacement);
  });

  it.each([
    [{ $set: { a: 1 } }, "replacement must not have operators, but its first key is '$set'"],
    [new Map([['$set', 1]]), "its first key is '$set'"],
    [[{ a: 1 }], 'replacement must be a document'],
    [undefined, 'replacement must be a document, not undefined'],
  ])('refuses %p', (replacement, words) => {
    expect(() => checkReplacement(replacement)).toThrow(words);
  });
});
