import type { ServerSelectionTimeoutError } from '../errors/connection-errors.js';
import { ConfigurationError } from '../errors/usage-errors.js';
import type { TopologyEvents } from '../events/topology-events.js';
import type { Connect } from '../net/transport.js';
import type { ReadPreference } from '../options/read-preference.js';
import type { PoolStats } from '../pool/connection-pool.js';
import type { Borrower } from '../pool/host-gate.js';
import { WaitQueue } from '../util/wait-queue.js';
import { type SeedHost, type SeedList, SeedSearch } from './seed-search.js';
import { leastBusy, type SelectionRequest, suitableServers } from './select-server.js';
import { impossibleSelection, selectionTimeout } from './selection-error.js';
import { Server, type ServerOptions, type ServerOwner } from './server.js';
import { loadBalancer, type ServerDescription } from './server-description.js';
import { topologyChanges } from './topology-changes.js';
import { initialTopology, type TopologyDescription, type TopologyStart } from './topology-description.js';
import { applySeeds, applyServer } from './transitions.js';

/** Who wants a server. */
export interface Selector extends Borrower {
  readonly readPreference: ReadPreference;
  /** Addresses to be passed over, where others will do. */
  readonly avoided: ReadonlySet<string> | undefined;
  /** The only server that will do, such as the one that holds the cursor. */
  readonly pinned: Server | undefined;
  /** The server is chosen: go on there. */
  selected(server: Server): void;
}

/** Durations are milliseconds. */
export interface TopologyOptions extends TopologyStart, ServerOptions {
  /** Where the seeds are to be looked up in DNS. */
  readonly seedList?: SeedList | undefined;
  readonly serverSelectionTimeoutMS: number;
  readonly localThresholdMS: number;
  readonly serverSelector?: SelectionRequest['serverSelector'];
}

/** Passes the events of a topology on to their listeners. Does not throw. */
export interface TopologyTeller {
  readonly hearsTopology: boolean;
  tell<Name extends keyof TopologyEvents>(name: Name, event: Parameters<TopologyEvents[Name]>[0]): void;
}

/** More read preferences than anybody has: one was made for each operation. */
const MAX_CACHED = 100;

let lastId = 0;

/**
 * The servers of one deployment, and the choice among them. What is known of them changes in one place, `learn`; what
 * follows from it is pure (`transitions`, `select-server`).
 *
 * ```
 *   select -> a suitable server is known: selected() at once
 *          -> #line, every server is checked at once -> learn -> selected(), or refused() after serverSelectionTimeoutMS
 * ```
 */
export class Topology implements ServerOwner, SeedHost {
  readonly id = ++lastId;
  readonly #options: TopologyOptions;
  readonly #connectTo: (address: string) => Connect;
  readonly #teller: TopologyTeller;
  readonly #servers = new Map<string, Server>();
  readonly #line: WaitQueue<Selector>;
  /** For a deployment that has only a name in DNS. */
  readonly #search: SeedSearch | undefined;
  /** By read preference, as long as nothing new is learnt. */
  readonly #candidates = new Map<ReadPreference, readonly Server[]>();
  #description: TopologyDescription;
  #closedBy: Error | undefined;

  constructor(options: TopologyOptions, connectTo: (address: string) => Connect, teller: TopologyTeller) {
    this.#options = options;
    this.#connectTo = connectTo;
    this.#teller = teller;
    this.#description = initialTopology({ seeds: [] });
    this.#line = new WaitQueue(options.serverSelectionTimeoutMS, (selector, waitedMS) => {
      selector.refused(this.timeout(selector, waitedMS));
    });
    if (options.seedList !== undefined) this.#search = new SeedSearch(options.seedList, this);
  }

  /** Begins to check the servers. */
  start(): void {
    this.#tell('topologyOpening', { topologyId: this.id });
    if (this.#search === undefined) this.seedsFound(this.#options);
    else this.#search.start();
  }

  seedsFound(start: TopologyStart): void {
    this.#become(initialTopology(start));
    if (!this.isLoadBalanced) return;
    for (const address of this.#servers.keys()) this.learn(loadBalancer(address));
  }

  seedsRefused(error: ConfigurationError): void {
    this.#line.drain((selector) => selector.refused(new ConfigurationError(error.message, { cause: error })));
  }

  /** The servers that are known stay: it is asked again. */
  rescanFailed(): void {}

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

  /** The error of an operation that has waited in vain for a server. */
  timeout(selector: Selector, waitedMS: number): ServerSelectionTimeoutError {
    const searching = this.#search?.timeout(waitedMS);
    return searching ?? selectionTimeout(this.#description, this.#request(selector), waitedMS);
  }

  select(selector: Selector): void {
    if (this.#closedBy !== undefined) {
      selector.refused(this.#closedBy);
      return;
    }
    if (this.#serve(selector)) return;
    this.#line.push(selector);
    if (this.#line.size > 1) return;
    this.#search?.start();
    this.#hurry();
  }

  /** What a server, or its failure, has told. Older news than those that are known change nothing. */
  learn(news: ServerDescription): void {
    if (this.#closedBy !== undefined) return;
    this.#become(applyServer(this.#description, news));
    if (this.#line.size > 0) this.#hurry();
  }

  /** The servers that a DNS seed list names now. */
  seedsChanged(addresses: readonly string[]): void {
    if (this.#closedBy === undefined) this.#become(applySeeds(this.#description, addresses));
  }

  server(address: string): Server | undefined {
    return this.#servers.get(address);
  }

  poolStats(): PoolStats[] {
    return [...this.#servers.values()].map(({ pool }) => pool.stats());
  }

  /** Closes every connection and stops all checks; whoever waits fails with `error`. */
  close(error: Error): void {
    if (this.#closedBy !== undefined) return;
    this.#closedBy = error;
    this.#search?.close();
    this.#become(initialTopology({ seeds: [] }));
    this.#tell('topologyClosed', { topologyId: this.id });
    this.#line.drain((selector) => selector.refused(error));
  }

  /** For its servers. */
  tell<Name extends keyof TopologyEvents>(
    name: Name,
    event: Omit<Parameters<TopologyEvents[Name]>[0], 'topologyId'>,
  ): void {
    if (this.#teller.hearsTopology) this.#tell(name, { topologyId: this.id, ...event } as never);
  }

  #tell<Name extends keyof TopologyEvents>(name: Name, event: Parameters<TopologyEvents[Name]>[0]): void {
    if (this.#teller.hearsTopology) this.#teller.tell(name, event);
  }

  /** True where the selector needs to wait no longer. */
  #serve(selector: Selector): boolean {
    try {
      const server = this.#choose(selector);
      if (server === undefined) return false;
      selector.selected(server);
    } catch (error) {
      selector.refused(error as Error);
    }
    return true;
  }

  /** @throws ConfigurationError where no server ever will do; what the user's serverSelector throws */
  #choose(selector: Selector): Server | undefined {
    const { pinned } = selector;
    if (pinned !== undefined) {
      if (pinned.closedBy !== undefined) throw pinned.closedBy;
      return pinned.isAvailable ? pinned : undefined;
    }
    const candidates = this.#candidatesFor(selector);
    if (candidates.length > 1) return leastBusy(candidates, ({ operations }) => operations);
    if (candidates.length === 1) return candidates[0];
    if (this.#search?.found === false) return undefined;
    const impossible = impossibleSelection(this.#description);
    if (impossible !== undefined) throw impossible;
    return undefined;
  }

  #candidatesFor(selector: Selector): readonly Server[] {
    const { readPreference, avoided } = selector;
    const cached = avoided === undefined ? this.#candidates.get(readPreference) : undefined;
    if (cached !== undefined) return cached;
    const candidates: Server[] = [];
    // "If the topology wire version is invalid, raise an error": also where other servers would do.
    if (this.#description.compatibilityError !== undefined) return candidates;
    for (const { address } of suitableServers(this.#description, this.#request(selector))) {
      candidates.push(this.#servers.get(address)!);
    }
    // An application's own selector may choose otherwise the next time.
    if (avoided === undefined && this.#options.serverSelector === undefined && candidates.length > 0) {
      if (this.#candidates.size >= MAX_CACHED) this.#candidates.clear();
      this.#candidates.set(readPreference, candidates);
    }
    return candidates;
  }

  #request({ readPreference, avoided }: Selector): SelectionRequest {
    const { localThresholdMS, heartbeatFrequencyMS, serverSelector } = this.#options;
    return {
      readPreference,
      writable: readPreference.mode === 'primary',
      localThresholdMS,
      heartbeatFrequencyMS,
      serverSelector,
      deprioritized: avoided,
    };
  }

  /** Somebody waits: every server is checked as soon as the specification allows. */
  #hurry(): void {
    for (const server of this.#servers.values()) server.requestCheck();
  }

  /**
   * The one place where what is known changes: tells of it, opens and closes servers, and serves those who wait.
   *
   * @see MongoDB SDAM Monitoring specification, "Events that MUST be published"
   */
  #become(next: TopologyDescription): void {
    const previous = this.#description;
    if (next === previous) return;
    this.#description = next;
    this.#candidates.clear();
    const { opened, closed, updated, any } = topologyChanges(previous, next);
    for (const { previous: previousDescription, next: newDescription } of updated) {
      const { address } = newDescription;
      this.tell('serverDescriptionChanged', { address, previousDescription, newDescription });
    }
    for (const address of closed) this.#remove(address);
    // A listener may have led to newer news.
    const { servers } = this.#description;
    for (const [address, server] of this.#servers) server.description = servers.get(address)!;
    if (any) this.tell('topologyDescriptionChanged', { previousDescription: previous, newDescription: next });
    for (const address of opened) this.#add(address);
    for (const address of opened) this.#servers.get(address)?.start();
    this.#leaveOldPrimaries(previous, next);
    this.#line.offer((selector) => this.#serve(selector));
  }

  /** A primary that has told of its end itself is none that another one has replaced. */
  #leaveOldPrimaries(previous: TopologyDescription, next: TopologyDescription): void {
    if (next.type !== 'ReplicaSetWithPrimary') return;
    for (const [address, old] of previous.servers) {
      if (old.type === 'RSPrimary' && next.servers.get(address)?.type === 'Unknown')
        this.#servers.get(address)?.dethroned(old);
    }
  }

  #add(address: string): void {
    // A listener may have closed the client, or led to newer news.
    if (!this.#description.servers.has(address) || this.#servers.has(address)) return;
    this.#servers.set(address, new Server(address, this.#connectTo(address), this.#options, this));
    this.tell('serverOpening', { address });
  }

  #remove(address: string): void {
    const server = this.#servers.get(address);
    this.#servers.delete(address);
    if (this.#closedBy === undefined) server?.retire();
    else server?.close(this.#closedBy);
    this.tell('serverClosed', { address });
  }
}

const WIRE_VERSION_5_0 = 13;
