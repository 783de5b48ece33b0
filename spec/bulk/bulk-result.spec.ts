import { BulkWriteResult } from '../../lib/bulk/bulk-result.js';

const error = (index: number) => ({ index, code: 11000, errmsg: 'E11000', op: {} });

describe('BulkWriteResult', () => {
  it('starts with nothing done', () => {
    const result = new BulkWriteResult();
    expect({ ...result }).toEqual({
      insertedCount: 0,
      matchedCount: 0,
      modifiedCount: 0,
      deletedCount: 0,
      upsertedCount: 0,
      insertedIds: {},
      upsertedIds: {},
      acknowledged: true,
    });
    expect([result.ok, result.isOk(), result.hasWriteErrors(), result.getWriteErrorCount()]).toEqual([
      1,
      true,
      false,
      0,
    ]);
    expect([result.getWriteErrors(), result.getWriteErrorAt(0), result.getWriteConcernError()]).toEqual([
      [],
      undefined,
      undefined,
    ]);
  });

  it('gives errors in the order of the list, whatever the order they came in', () => {
    const result = new BulkWriteResult();
    for (const index of [7, 2, 5]) result.addWriteError(error(index));
    expect(result.getWriteErrors().map(({ index }) => index)).toEqual([2, 5, 7]);
    expect(result.getWriteErrorAt(1)).toMatchObject({ index: 5 });
    expect([result.getWriteErrorCount(), result.hasWriteErrors(), result.isOk()]).toEqual([3, true, true]);
  });

  it('gives the first write concern error, and copies of the list', () => {
    const result = new BulkWriteResult();
    result.addWriteConcernError({ code: 64, errmsg: 'first' });
    result.addWriteConcernError({ code: 64, errmsg: 'second' });
    expect(result.getWriteConcernError()?.errmsg).toBe('first');
    result.getWriteConcernErrors().pop();
    expect(result.getWriteConcernErrors()).toHaveLength(2);
  });

  it('can be shown as one document', () => {
    const result = new BulkWriteResult();
    Object.assign(result, {
      insertedCount: 1,
      insertedIds: { 3: 'a' },
      upsertedCount: 1,
      upsertedIds: { 5: 'b' },
      deletedCount: 2,
    });
    result.addWriteError(error(1));
    expect(result.getRawResponse()).toEqual({
      ok: 1,
      writeErrors: [error(1)],
      writeConcernErrors: [],
      insertedIds: [{ index: 3, _id: 'a' }],
      nInserted: 1,
      nUpserted: 1,
      nMatched: 0,
      nModified: 0,
      nRemoved: 2,
      upserted: [{ index: 5, _id: 'b' }],
    });
    expect(result.getUpsertedIdAt(5)).toBe('b');
    expect(result.getUpsertedIdAt(0)).toBeUndefined();
    expect(String(result)).toMatch(/^BulkWriteResult\({"ok":1,/);
  });
});
