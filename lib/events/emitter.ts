import { inspect } from 'node:util';
import { EventEmitter } from 'eventemitter3';
import type { CommandEvents } from './command-events.js';
import type { PoolEvents } from './pool-events.js';
import type { SelectionEvents } from './selection-events.js';
import type { TopologyEvents } from './topology-events.js';

/** The events of a client and what their listeners get. */
export interface ClientEvents extends CommandEvents, PoolEvents, TopologyEvents, SelectionEvents {}

/** The methods of an emitter. Written out, so that the types of the built package need those of no other. */
export interface EventSource<Events> {
  on<Name extends keyof Events>(name: Name, listener: Events[Name]): this;
  once<Name extends keyof Events>(name: Name, listener: Events[Name]): this;
  off<Name extends keyof Events>(name: Name, listener: Events[Name]): this;
  addListener<Name extends keyof Events>(name: Name, listener: Events[Name]): this;
  removeListener<Name extends keyof Events>(name: Name, listener: Events[Name]): this;
  removeAllListeners(name?: keyof Events): this;
  listeners<Name extends keyof Events>(name: Name): Events[Name][];
  listenerCount(name: keyof Events): number;
  eventNames(): (keyof Events)[];
}

const Emitter = EventEmitter as unknown as new () => EventSource<ClientEvents>;

const COMMAND = /^command/;
const POOL = /^connection/;
const TOPOLOGY = /^(topology|server(?!Selection))/;
const SELECTION = /^(serverSelection|waitingFor)/;

/** What writes a client's events down. It hears of them before the listeners, and is none that could be removed. */
export interface EventLog {
  /** The events that it wants. */
  readonly names: ReadonlySet<keyof ClientEvents>;
  /** Does not throw. */
  tell<Name extends keyof ClientEvents>(name: Name, event: Parameters<ClientEvents[Name]>[0]): void;
}

/**
 * What a client tells of its work, to whoever listens. The one door to the eventemitter3 package, whose emitter does not
 * throw where an `error` has no listener.
 *
 * @example
 * client.on('commandSucceeded', ({ commandName, durationMS }) => console.log(commandName, durationMS));
 */
export class ClientEmitter extends Emitter {
  /** @internal Whether anybody listens to commands: without a listener their events are not even made. */
  hearsCommands = false;
  /** @internal */
  hearsPool = false;
  /** @internal */
  hearsTopology = false;
  /** @internal */
  hearsSelection = false;
  #log: EventLog | undefined;
  /** In the places of the listeners, by them. */
  readonly #guards = new Map<keyof ClientEvents, WeakMap<Listener, Listener>>();

  constructor() {
    super();
    // Listeners are no part of what a client shows or compares.
    for (const name of ['_events', '_eventsCount']) Object.defineProperty(this, name, { enumerable: false });
  }

  override on<Name extends keyof ClientEvents>(name: Name, listener: ClientEvents[Name]): this {
    super.on(name, this.#guard(name, listener));
    return this.#count();
  }

  override once<Name extends keyof ClientEvents>(name: Name, listener: ClientEvents[Name]): this {
    super.once(name, this.#guard(name, listener));
    return this.#count();
  }

  override off<Name extends keyof ClientEvents>(name: Name, listener: ClientEvents[Name]): this {
    return this.removeListener(name, listener);
  }

  override addListener<Name extends keyof ClientEvents>(name: Name, listener: ClientEvents[Name]): this {
    return this.on(name, listener);
  }

  /** eventemitter3 comes here, too, with `once` set, when the listener of a `once` has been called. */
  override removeListener<Name extends keyof ClientEvents>(
    name: Name,
    listener: ClientEvents[Name],
    context?: unknown,
    once?: boolean,
  ): this {
    const guard = this.#guards.get(name)?.get(listener as Listener) ?? listener;
    (Emitter.prototype as unknown as EventEmitter).removeListener.call(this, name, guard as Listener, context, once);
    return this.#count();
  }

  override removeAllListeners(name?: keyof ClientEvents): this {
    super.removeAllListeners(name);
    return this.#count();
  }

  override listeners<Name extends keyof ClientEvents>(name: Name): ClientEvents[Name][] {
    return super.listeners(name).map((guard) => (guard as unknown as Guard).listener as ClientEvents[Name]);
  }

  #guard<Name extends keyof ClientEvents>(name: Name, listener: ClientEvents[Name]): ClientEvents[Name] {
    // The emitter says what is wrong with it.
    if (typeof listener !== 'function') return listener;
    let guards = this.#guards.get(name);
    if (guards === undefined) {
      guards = new WeakMap();
      this.#guards.set(name, guards);
    }
    let guard = guards.get(listener as Listener);
    if (guard === undefined) {
      guard = guardOf(name, listener as Listener);
      guards.set(listener as Listener, guard);
    }
    return guard as ClientEvents[Name];
  }

  #count(): this {
    const names: string[] = [...this.eventNames(), ...(this.#log?.names ?? [])];
    this.hearsCommands = names.some((name) => COMMAND.test(name));
    this.hearsPool = names.some((name) => POOL.test(name));
    this.hearsTopology = names.some((name) => TOPOLOGY.test(name));
    this.hearsSelection = names.some((name) => SELECTION.test(name));
    return this;
  }

  /** @internal */
  logTo(log: EventLog): void {
    this.#log = log;
    this.#count();
  }

  /** @internal Whether anybody listens to this event. */
  hears(name: keyof ClientEvents): boolean {
    return this.listenerCount(name) > 0 || this.#log?.names.has(name) === true;
  }

  /** @internal Tells the listeners. None of them throws: they are guarded. */
  tell<Name extends keyof ClientEvents>(name: Name, event: Parameters<ClientEvents[Name]>[0]): void {
    this.#log?.tell(name, event);
    (this as unknown as EventEmitter).emit(name, event);
  }
}

type Listener = (event: unknown) => unknown;

/** What is called in a listener's place. */
type Guard = Listener & { readonly listener: Listener };

/**
 * A listener that throws, or whose promise is rejected, is warned of, once: it must neither break the operation that it
 * listens to, nor keep the event from the others, nor end the process.
 */
function guardOf(name: keyof ClientEvents, listener: Listener): Guard {
  let hasWarned = false;
  const warn = (error: unknown): void => {
    if (!hasWarned) warnOfListener(name, error);
    hasWarned = true;
  };
  function guard(this: unknown, event: unknown): void {
    try {
      const result = listener.call(this, event);
      if (result instanceof Promise) result.catch(warn);
    } catch (error) {
      warn(error);
    }
  }
  return Object.assign(guard, { listener });
}

/** Says that a listener threw, as nobody is there to catch it. */
function warnOfListener(name: keyof ClientEvents, error: unknown): void {
  const reason = error instanceof Error ? (error.stack ?? error.message) : inspect(error);
  process.emitWarning(`a listener of '${name}' threw: ${reason}`, {
    type: 'RotorWarning',
    code: 'ROTOR_LISTENER_THREW',
    detail: 'It is told of further events, and this is the only warning of it.',
  });
}
