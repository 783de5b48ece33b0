import { inspect } from 'node:util';
import type { Document } from '../bson/codec.js';
import { deleteStatement } from '../commands/delete.js';
import { document } from '../commands/fields.js';
import type { Scope } from '../commands/scope.js';
import { type UpdateMode, updateStatement } from '../commands/update.js';

export type BulkKind = 'insert' | 'update' | 'delete';

/** Writes that go to the server as one command, if they fit into one message. */
export interface BulkGroup {
  readonly kind: BulkKind;
  /** Documents, or statements of the update and delete commands. */
  readonly entries: Document[];
  /** Where each entry stands in the list that the user gave. */
  readonly indexes: number[];
}

type Reader = (model: Document, scope: Scope) => Document;

const updating =
  (mode: UpdateMode): Reader =>
  (model, scope) =>
    updateStatement(model.filter, mode === 'replace' ? model.replacement : model.update, mode, model, scope);

const deleting =
  (many: boolean): Reader =>
  (model, scope) =>
    deleteStatement(model.filter, many, model, scope);

/** The six models: which command they belong to, and how they are read. */
const MODELS: Readonly<Record<string, { readonly kind: BulkKind; readonly read: Reader }>> = {
  insertOne: { kind: 'insert', read: (model) => document(model.document ?? model, 'document') as Document },
  updateOne: { kind: 'update', read: updating('one') },
  updateMany: { kind: 'update', read: updating('many') },
  replaceOne: { kind: 'update', read: updating('replace') },
  deleteOne: { kind: 'delete', read: deleting(false) },
  deleteMany: { kind: 'delete', read: deleting(true) },
};

/**
 * Groups a list of models: in the order of the list, neighbours of one kind together; or, unordered, one group a kind.
 * How many of a group fit into a message is the wire's to say.
 *
 * @throws TypeError that names the model which is wrong; nothing has been sent then
 */
export function planBulk(models: readonly unknown[], ordered: boolean, scope: Scope): BulkGroup[] {
  const groups: BulkGroup[] = [];
  models.forEach((model, index) => {
    const [kind, entry] = readModel(model, index, scope);
    const group = ordered ? groups.at(-1) : groups.find((candidate) => candidate.kind === kind);
    if (group?.kind === kind) {
      group.entries.push(entry);
      group.indexes.push(index);
    } else {
      groups.push({ kind, entries: [entry], indexes: [index] });
    }
  });
  return groups;
}

function readModel(model: unknown, index: number, scope: Scope): [BulkKind, Document] {
  const names = typeof model === 'object' && model !== null ? Object.keys(model) : [];
  const name = names[0];
  const reader = name === undefined ? undefined : MODELS[name];
  if (reader === undefined || name === undefined || names.length !== 1) {
    const expected = Object.keys(MODELS).join(', ');
    throw new TypeError(
      `operations[${index}] must have exactly one of ${expected}, but is ${inspect(model, { depth: 0 })}`,
    );
  }
  try {
    return [reader.kind, reader.read(document((model as Document)[name], name) as Document, scope)];
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError)
      error.message = `operations[${index}]: ${error.message}`;
    throw error;
  }
}
