import type { ServerSelectionTimeoutError } from '../errors/connection-errors.js';
import { ConfigurationError } from '../errors/usage-errors.js';
import type { Connect } from '../net/transport.js';
import type { ReadPreference } from '../options/read-preference.js';
import { WaitQueue } from '../util/wait-queue.js';
import { KnownServers, type TopologyTeller } from './known-servers.js';
import { type SeedHost, type SeedList, SeedSearch } from './seed-search.js';
import { leastBusy, type SelectionRequest, suitableServers } from './select-server.js';
import { impossibleSelection, selectionTimeout } from './selection-error.js';
import { SelectionWatch } from './selection-watch.js';
import type { Selector } from './selector.js';
import type { Server, ServerOptions } from './server.js';
import { loadBalancer, type ServerDescription } from './server-description.js';
import { initialTopology, type TopologyDescription, type TopologyStart } from './topology-description.js';

export type { Selector };

/** Durations are milliseconds. */
export interface TopologyOptions extends TopologyStart, ServerOptions {
  /** Where the seeds are to be looked up in DNS. */
  readonly seedList?: SeedList | undefined;
  readonly serverSelectionTimeoutMS: number;
  readonly localThresholdMS: number;
  readonly serverSelector?: SelectionRequest['serverSelector'];
}

/** More read preferences than anybody has: one was made for each operation. */
const MAX_CACHED = 100;

/**
 * The choice among the servers of one deployment. Who suits is pure (`select-server`).
 *
 * ```
 *   select -> a suitable server is known: selected() at once
 *          -> #line, every server is checked at once -> learn -> selected(), or refused() after serverSelectionTimeoutMS
 * ```
 */
export class Topology extends KnownServers implements SeedHost {
  readonly #options: TopologyOptions;
  readonly #line: WaitQueue<Selector>;
  /** For a deployment that has only a name in DNS. */
  readonly #search: SeedSearch | undefined;
  /** By read preference, as long as nothing new is learnt. */
  readonly #candidates = new Map<ReadPreference, readonly Server[]>();
  #candidatesOf: TopologyDescription | undefined;

  constructor(options: TopologyOptions, connectTo: (address: string) => Connect, teller: TopologyTeller) {
    super(options, connectTo, teller);
    this.#options = options;
    this.#line = new WaitQueue(options.serverSelectionTimeoutMS, (selector, waitedMS) => {
      selector.refused(this.timeout(selector, waitedMS));
    });
    if (options.seedList !== undefined) this.#search = new SeedSearch(options.seedList, this);
  }

  /** Begins to check the servers. */
  start(): void {
    this.tell('topologyOpening', {});
    if (this.#search === undefined) this.seedsFound(this.#options);
    else this.#search.start();
  }

  seedsFound(start: TopologyStart): void {
    this.become(initialTopology(start));
    if (!this.isLoadBalanced) return;
    for (const address of this.servers.keys()) this.learn(loadBalancer(address));
  }

  seedsRefused(error: ConfigurationError): void {
    this.#line.drain((selector) => selector.refused(new ConfigurationError(error.message, { cause: error })));
  }

  /** The servers that are known stay: it is asked again. */
  rescanFailed(): void {}

  override learn(news: ServerDescription): void {
    super.learn(news);
    if (this.#line.size > 0) this.#hurry();
  }

  protected changed(): void {
    this.#line.offer((selector) => this.#serve(selector));
  }

  /** The error of an operation that has waited in vain for a server. */
  timeout(selector: Selector, waitedMS: number): ServerSelectionTimeoutError {
    const searching = this.#search?.timeout(waitedMS);
    return searching ?? selectionTimeout(this.description, this.#request(selector), waitedMS);
  }

  select(selector: Selector): void {
    if (!this.teller.hearsSelection) {
      this.#find(selector);
      return;
    }
    const isCustom = this.#options.serverSelector !== undefined;
    const watch = new SelectionWatch(selector, this, isCustom, this.teller);
    // A listener may have given the operation up.
    if (watch.settled) watch.abandon();
    else this.#find(watch);
  }

  #find(selector: Selector): void {
    if (this.closedBy !== undefined) {
      selector.refused(this.closedBy);
      return;
    }
    if (this.#serve(selector)) return;
    this.#line.push(selector);
    if (selector instanceof SelectionWatch) selector.waiting(this.#options.serverSelectionTimeoutMS);
    if (this.#line.size > 1) return;
    this.#search?.start();
    this.#hurry();
  }

  /** Closes every connection and stops all checks; whoever waits fails with `error`. */
  close(error: Error): void {
    if (this.closedBy !== undefined) return;
    this.closedBy = error;
    this.#search?.close();
    this.become(initialTopology({ seeds: [] }));
    this.tell('topologyClosed', {});
    this.#line.drain((selector) => selector.refused(error));
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
    const impossible = impossibleSelection(this.description);
    if (impossible !== undefined) throw impossible;
    return undefined;
  }

  #candidatesFor(selector: Selector): readonly Server[] {
    const { readPreference, avoided } = selector;
    if (this.#candidatesOf !== this.description) {
      this.#candidatesOf = this.description;
      this.#candidates.clear();
    }
    const cached = avoided === undefined ? this.#candidates.get(readPreference) : undefined;
    if (cached !== undefined) return cached;
    const candidates: Server[] = [];
    // "If the topology wire version is invalid, raise an error": also where other servers would do.
    if (this.description.compatibilityError !== undefined) return candidates;
    const suitable = suitableServers(this.description, this.#request(selector));
    for (const { address } of suitable) {
      const server = this.servers.get(address);
      if (server !== undefined) candidates.push(server);
    }
    // An application's own selector may choose otherwise the next time, and a listener asks before a server is opened.
    const isLasting = this.#options.serverSelector === undefined && candidates.length === suitable.length;
    if (avoided === undefined && isLasting && candidates.length > 0) {
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
    for (const server of this.servers.values()) server.requestCheck();
  }
}
