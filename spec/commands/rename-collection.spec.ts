import { renameCollection } from '../../lib/commands/rename-collection.js';
import { facts, replyOf, rootScope } from './scope-and-reply.js';

describe('renameCollection', () => {
  const input = { from: 'db.c', database: 'db', to: 'd' };

  it('stays in its database', () => {
    expect(renameCollection.build(input, rootScope())).toEqual({ renameCollection: 'db.c', to: 'db.d' });
    const options = { dropTarget: true, comment: 'x' };
    expect(renameCollection.build({ ...input, options }, rootScope())).toMatchObject(options);
    expect(renameCollection.parse(replyOf({}), input, rootScope(), facts)).toEqual({ ok: 1 });
  });

  it('refuses a name that is none', () => {
    expect(() => renameCollection.build({ ...input, to: 'a$b' }, rootScope())).toThrow(
      /invalid collection name "a\$b"/,
    );
    expect(() => renameCollection.build({ ...input, to: 5 as any }, rootScope())).toThrow(/it must be a string/);
  });
});
