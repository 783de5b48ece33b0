import type { Document } from 'bson';
import { ClientBulkWriteResult } from '../../lib/bulk/client-bulk-result.js';
import type { BulkOperation, BulkWriteReply } from '../../lib/commands/bulk-write.js';

const replyWith = (counts: Document): BulkWriteReply => ({
  sent: 1,
  acknowledged: true,
  counts,
  writeConcernError: undefined,
  errorLabels: [],
  results: undefined,
});
const operation = (kind: BulkOperation['kind'], fields: Document = {}): BulkOperation => ({
  kind,
  namespace: 'db.c',
  fields,
  stored: undefined,
  model: undefined,
});

describe('ClientBulkWriteResult', () => {
  it('adds up the counts of all replies', () => {
    const result = new ClientBulkWriteResult(false);
    const counts = { nInserted: 1, nMatched: 2, nModified: 3, nUpserted: 4, nDeleted: 5 };
    result.addCounts(replyWith(counts));
    result.addCounts(replyWith({ ...counts, nErrors: 9 }));
    result.addCounts(replyWith({}));
    expect(result).toMatchObject({
      acknowledged: true,
      insertedCount: 2,
      matchedCount: 4,
      modifiedCount: 6,
      upsertedCount: 8,
      deletedCount: 10,
    });
  });

  it('keeps single results only where they were asked for', () => {
    const result = new ClientBulkWriteResult(false);
    result.addResult(0, operation('delete'), { n: 1 });
    expect(result).toMatchObject({
      hasVerboseResults: false,
      insertResults: undefined,
      updateResults: undefined,
      deleteResults: undefined,
    });
    expect(new ClientBulkWriteResult(true).deleteResults).toEqual(new Map());
  });

  it('has each under the index of its model, by kind', () => {
    const result = new ClientBulkWriteResult(true);
    result.addResult(3, operation('insert', { document: { _id: 'x', a: 1 } }), { n: 1 });
    result.addResult(4, operation('insert', { document: new Map([['_id', 'y']]) }), { n: 1 });
    result.addResult(5, operation('update'), { n: 2, nModified: 1 });
    result.addResult(6, operation('delete'), { n: 0 });
    expect(result.hasVerboseResults).toBe(true);
    expect(result.insertResults).toEqual(
      new Map([
        [3, { insertedId: 'x' }],
        [4, { insertedId: 'y' }],
      ]),
    );
    expect(result.updateResults).toEqual(new Map([[5, { matchedCount: 2, modifiedCount: 1 }]]));
    expect(result.deleteResults).toEqual(new Map([[6, { deletedCount: 0 }]]));
  });

  it('tells an upsert with the _id null from none', () => {
    const result = new ClientBulkWriteResult(true);
    result.addResult(0, operation('update'), { n: 1, nModified: 0, upserted: { _id: null } });
    result.addResult(1, operation('update'), { n: 0 });
    expect(result.updateResults!.get(0)).toEqual({ matchedCount: 1, modifiedCount: 0, upsertedId: null });
    expect('upsertedId' in result.updateResults!.get(1)!).toBe(false);
    expect(result.updateResults!.get(1)!.modifiedCount).toBe(0);
  });
});
