import { type Document, Int32 } from 'bson';
import type { ResultCursors } from './bulk-write-cursors.js';
import { commandOf, type OpGroup, planOps } from './bulk-write-plan.js';
import { isFailure } from './error-reply.js';
import type { Next } from './layer.js';
import type { Command } from './message.js';

/** Errors that end the whole command: states of the server, not of one operation. */
const ENDS_ALL = new Set([6, 7, 18, 50, 89, 91, 189, 251, 262, 9001, 10107, 11600, 11601, 11602, 13435, 13436]);

interface Tally {
  readonly counts: Record<'nErrors' | 'nInserted' | 'nMatched' | 'nModified' | 'nUpserted' | 'nDeleted', number>;
  readonly results: Document[];
  writeConcernError?: Document;
  readonly retriedStmtIds: unknown[];
}

/**
 * The command bulkWrite of 8.0 (bulk-write.md), carried out as inserts, updates and deletes. Its results wait in
 * `cursors` for getMore.
 */
export async function bulkWrite(command: Command, next: Next, cursors: ResultCursors): Promise<Document | undefined> {
  const { body } = command;
  const errorsOnly = body.errorsOnly === true;
  const groups = planOps(body, !errorsOnly);
  if ('refused' in groups) return groups.refused;
  const counts = { nErrors: 0, nInserted: 0, nMatched: 0, nModified: 0, nUpserted: 0, nDeleted: 0 };
  const tally: Tally = { counts, results: [], retriedStmtIds: [] };
  let last: Document = {};
  for (const [index, group] of groups.entries()) {
    const written = commandOf(group, body, index === 0);
    const reply = await next({
      ...command,
      name: group.kind,
      body: acknowledged(written, command),
      unacknowledged: false,
    });
    if (reply === undefined) return undefined;
    last = reply;
    if (isFailure(reply) && (body.autocommit === false || ENDS_ALL.has(Number(reply.code)))) return reply;
    count(tally, group, reply, { errorsOnly, ordered: body.ordered !== false });
    if (tally.counts.nErrors > 0 && body.ordered !== false) break;
  }
  return replyOf(tally, body, last, cursors);
}

/** A write that nobody waits for is waited for here, so that the next one comes after it. */
function acknowledged(body: Document, command: Command): Document {
  return command.unacknowledged ? { ...body, writeConcern: { w: 1 } } : body;
}

function count(tally: Tally, group: OpGroup, reply: Document, how: { errorsOnly: boolean; ordered: boolean }): void {
  const { counts } = tally;
  const failed: Document[] = isFailure(reply)
    ? [{ index: 0, code: reply.code, errmsg: reply.errmsg }]
    : (reply.writeErrors ?? []);
  const n = isFailure(reply) ? 0 : Number(reply.n);
  const upserted: Document[] = reply.upserted ?? [];
  counts.nErrors += failed.length;
  if (group.kind === 'insert') counts.nInserted += n;
  else if (group.kind === 'delete') counts.nDeleted += n;
  else {
    counts.nMatched += n - upserted.length;
    counts.nModified += Number(reply.nModified ?? 0);
    counts.nUpserted += upserted.length;
  }
  if (reply.writeConcernError !== undefined) tally.writeConcernError = reply.writeConcernError;
  tally.retriedStmtIds.push(...(reply.retriedStmtIds ?? []));
  tally.results.push(...resultsOf(group, reply, failed, how));
}

/** One document for each operation that was tried, in the shape that bulkWrite's cursor has. */
function* resultsOf(
  group: OpGroup,
  reply: Document,
  failed: readonly Document[],
  how: { readonly errorsOnly: boolean; readonly ordered: boolean },
): Generator<Document> {
  const errors = new Map(failed.map((error) => [Number(error.index), error]));
  for (const offset of group.statements.keys()) {
    const idx = new Int32(group.first + offset);
    const found = errors.get(offset);
    if (found !== undefined) {
      const { index: _, ...error } = found;
      const modified = group.kind === 'update' ? { nModified: new Int32(0) } : {};
      yield { ok: 0, idx, ...error, n: new Int32(0), ...modified };
      if (how.ordered) return; // what stands behind it was not tried
    } else if (!how.errorsOnly) {
      // Updates and deletes are alone in their group, so that the numbers are theirs.
      const { n, nModified, upserted } = group.kind === 'insert' ? { n: new Int32(1) } : (reply as Document);
      const id = upserted?.[0]?._id;
      yield { ok: 1, idx, n, nModified, upserted: id === undefined ? undefined : { _id: id } };
    }
  }
}

function replyOf(tally: Tally, body: Document, last: Document, cursors: ResultCursors): Document {
  const numbers = Object.fromEntries(Object.entries(tally.counts).map(([name, value]) => [name, new Int32(value)]));
  const carried: Document = {};
  for (const name of ['electionId', 'opTime', '$clusterTime', 'operationTime', 'recoveryToken']) {
    if (last[name] !== undefined) carried[name] = last[name];
  }
  return {
    cursor: cursors.open(tally.results, Number(body.cursor?.batchSize ?? Number.POSITIVE_INFINITY)),
    ...numbers,
    ...(tally.writeConcernError === undefined ? {} : { writeConcernError: tally.writeConcernError }),
    ...(tally.retriedStmtIds.length === 0 ? {} : { retriedStmtIds: tally.retriedStmtIds }),
    ok: 1,
    ...carried,
  };
}
