import type { Document } from '../bson/codec.js';
import type { CommandKind } from '../commands/command.js';
import { ConfigurationError, InvalidOperationError } from '../errors/usage-errors.js';
import type { ReadPreference } from '../options/read-preference.js';
import type { ServerDescription } from '../topology/server-description.js';

const WRITE_CONCERN = ['writeConcern', 'w', 'wtimeout', 'wtimeoutMS', 'wTimeoutMS', 'j', 'journal', 'fsync'];

/**
 * An operation has the concerns of its transaction.
 *
 * @throws ConfigurationError for a concern among its own options
 * @see MongoDB Transactions specification, "Users cannot pass readConcern or writeConcern to operations in transactions"
 */
export function refuseConcerns(options: Document | undefined): void {
  if (options === undefined || options === null) return;
  if (isGiven(options.readConcern)) refuse('read', 'readConcern');
  for (const name of WRITE_CONCERN) if (isGiven(options[name])) refuse('write', name);
}

function refuse(what: 'read' | 'write', option: string): never {
  throw new ConfigurationError(
    `Cannot set ${what} concern after starting a transaction: give ${option} to startTransaction instead`,
  );
}

/**
 * @throws ConfigurationError for a read elsewhere than at the primary
 * @see MongoDB Transactions specification, "readPreference"
 */
export function checkReadPreference(kind: CommandKind, { mode }: ReadPreference): void {
  if (mode === 'primary' || kind === 'write' || kind === 'catalog') return;
  throw new ConfigurationError(`read preference in a transaction must be primary, not ${mode}`);
}

/** @see MongoDB Driver Sessions specification, "When using unacknowledged writes" */
export function refuseUnacknowledged(): never {
  throw new InvalidOperationError(
    'a write of an explicit session must be acknowledged: without an answer, nobody knows when the next operation may ' +
      'use the session. Give another write concern than { w: 0 }, or no session',
  );
}

const WIRE_VERSION_4_2 = 8;

/** @throws ConfigurationError for a mongos before MongoDB 4.2 */
export function requireTransactions({ type, address, maxWireVersion }: ServerDescription): void {
  if (type !== 'Mongos' || maxWireVersion >= WIRE_VERSION_4_2) return;
  throw new ConfigurationError(
    `transactions on a sharded cluster need MongoDB 4.2 or later: the mongos at ${address} is older`,
  );
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}
