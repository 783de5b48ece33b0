import { Long } from '../../lib/bson/codec.js';
import { killCursors } from '../../lib/commands/kill-cursors.js';
import { facts, replyOf, scope } from './scope-and-reply.js';

it('killCursors names the cursors as 64-bit integers, and wants no answer but ok', () => {
  expect(killCursors.build({ ids: [5n, -1n] }, scope)).toEqual({
    killCursors: 'c',
    cursors: [Long.fromNumber(5), Long.fromNumber(-1)],
  });
  expect(killCursors.parse(replyOf({ cursorsKilled: [5n] }), { ids: [5n] }, scope, facts)).toBeUndefined();
});
