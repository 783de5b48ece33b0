import { InvalidNameError } from '../errors/usage-errors.js';

const NOT_IN_A_DATABASE = /[/\\."$*<>:|? \0]/;
/** The longest database name that a server takes, in bytes of UTF-8. */
const DATABASE_BYTES = 63;

function refuse(kind: string, name: unknown, reason: string): never {
  const shown = typeof name === 'string' ? JSON.stringify(name) : `of type ${name === null ? 'null' : typeof name}`;
  throw new InvalidNameError(`invalid ${kind} name ${shown}: ${reason}`);
}

/**
 * Checks the name of a database.
 *
 * @param name - 1 to 63 bytes without space, NUL or any of `/ \ . " $ * < > : | ?`; `$external` is the one exception
 * @returns the name
 * @throws InvalidNameError that names the character at fault
 */
export function checkDatabaseName(name: string): string {
  if (typeof name !== 'string') refuse('database', name, 'it must be a string');
  if (name === '') refuse('database', name, 'it must not be empty');
  // Users of X.509, LDAP and Kerberos live in this virtual database.
  if (name === '$external') return name;
  const found = NOT_IN_A_DATABASE.exec(name)?.[0];
  if (found !== undefined) refuse('database', name, `it must not contain ${JSON.stringify(found)}`);
  if (Buffer.byteLength(name) > DATABASE_BYTES) refuse('database', name, `it must not exceed ${DATABASE_BYTES} bytes`);
  return name;
}

/**
 * Checks the name of a collection.
 *
 * @param name - not empty, without NUL, `$` (but `$cmd` at the start and the old `oplog.$main`), without a dot at either
 *   end and without two dots in a row
 * @returns the name
 * @throws InvalidNameError that says what is wrong
 */
export function checkCollectionName(name: string): string {
  if (typeof name !== 'string') refuse('collection', name, 'it must be a string');
  if (name === '') refuse('collection', name, 'it must not be empty');
  if (name.includes('\0')) refuse('collection', name, 'it must not contain a NUL character');
  if (name.includes('$') && !/^(?:\$cmd(?:\.|$)|oplog\.\$main$)/.test(name)) {
    refuse('collection', name, 'it must not contain "$"');
  }
  if (name.startsWith('.') || name.endsWith('.')) refuse('collection', name, 'it must not start or end with "."');
  if (name.includes('..')) refuse('collection', name, 'it must not contain ".."');
  return name;
}
