import { createSearchIndexes } from '../../lib/commands/create-search-indexes.js';
import { facts, replyOf, scope } from './scope-and-reply.js';

const definition = { mappings: { dynamic: true } };
const build = (...indexes: any[]) => createSearchIndexes.build({ indexes }, scope);

describe('createSearchIndexes', () => {
  it('makes several, with a name and a type where they are given', () => {
    const vector = { name: 'v', type: 'vectorSearch', definition: { fields: [] } };
    expect(build({ definition }, vector)).toEqual({ createSearchIndexes: 'c', indexes: [{ definition }, vector] });
  });

  it('carries neither read concern nor write concern', () => {
    expect(createSearchIndexes.kind).toBe('catalog');
  });

  it('takes what all commands take', () => {
    const built = createSearchIndexes.build({ indexes: [{ definition }], options: { comment: 'why' } }, scope);
    expect(built).toEqual({ createSearchIndexes: 'c', indexes: [{ definition }], comment: 'why' });
  });

  it('gives the names, as the server chose them', () => {
    const input = { indexes: [{ definition }] };
    const indexesCreated = [
      { id: '1', name: 'default' },
      { id: '2', name: 'v' },
    ];
    expect(createSearchIndexes.parse(replyOf({ indexesCreated }), input, scope, facts)).toEqual(['default', 'v']);
    expect(createSearchIndexes.parse(replyOf({}), input, scope, facts)).toEqual([]);
  });

  it.each([
    [[null], 'index must be a document, not null'],
    [[{ name: 5, definition }], 'name must be a string, not 5'],
    [[{ definition: 'all' }], "definition must be a document, not 'all'"],
    [[{ definition, type: true }], 'type must be a string, not true'],
  ])('refuses %j', (indexes, words) => {
    expect(() => build(...indexes)).toThrow(words);
  });

  it('refuses what is no list', () => {
    expect(() => createSearchIndexes.build({ indexes: { definition } as never }, scope)).toThrow(
      'indexes must be an array',
    );
  });
});
