import type { ObjectId } from '../bson/codec.js';
import {
  incompatibility,
  isDataBearing,
  memberAddresses,
  type ServerDescription,
  unknownServer,
} from './server-description.js';
import type { TopologyDescription, TopologyType } from './topology-description.js';

/** A removal is kept for a reader's eyes: more than that, nobody reads. */
const MAX_REMOVALS = 10;

/** The next description of a topology while it is written. */
export class TopologyDraft {
  type: TopologyType;
  setName: string | undefined;
  maxElectionId: ObjectId | undefined;
  maxSetVersion: number | undefined;
  readonly seedCount: number;
  readonly servers: Map<string, ServerDescription>;
  readonly #removals: Map<string, string>;

  constructor(topology: TopologyDescription) {
    this.type = topology.type;
    this.setName = topology.setName;
    this.maxElectionId = topology.maxElectionId;
    this.maxSetVersion = topology.maxSetVersion;
    this.seedCount = topology.seedCount;
    this.servers = new Map(topology.servers);
    this.#removals = new Map(topology.removals);
  }

  set(server: ServerDescription): void {
    this.servers.set(server.address, server);
  }

  /** Adds servers of which nothing is known yet, except where they are there. */
  add(addresses: Iterable<string>): void {
    for (const address of addresses) {
      if (!this.servers.has(address)) this.set(unknownServer(address));
      this.#removals.delete(address);
    }
  }

  /** @param reason goes on after the address: "a:1 is a mongos". */
  remove(address: string, reason: string): void {
    if (!this.servers.delete(address)) return;
    // The latest go last, so that the first are the ones to be forgotten.
    this.#removals.delete(address);
    this.#removals.set(address, reason);
    for (const oldest of this.#removals.keys()) {
      if (this.#removals.size <= MAX_REMOVALS) break;
      this.#removals.delete(oldest);
    }
  }

  /** Removes all servers but these. */
  keep(addresses: Iterable<string>, reason: string): void {
    const kept = new Set(addresses);
    for (const address of this.servers.keys()) {
      if (!kept.has(address)) this.remove(address, reason);
    }
  }

  addMembers(server: ServerDescription): void {
    this.add(memberAddresses(server));
  }

  get hasPrimary(): boolean {
    return [...this.servers.values()].some(({ type }) => type === 'RSPrimary');
  }

  finish(): TopologyDescription {
    const servers = [...this.servers.values()];
    return Object.freeze({
      type: this.type,
      setName: this.setName,
      servers: this.servers,
      removals: this.#removals,
      seedCount: this.seedCount,
      maxElectionId: this.maxElectionId,
      maxSetVersion: this.maxSetVersion,
      compatibilityError: servers.map(incompatibility).find((reason) => reason !== undefined),
      logicalSessionTimeoutMinutes: sessionTimeout(servers.filter(isDataBearing)),
    });
  }
}

/** @see MongoDB Server Discovery and Monitoring specification, "Logical Session Timeout" */
function sessionTimeout(servers: readonly ServerDescription[]): number | undefined {
  const timeouts = servers.map(({ logicalSessionTimeoutMinutes }) => logicalSessionTimeoutMinutes);
  const known = timeouts.filter((timeout) => timeout !== undefined);
  return known.length === 0 || known.length < timeouts.length ? undefined : Math.min(...known);
}
