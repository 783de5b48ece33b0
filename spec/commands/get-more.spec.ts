import { Long } from '../../lib/bson/codec.js';
import { getMore } from '../../lib/commands/get-more.js';
import { facts, replyOf, scope } from './scope-and-reply.js';

const input = { id: 9007199254740993n, batchSize: undefined, maxAwaitTimeMS: undefined, comment: undefined };

describe('getMore', () => {
  it('names the cursor as a 64-bit integer', () => {
    expect(getMore.build(input, scope)).toEqual({ getMore: Long.fromString('9007199254740993'), collection: 'c' });
    expect(getMore.build({ ...input, batchSize: 5, maxAwaitTimeMS: 7, comment: 'x' }, scope)).toMatchObject({
      batchSize: 5,
      maxTimeMS: 7,
      comment: 'x',
    });
  });

  it('keeps its comment from servers before 4.4, which would refuse it', () => {
    const body = { getMore: 1, comment: 'x' };
    getMore.adapt!(body, 9, input, true);
    expect(body).toEqual({ getMore: 1, comment: 'x' });
    getMore.adapt!(body, 8, input, true);
    expect(body).toEqual({ getMore: 1 });
  });

  it('gives the next batch', () => {
    const cursor = { id: 0n, ns: 'db.c', nextBatch: [{ a: 1 }], postBatchResumeToken: { _data: 'x' } };
    const reply = getMore.parse(replyOf({ cursor }), input, scope, facts);
    expect(reply).toMatchObject({ id: 0n, namespace: 'db.c', postBatchResumeToken: { _data: 'x' } });
    expect(reply.batch.next(scope.decoder)).toEqual({ a: 1 });
  });
});
