import type { Document } from '../bson/codec.js';
import { drop } from '../commands/drop.js';
import { document } from '../commands/fields.js';
import type { Scope } from '../commands/scope.js';
import type { IoCore } from '../core/io-core.js';
import { OperationFailureError } from '../errors/operation-errors.js';

/** Server error 26, NamespaceNotFound. */
const NAMESPACE_NOT_FOUND = 26;

/**
 * Drops a collection and, where it is an encrypted one, those of its encryption state before. A collection that is missing
 * is as good as dropped.
 *
 * @param scope of the collection
 * @see MongoDB Client Side Encryption specification, "Drop Collection Helper"
 */
export async function dropCollection(core: IoCore, scope: Scope, options: Document | undefined): Promise<true> {
  const { encryptedFields } = options ?? {};
  const state = encryptedFields === undefined || encryptedFields === null ? [] : stateOf(scope, encryptedFields);
  const deadline = scope.deadline(options);
  for (const each of [...state, scope]) await core.run(drop, each, { options, deadline }).catch(missingIsFine);
  return true;
}

function stateOf(scope: Scope, encryptedFields: unknown): Scope[] {
  const fields = document(encryptedFields, 'encryptedFields') as Document;
  const { escCollection, ecocCollection } = fields instanceof Map ? Object.fromEntries(fields) : fields;
  const named = [
    escCollection ?? `enxcol_.${scope.collection}.esc`,
    ecocCollection ?? `enxcol_.${scope.collection}.ecoc`,
  ];
  return named.map((name) => scope.inCollection(name));
}

function missingIsFine(error: unknown): void {
  if (!(error instanceof OperationFailureError && error.code === NAMESPACE_NOT_FOUND)) throw error;
}
