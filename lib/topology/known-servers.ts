import type { SelectionEvents, SelectionTeller } from '../events/selection-events.js';
import type { TopologyEvents } from '../events/topology-events.js';
import type { Connect } from '../net/transport.js';
import type { PoolStats } from '../pool/connection-pool.js';
import { Server, type ServerOptions, type ServerOwner } from './server.js';
import type { ServerDescription } from './server-description.js';
import { topologyChanges } from './topology-changes.js';
import { initialTopology, type TopologyDescription } from './topology-description.js';
import { applySeeds, applyServer } from './transitions.js';

/** Passes the events of a topology on to their listeners. Does not throw. */
export interface TopologyTeller extends SelectionTeller {
  readonly hearsTopology: boolean;
  tell<Name extends keyof (TopologyEvents & SelectionEvents)>(
    name: Name,
    event: Parameters<(TopologyEvents & SelectionEvents)[Name]>[0],
  ): void;
}

const WIRE_VERSION_5_0 = 13;

let lastId = 0;

/** What is known of the servers of one deployment. It changes in one place, `become`; how is pure (`transitions`). */
export abstract class KnownServers implements ServerOwner {
  readonly id = ++lastId;
  /** Why nothing is learnt any more. */
  protected closedBy: Error | undefined;
  protected readonly servers = new Map<string, Server>();
  readonly #options: ServerOptions;
  readonly #connectTo: (address: string) => Connect;
  protected readonly teller: TopologyTeller;
  #description = initialTopology({ seeds: [] });

  constructor(options: ServerOptions, connectTo: (address: string) => Connect, teller: TopologyTeller) {
    this.#options = options;
    this.#connectTo = connectTo;
    this.teller = teller;
  }

  /** Something else is known now: who waits may be served. */
  protected abstract changed(): void;

  get isClosed(): boolean {
    return this.closedBy !== undefined;
  }

  get description(): TopologyDescription {
    return this.#description;
  }

  /** One server that is addressed as such, whatever it is a member of. */
  get isDirect(): boolean {
    return this.#description.type === 'Single';
  }

  get isSharded(): boolean {
    return this.#description.type === 'Sharded';
  }

  get isLoadBalanced(): boolean {
    return this.#description.type === 'LoadBalanced';
  }

  /** Since MongoDB 5.0 a secondary runs `$out` and `$merge`, too. */
  get writesOnSecondaries(): boolean {
    for (const { type, maxWireVersion } of this.#description.servers.values()) {
      if (type !== 'Unknown' && type !== 'LoadBalancer' && maxWireVersion < WIRE_VERSION_5_0) return false;
    }
    return true;
  }

  server(address: string): Server | undefined {
    return this.servers.get(address);
  }

  poolStats(): PoolStats[] {
    return [...this.servers.values()].map(({ pool }) => pool.stats());
  }

  /** What a server, or its failure, has told. Older news than those that are known change nothing. */
  learn(news: ServerDescription): void {
    if (this.closedBy === undefined) this.become(applyServer(this.#description, news));
  }

  /** Who the client is has changed. */
  renew(): void {
    for (const { pool } of this.servers.values()) pool.renew();
  }

  /** The servers that a DNS seed list names now. */
  seedsChanged(addresses: readonly string[]): void {
    if (this.closedBy === undefined) this.become(applySeeds(this.#description, addresses));
  }

  tell<Name extends keyof TopologyEvents>(
    name: Name,
    event: Omit<Parameters<TopologyEvents[Name]>[0], 'topologyId'>,
  ): void {
    if (this.teller.hearsTopology) this.teller.tell(name, { topologyId: this.id, ...event } as never);
  }

  /**
   * Tells of what is new, opens and closes servers, and serves those who wait.
   *
   * @see MongoDB SDAM Monitoring specification, "Events that MUST be published"
   */
  protected become(next: TopologyDescription): void {
    const previous = this.#description;
    if (next === previous) return;
    this.#description = next;
    const { opened, closed, updated, any } = topologyChanges(previous, next);
    for (const { previous: previousDescription, next: newDescription } of updated) {
      const { address } = newDescription;
      this.tell('serverDescriptionChanged', { address, previousDescription, newDescription });
    }
    for (const address of closed) this.#remove(address);
    // A listener may have led to newer news.
    const { servers } = this.#description;
    for (const [address, server] of this.servers) server.description = servers.get(address)!;
    if (any) this.tell('topologyDescriptionChanged', { previousDescription: previous, newDescription: next });
    for (const address of opened) this.#add(address);
    for (const address of opened) this.servers.get(address)?.start();
    this.#leaveOldPrimaries(previous, next);
    this.changed();
  }

  /** A primary that has told of its end itself is none that another one has replaced. */
  #leaveOldPrimaries(previous: TopologyDescription, next: TopologyDescription): void {
    if (next.type !== 'ReplicaSetWithPrimary') return;
    for (const [address, old] of previous.servers) {
      if (old.type === 'RSPrimary' && next.servers.get(address)?.type === 'Unknown')
        this.servers.get(address)?.dethroned(old);
    }
  }

  #add(address: string): void {
    // A listener may have closed the client, or led to newer news.
    if (!this.#description.servers.has(address) || this.servers.has(address)) return;
    this.servers.set(address, new Server(address, this.#connectTo(address), this.#options, this));
    this.tell('serverOpening', { address });
  }

  #remove(address: string): void {
    const server = this.servers.get(address);
    this.servers.delete(address);
    if (this.closedBy === undefined) server?.retire();
    else server?.close(this.closedBy);
    this.tell('serverClosed', { address });
  }
}
