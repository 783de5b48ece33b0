import { ServerSelectionTimeoutError } from '../errors/connection-errors.js';
import { ConfigurationError } from '../errors/usage-errors.js';
import { SRVPoller, type SRVPollerHost, type SRVPollerOptions } from './srv-poller.js';
import type { TopologyStart } from './topology-description.js';

/** How the servers behind a `mongodb+srv://` name are found, and found again. */
export interface SeedList extends SRVPollerOptions {
  /** The name to look up. */
  readonly name: string;
  /** Rejects with a ConfigurationError where what DNS says cannot be used, with another error where it says nothing. */
  resolve(signal: AbortSignal): Promise<TopologyStart>;
}

/** For whom servers are searched. */
export interface SeedHost extends SRVPollerHost {
  seedsFound(start: TopologyStart): void;
  /** What DNS says cannot be used: waiting will not help. The next who needs a server has it asked again. */
  seedsRefused(error: ConfigurationError): void;
}

/** A search's states. An illegal move throws: it is a defect of the driver's. */
const MOVES = {
  idle: ['asking', 'closed'],
  asking: ['pausing', 'idle', 'found', 'closed'],
  pausing: ['asking', 'closed'],
  found: ['closed'],
  closed: [],
} as const satisfies Record<string, readonly string[]>;

type State = keyof typeof MOVES;

/** The pause after a failure: DNS may be back at any time, and somebody waits. */
const PAUSE_MS = 500;

/**
 * Asks DNS for the servers of a deployment: at first until it answers, then from time to time.
 *
 * @see MongoDB Initial DNS Seedlist Discovery and Polling SRV Records specifications
 */
export class SeedSearch {
  readonly #list: SeedList;
  readonly #host: SeedHost;
  readonly #closing = new AbortController();
  readonly #poller: SRVPoller;
  #state: State = 'idle';
  #timer: NodeJS.Timeout | undefined;
  #lastError: Error | undefined;

  constructor(list: SeedList, host: SeedHost) {
    this.#list = list;
    this.#host = host;
    this.#poller = new SRVPoller(list.name, list, host);
  }

  get found(): boolean {
    return this.#state === 'found';
  }

  /** Begins to ask, unless that has been done. */
  start(): void {
    if (this.#state === 'idle') this.#ask();
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#move('closed');
    clearTimeout(this.#timer);
    this.#closing.abort(new Error('the search for servers was closed'));
    this.#poller.close();
  }

  /** The error of who has waited in vain; undefined where DNS has answered, or not yet. */
  timeout(waitedMS: number): ServerSelectionTimeoutError | undefined {
    if (this.found || this.#lastError === undefined) return undefined;
    const waited = `within serverSelectionTimeoutMS (waited ${Math.round(waitedMS)} ms)`;
    const cause = this.#lastError;
    return new ServerSelectionTimeoutError(
      `no server could be selected ${waited}: mongodb+srv://${this.#list.name} names none: ${cause.message}`,
      { cause },
    );
  }

  #ask(): void {
    this.#move('asking');
    this.#list.resolve(this.#closing.signal).then(
      (start) => this.#answered(start),
      (error: Error) => this.#failed(error),
    );
  }

  #answered(start: TopologyStart): void {
    if (this.#state === 'closed') return;
    this.#move('found');
    this.#host.seedsFound(start);
    if (this.found) this.#poller.start();
  }

  #failed(error: Error): void {
    if (this.#state === 'closed') return;
    this.#lastError = error;
    if (error instanceof ConfigurationError) {
      this.#move('idle');
      this.#host.seedsRefused(error);
    } else {
      this.#move('pausing');
      this.#timer = setTimeout(() => this.#ask(), PAUSE_MS);
    }
  }

  #move(to: State): void {
    if (!(MOVES[this.#state] as readonly State[]).includes(to)) {
      throw new Error(`the search for servers of ${this.#list.name} cannot go from ${this.#state} to ${to}`);
    }
    this.#state = to;
  }
}
