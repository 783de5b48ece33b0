import type { Document } from '../bson/codec.js';
import { create } from '../commands/create.js';
import { listCollections } from '../commands/list-collections.js';
import type { Scope } from '../commands/scope.js';
import type { IoCore } from '../core/io-core.js';
import { sessionOf } from '../core/session-of.js';
import { CollectionInvalidError, OperationFailureError } from '../errors/operation-errors.js';
import type { Deadline } from '../util/deadline.js';
import type { CollectionOptions } from './collection-options.js';
import { LASTING_OPTIONS } from './settings.js';

/** Server error 13, Unauthorized; 48, NamespaceExists. */
const UNAUTHORIZED = 13;
const NAMESPACE_EXISTS = 48;

const OF_ONE_CALL = new Set(['session', 'timeoutMS', 'killOnAbort']);

/** MongoDB 7.0 has nothing against making a collection once more that has the same options. */
const WIRE_VERSION_THAT_REPEATS = 21;

/**
 * Makes a collection.
 *
 * @param scope of the collection
 * @throws CollectionInvalidError where it exists already
 */
export async function createCollection(core: IoCore, scope: Scope, options: Document | undefined): Promise<void> {
  const deadline = scope.deadline(options);
  if (options?.checkExists !== false && mayRepeat(core) && (await exists(core, scope, options, deadline)))
    throw new CollectionInvalidError(taken(scope));
  await core.run(create, scope, { options, deadline }).catch((error) => {
    if (!(error instanceof OperationFailureError && error.code === NAMESPACE_EXISTS)) throw error;
    throw new CollectionInvalidError(taken(scope), { cause: error });
  });
}

/** The options that go on to the collection. What holds for this one operation does not: its session ends, its time is over. */
export function lastingOptions(options: Document | undefined): CollectionOptions {
  const lasting = Object.entries(options ?? {}).filter(([name]) => LASTING_OPTIONS.has(name) && !OF_ONE_CALL.has(name));
  return Object.fromEntries(lasting);
}

function taken({ namespace }: Scope): string {
  return `the collection ${namespace} exists already`;
}

/** Also where nothing is known of the servers yet. */
function mayRepeat({ servers }: IoCore): boolean {
  return servers.length === 0 || servers.some(({ maxWireVersion }) => maxWireVersion >= WIRE_VERSION_THAT_REPEATS);
}

async function exists(
  core: IoCore,
  scope: Scope,
  options: Document | undefined,
  deadline: Deadline | undefined,
): Promise<boolean> {
  // Transactions list no collections; there the server refuses what exists.
  if (sessionOf(core, { options }, scope)?.transaction.isActive === true) return false;
  const { session, signal, comment } = options ?? {};
  const own = { nameOnly: true, session, signal, comment };
  try {
    const found = await core.run(listCollections, scope, {
      filter: { name: scope.collection },
      options: own,
      deadline,
    });
    return !found.batch.isEmpty;
  } catch (error) {
    // Who may make collections need not have the right to list them.
    if (error instanceof OperationFailureError && error.code === UNAUTHORIZED) return false;
    throw error;
  }
}
