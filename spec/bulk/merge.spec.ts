import { BulkWriteResult } from '../../lib/bulk/bulk-result.js';
import { mergeReply, throwErrors } from '../../lib/bulk/merge.js';
import type { BulkGroup, BulkKind } from '../../lib/bulk/plan.js';
import type { BatchReply } from '../../lib/commands/write-batch.js';
import { BulkWriteError } from '../../lib/errors/operation-errors.js';

const group = (kind: BulkKind): BulkGroup => ({
  kind,
  entries: ['a', 'b', 'c', 'd'].map((name) => ({ name })),
  indexes: [1, 4, 5, 9],
});
const reply = (fields: Partial<BatchReply>): BatchReply => ({
  sent: 2,
  n: 2,
  nModified: 0,
  upserted: [],
  writeErrors: [],
  writeConcernError: undefined,
  errorLabels: [],
  acknowledged: true,
  ...fields,
});

describe('mergeReply', () => {
  it('adds counts to those of its kind', () => {
    const result = new BulkWriteResult();
    mergeReply(result, group('insert'), 0, reply({ n: 2 }));
    mergeReply(result, group('insert'), 2, reply({ n: 1 }));
    mergeReply(result, group('delete'), 0, reply({ n: 7 }));
    mergeReply(result, group('update'), 0, reply({ n: 5, nModified: 3 }));
    expect(result).toMatchObject({
      insertedCount: 3,
      deletedCount: 7,
      matchedCount: 5,
      modifiedCount: 3,
      upsertedCount: 0,
    });
  });

  it('counts upserts apart from matches, by the index of the list', () => {
    const result = new BulkWriteResult();
    mergeReply(result, group('update'), 2, reply({ n: 3, nModified: 1, upserted: [{ index: 1, _id: 'x' }] }));
    expect(result).toMatchObject({ matchedCount: 2, modifiedCount: 1, upsertedCount: 1, upsertedIds: { 9: 'x' } });
  });

  it('counts errors in the list, with what was sent', () => {
    const result = new BulkWriteResult();
    const failure = { index: 1, code: 11000, errmsg: 'E11000', keyPattern: { a: 1 }, keyValue: { a: 5 } };
    mergeReply(result, group('insert'), 2, reply({ n: 1, writeErrors: [failure] }));
    expect(result.getWriteErrors()).toEqual([{ ...failure, index: 9, op: { name: 'd' } }]);
  });

  it('keeps write concern errors, and that a message got no answer', () => {
    const result = new BulkWriteResult();
    const writeConcernError = {
      code: 64,
      codeName: 'WriteConcernFailed',
      errmsg: 'waited',
      errInfo: { wtimeout: true },
    };
    mergeReply(result, group('insert'), 0, reply({ writeConcernError }));
    mergeReply(result, group('insert'), 2, reply({ acknowledged: false }));
    expect(result.getWriteConcernErrors()).toEqual([writeConcernError]);
    expect(result.acknowledged).toBe(false);
  });
});

describe('throwErrors', () => {
  const failure = (index: number) => ({ index, code: 11000, errmsg: `E11000 ${index}`, errInfo: { index }, op: {} });

  function thrown(result: BulkWriteResult, labels: string[] = []): BulkWriteError {
    try {
      throwErrors(result, labels);
    } catch (error) {
      return error as BulkWriteError;
    }
    throw new Error('nothing was thrown');
  }

  it('throws nothing where nothing failed', () => {
    expect(throwErrors(new BulkWriteResult(), [])).toBeUndefined();
  });

  it('throws with the first error of the list in front', () => {
    const result = new BulkWriteResult();
    result.addWriteError(failure(5));
    expect(thrown(result).message).toBe('E11000 5');
    result.addWriteError(failure(2));
    result.addWriteConcernError({ code: 64, errmsg: 'waited' });
    const error = thrown(result, ['RetryableWriteError']);
    expect(error).toBeInstanceOf(BulkWriteError);
    expect(error.message).toBe('E11000 2 (and 2 more errors)');
    expect(error).toMatchObject({ code: 11000, errInfo: { index: 2 }, errorLabels: ['RetryableWriteError'] });
    expect(error.result).toBe(result);
    expect(error.writeErrors.map(({ index }) => index)).toEqual([2, 5]);
  });

  it('throws for a write concern error alone', () => {
    const result = new BulkWriteResult();
    result.addWriteConcernError({ code: 64, errmsg: 'waited', errInfo: { wtimeout: true } });
    expect(thrown(result)).toMatchObject({ code: 64, writeErrors: [], writeConcernErrors: [{ errmsg: 'waited' }] });
  });
});
