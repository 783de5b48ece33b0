import type { Document } from '../bson/codec.js';
import type { Reply } from '../bson/reply.js';
import type { DocumentSequence } from '../wire/document-sequence.js';
import { COMMAND_ALLOWANCE } from '../wire/op-msg.js';
import type { Command, CommandInput } from './command.js';
import { boolean, common, copyOptions, document, elsewhere, type Fields, hint, list, sort } from './fields.js';
import { checkWriteFilter } from './filter.js';
import type { Scope } from './scope.js';
import { refuseUnheardHint } from './unheard-hint.js';
import { checkReplacement, checkUpdate } from './update-document.js';
import { type BatchReply, batchReply, failedBatchReply, unacknowledgedBatch } from './write-batch.js';

/** Whether an update changes one document, all that match, or puts another in the place of one. */
export type UpdateMode = 'one' | 'many' | 'replace';

export interface UpdateInput extends CommandInput {
  readonly filter: unknown;
  readonly update: unknown;
  readonly mode: UpdateMode;
}

/** Options of the command; those of a statement are in STATEMENT. */
const FIELDS: Fields = {
  ...common,
  let: document,
  bypassDocumentValidation: boolean,
  rawData: boolean,
  ordered: elsewhere,
  upsert: elsewhere,
  collation: elsewhere,
  arrayFilters: elsewhere,
  hint: elsewhere,
  sort: elsewhere,
};

const STATEMENT: Fields = { upsert: boolean, collation: document, arrayFilters: list, hint, sort };

/**
 * One entry of the update command's list.
 *
 * @throws TypeError for a wrong filter, for an update without operators and for a replacement with operators
 */
export function updateStatement(
  filter: unknown,
  update: unknown,
  mode: UpdateMode,
  options: Document | undefined,
  scope: Scope,
): Document {
  const u = mode === 'replace' ? checkReplacement(update) : checkUpdate(update, scope);
  const statement: Document = { q: checkWriteFilter(filter, scope), u };
  if (mode === 'many') statement.multi = true;
  if (options === undefined) return statement;
  for (const name in STATEMENT) {
    const value = options[name];
    if (value !== undefined && value !== null) statement[name] = STATEMENT[name]!(value, name);
  }
  return statement;
}

export interface UpdateOutcome {
  readonly acknowledged: boolean;
  readonly matchedCount: number;
  readonly modifiedCount: number;
  readonly upsertedCount: number;
  readonly upsertedId: any;
}

function outcome(reply: Reply): UpdateOutcome {
  const upserted: Document[] = reply.hasUpserted ? reply.document().upserted : [];
  return {
    acknowledged: true,
    matchedCount: reply.n - upserted.length,
    modifiedCount: reply.nModified,
    upsertedCount: upserted.length,
    upsertedId: upserted[0]?._id ?? null,
  };
}

/** updateOne, updateMany and replaceOne. */
export const update: Command<UpdateInput, UpdateOutcome> = Object.freeze({
  name: 'update',
  kind: 'write',
  retry: 'write',
  repeatable: ({ mode }) => mode !== 'many',
  build: ({ filter, update, mode, options }, scope): Document => {
    const statement = updateStatement(filter, update, mode, options, scope);
    return copyOptions({ update: scope.collection, updates: [statement], ordered: true }, options, FIELDS, 'update');
  },
  adapt: (body, maxWireVersion, _input, acknowledged) =>
    refuseUnheardHint('update', body.updates, maxWireVersion, acknowledged),
  parse: outcome,
  unacknowledged: () => ({
    acknowledged: false,
    matchedCount: 0,
    modifiedCount: 0,
    upsertedCount: 0,
    upsertedId: null,
  }),
} satisfies Command<UpdateInput, UpdateOutcome>);

/** Statements of a bulk, made before. */
export interface StatementsInput extends CommandInput {
  readonly statements: readonly Document[];
  readonly from: number;
  readonly ordered: boolean;
}

/** A list of statements as a document sequence. */
export function statementSequence(name: string, statements: readonly Document[], { encoder }: Scope): DocumentSequence {
  return {
    name,
    length: statements.length,
    allowance: COMMAND_ALLOWANCE,
    encodeInto: (target, offset, index) => encoder.encodeInto(target, offset, statements[index]!),
    at: (index) => statements[index]!,
  };
}

/** As many updates as fit into one message. */
export const updateBatch: Command<StatementsInput, BatchReply> = Object.freeze({
  name: 'update',
  kind: 'write',
  retry: 'write',
  repeatable: ({ statements }, from, to) => !statements.slice(from, to).some(({ multi }) => multi === true),
  build: ({ options, ordered }, scope) => copyOptions({ update: scope.collection, ordered }, options, FIELDS, 'update'),
  adapt: (_body, maxWireVersion, { statements }, acknowledged) =>
    refuseUnheardHint('update', statements, maxWireVersion, acknowledged),
  sequence: ({ statements }, scope) => statementSequence('updates', statements, scope),
  from: ({ from }) => from,
  parse: batchReply,
  parseFailed: failedBatchReply,
  unacknowledged: unacknowledgedBatch,
} satisfies Command<StatementsInput, BatchReply>);
