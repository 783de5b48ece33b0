import { dropSearchIndex } from '../../lib/commands/drop-search-index.js';
import { facts, replyOf, scope } from './scope-and-reply.js';

describe('dropSearchIndex', () => {
  it('names the index, and carries neither read concern nor write concern', () => {
    expect(dropSearchIndex.build({ name: 'x' }, scope)).toEqual({ dropSearchIndex: 'c', name: 'x' });
    expect(dropSearchIndex.kind).toBe('catalog');
    expect(dropSearchIndex.parse(replyOf({}), { name: 'x' }, scope, facts)).toBeUndefined();
  });

  it('takes what all commands take', () => {
    const options = { comment: 'why', maxTimeMS: 5, signal: AbortSignal.abort() };
    const built = dropSearchIndex.build({ name: 'x', options }, scope);
    expect(built).toEqual({ dropSearchIndex: 'c', name: 'x', comment: 'why', maxTimeMS: 5 });
  });

  it.each([[undefined], [5], [{ name: 'x' }]])('refuses the name %j', (name) => {
    expect(() => dropSearchIndex.build({ name }, scope)).toThrow('name must be a string');
  });
});
