import type { Document } from '../bson/codec.js';
import { ConnectionFailureError } from '../errors/connection-errors.js';
import type { ServerDescription, ServerType, TopologyVersion } from '../events/topology-descriptions.js';
import {
  addressesOf,
  addressOf,
  epochOf,
  integerOf,
  objectIdOf,
  stringOf,
  tagsOf,
  topologyVersionOf,
} from './hello-fields.js';

export type { ServerDescription, ServerType } from '../events/topology-descriptions.js';

/** How long a hello takes, in milliseconds. */
export interface RoundTrip {
  readonly average: number;
  readonly min: number;
}

/** MongoDB 4.0. */
export const MIN_WIRE_VERSION = 7;
/** The newest wire version that Rotor knows: that of the release after MongoDB 8.2, which has 27. */
export const MAX_WIRE_VERSION = 28;

/** A replica set has at most 50 members. A list far beyond that is no list of members, and each would be connected to. */
const MAX_MEMBERS = 1000;

const NOTHING = Object.freeze({});
const UNMEASURED: RoundTrip = { average: -1, min: 0 };

/**
 * Reads a hello reply. Fields that a server leaves out, or that make no sense, get the specification's defaults; a reply
 * that is no success describes an unknown server.
 *
 * @param roundTrip how long the replies take, where that has been measured.
 */
export function describeServer(
  address: string,
  hello: Readonly<Document>,
  roundTrip: RoundTrip = UNMEASURED,
): ServerDescription {
  if (integerOf(hello.ok) !== 1 && hello.ok !== true) {
    const reason = stringOf(hello.errmsg) ?? 'the reply has no ok: 1';
    return unknownServer(address, new ConnectionFailureError(`the hello of ${address} failed: ${reason}`));
  }
  const description = read(address, hello, roundTrip, performance.now());
  const count = memberAddresses(description).length;
  if (count <= MAX_MEMBERS) return description;
  const reason = `${address} names ${count} members of its set, at most ${MAX_MEMBERS} were expected`;
  return unknownServer(address, new ConnectionFailureError(reason));
}

/**
 * A server that has not been asked, or of which nothing is known after an error.
 *
 * @param topologyVersion the one of the error, so that older news are told from newer.
 */
export function unknownServer(
  address: string,
  error?: Error,
  topologyVersion?: TopologyVersion | undefined,
): ServerDescription {
  const lastUpdateTime = error === undefined ? Number.NEGATIVE_INFINITY : performance.now();
  const blank = read(address, NOTHING, UNMEASURED, lastUpdateTime);
  return Object.freeze({ ...blank, type: 'Unknown', error, topologyVersion });
}

/** A load balancer is never asked: nothing is known of it but that it is there. */
export function loadBalancer(address: string): ServerDescription {
  return Object.freeze({ ...unknownServer(address), type: 'LoadBalancer' });
}

function read(
  address: string,
  hello: Readonly<Document>,
  { average, min }: RoundTrip,
  lastUpdateTime: number,
): ServerDescription {
  return Object.freeze({
    address,
    type: serverType(hello),
    error: undefined,
    roundTripTime: average,
    minRoundTripTime: min,
    lastUpdateTime,
    lastWriteDate: epochOf(hello.lastWrite?.lastWriteDate),
    setName: stringOf(hello.setName),
    me: addressOf(hello.me),
    hosts: addressesOf(hello.hosts),
    passives: addressesOf(hello.passives),
    arbiters: addressesOf(hello.arbiters),
    primary: addressOf(hello.primary),
    tags: tagsOf(hello.tags),
    electionId: objectIdOf(hello.electionId),
    setVersion: integerOf(hello.setVersion),
    topologyVersion: topologyVersionOf(hello.topologyVersion),
    minWireVersion: integerOf(hello.minWireVersion) ?? 0,
    maxWireVersion: integerOf(hello.maxWireVersion) ?? 0,
    maxBsonObjectSize: integerOf(hello.maxBsonObjectSize) ?? 16 * 1024 * 1024,
    maxMessageSizeBytes: integerOf(hello.maxMessageSizeBytes) ?? 48_000_000,
    maxWriteBatchSize: integerOf(hello.maxWriteBatchSize) ?? 1_000,
    logicalSessionTimeoutMinutes: integerOf(hello.logicalSessionTimeoutMinutes),
    iscryptd: hello.iscryptd === true,
    hello,
  });
}

function serverType(hello: Readonly<Document>): ServerType {
  if (hello.msg === 'isdbgrid') return 'Mongos';
  if (hello.isreplicaset === true) return 'RSGhost';
  if (stringOf(hello.setName) === undefined) return 'Standalone';
  if (hello.hidden === true) return 'RSOther';
  if ((hello.isWritablePrimary ?? hello.ismaster) === true) return 'RSPrimary';
  if (hello.secondary === true) return 'RSSecondary';
  if (hello.arbiterOnly === true) return 'RSArbiter';
  return 'RSOther';
}

/** Every member of the set that this one knows of. */
export function memberAddresses({ hosts, passives, arbiters }: ServerDescription): readonly string[] {
  return [...hosts, ...passives, ...arbiters];
}

const DATA_BEARING: ReadonlySet<ServerType> = new Set([
  'Standalone',
  'Mongos',
  'RSPrimary',
  'RSSecondary',
  'LoadBalancer',
]);

/** Whether the application's data can be read there. */
export function isDataBearing({ type }: ServerDescription): boolean {
  return DATA_BEARING.has(type);
}

/** Why this client and this server cannot talk, or undefined where they can, or where nothing is known of the server. */
export function incompatibility(server: ServerDescription): string | undefined {
  const { address, type, minWireVersion, maxWireVersion } = server;
  if (type === 'Unknown' || type === 'PossiblePrimary' || type === 'LoadBalancer') return undefined;
  if (minWireVersion > MAX_WIRE_VERSION) {
    return `the server at ${address} requires wire version ${minWireVersion}, but this version of Rotor only supports up to ${MAX_WIRE_VERSION}`;
  }
  if (maxWireVersion < MIN_WIRE_VERSION) {
    return `the server at ${address} reports wire version ${maxWireVersion}, but this version of Rotor requires at least ${MIN_WIRE_VERSION} (MongoDB 4.0)`;
  }
  return undefined;
}

/**
 * Which of two news of one server is newer: negative where the candidate is, 0 where they are the same, positive where
 * the candidate is older. Versions that cannot be compared count as newer.
 *
 * @see MongoDB Server Discovery and Monitoring specification, "topologyVersion Comparison"
 */
export function compareTopologyVersions(
  current: TopologyVersion | undefined,
  candidate: TopologyVersion | undefined,
): number {
  if (current === undefined || candidate === undefined || !current.processId.equals(candidate.processId)) return -1;
  return Number(current.counter - candidate.counter);
}

/** Whether a reply is older than what is known of its server: replies on several connections overtake each other. */
export function isStale(current: TopologyVersion | undefined, candidate: TopologyVersion | undefined): boolean {
  return compareTopologyVersions(current, candidate) > 0;
}

type Same<Field extends keyof ServerDescription> = (
  a: ServerDescription[Field],
  b: ServerDescription[Field],
) => boolean;

/** The fields that count, those of the specification that are marked with (=). */
const SAME: { readonly [Field in keyof ServerDescription]?: Same<Field> } = {
  type: Object.is,
  error: (a, b) => a?.name === b?.name && a?.message === b?.message,
  minWireVersion: Object.is,
  maxWireVersion: Object.is,
  me: Object.is,
  hosts: sameMembers,
  passives: sameMembers,
  arbiters: sameMembers,
  tags: (a, b) => sameMembers(Object.entries(a).map(String), Object.entries(b).map(String)),
  setName: Object.is,
  setVersion: Object.is,
  electionId: (a, b) => (a === undefined || b === undefined ? a === b : a.equals(b)),
  primary: Object.is,
  logicalSessionTimeoutMinutes: Object.is,
  topologyVersion: (a, b) => a === b || compareTopologyVersions(a, b) === 0,
  iscryptd: Object.is,
};

/**
 * Whether nothing has changed that anybody has to be told of. Round trips and times always change.
 *
 * @see MongoDB Server Discovery and Monitoring specification, "Server Description Equality"
 */
export function sameDescription(a: ServerDescription, b: ServerDescription): boolean {
  const fields = Object.entries(SAME) as [keyof ServerDescription, Same<any>][];
  return a.address === b.address && fields.every(([field, same]) => same(a[field], b[field]));
}

function sameMembers(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((member) => b.includes(member));
}
