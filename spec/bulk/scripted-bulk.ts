/** A scripted server's side of `client.bulkWrite`. */
import { type Document, Long } from 'bson';
import type { AnyClientBulkWriteModel } from '../../lib/api/client-bulk-models.js';

/** What a server of MongoDB 8.0 says of itself, with limits that a few short documents reach. */
export const SMALL_SERVER = {
  maxWireVersion: 25,
  maxWriteBatchSize: 3,
  maxMessageSizeBytes: 12_000,
  maxBsonObjectSize: 4_000,
} as const;

/** The id of every cursor that `bulkReply` leaves open. */
export const RESULTS_ID = 99n;
const NAMESPACE = 'admin.$cmd.bulkWrite';

/** The reply to a bulkWrite whose writes all succeeded, with `fields` on top; `open` leaves the results' cursor open. */
export function bulkReply(
  { ops }: Document,
  fields: Document = {},
  firstBatch: readonly Document[] = [],
  open = false,
): Document {
  const count = (kind: string): number => ops.filter((op: Document) => kind in op).length;
  return {
    ok: 1,
    cursor: { id: Long.fromBigInt(open ? RESULTS_ID : 0n), ns: NAMESPACE, firstBatch },
    nErrors: 0,
    nInserted: count('insert'),
    nMatched: count('update'),
    nModified: count('update'),
    nUpserted: 0,
    nDeleted: count('delete'),
    ...fields,
  };
}

/** The reply to a getMore on the results. */
export function moreResults(nextBatch: readonly Document[], open = false): Document {
  return { ok: 1, cursor: { id: Long.fromBigInt(open ? RESULTS_ID : 0n), ns: NAMESPACE, nextBatch } };
}

/** The entry of a write that hit a unique index. */
export function duplicate(idx: number): Document {
  return { ok: 0, idx, code: 11000, errmsg: `E11000 duplicate key, write ${idx}`, n: 0 };
}

/** So many inserts into `db.coll`, each with a document of its own. */
export function inserts(length: number, text = 'b', namespace = 'db.coll'): AnyClientBulkWriteModel[] {
  return Array.from({ length }, () => ({ name: 'insertOne', namespace, document: { a: text } }));
}
