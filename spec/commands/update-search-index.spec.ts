import { updateSearchIndex } from '../../lib/commands/update-search-index.js';
import { facts, replyOf, scope } from './scope-and-reply.js';

const definition = { mappings: { dynamic: true } };

describe('updateSearchIndex', () => {
  it('has the name and the definition, and carries neither read concern nor write concern', () => {
    const input = { name: 'x', definition };
    expect(updateSearchIndex.build(input, scope)).toEqual({ updateSearchIndex: 'c', name: 'x', definition });
    expect(updateSearchIndex.kind).toBe('catalog');
    expect(updateSearchIndex.parse(replyOf({}), input, scope, facts)).toBeUndefined();
  });

  it('takes what all commands take', () => {
    const built = updateSearchIndex.build({ name: 'x', definition, options: { comment: 'why' } }, scope);
    expect(built).toEqual({ updateSearchIndex: 'c', name: 'x', definition, comment: 'why' });
  });

  it.each([
    [undefined, definition, 'name must be a string, not undefined'],
    [5, definition, 'name must be a string, not 5'],
    ['x', undefined, 'definition must be a document, not undefined'],
    ['x', [definition], 'definition must be a document, not [ {'],
  ])('refuses %j with %j', (name, given, words) => {
    expect(() => updateSearchIndex.build({ name, definition: given }, scope)).toThrow(words);
  });
});
