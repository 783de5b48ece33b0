import { inspect } from 'node:util';
import { ConnectionFailureError, ServerSelectionTimeoutError } from '../errors/connection-errors.js';
import type { RotorError } from '../errors/rotor-error.js';
import { ConfigurationError } from '../errors/usage-errors.js';
import { isLasting, misconfiguration } from '../net/tls-failure.js';
import { ReadPreference } from '../options/read-preference.js';
import { estimatedStaleness } from './max-staleness.js';
import { type SelectionRequest, suitableServers } from './select-server.js';
import type { ServerDescription } from './server-description.js';
import type { TopologyDescription } from './topology-description.js';

/** A cluster may have hundreds of routers; the message stays one that a person reads. */
const MOST_SHOWN = 10;
/** What getaddrinfo says of a name that it cannot resolve, now or ever. */
const NAME_ERRORS = ['ENOTFOUND', 'EAI_AGAIN', 'EAI_NONAME', 'EAI_NODATA'];
const MOST_CAUSES = 8;

/**
 * Why no operation can ever run on this topology, whatever it waits for: servers that are too old or too new, a replica
 * set to which none of the seeds belongs, seeds that do not belong together, or servers none of which can be talked to
 * before an option or a certificate changes. Undefined where waiting may help.
 */
export function impossibleSelection(topology: TopologyDescription): RotorError | undefined {
  if (topology.compatibilityError !== undefined) return new ConfigurationError(topology.compatibilityError);
  const { type, servers, removals } = topology;
  // A set is told by its members who else is one; seeds that are several standalones are no deployment. Routers may be
  // found again by their SRV records.
  const isOver = isReplicaSet(topology) || (type === 'Unknown' && removals.size > 0);
  if (servers.size > 0) return lastingFailure([...servers.values()]);
  if (!isOver) return undefined;
  return new ConfigurationError(`no server is left to connect to: ${noServer(topology)}`);
}

function lastingFailure(servers: readonly ServerDescription[]): RotorError | undefined {
  if (!servers.every(({ error }) => error !== undefined && isLasting(error))) return undefined;
  // The options are the same for all servers.
  const wrong = misconfiguration(servers[0]!.error!);
  if (wrong !== undefined) return new ConfigurationError(wrong.message, { cause: wrong });
  const errors = servers.slice(0, MOST_SHOWN).map(({ error }) => firstLine(error!.message));
  if (servers.length > MOST_SHOWN) errors.push(`and ${servers.length - MOST_SHOWN} more servers`);
  return new ConnectionFailureError(errors.join('; '), { cause: servers[0]!.error });
}

/**
 * The error of an operation that found no server in time. One line: what was asked for, what stands in the way, and
 * the state and last error of each server.
 *
 * @param waitedMS - how long the operation has waited
 *
 * @example
 * // no server could be selected within serverSelectionTimeoutMS (waited 30000 ms) for the primary: replica set 'rs0' has no
 * // primary; db1:27017 is RSSecondary; db2:27017 is unknown, last error: connect ECONNREFUSED 10.0.0.2:27017
 */
export function selectionTimeout(
  topology: TopologyDescription,
  request: SelectionRequest,
  waitedMS: number,
): ServerSelectionTimeoutError {
  const servers = [...topology.servers.values()];
  const states = servers.slice(0, MOST_SHOWN).map((server) => stateOf(server, topology, request));
  if (servers.length > MOST_SHOWN) states.push(`and ${servers.length - MOST_SHOWN} more servers`);
  const waited = `within serverSelectionTimeoutMS (waited ${Math.round(waitedMS)} ms)`;
  const line = [obstacle(topology, request, servers), ...states].join('; ');
  return new ServerSelectionTimeoutError(`no server could be selected ${waited} for ${wishOf(request)}: ${line}`, {
    cause: servers.find(({ error }) => error !== undefined)?.error,
  });
}

function wishOf({ writable, readPreference }: SelectionRequest): string {
  if (writable) return 'the primary';
  const { mode, ...settings } = readPreference.toDocument();
  const isPlain = Object.keys(settings).length === 0;
  return `a read with readPreference ${isPlain ? mode : oneLine({ mode, ...settings })}`;
}

/** The first thing that would have to change. */
function obstacle(
  topology: TopologyDescription,
  request: SelectionRequest,
  servers: readonly ServerDescription[],
): string {
  if (servers.length === 0) return noServer(topology);
  const nameless = servers.filter(hasNoAddress).map(({ address }) => address);
  if (nameless.length > 0) return `the names of these servers cannot be resolved from here: ${nameless.join(', ')}`;
  if (servers.every(({ type }) => type === 'Unknown' || type === 'PossiblePrimary')) return 'no server is available';
  return unmetWish(topology, request) ?? missingMember(topology, request);
}

/** Leaves out one wish after the other until a server would do. */
function unmetWish(topology: TopologyDescription, request: SelectionRequest): string | undefined {
  const { writable, readPreference } = request;
  const wouldDo = (wanted: ReadPreference): boolean => {
    return suitableServers(topology, { ...request, readPreference: wanted, serverSelector: undefined }).length > 0;
  };
  if (wouldDo(readPreference)) return 'serverSelector has chosen none of the suitable servers';
  if (writable) return undefined;
  const { mode, maxStalenessSeconds } = readPreference;
  if (wouldDo(new ReadPreference(mode, undefined, { maxStalenessSeconds })))
    return 'no server of that mode has the tags';
  return wouldDo(ReadPreference.from(mode)) ? 'no server of that mode is fresh enough' : undefined;
}

function missingMember({ type, setName }: TopologyDescription, { writable, readPreference }: SelectionRequest): string {
  if (type === 'Sharded') return 'no mongos is available';
  if (type !== 'ReplicaSetNoPrimary' && type !== 'ReplicaSetWithPrimary') return 'no server takes operations';
  const set = `replica set ${inspect(setName)}`;
  if (writable || readPreference.mode === 'primary') return `${set} has no primary`;
  return readPreference.mode === 'secondary' ? `${set} has no secondary` : `${set} has no primary and no secondary`;
}

function noServer(topology: TopologyDescription): string {
  const { setName, removals } = topology;
  const set = setName === undefined ? 'a replica set' : `replica set ${inspect(setName)}`;
  const reasons = [...removals].map(([address, reason]) => `${address} ${reason}`);
  const reason = reasons.length === 0 ? '' : ` (${reasons.join('; ')})`;
  return `${isReplicaSet(topology) ? `none of the seeds is a member of ${set}` : 'it has no servers'}${reason}`;
}

function isReplicaSet({ type }: TopologyDescription): boolean {
  return type === 'ReplicaSetNoPrimary' || type === 'ReplicaSetWithPrimary';
}

function stateOf(server: ServerDescription, topology: TopologyDescription, request: SelectionRequest): string {
  const { address, type, error, tags } = server;
  if (error !== undefined) return `${address} is unknown, last error: ${firstLine(error.message)}`;
  if (type === 'Unknown' || type === 'PossiblePrimary') return `${address} has not answered yet`;
  const { tags: wanted, maxStalenessSeconds } = request.readPreference;
  const parts = [`${address} is ${type}`];
  if (!request.writable && wanted !== undefined) parts.push(`with tags ${oneLine(tags)}`);
  if (!request.writable && maxStalenessSeconds !== undefined && type === 'RSSecondary') {
    const staleness = estimatedStaleness(topology, server, request.heartbeatFrequencyMS);
    parts.push(Number.isFinite(staleness) ? `${Math.round(staleness / 1000)} s stale` : 'of unknown staleness');
  }
  return parts.join(' ');
}

function hasNoAddress({ error }: ServerDescription): boolean {
  let cause = Object(error);
  for (let depth = 0; depth < MOST_CAUSES; depth++) {
    if (NAME_ERRORS.includes(cause.code)) return true;
    cause = Object(cause.cause);
  }
  return false;
}

function oneLine(value: unknown): string {
  return inspect(value, { depth: 4, breakLength: Number.POSITIVE_INFINITY, compact: true });
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]!;
}
