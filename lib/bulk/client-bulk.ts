import type { Document } from '../bson/codec.js';
import { type BulkOperation, type BulkWriteReply, bulkWrite } from '../commands/bulk-write.js';
import type { Scope } from '../commands/scope.js';
import type { IoCore } from '../core/io-core.js';
import { BatchCursor } from '../cursor/batch-cursor.js';
import { ClientBulkWriteError, type WriteConcernFailure, type WriteError } from '../errors/operation-errors.js';
import { ConfigurationError } from '../errors/usage-errors.js';
import { nextRequestId } from '../wire/header.js';
import { ClientBulkWriteResult } from './client-bulk-result.js';

/** How far a bulk has come. */
interface Progress {
  readonly result: ClientBulkWriteResult;
  readonly writeErrors: Map<number, WriteError>;
  readonly writeConcernErrors: WriteConcernFailure[];
  readonly labels: Set<string>;
  /** Whether it is known that anything was written: only then is there a partial result. */
  written: boolean;
}

/**
 * Sends writes to any collections, in as many bulkWrite commands as the server's limits ask for, and reads what it says
 * of each. An ordered bulk stops at the first error.
 *
 * @throws ClientBulkWriteError where writes failed; ConfigurationError for options that exclude each other
 * @see MongoDB Bulk Write specification, "Handling the bulkWrite Server Response"
 */
export async function executeClientBulk(
  core: IoCore,
  scope: Scope,
  operations: readonly BulkOperation[],
  options: Document | undefined,
): Promise<ClientBulkWriteResult> {
  const ordered = options?.ordered ?? true;
  const verbose = options?.verboseResults === true;
  if (!scope.with(options).writeConcern.isAcknowledged) refuseUnheard(ordered, verbose);
  const progress: Progress = {
    result: new ClientBulkWriteResult(verbose),
    writeErrors: new Map(),
    writeConcernErrors: [],
    labels: new Set(),
    written: false,
  };
  const operationId = nextRequestId();
  try {
    for (let from = 0; from < operations.length; ) {
      const reply = await core.run(bulkWrite, scope, { operations, from, ordered, options, operationId });
      await readReply(core, scope, operations, from, ordered, reply, progress);
      if (ordered && progress.writeErrors.size > 0) break;
      from += reply.sent;
    }
  } catch (error) {
    throw failure(progress, error) ?? error;
  }
  const error = failure(progress, undefined);
  if (error !== undefined) throw error;
  return progress.result;
}

function refuseUnheard(ordered: boolean, verbose: boolean): void {
  if (ordered) throw new ConfigurationError('an ordered bulkWrite cannot be unacknowledged (w: 0): use ordered: false');
  if (verbose) throw new ConfigurationError('verboseResults needs answers: it cannot be used with w: 0');
}

async function readReply(
  core: IoCore,
  scope: Scope,
  operations: readonly BulkOperation[],
  from: number,
  ordered: boolean,
  reply: BulkWriteReply,
  progress: Progress,
): Promise<void> {
  const { result, writeConcernErrors, labels } = progress;
  if (!reply.acknowledged) {
    result.acknowledged = false;
    return;
  }
  for (const label of reply.errorLabels) labels.add(label);
  if (reply.writeConcernError !== undefined) writeConcernErrors.push(reply.writeConcernError as WriteConcernFailure);
  result.addCounts(reply);
  const { nErrors } = reply.counts;
  if (nErrors === 0 || (!ordered && nErrors < reply.sent)) progress.written = true;
  await readResults(core, scope, operations, from, ordered, reply, progress);
}

/** The server's word on each write, or on those that failed, as a cursor. */
async function readResults(
  core: IoCore,
  scope: Scope,
  operations: readonly BulkOperation[],
  from: number,
  ordered: boolean,
  { results }: BulkWriteReply,
  progress: Progress,
): Promise<void> {
  if (results === undefined) return;
  const cursor = new BatchCursor(core, scope, { open: () => Promise.resolve(results), ...WHOLE });
  while (await cursor.fetch()) {
    for (let entry = cursor.take(); entry !== null; entry = cursor.take()) {
      const index = from + Number(entry.idx);
      const operation = operations[index]!;
      if (Number(entry.ok) === 1) {
        progress.result.addResult(index, operation, entry);
        continue;
      }
      if (ordered && entry.idx > 0) progress.written = true;
      progress.writeErrors.set(index, {
        index,
        code: entry.code,
        errmsg: entry.errmsg,
        errInfo: entry.errInfo,
        op: operation,
      });
    }
  }
}

/** The results are read to their end, batch after batch. */
const WHOLE = {
  batchSize: undefined,
  limit: 0,
  tailable: false,
  awaitData: false,
  maxAwaitTimeMS: undefined,
  comment: undefined,
  signal: undefined,
  prefetch: false,
} as const;

/** What has to be thrown; undefined where there is nothing, or nothing beside `cause`. */
function failure(
  { result, writeErrors, writeConcernErrors, labels, written }: Progress,
  cause: unknown,
): Error | undefined {
  const [first] = writeErrors.values();
  const told = first ?? writeConcernErrors[0];
  if (told === undefined && (cause === undefined || !written)) return undefined;
  const message = told?.errmsg ?? (cause instanceof Error ? cause.message : String(cause));
  return new ClientBulkWriteError(message, {
    cause,
    partialResult: written ? result : undefined,
    writeErrors,
    writeConcernErrors,
    labels: [...labels],
  });
}
