import { inspect } from 'node:util';
import type { Document } from '../bson/codec.js';
import { type BulkOperation, type BulkWriteReply, bulkWrite } from '../commands/bulk-write.js';
import type { OpenedCursor } from '../commands/cursor-reply.js';
import { boolean } from '../commands/fields.js';
import type { Scope } from '../commands/scope.js';
import type { IoCore } from '../core/io-core.js';
import { inOneTurn } from '../core/session-of.js';
import { onScope, transactionOf } from '../core/traced-operation.js';
import { BatchCursor } from '../cursor/batch-cursor.js';
import { ProtocolError } from '../errors/connection-errors.js';
import { ClientBulkWriteError, type WriteConcernFailure, type WriteError } from '../errors/operation-errors.js';
import type { ErrorContext } from '../errors/rotor-error.js';
import { ConfigurationError } from '../errors/usage-errors.js';
import type { CommandTeller } from '../events/command-events.js';
import type { Deadline } from '../util/deadline.js';
import type { SharedTurn } from '../util/shared-turn.js';
import { nextRequestId } from '../wire/header.js';
import { ClientBulkWriteResult } from './client-bulk-result.js';

/** What a bulk was given, and how far it has come. */
interface Bulk {
  readonly core: IoCore;
  readonly scope: Scope;
  readonly operations: readonly BulkOperation[];
  readonly ordered: boolean;
  readonly options: Document | undefined;
  readonly deadline: Deadline | undefined;
  /** Of the session: nothing comes between the messages, nor between a message and what it tells of its writes. */
  readonly turn: SharedTurn;
  readonly trace: CommandTeller | undefined;
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
export function executeClientBulk(
  core: IoCore,
  scope: Scope,
  operations: readonly BulkOperation[],
  options: Document | undefined,
): Promise<ClientBulkWriteResult> {
  const run = (trace?: CommandTeller): Promise<ClientBulkWriteResult> =>
    inOneTurn((turn) => carryOut(core, scope, operations, options, turn, trace));
  if (!core.tracer.isActive) return run();
  return core.tracer.trace(onScope('bulkWrite', scope), run, transactionOf(core, { options }, scope));
}

async function carryOut(
  core: IoCore,
  scope: Scope,
  operations: readonly BulkOperation[],
  options: Document | undefined,
  turn: SharedTurn,
  trace: CommandTeller | undefined,
): Promise<ClientBulkWriteResult> {
  const ordered = boolean(options?.ordered ?? true, 'ordered') as boolean;
  const verbose = boolean(options?.verboseResults ?? false, 'verboseResults') as boolean;
  if (!scope.with(options).writeConcern.isAcknowledged) refuseUnheard(ordered, verbose);
  const bulk: Bulk = {
    core,
    scope,
    operations,
    ordered,
    options,
    deadline: scope.deadline(options),
    turn,
    trace,
    result: new ClientBulkWriteResult(verbose),
    writeErrors: new Map(),
    writeConcernErrors: [],
    labels: new Set(),
    written: false,
  };
  const startedAt = performance.now();
  try {
    await sendAll(bulk);
  } catch (error) {
    throw failure(bulk, error)?.at(context(bulk, startedAt)) ?? error;
  }
  const error = failure(bulk, undefined);
  if (error !== undefined) throw error.at(context(bulk, startedAt));
  return bulk.result;
}

function refuseUnheard(ordered: boolean, verbose: boolean): void {
  if (ordered)
    throw new ConfigurationError('Cannot request unacknowledged write concern and ordered writes: use ordered: false');
  if (verbose)
    throw new ConfigurationError(
      'Cannot request unacknowledged write concern and verbose results: there is no answer to read',
    );
}

async function sendAll(bulk: Bulk): Promise<void> {
  const { core, scope, operations, ordered, options } = bulk;
  // One number for all messages, by which listeners of events see that they belong together; and one deadline.
  const operationId = nextRequestId();
  const { deadline, turn, trace } = bulk;
  for (let from = 0; from < operations.length; ) {
    const reply = await core.run(bulkWrite, scope, {
      operations,
      from,
      ordered,
      options,
      operationId,
      deadline,
      turn,
      trace,
    });
    await readReply(bulk, from, reply);
    if (ordered && bulk.writeErrors.size > 0) return;
    from += reply.sent;
  }
}

async function readReply(bulk: Bulk, from: number, reply: BulkWriteReply): Promise<void> {
  const { result, writeConcernErrors, labels, ordered } = bulk;
  if (!reply.acknowledged) {
    result.acknowledged = false;
    return;
  }
  for (const label of reply.errorLabels) labels.add(label);
  if (reply.writeConcernError !== undefined) writeConcernErrors.push(reply.writeConcernError as WriteConcernFailure);
  result.addCounts(reply);
  const { nErrors } = reply.counts;
  if (nErrors === 0 || (!ordered && nErrors < reply.sent)) bulk.written = true;
  if (reply.results !== undefined) await readResults(bulk, from, reply.results);
}

/** The server's word on each write, or on those that failed, as a cursor. */
async function readResults(bulk: Bulk, from: number, results: OpenedCursor): Promise<void> {
  const { core, options } = bulk;
  const { signal, comment } = options ?? {};
  const { deadline: lifetime, turn } = bulk;
  const plan = { ...WHOLE, open: () => Promise.resolve(results), signal, comment, lifetime, turn };
  const cursor = new BatchCursor(core, bulk.scope.with(PLAIN), plan);
  try {
    while (await cursor.fetch()) {
      for (let entry = cursor.take(); entry !== null; entry = cursor.take()) noteEntry(bulk, from, entry);
    }
  } catch (error) {
    await cursor.close();
    throw error;
  }
}

function noteEntry(bulk: Bulk, from: number, { idx, ok, code, errmsg, errInfo, ...counts }: Document): void {
  const index = from + idx;
  const operation = bulk.operations[index];
  if (operation === undefined) throw new ProtocolError(`a result of bulkWrite tells of the write ${inspect(idx)}`);
  if (ok === 1) {
    bulk.result.addResult(index, operation, counts);
    return;
  }
  if (bulk.ordered && idx > 0) bulk.written = true;
  bulk.writeErrors.set(index, { index, code, errmsg, errInfo, op: operation.model });
}

/** The entries are the driver's to read, whatever the form in which the user wants documents. */
const PLAIN = { promoteValues: true, promoteLongs: true, useBigInt64: false, raw: false } as const;

/** The results are read to their end, batch after batch. */
const WHOLE = {
  batchSize: undefined,
  limit: 0,
  tailable: false,
  awaitData: false,
  maxAwaitTimeMS: undefined,
  prefetch: false,
} as const;

/** What has to be thrown; undefined where there is nothing, or nothing beside `cause`. */
function failure(
  { result, writeErrors, writeConcernErrors, labels, written }: Bulk,
  cause: unknown,
): ClientBulkWriteError | undefined {
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

/** The namespace is that of the write that failed first. */
function context({ core, operations, options, scope, writeErrors }: Bulk, startedAt: number): ErrorContext {
  const [first] = writeErrors.keys();
  return {
    command: bulkWrite.name,
    namespace: first === undefined ? scope.namespace : operations[first]!.namespace,
    address: core.servers[0]?.address,
    elapsedMS: performance.now() - startedAt,
    comment: options?.comment,
  };
}
