import { ServerSelectionTimeoutError } from '../errors/connection-errors.js';
import { InvalidOperationError } from '../errors/usage-errors.js';
import { HostAddress } from '../options/host-address.js';
import { ReadPreference } from '../options/read-preference.js';
import type { PoolStats } from '../pool/connection-pool.js';
import { isDataBearing, type ServerDescription, type ServerType } from '../topology/server-description.js';
import { initialTopology, type TopologyDescription } from '../topology/topology-description.js';
import { steps } from './call.js';
import { ClientBase } from './client-base.js';

const TAKES_WRITES: ReadonlySet<ServerType> = new Set(['Standalone', 'Mongos', 'RSPrimary', 'LoadBalancer']);

/**
 * What a client knows of its deployment, from the last checks of its servers. Addresses are `host:port` as the members
 * of a replica set name themselves, or the path of a unix socket. Before the client connects and after it is closed
 * nothing is known, and nothing is done to change that; the methods that return promises connect.
 */
export abstract class DeploymentView extends ClientBase {
  /**
   * The deployment as a whole: its type, its servers and their state, round trips and last errors. Frozen; what changes
   * makes another one, and the event `topologyDescriptionChanged`. For pages that show a service's health.
   *
   * @example
   * for (const { address, type, roundTripTime, error } of client.topologyDescription.servers.values()) {
   *   console.log(address, type, roundTripTime, error?.message);
   * }
   */
  get topologyDescription(): TopologyDescription {
    const { hosts, srv, replicaSet, directConnection, loadBalanced } = this.options;
    const seeds = srv ? [] : hosts.map(String);
    return this.core.description ?? initialTopology({ seeds, replicaSet, directConnection, loadBalanced });
  }

  /** The connections to each server: how many there are, who uses them, who waits. */
  poolStats(): PoolStats[] {
    return this.core.poolStats();
  }

  /** The servers that have answered. */
  get nodes(): ReadonlySet<string> {
    return this.#addressesOf(({ type }) => type !== 'Unknown');
  }

  /** The primary of the replica set, or null where there is none. */
  get primary(): string | null {
    const [address] = this.#addressesOf(({ type }) => type === 'RSPrimary');
    return address ?? null;
  }

  /** The secondaries of the replica set. Hidden ones are none, as nobody can read from them. */
  get secondaries(): ReadonlySet<string> {
    return this.#addressesOf(({ type }) => type === 'RSSecondary');
  }

  /** The members of the replica set that hold no data and only vote. */
  get arbiters(): ReadonlySet<string> {
    return this.#addressesOf(({ type }) => type === 'RSArbiter');
  }

  /** The host of the server that takes writes, or the path of its unix socket; null where there is none, or several. */
  get host(): string | null {
    return this.#current?.[0] ?? null;
  }

  /** The port of the server that takes writes; null where there is none, or several, and for a unix socket. */
  get port(): number | null {
    return this.#current?.[1] ?? null;
  }

  /** `getAddress()` as a property: `await client.address`. */
  get address(): Promise<[host: string, port: number | null] | null> {
    return this.getAddress();
  }

  /**
   * Host and port of the standalone server, the primary or the mongos; with `directConnection`, of the server whatever it
   * is. Of a unix socket it is the path, and null. Waits until there is such a server.
   *
   * @returns null for a replica set whose members answer, and which gets no primary within `serverSelectionTimeoutMS`
   * @throws InvalidOperationError where the client balances its load among several mongoses; ServerSelectionTimeoutError
   * where no server answers
   */
  getAddress(): Promise<[host: string, port: number | null] | null> {
    return steps(async () => {
      try {
        await this.#untilWritable();
      } catch (error) {
        if (error instanceof ServerSelectionTimeoutError && this.nodes.size > 0) return null;
        throw error;
      }
      const { type, servers } = this.topologyDescription;
      if (type === 'Sharded' && servers.size > 1) {
        const all = [...servers.keys()].join(', ');
        throw new InvalidOperationError(`the load goes to ${servers.size} mongoses (${all}): there is no one address`);
      }
      return this.#current ?? null;
    });
  }

  /**
   * Whether the client is connected to a server that takes writes: a primary, a standalone server or a mongos. Waits for
   * one; so it is false only with `directConnection` to another member of a replica set.
   *
   * @throws ServerSelectionTimeoutError where there is none within `serverSelectionTimeoutMS`
   */
  isPrimary(): Promise<boolean> {
    return steps(async () => {
      await this.#untilWritable();
      return this.isPrimaryNow;
    });
  }

  /** Whether a server that takes writes is known, without waiting for one. */
  get isPrimaryNow(): boolean {
    return this.#servers.some(({ type }) => TAKES_WRITES.has(type));
  }

  /**
   * Whether the deployment is reached through mongoses; waits until it has answered. Nothing is known of what is behind
   * a load balancer: false.
   *
   * @throws ServerSelectionTimeoutError
   */
  isMongos(): Promise<boolean> {
    return steps(async () => {
      if (this.nodes.size === 0) await this.core.reach(ReadPreference.NEAREST);
      return this.#servers.some(({ type }) => type === 'Mongos');
    });
  }

  /**
   * The largest document that the server takes, in bytes. As all limits, the primary's if it is known, else any
   * member's; waits until a server has answered.
   *
   * @throws ServerSelectionTimeoutError
   */
  maxBsonSize(): Promise<number> {
    return this.#limit('maxBsonObjectSize');
  }

  /** The largest message that the server takes, in bytes. */
  maxMessageSize(): Promise<number> {
    return this.#limit('maxMessageSizeBytes');
  }

  /** How many writes the server takes in one command. */
  maxWriteBatchSize(): Promise<number> {
    return this.#limit('maxWriteBatchSize');
  }

  get #servers(): readonly ServerDescription[] {
    return this.core.servers;
  }

  /** Of the only server that takes writes; with a direct connection, of that server. */
  get #current(): [host: string, port: number | null] | undefined {
    const isDirect = this.topologyDescription.type === 'Single';
    const fitting = this.#servers.filter(({ type }) => isDirect || TAKES_WRITES.has(type));
    if (fitting.length !== 1) return undefined;
    const { host, path, port } = HostAddress.parse(fitting[0]!.address);
    return [host ?? path!, port ?? null];
  }

  #addressesOf(fits: (server: ServerDescription) => boolean): ReadonlySet<string> {
    return new Set(this.#servers.filter(fits).map(({ address }) => address));
  }

  async #untilWritable(): Promise<void> {
    if (this.#current === undefined) await this.core.reach(ReadPreference.PRIMARY);
  }

  #limit(name: 'maxBsonObjectSize' | 'maxMessageSizeBytes' | 'maxWriteBatchSize'): Promise<number> {
    return steps(async () => {
      const known = this.#servers.find(({ type }) => type === 'RSPrimary') ?? this.#servers.find(isDataBearing);
      // Of a load balancer nothing is known but what the server behind it has said to a connection.
      if (known !== undefined && known.type !== 'LoadBalancer') return known[name];
      return (await this.core.reach(ReadPreference.NEAREST)).known![name];
    });
  }
}
