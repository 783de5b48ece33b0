import type { Document } from 'bson';
import { isFailure } from './error-reply.js';
import { type Next, withFields } from './layer.js';
import type { Command } from './message.js';

/**
 * `sort` of an update statement (crud/tests/unified/{updateOne,replaceOne,bulkWrite-*}-sort.json, 8.0 and later): the
 * first document in that order is looked up, and the statement is narrowed to it.
 */
export async function sortedUpdate(command: Command, next: Next): Promise<Document | undefined> {
  const updates: Document[] = command.body.updates ?? [];
  if (!updates.some((update) => update.sort !== undefined)) return next(command);
  // One after the other: an update may change what the next one finds first.
  if (updates.length > 1) return oneByOne(command, updates, next);
  const { sort, ...update } = updates[0] as Document;
  const found = await findFirst(command, { ...update, sort }, next);
  if (isFailure(found)) return found;
  const first: Document | undefined = found?.cursor?.firstBatch?.[0];
  const q = first === undefined ? update.q : { $and: [{ _id: first._id }, update.q] };
  const { startTransaction: _, readConcern: __, ...body } = command.body;
  return next({ ...command, body: { ...body, updates: [{ ...update, q }] } });
}

async function findFirst(command: Command, update: Document, next: Next): Promise<Document | undefined> {
  const { body } = command;
  const find: Document = {
    find: body.update,
    filter: update.q,
    sort: update.sort,
    projection: { _id: 1 },
    limit: 1,
    singleBatch: true,
  };
  for (const name of ['collation', 'hint']) if (update[name] !== undefined) find[name] = update[name];
  const shared = ['$db', 'let', 'lsid', '$clusterTime'];
  // A retryable write's number must not be used by a read; a transaction's must.
  if (body.autocommit === false) shared.push('txnNumber', 'autocommit', 'startTransaction', 'readConcern');
  for (const name of shared) if (body[name] !== undefined) find[name] = body[name];
  return next({ ...command, name: 'find', body: find, unacknowledged: false });
}

async function oneByOne(command: Command, updates: readonly Document[], next: Next): Promise<Document | undefined> {
  const sum: Document = { n: 0, nModified: 0, upserted: [], writeErrors: [], ok: 1 };
  const stmtIds: unknown[] | undefined = command.body.stmtIds;
  const isRetryable = command.body.txnNumber !== undefined && command.body.autocommit === undefined;
  for (const [index, update] of updates.entries()) {
    const ids = isRetryable ? { stmtIds: [stmtIds?.[index] ?? index] } : {};
    const later = index > 0 ? { startTransaction: undefined, readConcern: undefined } : {};
    const reply = await sortedUpdate(withFields(command, { updates: [update], ...ids, ...later }), next);
    if (reply === undefined || isFailure(reply)) return reply;
    sum.n += Number(reply.n);
    sum.nModified += Number(reply.nModified);
    for (const list of ['upserted', 'writeErrors']) {
      sum[list].push(...(reply[list] ?? []).map((entry: Document) => ({ ...entry, index })));
    }
    for (const name of ['writeConcernError', '$clusterTime', 'operationTime']) {
      if (reply[name] !== undefined) sum[name] = reply[name];
    }
    if (sum.writeErrors.length > 0 && command.body.ordered !== false) break;
  }
  for (const list of ['upserted', 'writeErrors']) if (sum[list].length === 0) delete sum[list];
  return sum;
}
