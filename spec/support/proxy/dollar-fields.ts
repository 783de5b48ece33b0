import type { Document } from 'bson';
import { errorReply, isFailure } from './error-reply.js';
import { type Next, withFields } from './layer.js';
import type { Command } from './message.js';

/** One statement of a write that an old server refuses. */
interface WriteError {
  readonly index: number;
  readonly code: number;
  readonly errmsg: string;
}

/**
 * Names that begin with a dollar, which servers before 5.0 do not store: at the top of an inserted document, and below
 * the top of a replacement (crud/tests/unified/*-dots_and_dollars.json, "pre-5.0 server yields server-side error").
 */
export async function refuseDollarFields(command: Command, next: Next): Promise<Document | undefined> {
  const { name, body } = command;
  if (name === 'insert') return screened(command, 'documents', next, insertProblem);
  if (name === 'update') return screened(command, 'updates', next, ({ u }) => replacementProblem(u));
  const problem = body.update === undefined ? undefined : replacementProblem(body.update);
  return problem === undefined ? next(command) : errorReply(problem.code, problem.errmsg);
}

type Problem = Omit<WriteError, 'index'>;

function insertProblem(document: Document): Problem | undefined {
  const field = Object.keys(document).find((name) => name.startsWith('$'));
  if (field === undefined) return undefined;
  return { code: 2, errmsg: `Document can't have $ prefixed field names: ${field}` };
}

function replacementProblem(update: Document): Problem | undefined {
  if (Array.isArray(update) || Object.keys(update)[0]?.startsWith('$')) return undefined; // no replacement
  for (const [field, value] of Object.entries(update)) {
    const found = dollarPath(value, field);
    if (found === undefined) continue;
    const last = found.slice(found.lastIndexOf('.') + 1);
    return { code: 52, errmsg: `The dollar ($) prefixed field '${last}' in '${found}' is not valid for storage.` };
  }
  return undefined;
}

/** References of the DBRef convention were always allowed. */
const REFERENCE = new Set(['$ref', '$id', '$db']);

function dollarPath(value: unknown, path: string): string | undefined {
  if (Array.isArray(value) || (typeof value === 'object' && value !== null && !('_bsontype' in value))) {
    for (const [field, inner] of Object.entries(value)) {
      if (field.startsWith('$') && !REFERENCE.has(field)) return `${path}.${field}`;
      const found = dollarPath(inner, `${path}.${field}`);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** Sends on the statements that are right, and reports the others as write errors in their places. */
async function screened(
  command: Command,
  list: string,
  next: Next,
  problemOf: (statement: Document) => Problem | undefined,
): Promise<Document | undefined> {
  const statements: Document[] = command.body[list] ?? [];
  const refused: WriteError[] = [];
  const kept: number[] = [];
  for (const [index, statement] of statements.entries()) {
    const problem = problemOf(statement);
    if (problem === undefined) kept.push(index);
    else refused.push({ index, ...problem });
    if (problem !== undefined && command.body.ordered !== false) break;
  }
  if (refused.length === 0) return next(command);
  if (kept.length === 0) return { n: 0, writeErrors: refused, ok: 1 };
  const reply = await next(withFields(command, { [list]: kept.map((index) => statements[index]) }));
  if (reply === undefined || isFailure(reply)) return reply;
  const theirs: WriteError[] = (reply.writeErrors ?? []).map((error: WriteError) => ({
    ...error,
    index: kept[Number(error.index)] as number,
  }));
  // An ordered write stops at its first error: the server's, where there is one, as it had the statements before.
  const both = command.body.ordered !== false && theirs.length > 0 ? theirs : [...theirs, ...refused];
  return { ...reply, writeErrors: both.sort((one, other) => one.index - other.index) };
}
