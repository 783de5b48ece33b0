import { listCollections } from '../../lib/commands/list-collections.js';
import { cursorReply, facts, rootScope } from './scope-and-reply.js';

describe('listCollections', () => {
  const build = (filter: unknown, options?: object) => listCollections.build({ filter, options }, rootScope());

  it('has a filter, a cursor and its options', () => {
    expect(build(undefined)).toEqual({ listCollections: 1, cursor: {}, filter: {} });
    expect(
      build({ type: 'view' }, { nameOnly: true, authorizedCollections: true, batchSize: 5, comment: 'x' }),
    ).toEqual({
      listCollections: 1,
      cursor: { batchSize: 5 },
      filter: { type: 'view' },
      nameOnly: true,
      authorizedCollections: true,
      comment: 'x',
    });
    expect(() => build({}, { batchSize: -1 })).toThrow(/batchSize must not be negative/);
    expect(() => build({ name: undefined })).toThrow(/filter\.name is undefined/);
  });

  it('opens a cursor', () => {
    expect(listCollections.parse(cursorReply([{ name: 'a' }], 5n), { filter: {} }, rootScope(), facts).id).toBe(5n);
  });
});
