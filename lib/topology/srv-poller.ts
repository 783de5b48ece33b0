import { inspect } from 'node:util';
import { ConfigurationError } from '../errors/usage-errors.js';
import type { SRVRecord } from '../options/client-options.js';
import { shuffled } from '../util/shuffled.js';
import { findSRVRecords, type SRVSettings, verifiedHost } from './srv-hosts.js';
import type { TopologyDescription } from './topology-description.js';

/** The client's options that the poller heeds. Durations are milliseconds. */
export interface SRVPollerOptions extends SRVSettings {
  /** The pause while DNS has no usable answer. */
  readonly heartbeatFrequencyMS: number;
  /** The least pause otherwise. Default: the specification's 60 seconds. */
  readonly rescanSRVIntervalMS?: number;
}

/** Whose servers are polled. */
export interface SRVPollerHost {
  /** What is known of the deployment now. */
  readonly description: TopologyDescription;
  /** These are the servers from now on, `host:port` each: those of before that are still there, and new ones. */
  seedsChanged(addresses: readonly string[]): void;
  /** DNS could not be asked, or a record cannot be used. The servers stay as they are; this is for logs. */
  rescanFailed(error: Error): void;
}

/** The most milliseconds that a timer of Node.js takes. */
const LONGEST_MS = 0x7fffffff;
const RESCAN_MS = 60_000;

/** A poller's states. An illegal move throws: it is a defect of the driver's. */
const MOVES = {
  idle: ['waiting', 'closed'],
  waiting: ['asking', 'closed'],
  asking: ['waiting', 'closed'],
  closed: [],
} as const satisfies Record<string, readonly string[]>;

type State = keyof typeof MOVES;

/**
 * Asks DNS again and again which routers a sharded cluster has. It ends by itself when the deployment turns out to be
 * none, as no other kind may be polled.
 *
 * @see MongoDB Polling SRV Records for mongos Discovery specification
 */
export class SRVPoller {
  readonly #name: string;
  readonly #options: SRVPollerOptions;
  readonly #host: SRVPollerHost;
  readonly #closing = new AbortController();
  #state: State = 'idle';
  #timer: NodeJS.Timeout | undefined;

  /** @param name - the host name of the connection string */
  constructor(name: string, options: SRVPollerOptions, host: SRVPollerHost) {
    this.#name = name;
    this.#options = options;
    this.#host = host;
  }

  /** To be called when the first scan, the seed list's, is over. */
  start(): void {
    this.#wait(this.#pause([]));
  }

  /** Asks no more; an answer under way is dropped. */
  close(): void {
    if (this.#state === 'closed') return;
    this.#move('closed');
    clearTimeout(this.#timer);
    this.#closing.abort(new Error('the SRV poller was closed'));
  }

  #wait(ms: number): void {
    this.#move('waiting');
    this.#timer = setTimeout(() => this.#rescan(), ms);
    // A process that waits for nothing else may end.
    this.#timer.unref();
  }

  #rescan(): void {
    if (!this.#mayPoll()) return;
    this.#move('asking');
    findSRVRecords(this.#name, this.#options, this.#closing.signal).then(
      (records) => this.#answered(records),
      (error: Error) => this.#failed(error),
    );
  }

  #answered(records: readonly SRVRecord[]): void {
    if (this.#state === 'closed' || !this.#mayPoll()) return;
    const found = this.#verified(records);
    if (found.length > 0) this.#apply(found);
    // Who was told of the new servers may have closed the client.
    if ((this.#state as State) === 'closed') return;
    this.#wait(found.length > 0 ? this.#pause(records) : this.#options.heartbeatFrequencyMS);
  }

  #failed(error: Error): void {
    if (this.#state === 'closed') return;
    this.#host.rescanFailed(error);
    if ((this.#state as State) !== 'closed') this.#wait(this.#options.heartbeatFrequencyMS);
  }

  /** "MUST NOT add such a non-compliant host name to the topology", and "MUST NOT raise an error". */
  #verified(records: readonly SRVRecord[]): string[] {
    const addresses = new Set<string>();
    for (const record of records) {
      try {
        addresses.add(verifiedHost(record, this.#name, this.#options).key);
      } catch (error) {
        // The application's srvHostValidator may throw anything.
        this.#host.rescanFailed(error instanceof Error ? error : new ConfigurationError(inspect(error)));
      }
    }
    return [...addresses];
  }

  #apply(found: readonly string[]): void {
    const before = this.#host.description.servers;
    const stay = [...before.keys()].filter((address) => found.includes(address));
    const fresh = found.filter((address) => !before.has(address));
    const { srvMaxHosts: most } = this.#options;
    const added = most > 0 && most < found.length ? shuffled(fresh).slice(0, Math.max(0, most - stay.length)) : fresh;
    if (added.length > 0 || stay.length < before.size) this.#host.seedsChanged([...stay, ...added]);
  }

  /** The lowest TTL of the records where the resolver tells it, "but MUST NOT be lower than 60 seconds". */
  #pause(records: readonly SRVRecord[]): number {
    const { rescanSRVIntervalMS: least = RESCAN_MS } = this.#options;
    const lifetimes = records.map(({ ttl }) => (Number.isFinite(ttl) ? ttl! * 1000 : 0));
    return Math.min(Math.max(least, lifetimes.length > 0 ? Math.min(...lifetimes) : 0), LONGEST_MS);
  }

  /** "This feature is only available when ... the TopologyType is Sharded, or Unknown." Neither can come back later. */
  #mayPoll(): boolean {
    const { type } = this.#host.description;
    const may = type === 'Sharded' || type === 'Unknown';
    if (!may) this.close();
    return may;
  }

  #move(to: State): void {
    if (!(MOVES[this.#state] as readonly State[]).includes(to)) {
      throw new Error(`the SRV poller of ${this.#name} cannot go from ${this.#state} to ${to}`);
    }
    this.#state = to;
  }
}
