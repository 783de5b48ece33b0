import type { Document } from '../bson/codec.js';
import type { Command, CommandInput } from './command.js';
import { boolean, common, copyOptions, document, elsewhere, type Fields, hint } from './fields.js';
import { checkWriteFilter } from './filter.js';
import type { Scope } from './scope.js';
import { refuseUnheardHint } from './unheard-hint.js';
import { type StatementsInput, statementSequence } from './update.js';
import { type BatchReply, batchReply, failedBatchReply, unacknowledgedBatch } from './write-batch.js';

export interface DeleteInput extends CommandInput {
  readonly filter: unknown;
  /** All that match, or only the first. */
  readonly many: boolean;
}

const FIELDS: Fields = {
  ...common,
  let: document,
  rawData: boolean,
  ordered: elsewhere,
  bypassDocumentValidation: elsewhere,
  collation: elsewhere,
  hint: elsewhere,
};

/** One entry of the delete command's list. */
export function deleteStatement(filter: unknown, many: boolean, options: Document | undefined, scope: Scope): Document {
  const statement: Document = { q: checkWriteFilter(filter, scope), limit: many ? 0 : 1 };
  const { collation, hint: index } = options ?? {};
  if (collation !== undefined && collation !== null) statement.collation = document(collation, 'collation');
  if (index !== undefined && index !== null) statement.hint = hint(index, 'hint');
  return statement;
}

export interface DeleteOutcome {
  readonly acknowledged: boolean;
  readonly deletedCount: number;
}

/** deleteOne and deleteMany. The word `delete` is reserved. */
export const remove: Command<DeleteInput, DeleteOutcome> = Object.freeze({
  name: 'delete',
  kind: 'write',
  retry: 'write',
  repeatable: ({ many }) => !many,
  build: ({ filter, many, options }, scope): Document => {
    const statement = deleteStatement(filter, many, options, scope);
    return copyOptions({ delete: scope.collection, deletes: [statement], ordered: true }, options, FIELDS, 'delete');
  },
  adapt: (body, maxWireVersion, _input, acknowledged) =>
    refuseUnheardHint('delete', body.deletes, maxWireVersion, acknowledged),
  parse: (reply) => ({ acknowledged: true, deletedCount: reply.n }),
  unacknowledged: () => ({ acknowledged: false, deletedCount: 0 }),
} satisfies Command<DeleteInput, DeleteOutcome>);

/** As many deletes as fit into one message. */
export const deleteBatch: Command<StatementsInput, BatchReply> = Object.freeze({
  name: 'delete',
  kind: 'write',
  retry: 'write',
  repeatable: ({ statements }, from, to) => statements.slice(from, to).every(({ limit }) => limit === 1),
  build: ({ options, ordered }, scope) => copyOptions({ delete: scope.collection, ordered }, options, FIELDS, 'delete'),
  adapt: (_body, maxWireVersion, { statements }, acknowledged) =>
    refuseUnheardHint('delete', statements, maxWireVersion, acknowledged),
  sequence: ({ statements }, scope) => statementSequence('deletes', statements, scope),
  from: ({ from }) => from,
  parse: batchReply,
  parseFailed: failedBatchReply,
  unacknowledged: unacknowledgedBatch,
} satisfies Command<StatementsInput, BatchReply>);
