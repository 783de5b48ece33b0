import { inspect } from 'node:util';
import type { ObjectId } from '../bson/codec.js';
import { AutoReconnectError } from '../errors/connection-errors.js';
import { ConfigurationError } from '../errors/usage-errors.js';
import {
  isStale,
  memberAddresses,
  type ServerDescription,
  type ServerType,
  unknownServer,
} from './server-description.js';
import type { TopologyDescription, TopologyType } from './topology-description.js';
import { TopologyDraft } from './topology-draft.js';

/** What news of one server do to the topology. The server's description is in the draft already. */
type Action = (draft: TopologyDraft, server: ServerDescription) => void;

/** Types of topologies that learn from their servers what they are. */
type LearningType = Exclude<TopologyType, 'Single' | 'LoadBalanced'>;

type Row = Readonly<Record<LearningType, Action>>;

const ignore: Action = () => {};

const unavailable: Row = {
  Unknown: ignore,
  Sharded: ignore,
  ReplicaSetNoPrimary: ignore,
  ReplicaSetWithPrimary: checkIfHasPrimary,
};

const member: Row = {
  Unknown: updateRSWithoutPrimary,
  Sharded: remove,
  ReplicaSetNoPrimary: updateRSWithoutPrimary,
  ReplicaSetWithPrimary: updateRSWithPrimaryFromMember,
};

/** @see MongoDB Server Discovery and Monitoring specification, "TopologyType table" */
const ACTIONS: Readonly<Record<Exclude<ServerType, 'LoadBalancer'>, Row>> = {
  Unknown: unavailable,
  PossiblePrimary: unavailable,
  Standalone: {
    Unknown: updateUnknownWithStandalone,
    Sharded: remove,
    ReplicaSetNoPrimary: remove,
    ReplicaSetWithPrimary: removeAndCheck,
  },
  Mongos: {
    Unknown: becomeSharded,
    Sharded: ignore,
    ReplicaSetNoPrimary: remove,
    ReplicaSetWithPrimary: removeAndCheck,
  },
  RSPrimary: {
    Unknown: updateRSFromPrimary,
    Sharded: remove,
    ReplicaSetNoPrimary: updateRSFromPrimary,
    ReplicaSetWithPrimary: updateRSFromPrimary,
  },
  RSSecondary: member,
  RSArbiter: member,
  RSOther: member,
  RSGhost: {
    Unknown: ignore,
    Sharded: remove,
    ReplicaSetNoPrimary: ignore,
    ReplicaSetWithPrimary: checkIfHasPrimary,
  },
};

/**
 * The topology after news of one of its servers, from a check or from an error. Pure.
 *
 * @returns the same object where the news change nothing: of a server that is not in the topology (any more), or older
 * than what is known.
 * @see MongoDB Server Discovery and Monitoring specification, "Updating the TopologyDescription"
 */
export function applyServer(topology: TopologyDescription, server: ServerDescription): TopologyDescription {
  const known = topology.servers.get(server.address);
  if (known === undefined || isStale(known.topologyVersion, server.topologyVersion)) return topology;
  const { type } = topology;
  // "the client MUST keep the ServerDescription as LoadBalancer"
  if ((type === 'LoadBalanced') !== (server.type === 'LoadBalancer')) return topology;
  const draft = new TopologyDraft(topology);
  draft.set(server);
  if (type === 'Single') verifySetName(draft, server);
  else if (type !== 'LoadBalanced') actionOf(type, server.type)(draft, server);
  return draft.finish();
}

/**
 * The topology after its SRV records were read again: new servers are added, and those that are gone removed. A
 * deployment that has turned out to be no sharded cluster does not change.
 *
 * @param addresses `host:port`, in lower case.
 * @see MongoDB Polling SRV Records for mongos Discovery specification
 */
export function applySeeds(topology: TopologyDescription, addresses: readonly string[]): TopologyDescription {
  if (topology.type !== 'Unknown' && topology.type !== 'Sharded') return topology;
  const draft = new TopologyDraft(topology);
  draft.add(addresses);
  draft.keep(addresses, 'is no longer among the SRV records');
  return draft.finish();
}

function actionOf(type: LearningType, serverType: ServerType): Action {
  return serverType === 'LoadBalancer' ? ignore : ACTIONS[serverType][type];
}

function verifySetName(draft: TopologyDraft, { address, type, setName }: ServerDescription): void {
  if (draft.setName === undefined || type === 'Unknown' || setName === draft.setName) return;
  const error = new ConfigurationError(`${address} ${otherSet(setName, draft.setName)}`);
  draft.set(unknownServer(address, error));
}

function otherSet(setName: string | undefined, wanted: string): string {
  const is = setName === undefined ? 'is no member of a replica set' : `is a member of replica set ${inspect(setName)}`;
  return `${is}, ${inspect(wanted)} was expected`;
}

function checkIfHasPrimary(draft: TopologyDraft): void {
  draft.type = draft.hasPrimary ? 'ReplicaSetWithPrimary' : 'ReplicaSetNoPrimary';
}

const NOT_OF_THE_SET: Partial<Record<ServerType, string>> = { Standalone: 'a standalone', Mongos: 'a mongos' };

function remove(draft: TopologyDraft, { address, type }: ServerDescription): void {
  const reason =
    draft.type === 'Sharded'
      ? `is ${type} and no mongos`
      : `is ${NOT_OF_THE_SET[type] ?? type} and no member of a replica set`;
  draft.remove(address, reason);
}

function removeAndCheck(draft: TopologyDraft, server: ServerDescription): void {
  remove(draft, server);
  checkIfHasPrimary(draft);
}

function updateUnknownWithStandalone(draft: TopologyDraft, { address }: ServerDescription): void {
  if (draft.seedCount === 1) draft.type = 'Single';
  else draft.remove(address, `is a standalone, but one of ${draft.seedCount} seeds`);
}

function becomeSharded(draft: TopologyDraft): void {
  draft.type = 'Sharded';
}

/** False where the server is of another set, and has been removed. The first member names the set. */
function joinsSet(draft: TopologyDraft, { address, setName }: ServerDescription): boolean {
  draft.setName ??= setName;
  if (draft.setName === setName) return true;
  draft.remove(address, otherSet(setName, draft.setName!));
  return false;
}

/** A member that the set knows under another address: that one is, or will be, in the topology. */
function removeAlias(draft: TopologyDraft, { address, me }: ServerDescription): void {
  if (me !== undefined && me !== address) draft.remove(address, `is known to its replica set as ${me}`);
}

function updateRSWithoutPrimary(draft: TopologyDraft, server: ServerDescription): void {
  draft.type = 'ReplicaSetNoPrimary';
  if (!joinsSet(draft, server)) return;
  draft.addMembers(server);
  removeAlias(draft, server);
}

function updateRSWithPrimaryFromMember(draft: TopologyDraft, server: ServerDescription): void {
  if (joinsSet(draft, server)) removeAlias(draft, server);
  // The member may have been the primary.
  checkIfHasPrimary(draft);
}

function updateRSFromPrimary(draft: TopologyDraft, server: ServerDescription): void {
  if (joinsSet(draft, server)) {
    if (isNewestPrimary(draft, server)) followPrimary(draft, server);
    else draft.set(unknownServer(server.address, stale('electionId/setVersion mismatch')));
  }
  checkIfHasPrimary(draft);
}

function followPrimary(draft: TopologyDraft, primary: ServerDescription): void {
  for (const { address, type } of draft.servers.values()) {
    if (type === 'RSPrimary' && address !== primary.address) {
      draft.set(unknownServer(address, stale('discovery of newer primary')));
    }
  }
  draft.addMembers(primary);
  draft.keep(memberAddresses(primary), `is not among the members that the primary ${primary.address} knows`);
}

/** The wording is the specification's, "error". */
function stale(reason: string): AutoReconnectError {
  return new AutoReconnectError(`primary marked stale due to ${reason}`);
}

/** MongoDB 6.0. */
const WIRE_VERSION_BY_ELECTION = 17;

/**
 * Whether no newer primary has been seen; notes this one, if so. From 6.0 on the election goes before the version of the
 * set, before it was the other way round.
 *
 * @see MongoDB Server Discovery and Monitoring specification, "updateRSFromPrimary"
 */
function isNewestPrimary(draft: TopologyDraft, server: ServerDescription): boolean {
  return server.maxWireVersion >= WIRE_VERSION_BY_ELECTION
    ? isNewestByElection(draft, server)
    : isNewestBySet(draft, server);
}

function isNewestByElection(draft: TopologyDraft, { electionId, setVersion }: ServerDescription): boolean {
  const order = compareElections(electionId, draft.maxElectionId);
  if (order < 0 || (order === 0 && (setVersion ?? -1) < (draft.maxSetVersion ?? -1))) return false;
  draft.maxElectionId = electionId;
  draft.maxSetVersion = setVersion;
  return true;
}

function isNewestBySet(draft: TopologyDraft, { electionId, setVersion }: ServerDescription): boolean {
  const { maxElectionId, maxSetVersion } = draft;
  if (setVersion !== undefined && electionId !== undefined) {
    if (maxSetVersion !== undefined && maxElectionId !== undefined) {
      if (setVersion < maxSetVersion) return false;
      if (setVersion === maxSetVersion && compareElections(electionId, maxElectionId) < 0) return false;
    }
    draft.maxElectionId = electionId;
  }
  if (setVersion !== undefined && (maxSetVersion === undefined || setVersion > maxSetVersion)) {
    draft.maxSetVersion = setVersion;
  }
  return true;
}

/** By their bytes; none is less than any. */
function compareElections(a: ObjectId | undefined, b: ObjectId | undefined): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  return Buffer.compare(a.id, b.id);
}
