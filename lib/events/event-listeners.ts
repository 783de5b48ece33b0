import type { CommandEvents } from './command-events.js';
import type { ClientEmitter, ClientEvents } from './emitter.js';
import type { PoolEvents } from './pool-events.js';
import type { SelectionEvents } from './selection-events.js';
import type { TopologyEvents } from './topology-events.js';

type TopologyPart<Name extends keyof TopologyEvents> = Partial<Pick<TopologyEvents, Name>>;

/** Hears of commands. Each method is optional and has the name of its event, as with all listeners. */
export interface CommandListener extends Partial<CommandEvents> {}

/** Hears of the servers of the deployment: which there are, and what they are. */
export interface ServerListener extends TopologyPart<'serverOpening' | 'serverClosed' | 'serverDescriptionChanged'> {}

/** Hears of the deployment as a whole. */
export interface TopologyListener
  extends TopologyPart<'topologyOpening' | 'topologyClosed' | 'topologyDescriptionChanged'> {}

/** Hears of each check of a server. */
export interface ServerHeartbeatListener
  extends TopologyPart<'serverHeartbeatStarted' | 'serverHeartbeatSucceeded' | 'serverHeartbeatFailed'> {}

/** Hears of the pools of connections. */
export interface ConnectionPoolListener extends Partial<PoolEvents> {}

/** Hears of the choice of a server for each operation. */
export interface ServerSelectionListener extends Partial<SelectionEvents> {}

/**
 * What the option `eventListeners` takes: an object of any of these kinds, or of several at once.
 *
 * @example
 * class Elections implements ServerListener {
 *   serverDescriptionChanged({ newDescription }: ServerDescriptionChangedEvent): void {
 *     if (newDescription.type === 'RSPrimary') console.log(`${newDescription.address} is the primary`);
 *   }
 * }
 * new AsyncClient(uri, { eventListeners: [new Elections()] });
 */
export interface ClientListener extends Partial<ClientEvents> {}

/** A record, so that no event is forgotten. */
const EVENTS: { readonly [Name in keyof ClientEvents]: true } = {
  commandStarted: true,
  commandSucceeded: true,
  commandFailed: true,
  serverOpening: true,
  serverClosed: true,
  serverDescriptionChanged: true,
  topologyOpening: true,
  topologyClosed: true,
  topologyDescriptionChanged: true,
  serverHeartbeatStarted: true,
  serverHeartbeatSucceeded: true,
  serverHeartbeatFailed: true,
  connectionPoolCreated: true,
  connectionPoolReady: true,
  connectionPoolCleared: true,
  connectionPoolClosed: true,
  connectionCreated: true,
  connectionReady: true,
  connectionClosed: true,
  connectionCheckOutStarted: true,
  connectionCheckOutFailed: true,
  connectionCheckedOut: true,
  connectionCheckedIn: true,
  serverSelectionStarted: true,
  serverSelectionSucceeded: true,
  serverSelectionFailed: true,
  waitingForSuitableServer: true,
};

const EVENT_NAMES = Object.keys(EVENTS) as (keyof ClientEvents)[];

/** Whether a value is an object with a method for at least one event. */
export function isClientListener(value: unknown): value is ClientListener {
  return typeof value === 'object' && value !== null && methodsOf(value as ClientListener).length > 0;
}

/**
 * Tells listeners of what an emitter tells from now on.
 */
export function addListeners(emitter: ClientEmitter, listeners: readonly ClientListener[]): void {
  for (const listener of listeners) {
    for (const name of methodsOf(listener)) {
      emitter.on(name, (event: object) => (listener[name] as (event: object) => unknown).call(listener, event));
    }
  }
}

function methodsOf(listener: ClientListener): (keyof ClientEvents)[] {
  return EVENT_NAMES.filter((name) => typeof listener[name] === 'function');
}
