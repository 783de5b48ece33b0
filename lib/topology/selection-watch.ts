import type { PoolClearedError } from '../errors/connection-errors.js';
import { RotorError } from '../errors/rotor-error.js';
import type { SelectionEvents, SelectionTeller } from '../events/selection-events.js';
import type { TopologyDescription } from '../events/topology-descriptions.js';
import type { Connection } from '../net/connection.js';
import type { ReadPreference } from '../options/read-preference.js';
import type { Holder } from '../pool/host-gate.js';
import type { Selector } from './selector.js';
import type { Server } from './server.js';

type EventPart<Name extends keyof SelectionEvents> = Omit<
  Parameters<SelectionEvents[Name]>[0],
  'operation' | 'operationId' | 'selector' | 'topologyDescription'
>;

/**
 * Stands in for a selector while it waits for a server, if anybody listens: tells that the search began, then exactly
 * one of its success and its failure.
 */
export class SelectionWatch implements Selector {
  queuedAt = 0;
  readonly #selector: Selector;
  readonly #topology: { readonly description: TopologyDescription };
  readonly #isCustom: boolean;
  readonly #teller: SelectionTeller;
  #line: { abandon(): void } | undefined;

  /** @param isCustom - whether the application's `serverSelector` has a say */
  constructor(
    selector: Selector,
    topology: { readonly description: TopologyDescription },
    isCustom: boolean,
    teller: SelectionTeller,
  ) {
    this.#selector = selector;
    this.#topology = topology;
    this.#isCustom = isCustom;
    this.#teller = teller;
    this.#tell('serverSelectionStarted', {});
  }

  get settled(): boolean {
    return this.#selector.settled;
  }

  get readPreference(): ReadPreference {
    return this.#selector.readPreference;
  }

  get avoided(): ReadonlySet<string> | undefined {
    return this.#selector.avoided;
  }

  get pinned(): Server | undefined {
    return this.#selector.pinned;
  }

  get line(): { abandon(): void } | undefined {
    return this.#line;
  }

  /** Who gives the operation up comes by here. */
  set line(line: { abandon(): void } | undefined) {
    this.#line = line;
    this.#selector.line = line && this;
  }

  abandon(): void {
    this.#line?.abandon();
    this.#failed(new RotorError('the operation was given up while it waited for a server'));
  }

  /** @param limitMS - the longest wait in milliseconds; 0 for no limit */
  waiting(limitMS: number): void {
    const { deadline } = this.#selector;
    const remainingMS = Math.min(
      limitMS || Number.POSITIVE_INFINITY,
      deadline?.remainingMS ?? Number.POSITIVE_INFINITY,
    );
    const remainingTimeMS = remainingMS === Number.POSITIVE_INFINITY ? undefined : Math.max(0, Math.round(remainingMS));
    this.#tell('waitingForSuitableServer', { remainingTimeMS });
  }

  selected(server: Server): void {
    this.#tell('serverSelectionSucceeded', { address: server.address });
    // Unless a listener has given the operation up.
    if (!this.settled) this.#selector.selected(server);
  }

  refused(error: Error): void {
    this.#failed(error);
    this.#selector.refused(error);
  }

  lent(connection: Connection): void {
    this.#selector.lent(connection);
  }

  turnedAway(error: PoolClearedError): void {
    this.#selector.turnedAway(error);
  }

  describe(): Holder {
    return this.#selector.describe();
  }

  #failed(failure: Error): void {
    this.#tell('serverSelectionFailed', { failure });
  }

  #tell<Name extends keyof SelectionEvents>(name: Name, event: EventPart<Name>): void {
    if (!this.#teller.hears(name)) return;
    this.#teller.tell(name, {
      operation: this.describe().command,
      operationId: this.#selector.partOf,
      selector: this.#text(),
      topologyDescription: this.#topology.description,
      ...event,
    } as unknown as Parameters<SelectionEvents[Name]>[0]);
  }

  #text(): string {
    const { pinned, readPreference } = this.#selector;
    if (pinned !== undefined) return `the server ${pinned.address}`;
    const preference = JSON.stringify(readPreference.toDocument());
    return this.#isCustom ? `${preference} and the application's serverSelector` : preference;
  }
}
