import type { Document } from '../bson/codec.js';
import type { CommandKind } from '../commands/command.js';
import type { Scope } from '../commands/scope.js';
import { ConfigurationError } from '../errors/usage-errors.js';
import { ReadPreference } from '../options/read-preference.js';
import type { ServerDescription } from '../topology/server-description.js';

/** Which kinds of commands carry what. */
const CARRIES: Record<CommandKind, { readConcern: boolean; writeConcern: boolean; readPreference: boolean }> = {
  read: { readConcern: true, writeConcern: false, readPreference: true },
  write: { readConcern: false, writeConcern: true, readPreference: false },
  readWrite: { readConcern: true, writeConcern: true, readPreference: true },
  catalog: { readConcern: false, writeConcern: false, readPreference: false },
  command: { readConcern: false, writeConcern: false, readPreference: true },
};

/** Before 5.0 only a primary runs $out and $merge; before 8.2 no server knows `rawData`, and all refuse it. */
const WIRE_VERSION = { of5_0: 13, of8_2: 27 } as const;

/**
 * Adds to a command what every command of its kind carries to this server. Changes and returns `body`.
 *
 * @param isDirect whether the one server is addressed as such, whatever it is a member of
 */
export function decorate(
  body: Document,
  kind: CommandKind,
  scope: Scope,
  server: ServerDescription,
  isDirect: boolean,
): Document {
  const carries = CARRIES[kind];
  if (carries.readConcern && !scope.readConcern.isServerDefault) body.readConcern = scope.readConcern.toDocument();
  if (carries.writeConcern && !scope.writeConcern.isServerDefault) body.writeConcern = scope.writeConcern.toDocument();
  if (scope.serverApi !== undefined) Object.assign(body, scope.serverApi);
  body.$db = scope.db;
  if (body.rawData !== undefined && server.maxWireVersion < WIRE_VERSION.of8_2) delete body.rawData;
  if (server.type !== 'Standalone' && !(kind === 'readWrite' && server.maxWireVersion < WIRE_VERSION.of5_0)) {
    const readPreference = wirePreference(
      carries.readPreference ? scope.readPreference : ReadPreference.PRIMARY,
      server,
      isDirect,
    );
    if (readPreference !== undefined) body.$readPreference = readPreference.toDocument();
  }
  return body;
}

/**
 * Primary is what every server takes for granted. A member that is addressed directly is told that a secondary will do.
 *
 * @see MongoDB Server Selection specification, "Passing read preference to mongos and load balancers" and
 * "Topology type: Single"
 */
function wirePreference(
  preference: ReadPreference,
  server: ServerDescription,
  isDirect: boolean,
): ReadPreference | undefined {
  if (preference.mode !== 'primary') return preference;
  return isDirect && server.type !== 'Mongos' ? ReadPreference.PRIMARY_PREFERRED : undefined;
}

/** @throws ConfigurationError where the server does not know a command yet */
export function requireVersion(
  name: string,
  { wireVersion, release }: { readonly wireVersion: number; readonly release: string },
  { address, maxWireVersion }: ServerDescription,
): void {
  if (maxWireVersion >= wireVersion) return;
  throw new ConfigurationError(`the command ${name} needs MongoDB ${release}; the server at ${address} is older`);
}
