import type { AsyncClient, Document } from '../../../lib/index.js';
import { EVENT_TYPES } from './event-types.js';
import { matchEvent } from './match-events.js';
import type { MatchContext } from './match-place.js';
import { sleep } from './sleep.js';
import type { EventKind, ExpectedEvent } from './unified-file.js';
import { Difference } from './verdicts.js';

/** One event that a client told of. */
export interface ObservedEvent {
  /** The format's name, such as `commandStartedEvent`. */
  readonly type: string;
  readonly kind: EventKind;
  readonly event: Document;
}

/** What tells of events by their names. */
interface Teller {
  on(name: string, listener: (event: Document) => void): unknown;
}

const POLL_MS = 5;

/** @see MongoDB Command Logging and Monitoring specification, "Security" */
const SENSITIVE = new Set([
  ...['authenticate', 'saslStart', 'saslContinue', 'getnonce', 'createUser', 'updateUser'],
  ...['copydbgetnonce', 'copydbsaslstart', 'copydb'],
]);
const HELLOS = new Set(['hello', 'isMaster', 'ismaster']);

/** The events of one client that its entity asks for, in their order. */
export class ObservedEvents {
  readonly #events: ObservedEvent[] = [];
  readonly #types: ReadonlySet<string>;
  readonly #ignored: ReadonlySet<string>;
  readonly #seesSensitive: boolean;
  /** The requests whose events are left out, whatever their later events show. */
  readonly #hidden = new Set<unknown>();
  #listening = true;

  /** @param spec the client entity: observeEvents, ignoreCommandMonitoringEvents, observeSensitiveCommands */
  constructor(spec: Document) {
    this.#types = new Set(spec.observeEvents ?? []);
    this.#ignored = new Set(['configureFailPoint', ...(spec.ignoreCommandMonitoringEvents ?? [])]);
    this.#seesSensitive = spec.observeSensitiveCommands === true;
  }

  /** Listens to a client. Kinds of events that the driver does not have yet stay silent. */
  listenTo(client: AsyncClient): void {
    // Names that the driver does not know yet are no part of its types.
    const teller = client as unknown as Teller;
    const observed = [...this.#types].map((type) => EVENT_TYPES.get(type)?.kind);
    for (const [type, { name, kind }] of EVENT_TYPES) {
      // All command events are heard, as the first one of a command decides on whether the others count.
      if (!this.#types.has(type) && !(kind === 'command' && observed.includes('command'))) continue;
      teller.on(name, (event) => this.#heard({ type, kind, event }));
    }
  }

  /** Events from now on do not count: the test's own operations are done. */
  stop(): void {
    this.#listening = false;
  }

  /** Forgets what has been heard of the pool and the topology so far. */
  forgetPreparation(): void {
    const kept = this.#events.filter(({ kind }) => kind === 'command');
    this.#events.splice(0, this.#events.length, ...kept);
  }

  ofKind(kind: EventKind): readonly ObservedEvent[] {
    return this.#events.filter((event) => event.kind === kind);
  }

  /** How many events match so far. */
  count(expected: ExpectedEvent, context: MatchContext): number {
    return this.#events.filter((event) => matches(expected, event, context)).length;
  }

  /**
   * Waits until so many events match, those of the past included.
   *
   * @throws Difference after the given milliseconds
   */
  async waitFor(expected: ExpectedEvent, times: number, timeoutMS: number, context: MatchContext): Promise<void> {
    const deadline = performance.now() + timeoutMS;
    while (this.count(expected, context) < times) {
      if (performance.now() > deadline) {
        const seen = this.#events.map(({ type }) => type).join(', ') || 'none';
        const found = this.count(expected, context);
        throw new Difference(
          `waited ${timeoutMS} ms for ${times} × ${JSON.stringify(expected)}, saw ${found}; all events: ${seen}`,
        );
      }
      await sleep(POLL_MS);
    }
  }

  #heard(observed: ObservedEvent): void {
    if (!this.#listening) return;
    if (observed.kind === 'command' && this.#isHidden(observed)) return;
    if (this.#types.has(observed.type)) this.#events.push(observed);
  }

  #isHidden({ type, event }: ObservedEvent): boolean {
    const { commandName, requestId, command } = event;
    if (this.#ignored.has(commandName)) return true;
    if (this.#seesSensitive) return false;
    if (SENSITIVE.has(commandName)) return true;
    if (!HELLOS.has(commandName)) return false;
    // A hello is sensitive if it carries the first step of an authentication: the driver then shows it empty.
    if (type === 'commandStartedEvent' && Object.keys(command ?? {}).length === 0) this.#hidden.add(requestId);
    return this.#hidden.has(requestId);
  }
}

function matches(expected: ExpectedEvent, observed: ObservedEvent, context: MatchContext): boolean {
  try {
    matchEvent(expected, observed, { context, path: '', root: true });
    return true;
  } catch (error) {
    if (error instanceof Difference) return false;
    throw error;
  }
}
