import type { Document } from '../bson/codec.js';
import type { Command } from '../commands/command.js';
import { deleteBatch } from '../commands/delete.js';
import { insertBatch } from '../commands/insert.js';
import type { Scope } from '../commands/scope.js';
import { type StatementsInput, updateBatch } from '../commands/update.js';
import type { BatchReply } from '../commands/write-batch.js';
import type { IoCore } from '../core/io-core.js';
import { inOneTurn } from '../core/session-of.js';
import { onScope, transactionOf } from '../core/traced-operation.js';
import type { BulkWriteError } from '../errors/operation-errors.js';
import { type ErrorContext, RotorError } from '../errors/rotor-error.js';
import type { CommandTeller } from '../events/command-events.js';
import type { Deadline } from '../util/deadline.js';
import type { SharedTurn } from '../util/shared-turn.js';
import { nextRequestId } from '../wire/header.js';
import { BulkWriteResult } from './bulk-result.js';
import { mergeReply, throwErrors } from './merge.js';
import type { BulkGroup, BulkKind } from './plan.js';

/** How a bulk is to be carried out. */
export interface BulkOptions {
  readonly ordered: boolean;
  /** Makes `_id` where a document has none; undefined leaves it to the server. */
  readonly makeId: (() => unknown) | undefined;
  /** The user's options. */
  readonly options: Document | undefined;
  /** The operation's name in traces. Default `bulkWrite`. */
  readonly operation?: string | undefined;
}

interface NumberedBulk extends BulkOptions {
  readonly operationId: number;
  readonly turn: SharedTurn;
  readonly deadline: Deadline | undefined;
  readonly trace: CommandTeller | undefined;
}

/** As `sendBulk`, without other operations of the same session in between. */
export function executeBulk(
  core: IoCore,
  scope: Scope,
  groups: readonly BulkGroup[],
  bulk: BulkOptions,
): Promise<BulkWriteResult> {
  const send = (trace?: CommandTeller): Promise<BulkWriteResult> =>
    inOneTurn((turn) => sendBulk(core, scope, groups, bulk, turn, trace));
  if (!core.tracer.isActive) return send();
  return core.tracer.trace(onScope(bulk.operation ?? 'bulkWrite', scope), send, transactionOf(core, bulk, scope));
}

/**
 * Sends the groups one after another, each in as many messages as the server's limits ask for, and merges what the
 * server answers. An ordered bulk stops at the first error.
 *
 * @throws BulkWriteError where single writes failed; the error of the connection or command that failed as a whole, its
 * `result` telling what had been done before
 */
async function sendBulk(
  core: IoCore,
  scope: Scope,
  groups: readonly BulkGroup[],
  bulk: BulkOptions,
  turn: SharedTurn,
  trace: CommandTeller | undefined,
): Promise<BulkWriteResult> {
  const result = new BulkWriteResult();
  const labels = new Set<string>();
  const startedAt = performance.now();
  // One number for all messages, by which listeners of events see that they belong together; and one deadline.
  const whole = { ...bulk, operationId: nextRequestId(), deadline: scope.deadline(bulk.options), turn, trace };
  try {
    for (const group of groups) {
      await sendGroup(core, scope, group, whole, result, labels);
      if (bulk.ordered && result.hasWriteErrors()) break;
    }
  } catch (error) {
    throw withPartialResult(error, result);
  }
  try {
    throwErrors(result, labels);
  } catch (error) {
    throw (error as BulkWriteError).at({
      ...context(groupOf(error as BulkWriteError, groups), scope, startedAt, core),
      comment: bulk.options?.comment,
    });
  }
  return result;
}

async function sendGroup(
  core: IoCore,
  scope: Scope,
  group: BulkGroup,
  bulk: NumberedBulk,
  result: BulkWriteResult,
  labels: Set<string>,
): Promise<void> {
  const ids: unknown[] = [];
  for (let from = 0; from < group.entries.length; ) {
    const reply = await send(core, scope, group, from, ids, bulk);
    mergeReply(result, group, from, reply);
    if (group.kind === 'insert') noteIds(result, group, from, ids, reply, bulk.ordered);
    for (const label of reply.errorLabels) labels.add(label);
    from += reply.sent;
    if (bulk.ordered && reply.writeErrors.length > 0) break;
  }
}

const BATCHES: Readonly<Record<Exclude<BulkKind, 'insert'>, Command<StatementsInput, BatchReply>>> = {
  update: updateBatch,
  delete: deleteBatch,
};

function send(
  core: IoCore,
  scope: Scope,
  { kind, entries }: BulkGroup,
  from: number,
  ids: unknown[],
  { ordered, makeId, options, operationId, deadline, turn, trace }: NumberedBulk,
): Promise<BatchReply> {
  if (kind !== 'insert')
    return core.run(BATCHES[kind], scope, {
      statements: entries,
      from,
      ordered,
      options,
      operationId,
      deadline,
      turn,
      trace,
    });
  return core.run(insertBatch, scope, {
    documents: entries,
    from,
    ids,
    ordered,
    makeId,
    options,
    operationId,
    deadline,
    turn,
    trace,
  });
}

/** The ids of the documents that this message inserted: without those that failed or, ordered, came after the failure. */
function noteIds(
  result: BulkWriteResult,
  group: BulkGroup,
  from: number,
  ids: readonly unknown[],
  { sent, writeErrors }: BatchReply,
  ordered: boolean,
): void {
  const failed = new Set(writeErrors.map((error) => error.index));
  for (let index = 0; index < sent; index++) {
    if (failed.has(index)) {
      if (ordered) return;
    } else {
      result.insertedIds[group.indexes[from + index]!] = ids[from + index];
    }
  }
}

/** A failure of the whole bulk in its middle must not hide what had been done before. */
function withPartialResult(error: unknown, result: BulkWriteResult): unknown {
  if (error instanceof RotorError) Object.assign(error, { result });
  return error;
}

/** The group whose write failed first, so that the error names its command. */
function groupOf({ writeErrors }: BulkWriteError, groups: readonly BulkGroup[]): BulkGroup {
  const index = writeErrors[0]?.index;
  return groups.find(({ indexes }) => index !== undefined && indexes.includes(index)) ?? groups[0]!;
}

function context({ kind }: BulkGroup, scope: Scope, startedAt: number, core: IoCore): ErrorContext {
  return {
    command: kind,
    namespace: scope.namespace,
    address: core.servers[0]?.address,
    elapsedMS: performance.now() - startedAt,
  };
}
