import type { BatchReply } from '../commands/write-batch.js';
import { BulkWriteError, type WriteError } from '../errors/operation-errors.js';
import type { BulkWriteResult } from './bulk-result.js';
import type { BulkGroup } from './plan.js';

/** Adds what one message did to the result of the whole bulk. `from` is the message's first entry in its group. */
export function mergeReply(result: BulkWriteResult, group: BulkGroup, from: number, reply: BatchReply): void {
  const indexOf = (index: number): number => group.indexes[from + index]!;
  if (!reply.acknowledged) result.acknowledged = false;
  if (group.kind === 'insert') result.insertedCount += reply.n;
  else if (group.kind === 'delete') result.deletedCount += reply.n;
  else result.matchedCount += reply.n - reply.upserted.length;
  result.modifiedCount += reply.nModified;
  result.upsertedCount += reply.upserted.length;
  for (const { index, _id } of reply.upserted) result.upsertedIds[indexOf(index)] = _id;
  for (const error of reply.writeErrors) {
    const op = group.entries[from + error.index];
    result.addWriteError({ ...error, index: indexOf(error.index), op } as WriteError);
  }
  const concern = reply.writeConcernError;
  if (concern !== undefined) result.addWriteConcernError({ ...concern, code: concern.code, errmsg: concern.errmsg });
}

/** Throws where some of the writes failed. */
export function throwErrors(result: BulkWriteResult, labels: Iterable<string>): void {
  const writeErrors = result.getWriteErrors();
  const writeConcernErrors = result.getWriteConcernErrors();
  const first = writeErrors[0] ?? writeConcernErrors[0];
  if (first === undefined) return;
  const others = writeErrors.length + writeConcernErrors.length - 1;
  const message = others === 0 ? first.errmsg : `${first.errmsg} (and ${others} more errors)`;
  throw new BulkWriteError(message, { result, writeErrors, writeConcernErrors, labels: [...labels] });
}
