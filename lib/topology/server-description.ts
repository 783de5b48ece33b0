import type { Document } from '../bson/codec.js';

export type ServerType =
  | 'Standalone'
  | 'RSPrimary'
  | 'RSSecondary'
  | 'RSArbiter'
  | 'RSOther'
  | 'RSGhost'
  | 'Mongos'
  | 'Unknown';

/**
 * What a server said of itself in its hello. Frozen.
 *
 * @see MongoDB Server Discovery and Monitoring specification, "ServerDescription"
 */
export interface ServerDescription {
  readonly address: string;
  readonly type: ServerType;
  readonly setName: string | undefined;
  readonly minWireVersion: number;
  readonly maxWireVersion: number;
  readonly maxBsonObjectSize: number;
  readonly maxMessageSizeBytes: number;
  readonly maxWriteBatchSize: number;
  /** How long an unused session lives, in minutes; undefined where the server knows no sessions. */
  readonly logicalSessionTimeoutMinutes: number | undefined;
  /** The whole reply. */
  readonly hello: Readonly<Document>;
}

/** MongoDB 4.0. */
export const MIN_WIRE_VERSION = 7;
/** The newest wire version that Rotor knows, of MongoDB 8.2. */
export const MAX_WIRE_VERSION = 28;

/** Reads a hello reply. Fields that a server leaves out get the specification's defaults. */
export function describeServer(address: string, hello: Document): ServerDescription {
  return Object.freeze({
    address,
    type: serverType(hello),
    setName: typeof hello.setName === 'string' ? hello.setName : undefined,
    minWireVersion: positive(hello.minWireVersion, 0),
    maxWireVersion: positive(hello.maxWireVersion, 0),
    maxBsonObjectSize: positive(hello.maxBsonObjectSize, 16 * 1024 * 1024),
    maxMessageSizeBytes: positive(hello.maxMessageSizeBytes, 48_000_000),
    maxWriteBatchSize: positive(hello.maxWriteBatchSize, 1_000),
    logicalSessionTimeoutMinutes:
      typeof hello.logicalSessionTimeoutMinutes === 'number' ? hello.logicalSessionTimeoutMinutes : undefined,
    hello,
  });
}

/** Why this client and this server cannot talk, or undefined where they can. */
export function incompatibility(server: ServerDescription): string | undefined {
  const { address, minWireVersion, maxWireVersion } = server;
  if (minWireVersion > MAX_WIRE_VERSION) {
    return `the server at ${address} requires wire version ${minWireVersion}, but this version of Rotor only supports up to ${MAX_WIRE_VERSION}`;
  }
  if (maxWireVersion < MIN_WIRE_VERSION) {
    return `the server at ${address} reports wire version ${maxWireVersion}, but this version of Rotor requires at least ${MIN_WIRE_VERSION} (MongoDB 4.0)`;
  }
  return undefined;
}

function serverType(hello: Document): ServerType {
  if (hello.msg === 'isdbgrid') return 'Mongos';
  if (hello.isreplicaset === true) return 'RSGhost';
  if (hello.setName === undefined) return 'Standalone';
  if (hello.hidden === true) return 'RSOther';
  if (hello.isWritablePrimary === true || hello.ismaster === true) return 'RSPrimary';
  if (hello.secondary === true) return 'RSSecondary';
  if (hello.arbiterOnly === true) return 'RSArbiter';
  return 'RSOther';
}

/** Servers send integers; a mock or a proxy may send anything. */
function positive(value: unknown, otherwise: number): number {
  const number = typeof value === 'object' && value !== null ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && number >= 0 ? number : otherwise;
}
