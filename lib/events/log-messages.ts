import { ServerSelectionTimeoutError } from '../errors/connection-errors.js';
import { boundedJSON } from './bounded-json.js';
import type { CommandEvents } from './command-events.js';
import type { ClientEvents } from './emitter.js';
import type { LogComponent, LogSeverity } from './log-level.js';
import { loggedError } from './logged-error.js';
import { loggedTopology } from './logged-topology.js';
import type { ConnectionCheckOutFailedReason, ConnectionClosedReason } from './pool-events.js';
import type { SelectionEvents } from './selection-events.js';

/** The fields of a message, with the names of the specifications. Those that are undefined are left out. */
type Fields = Readonly<Record<string, unknown>>;

/** How an event becomes a message. */
interface LogRow<Event> {
  readonly component: LogComponent;
  readonly severity: LogSeverity;
  readonly message: string;
  /** @param limit - the most code points of a document; 0 for no limit */
  fields(event: Event, limit: number): Fields;
}

type Heard<Name extends keyof ClientEvents> = Parameters<ClientEvents[Name]>[0];
type LogTable = { readonly [Name in keyof ClientEvents]?: LogRow<Heard<Name>> };

/** "Such messages MUST NOT use log levels more severe than `debug`", of failures; and all others are of that level. */
function row<Event>(component: LogComponent, message: string, fields: LogRow<Event>['fields']): LogRow<Event> {
  return { component, severity: 'debug', message, fields };
}

/** `address` as the specifications want it: a unix socket has no port, an IPv6 address no brackets. */
function placeOf({ address }: { readonly address: string }): Fields {
  const [, name, literal, port] = /^(?:([^:/[\]]+)|\[(.+)\]):(\d+)$/.exec(address) ?? [];
  return port === undefined ? { serverHost: address } : { serverHost: name ?? literal, serverPort: Number(port) };
}

/** Milliseconds, with the microseconds that the clock gives. */
function durationOf({ durationMS }: { readonly durationMS: number }): Fields {
  return { durationMS: Math.round(durationMS * 1000) / 1000 };
}

type CommandEvent = Omit<Parameters<CommandEvents[keyof CommandEvents]>[0], 'command'>;

function commandOf(event: CommandEvent): Fields {
  const { commandName, databaseName, requestId, operationId, connectionId, address, serverConnectionId } = event;
  return {
    commandName,
    databaseName,
    requestId,
    operationId,
    driverConnectionId: Number(connectionId.slice(address.length + 1)),
    ...placeOf(event),
    serverConnectionId,
    serviceId: event.serviceId === undefined ? undefined : String(event.serviceId),
  };
}

const COMMAND_ROWS: LogTable = {
  commandStarted: row('command', 'Command started', (event, limit) => ({
    ...commandOf(event),
    command: boundedJSON(event.command, limit),
  })),
  commandSucceeded: row('command', 'Command succeeded', (event, limit) => ({
    ...commandOf(event),
    ...durationOf(event),
    reply: boundedJSON(event.reply, limit),
  })),
  commandFailed: row('command', 'Command failed', (event, limit) => ({
    ...commandOf(event),
    ...durationOf(event),
    failure: loggedError(event.failure, limit),
  })),
};

const CLOSED_REASONS: Readonly<Record<ConnectionClosedReason, string>> = {
  stale: 'Connection became stale because the pool was cleared',
  idle: 'Connection has been available but unused for longer than the configured max idle time',
  error: 'An error occurred while using the connection',
  poolClosed: 'Connection pool was closed',
};

const CHECK_OUT_FAILED_REASONS: Readonly<Record<ConnectionCheckOutFailedReason, string>> = {
  timeout: 'Wait queue timeout elapsed without a connection becoming available',
  connectionError: 'An error occurred while trying to establish a new connection',
  poolClosed: 'Connection pool was closed',
};

function connectionOf(event: { readonly address: string; readonly connectionId: number }): Fields {
  return { driverConnectionId: event.connectionId, ...placeOf(event) };
}

const CONNECTION_ROWS: LogTable = {
  connectionPoolCreated: row('connection', 'Connection pool created', (event) => ({
    ...placeOf(event),
    ...event.options,
  })),
  connectionPoolReady: row('connection', 'Connection pool ready', placeOf),
  connectionPoolCleared: row('connection', 'Connection pool cleared', (event) => ({
    ...placeOf(event),
    serviceId: event.serviceId?.toHexString(),
  })),
  connectionPoolClosed: row('connection', 'Connection pool closed', placeOf),
  connectionCreated: row('connection', 'Connection created', connectionOf),
  connectionReady: row('connection', 'Connection ready', (event) => ({ ...connectionOf(event), ...durationOf(event) })),
  connectionClosed: row('connection', 'Connection closed', (event, limit) => ({
    ...connectionOf(event),
    reason: CLOSED_REASONS[event.reason],
    error: event.reason === 'error' ? loggedError(event.error, limit) : undefined,
  })),
  connectionCheckOutStarted: row('connection', 'Connection checkout started', placeOf),
  connectionCheckOutFailed: row('connection', 'Connection checkout failed', (event, limit) => ({
    ...placeOf(event),
    reason: CHECK_OUT_FAILED_REASONS[event.reason],
    error: event.reason === 'connectionError' ? loggedError(event.error, limit) : undefined,
    ...durationOf(event),
  })),
  connectionCheckedOut: row('connection', 'Connection checked out', (event) => ({
    ...connectionOf(event),
    ...durationOf(event),
  })),
  connectionCheckedIn: row('connection', 'Connection checked in', connectionOf),
};

function heartbeatOf(event: Heard<'serverHeartbeatStarted'>): Fields {
  const { topologyId, awaited, connectionId, driverConnectionId, serverConnectionId } = event;
  return { topologyId, ...placeOf({ address: connectionId }), driverConnectionId, serverConnectionId, awaited };
}

function serverOf(event: Heard<'serverOpening'>): Fields {
  return { topologyId: event.topologyId, ...placeOf(event) };
}

const TOPOLOGY_ROWS: LogTable = {
  topologyOpening: row('topology', 'Starting topology monitoring', ({ topologyId }) => ({ topologyId })),
  topologyClosed: row('topology', 'Stopped topology monitoring', ({ topologyId }) => ({ topologyId })),
  topologyDescriptionChanged: row('topology', 'Topology description changed', (event, limit) => ({
    topologyId: event.topologyId,
    previousDescription: loggedTopology(event.previousDescription, limit),
    newDescription: loggedTopology(event.newDescription, limit),
  })),
  serverOpening: row('topology', 'Starting server monitoring', serverOf),
  serverClosed: row('topology', 'Stopped server monitoring', serverOf),
  serverHeartbeatStarted: row('topology', 'Server heartbeat started', heartbeatOf),
  serverHeartbeatSucceeded: row('topology', 'Server heartbeat succeeded', (event, limit) => ({
    ...heartbeatOf(event),
    ...durationOf(event),
    reply: boundedJSON(event.reply, limit),
  })),
  serverHeartbeatFailed: row('topology', 'Server heartbeat failed', (event, limit) => ({
    ...heartbeatOf(event),
    ...durationOf(event),
    failure: loggedError(event.failure, limit),
  })),
};

function selectionOf(event: Parameters<SelectionEvents['serverSelectionStarted']>[0], limit: number): Fields {
  const { selector, operation, operationId, topologyDescription } = event;
  return { selector, operation, operationId, topologyDescription: loggedTopology(topologyDescription, limit) };
}

/**
 * The message of a timeout goes on with the state of each server, behind the first semicolon: "the topology description
 * should not be duplicated within this field".
 */
function selectionFailure(failure: Error, limit: number): Fields {
  const logged = loggedError(failure, limit);
  if (!(failure instanceof ServerSelectionTimeoutError)) return { failure: logged };
  const { cause: _, ...own } = logged;
  return { failure: { ...own, message: own.message.split('; ', 1)[0]! } };
}

const SELECTION_ROWS: LogTable = {
  serverSelectionStarted: row('serverSelection', 'Server selection started', selectionOf),
  serverSelectionSucceeded: row('serverSelection', 'Server selection succeeded', (event, limit) => ({
    ...selectionOf(event, limit),
    ...placeOf(event),
  })),
  serverSelectionFailed: row('serverSelection', 'Server selection failed', (event, limit) => ({
    ...selectionOf(event, limit),
    ...selectionFailure(event.failure, limit),
  })),
  waitingForSuitableServer: {
    component: 'serverSelection',
    severity: 'info',
    message: 'Waiting for suitable server to become available',
    fields: (event, limit) => ({ ...selectionOf(event, limit), remainingTimeMS: event.remainingTimeMS }),
  },
};

/**
 * The messages of the specifications, by the event that each tells of. `serverDescriptionChanged` has none.
 *
 * @see MongoDB Command Logging and Monitoring, Connection Monitoring and Pooling, SDAM Logging and Monitoring, and Server
 * Selection specifications, "Log Messages"
 */
export const LOG_TABLE: LogTable = { ...COMMAND_ROWS, ...CONNECTION_ROWS, ...TOPOLOGY_ROWS, ...SELECTION_ROWS };
