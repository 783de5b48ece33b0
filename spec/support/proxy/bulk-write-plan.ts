import type { Document } from 'bson';
import { errorReply } from './error-reply.js';

export type OpKind = 'insert' | 'update' | 'delete';

/** Operations of a bulkWrite that one command of an older server carries out. */
export interface OpGroup {
  readonly kind: OpKind;
  readonly db: string;
  readonly collection: string;
  /** Index of the first operation in `ops`; the others follow it. */
  readonly first: number;
  readonly statements: Document[];
}

const KINDS: readonly OpKind[] = ['insert', 'update', 'delete'];
const MAX_BATCH = 100_000;
/** Below the 48 MB of a message and with room for the rest of the command. */
const MAX_GROUP_STATEMENTS = 10_000;

/**
 * Cuts `ops` into commands: consecutive operations of one kind and namespace together.
 *
 * @param single updates and deletes each for themselves, so that each has a result of its own.
 * @returns the error reply where the command itself is wrong.
 */
export function planOps(body: Document, single: boolean): readonly OpGroup[] | { readonly refused: Document } {
  const ops: Document[] = body.ops ?? [];
  if (body.$db !== 'admin') return { refused: errorReply(13, 'bulkWrite may only be run against the admin database.') };
  if (ops.length === 0 || ops.length > MAX_BATCH) {
    const got = `Write batch sizes must be between 1 and ${MAX_BATCH}. Got ${ops.length} operations.`;
    return { refused: errorReply(16, got) };
  }
  const groups: OpGroup[] = [];
  for (const [index, op] of ops.entries()) {
    const kind = KINDS.find((name) => name in op);
    const ns: unknown = kind && body.nsInfo?.[Number(op[kind])]?.ns;
    if (kind === undefined || typeof ns !== 'string') {
      return { refused: errorReply(2, `BulkWrite ops entry ${index} has an invalid nsInfo index.`) };
    }
    const dot = ns.indexOf('.');
    const place = { kind, db: ns.slice(0, dot), collection: ns.slice(dot + 1) };
    const last = groups.at(-1);
    if (last !== undefined && joins(last, place, single)) last.statements.push(statementOf(kind, op));
    else groups.push({ ...place, first: index, statements: [statementOf(kind, op)] });
  }
  return groups;
}

function joins(group: OpGroup, place: Pick<OpGroup, 'kind' | 'db' | 'collection'>, single: boolean): boolean {
  if (single && group.kind !== 'insert') return false;
  if (group.statements.length >= MAX_GROUP_STATEMENTS) return false;
  return group.kind === place.kind && group.db === place.db && group.collection === place.collection;
}

/** An entry of `ops` in the words of the older command. */
function statementOf(kind: OpKind, op: Document): Document {
  const { [kind]: _, document, filter, updateMods, ...rest } = op;
  if (kind === 'insert') return document;
  if (kind === 'update') return { q: filter, u: updateMods, ...rest };
  const { multi, ...others } = rest;
  return { q: filter, limit: multi ? 0 : 1, ...others };
}

/** The older command for a group. */
export function commandOf(group: OpGroup, body: Document, first: boolean): Document {
  const list = { insert: 'documents', update: 'updates', delete: 'deletes' }[group.kind];
  const shared: Document = { [group.kind]: group.collection, [list]: group.statements, $db: group.db };
  const fields = ['lsid', 'txnNumber', 'autocommit', 'writeConcern', 'comment', 'maxTimeMS', '$clusterTime'];
  const versioned = ['apiVersion', 'apiStrict', 'apiDeprecationErrors'];
  for (const name of [...fields, ...versioned]) if (body[name] !== undefined) shared[name] = body[name];
  shared.ordered = body.ordered ?? true;
  if (group.kind !== 'insert' && body.let !== undefined) shared.let = body.let;
  if (group.kind !== 'delete' && body.bypassDocumentValidation !== undefined) {
    shared.bypassDocumentValidation = body.bypassDocumentValidation;
  }
  if (body.autocommit === undefined) {
    // Each statement of a retryable write has a number, by which a repeated one is known again.
    if (body.txnNumber !== undefined) shared.stmtIds = group.statements.map((_, index) => group.first + index);
  } else if (first) {
    for (const name of ['startTransaction', 'readConcern']) if (body[name] !== undefined) shared[name] = body[name];
  }
  return shared;
}
