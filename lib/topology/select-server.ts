import { inspect } from 'node:util';
import type { ReadPreference, ReadPreferenceMode } from '../options/read-preference.js';
import { checkMaxStaleness, estimatedStaleness } from './max-staleness.js';
import type { ServerDescription } from './server-description.js';
import type { TopologyDescription } from './topology-description.js';

/** What a server is wanted for, and the client's settings for the choice. Durations are milliseconds. */
export interface SelectionRequest {
  /** Has no effect where `writable` is true. */
  readonly readPreference: ReadPreference;
  /** A write: of a replica set, the primary alone will do. */
  readonly writable: boolean;
  /** How much slower than the fastest suitable server another may be. */
  readonly localThresholdMS: number;
  readonly heartbeatFrequencyMS: number;
  /** The application's own choice among the suitable servers, before the latency counts. */
  readonly serverSelector?: ((servers: readonly ServerDescription[]) => readonly ServerDescription[]) | undefined;
  /** Addresses to avoid where another server suits too, such as the one on which a first try has failed. */
  readonly deprioritized?: ReadonlySet<string> | undefined;
}

type Servers = readonly ServerDescription[];

/** Narrows servers down to those that are fresh enough and carry the tags. */
type Eligible = (candidates: Servers) => Servers;

/** What each mode makes of the primary (none or one) and the secondaries of a replica set. */
type ModeRule = (primary: Servers, secondaries: Servers, narrow: Eligible) => Servers;

const MODES: Readonly<Record<ReadPreferenceMode, ModeRule>> = {
  primary: (primary) => primary,
  primaryPreferred: (primary, secondaries, narrow) => (primary.length > 0 ? primary : narrow(secondaries)),
  secondary: (_, secondaries, narrow) => narrow(secondaries),
  secondaryPreferred: (primary, secondaries, narrow) => {
    const eligible = narrow(secondaries);
    return eligible.length > 0 ? eligible : primary;
  },
  nearest: (primary, secondaries, narrow) => narrow([...primary, ...secondaries]),
};

type Rule = (servers: Servers, request: SelectionRequest, topology: TopologyDescription) => Servers;

/** Server Selection specification, the sections "Topology type". */
const RULES: Readonly<Record<TopologyDescription['type'], Rule>> = {
  Unknown: () => [],
  Single: (servers) => servers.filter(isAvailable),
  LoadBalanced: (servers) => servers,
  Sharded: (servers) => ofType(servers, 'Mongos'),
  ReplicaSetNoPrimary: ofReplicaSet,
  ReplicaSetWithPrimary: ofReplicaSet,
};

/**
 * The servers among which an operation may choose: suitable by type, mode, staleness, tags (in this order) and the
 * application's selector, and within the latency window.
 *
 * @returns none where the operation has to wait for the topology to change
 * @throws ConfigurationError for a maxStalenessSeconds that is too small for a replica set; TypeError for a
 * serverSelector that gives no list; what the serverSelector throws
 *
 * @example
 * suitableServers(topology, { readPreference: ReadPreference.NEAREST, writable: false, ...options });
 *
 * @see MongoDB Server Selection specification, "Server Selection Algorithm", steps 3 to 5
 */
export function suitableServers(topology: TopologyDescription, request: SelectionRequest): Servers {
  const suitable = suitableByRule(topology, request);
  return withinLatencyWindow(chosenByApplication(suitable, request), request.localThresholdMS);
}

/**
 * "Choose two servers at random ... select the one with the lower operationCount": near the best balance, and no herd
 * on the one server that looks idle.
 *
 * @param candidates - at least one
 * @param operationCount - how many operations a candidate has under way
 * @param random - a number from 0 up to but not including 1
 */
export function leastBusy<Candidate>(
  candidates: readonly Candidate[],
  operationCount: (candidate: Candidate) => number,
  random: () => number = Math.random,
): Candidate {
  const { length } = candidates;
  const at = length > 1 ? Math.floor(random() * length) : 0;
  const first = candidates[at]!;
  if (length < 2) return first;
  // One of the others, each as likely: so many steps further round.
  const second = candidates[(at + 1 + Math.floor(random() * (length - 1))) % length]!;
  return operationCount(second) < operationCount(first) ? second : first;
}

function suitableByRule(topology: TopologyDescription, request: SelectionRequest): Servers {
  const rule = RULES[topology.type];
  const servers = [...topology.servers.values()];
  const { deprioritized } = request;
  if (deprioritized !== undefined && deprioritized.size > 0) {
    const preferred = rule(
      servers.filter(({ address }) => !deprioritized.has(address)),
      request,
      topology,
    );
    if (preferred.length > 0) return preferred;
  }
  return rule(servers, request, topology);
}

function ofReplicaSet(servers: Servers, request: SelectionRequest, topology: TopologyDescription): Servers {
  const primary = ofType(servers, 'RSPrimary');
  if (request.writable) return primary;
  const { mode, tags, maxStalenessSeconds } = request.readPreference;
  if (maxStalenessSeconds !== undefined) checkMaxStaleness(maxStalenessSeconds, request.heartbeatFrequencyMS);
  return MODES[mode](primary, ofType(servers, 'RSSecondary'), (candidates) => {
    return withTags(fresh(topology, candidates, request), tags);
  });
}

function fresh(topology: TopologyDescription, candidates: Servers, request: SelectionRequest): Servers {
  const { maxStalenessSeconds } = request.readPreference;
  if (maxStalenessSeconds === undefined) return candidates;
  return candidates.filter((server) => {
    return estimatedStaleness(topology, server, request.heartbeatFrequencyMS) <= maxStalenessSeconds * 1000;
  });
}

/** "Tag sets are tried in order until a tag set matches at least one candidate server." */
function withTags(candidates: Servers, tagSets: ReadPreference['tags']): Servers {
  if (tagSets === undefined) return candidates;
  for (const wanted of tagSets) {
    const pairs = Object.entries(wanted);
    const matching = candidates.filter(({ tags }) => pairs.every(([name, value]) => tags[name] === value));
    if (matching.length > 0) return matching;
  }
  return [];
}

function chosenByApplication(suitable: Servers, { serverSelector }: SelectionRequest): Servers {
  if (serverSelector === undefined || suitable.length === 0) return suitable;
  const chosen: unknown = serverSelector(suitable);
  if (!Array.isArray(chosen)) {
    throw new TypeError(`serverSelector must return a list of server descriptions, not ${inspect(chosen)}`);
  }
  return suitable.filter((server) => chosen.includes(server));
}

/** A server whose round-trip time is not known yet neither sets the window nor falls out of it. */
function withinLatencyWindow(suitable: Servers, localThresholdMS: number): Servers {
  if (suitable.length < 2) return suitable;
  let fastest = Number.POSITIVE_INFINITY;
  for (const { roundTripTime } of suitable) if (roundTripTime >= 0) fastest = Math.min(fastest, roundTripTime);
  return suitable.filter(({ roundTripTime }) => roundTripTime < 0 || roundTripTime <= fastest + localThresholdMS);
}

function ofType(servers: Servers, wanted: ServerDescription['type']): Servers {
  return servers.filter(({ type }) => type === wanted);
}

/** "A server of type Unknown or PossiblePrimary is not available; other types are available." */
function isAvailable({ type }: ServerDescription): boolean {
  return type !== 'Unknown' && type !== 'PossiblePrimary';
}
