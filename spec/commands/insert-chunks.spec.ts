import { serialize } from 'bson';
import { insertChunks } from '../../lib/commands/insert-chunks.js';
import { facts, replyOf, scope } from './scope-and-reply.js';

const block = { bytes: Buffer.concat([Buffer.alloc(8), serialize({ n: 0 }), serialize({ n: 1 })]), headroom: 8 };
const input = { block, count: 2 };

describe('insertChunks', () => {
  it('is an insert whose documents are written already', () => {
    expect(insertChunks).toMatchObject({ name: 'insert', kind: 'write', retry: 'write' });
    expect(insertChunks.build({ ...input, options: { comment: 'x' } }, scope)).toEqual({
      insert: 'c',
      ordered: true,
      comment: 'x',
    });
    const sequence = insertChunks.sequence!(input, scope);
    expect(sequence).toMatchObject({ name: 'documents', length: 2, block });
    expect(() => sequence.encodeInto(Buffer.alloc(0), 0, 0)).toThrow('written already');
  });

  it('shows its documents to listeners, in memory of their own', () => {
    const second = insertChunks.sequence!(input, scope).at(1);
    block.bytes.fill(0xff, 30);
    expect(second).toEqual({ n: 1 });
  });

  it('has no result', () => {
    expect(insertChunks.parse(replyOf({ n: 2 }), input, scope, facts)).toBeUndefined();
  });
});
