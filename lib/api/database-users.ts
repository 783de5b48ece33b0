import { inspect } from 'node:util';
import type { Document } from '../bson/codec.js';
import { runCommand } from '../commands/run-command.js';
import type { Scope } from '../commands/scope.js';
import type { IoCore } from '../core/io-core.js';
import { logIn } from '../core/log-in.js';
import { ConfigurationError } from '../errors/usage-errors.js';
import { type Credential, credentialOf, MECHANISMS } from '../options/credential.js';
import { meetUnknownOptions } from '../options/unknown-option.js';
import type { AddUserOptions, AuthenticateOptions, RemoveUserOptions } from './user-options.js';

const FIELDS = ['customData', 'mechanisms', 'authenticationRestrictions', 'comment', 'writeConcern'] as const;
const OF_OPERATION = ['session', 'signal', 'timeoutMS'] as const;

const ADD_OPTIONS: ReadonlySet<string> = new Set([...FIELDS, ...OF_OPERATION, 'readOnly', 'roles']);
const REMOVE_OPTIONS: ReadonlySet<string> = new Set([...OF_OPERATION, 'comment', 'writeConcern']);
const AUTHENTICATE_OPTIONS: ReadonlySet<string> = new Set(['source', 'mechanism', 'mechanismProperties']);

/** Of the servers before 2.6, where documents of system.users were written. */
const GONE = { userSource: 'authenticate with the option source', otherDBRoles: 'give roles' } as const;

/** The credential is tried on a server before it holds for the client. */
export async function authenticateUser(
  core: IoCore,
  database: string,
  name: unknown,
  password: unknown,
  options: AuthenticateOptions = {},
): Promise<boolean> {
  const credential = givenCredential(database, name, password, options);
  meetUnknownOptions({ ...options }, AUTHENTICATE_OPTIONS, 'authenticate');
  await logIn(core, credential);
  return true;
}

function givenCredential(
  database: string,
  name: unknown,
  password: unknown,
  { source, mechanism, mechanismProperties }: AuthenticateOptions,
): Credential {
  // Of X.509, OIDC and AWS it is the mechanism that knows who the user is.
  if (name !== undefined && name !== null) checkText(name, 'name');
  if (password !== undefined && password !== null) checkText(password, 'password');
  if (source !== undefined) checkText(source, 'source');
  if (mechanism !== undefined && !MECHANISMS.has(mechanism)) {
    const gone = (mechanism as string) === 'MONGODB-CR' ? ': MongoDB 4.0 removed it' : '';
    throw new ConfigurationError(`mechanism must be one of MECHANISMS, not ${inspect(mechanism)}${gone}`);
  }
  const given = { username: name, password, authSource: source, authMechanism: mechanism };
  const entries = Object.entries({ ...given, authMechanismProperties: mechanismProperties });
  const credential = credentialOf(
    new Map(entries.filter(([, value]) => value !== undefined && value !== null)),
    database,
  );
  if (credential === undefined) throw new TypeError('name must be a string, not undefined');
  return credential;
}

/**
 * Makes a user, or changes one that is there.
 *
 * @throws OperationFailureError, TypeError, ConfigurationError
 */
export async function addUser(
  core: IoCore,
  scope: Scope,
  name: unknown,
  password: unknown,
  options: AddUserOptions = {},
): Promise<void> {
  checkText(name, 'name');
  if (password !== undefined && password !== null) checkText(password, 'password');
  checkUserOptions(options);
  meetUnknownOptions({ ...options }, ADD_OPTIONS, 'addUser');
  const rest = pick(options, OF_OPERATION);
  const { users } = await core.run(runCommand, scope, { command: { usersInfo: name }, options: rest });
  const exists = users.length > 0;
  const command: Document = { [exists ? 'updateUser' : 'createUser']: name };
  if (password !== undefined && password !== null) command.pwd = password;
  if (options.roles !== undefined) command.roles = options.roles;
  else if (!exists || options.readOnly !== undefined)
    command.roles = [defaultRole(scope.db, options.readOnly === true)];
  Object.assign(command, pick(options, FIELDS));
  await core.run(runCommand, scope, { command, options: rest });
}

/** @throws OperationFailureError with the code 11 where there is no such user */
export async function removeUser(
  core: IoCore,
  scope: Scope,
  name: unknown,
  options: RemoveUserOptions = {},
): Promise<void> {
  checkText(name, 'name');
  meetUnknownOptions({ ...options }, REMOVE_OPTIONS, 'removeUser');
  const command = { dropUser: name, ...pick(options, ['comment', 'writeConcern']) };
  await core.run(runCommand, scope, { command, options: pick(options, OF_OPERATION) });
}

function checkUserOptions(options: AddUserOptions): void {
  for (const [option, instead] of Object.entries(GONE)) {
    if (option in options) throw new ConfigurationError(`${option} was of servers before MongoDB 2.6: ${instead}`);
  }
  const { readOnly, roles } = options;
  if (readOnly !== undefined && typeof readOnly !== 'boolean') {
    throw new TypeError(`readOnly must be true or false, not ${inspect(readOnly)}`);
  }
  if (roles !== undefined && !Array.isArray(roles)) throw new TypeError(`roles must be a list, not ${inspect(roles)}`);
  if (readOnly !== undefined && roles !== undefined)
    throw new ConfigurationError('readOnly and roles exclude each other');
}

function defaultRole(database: string, readOnly: boolean): string {
  if (database === 'admin') return readOnly ? 'readAnyDatabase' : 'root';
  return readOnly ? 'read' : 'dbOwner';
}

/** Without the value in the message: it may be a password in the wrong place. */
function checkText(value: unknown, name: string): asserts value is string {
  if (typeof value !== 'string')
    throw new TypeError(`${name} must be a string, not ${value === null ? 'null' : typeof value}`);
  if (value === '') throw new TypeError(`${name} must not be empty`);
}

function pick(options: object, names: readonly string[]): Document {
  return Object.fromEntries(
    Object.entries(options).filter(([name, value]) => names.includes(name) && value !== undefined),
  );
}
