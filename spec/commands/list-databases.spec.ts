import { listDatabases } from '../../lib/commands/list-databases.js';
import { facts, replyOf, rootScope } from './scope-and-reply.js';

it('listDatabases has a filter and its options, and gives the reply', () => {
  const options = { filter: { name: 'a' }, nameOnly: true, authorizedDatabases: false, comment: 5 };
  expect(listDatabases.build({ options }, rootScope())).toEqual({ listDatabases: 1, ...options });
  expect(() => listDatabases.build({ options: { filter: 'a' } }, rootScope())).toThrow(
    "filter must be a document, not 'a'",
  );
  const reply = { databases: [{ name: 'a' }], ok: 1 };
  expect(listDatabases.parse(replyOf(reply), {}, rootScope(), facts)).toEqual(reply);
});
