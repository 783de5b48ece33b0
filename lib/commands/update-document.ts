import { inspect } from 'node:util';
import { bsonTypeOf, type Document } from '../bson/codec.js';
import type { Scope } from './scope.js';

function firstKey(document: object): string | undefined {
  if (document instanceof Map) return document.keys().next().value;
  for (const key in document) return key;
  return undefined;
}

function isDocument(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && bsonTypeOf(value) === undefined;
}

/**
 * An update: operators, or a pipeline. Only the first key is looked at, as the specification says; the server looks at
 * the others.
 *
 * @throws TypeError
 * @see MongoDB CRUD specification, "Update vs. Replace Validation"
 */
export function checkUpdate(update: unknown, scope: Scope): Document {
  if (Array.isArray(update)) {
    if (update.length === 0) throw new TypeError('update must not be an empty pipeline');
    return update;
  }
  if (!isDocument(update))
    throw new TypeError(`update must be a document or a pipeline, not ${inspect(update, { depth: 0 })}`);
  const key = firstKey(update);
  if (key?.startsWith('$')) {
    if (scope.encoder.ignoreUndefined) requireAnOperand(update);
    return update;
  }
  const found = key === undefined ? 'it is empty' : `its first key is '${key}'`;
  throw new TypeError(
    `update must have operators such as { $set: ... }, but ${found}; replaceOne takes whole documents`,
  );
}

/** With `ignoreUndefined`, an update whose every operand is undefined would go out empty, which the server reads as a replacement. */
function requireAnOperand(update: Document): void {
  const values = update instanceof Map ? [...update.values()] : Object.values(update);
  if (values.every((value) => value === undefined))
    throw new TypeError('update must have an operator whose value is not undefined');
}

/**
 * A replacement: a document without operators.
 *
 * @throws TypeError
 */
export function checkReplacement(replacement: unknown): Document {
  if (!isDocument(replacement)) {
    throw new TypeError(`replacement must be a document, not ${inspect(replacement, { depth: 0 })}`);
  }
  const key = firstKey(replacement);
  if (key?.startsWith('$')) {
    throw new TypeError(
      `replacement must not have operators, but its first key is '${key}'; updateOne takes operators`,
    );
  }
  return replacement;
}
