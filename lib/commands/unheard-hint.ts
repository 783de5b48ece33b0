import type { Document } from '../bson/codec.js';
import { ConfigurationError } from '../errors/usage-errors.js';

/** The wire versions that know `hint` in an update (4.2), and in a delete and findAndModify (4.4). */
export const HINT_SINCE = { update: 8, delete: 9, findAndModify: 9 } as const;

/**
 * A server that does not know `hint` says so, unless the write is unacknowledged: then nobody would hear it.
 *
 * @throws ConfigurationError
 * @see MongoDB CRUD specification, "hint"
 */
export function refuseUnheardHint(
  command: keyof typeof HINT_SINCE,
  statements: readonly Document[],
  maxWireVersion: number,
  acknowledged: boolean,
): void {
  if (acknowledged || maxWireVersion >= HINT_SINCE[command]) return;
  if (statements.some(({ hint }) => hint !== undefined)) {
    throw new ConfigurationError(`hint cannot be used in an unacknowledged ${command} on a server as old as this one`);
  }
}
