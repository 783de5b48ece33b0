import { drop, dropDatabase } from '../../lib/commands/drop.js';
import { facts, replyOf, rootScope, scope } from './scope-and-reply.js';

describe('drop', () => {
  it('names its collection, and leaves encryptedFields to the client', () => {
    const options = { comment: 'x', maxTimeMS: 5, encryptedFields: {} };
    expect(drop.build({ options }, scope)).toEqual({ drop: 'c', comment: 'x', maxTimeMS: 5 });
    expect(drop.parse(replyOf({ ns: 'db.c' }), {}, scope, facts)).toEqual({ ns: 'db.c', ok: 1 });
  });
});

describe('dropDatabase', () => {
  it('goes to the database of its scope', () => {
    expect(dropDatabase.build({ options: { comment: 'x' } }, rootScope())).toEqual({ dropDatabase: 1, comment: 'x' });
    expect(dropDatabase.parse(replyOf({}), {}, rootScope(), facts)).toEqual({ ok: 1 });
  });
});
