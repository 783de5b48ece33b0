import { dropIndexes } from '../../lib/commands/drop-indexes.js';
import { facts, replyOf, scope } from './scope-and-reply.js';

describe('dropIndexes', () => {
  it.each([
    ['a_1', 'a_1'],
    ['*', '*'],
    [{ a: 1 }, { a: 1 }],
    [
      [
        ['a', 1],
        ['b', -1],
      ],
      new Map([
        ['a', 1],
        ['b', -1],
      ]),
    ],
  ])('takes %j', (index, sent) => {
    expect(dropIndexes.build({ index, options: { comment: 'x' } }, scope)).toEqual({
      dropIndexes: 'c',
      index: sent,
      comment: 'x',
    });
  });

  it('refuses what names no index, and gives the reply', () => {
    expect(() => dropIndexes.build({ index: 5 }, scope)).toThrow('index must be a document, not 5');
    expect(dropIndexes.parse(replyOf({ nIndexesWas: 2 }), { index: '*' }, scope, facts)).toEqual({
      nIndexesWas: 2,
      ok: 1,
    });
  });
});
