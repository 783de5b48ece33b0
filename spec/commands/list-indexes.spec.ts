import { listIndexes } from '../../lib/commands/list-indexes.js';
import { cursorReply, facts, scope } from './scope-and-reply.js';

it('listIndexes has a cursor and its options, and opens it', () => {
  expect(listIndexes.build({}, scope)).toEqual({ listIndexes: 'c', cursor: {} });
  const options = { batchSize: 2, comment: 'x', maxTimeMS: 5 };
  expect(listIndexes.build({ options }, scope)).toEqual({
    listIndexes: 'c',
    cursor: { batchSize: 2 },
    comment: 'x',
    maxTimeMS: 5,
  });
  expect(() => listIndexes.build({ options: { batchSize: 1.5 } }, scope)).toThrow(/batchSize must be a whole number/);
  expect(listIndexes.parse(cursorReply([{ name: '_id_' }]), {}, scope, facts).batch.count).toBe(1);
});
