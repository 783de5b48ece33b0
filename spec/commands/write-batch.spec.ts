import { batchReply, failedBatchReply, unacknowledgedBatch } from '../../lib/commands/write-batch.js';
import { facts, replyOf } from './scope-and-reply.js';

const sent = { ...facts, sent: 3 };
const none = { upserted: [], writeErrors: [], writeConcernError: undefined, errorLabels: [] };

describe('a reply to one message of a bulk', () => {
  it('has counts', () => {
    const reply = batchReply(replyOf({ n: 3, nModified: 2 }), undefined, undefined, sent);
    expect(reply).toEqual({ ...none, sent: 3, n: 3, nModified: 2, acknowledged: true });
  });

  it('has upserts', () => {
    const upserted = [{ index: 1, _id: 'x' }];
    expect(batchReply(replyOf({ n: 3, upserted }), undefined, undefined, sent)).toMatchObject({ n: 3, upserted });
  });

  it('has errors', () => {
    const writeErrors = [{ index: 2, code: 11000, errmsg: 'E11000' }];
    const writeConcernError = { code: 64, errmsg: 'waited' };
    const reply = replyOf({ n: 2, writeErrors, writeConcernError, errorLabels: ['RetryableWriteError'] });
    expect(failedBatchReply(reply, undefined, undefined, sent)).toEqual({
      ...none,
      sent: 3,
      n: 2,
      nModified: 0,
      writeErrors,
      writeConcernError,
      errorLabels: ['RetryableWriteError'],
      acknowledged: true,
    });
  });

  it('is made up where none comes', () => {
    expect(unacknowledgedBatch(undefined, sent)).toEqual({ ...none, sent: 3, n: 0, nModified: 0, acknowledged: false });
  });
});
