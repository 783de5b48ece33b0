import { ObjectId } from '../../lib/bson/codec.js';
import { ServerSelectionTimeoutError } from '../../lib/errors/connection-errors.js';
import type { ClientEvents } from '../../lib/events/emitter.js';
import { LOG_TABLE } from '../../lib/events/log-messages.js';
import { initialTopology } from '../../lib/topology/topology-description.js';

function fieldsOf<Name extends keyof ClientEvents>(name: Name, event: object, limit = 1000): any {
  return LOG_TABLE[name]!.fields(event as never, limit);
}

const COMMAND = {
  commandName: 'find',
  databaseName: 'app',
  requestId: 7,
  operationId: 3,
  connectionId: 'db:27017-12',
  address: 'db:27017',
  serverConnectionId: 42,
  serviceId: undefined,
};

const topologyDescription = initialTopology({ seeds: ['db:27017'] });

it('has the texts, components and severities of the specifications', () => {
  const rows = Object.entries(LOG_TABLE).map(
    ([name, row]) => `${name}: ${row.component} ${row.severity} ${row.message}`,
  );
  expect(rows).toEqual([
    'commandStarted: command debug Command started',
    'commandSucceeded: command debug Command succeeded',
    'commandFailed: command debug Command failed',
    'connectionPoolCreated: connection debug Connection pool created',
    'connectionPoolReady: connection debug Connection pool ready',
    'connectionPoolCleared: connection debug Connection pool cleared',
    'connectionPoolClosed: connection debug Connection pool closed',
    'connectionCreated: connection debug Connection created',
    'connectionReady: connection debug Connection ready',
    'connectionClosed: connection debug Connection closed',
    'connectionCheckOutStarted: connection debug Connection checkout started',
    'connectionCheckOutFailed: connection debug Connection checkout failed',
    'connectionCheckedOut: connection debug Connection checked out',
    'connectionCheckedIn: connection debug Connection checked in',
    'topologyOpening: topology debug Starting topology monitoring',
    'topologyClosed: topology debug Stopped topology monitoring',
    'topologyDescriptionChanged: topology debug Topology description changed',
    'serverOpening: topology debug Starting server monitoring',
    'serverClosed: topology debug Stopped server monitoring',
    'serverHeartbeatStarted: topology debug Server heartbeat started',
    'serverHeartbeatSucceeded: topology debug Server heartbeat succeeded',
    'serverHeartbeatFailed: topology debug Server heartbeat failed',
    'serverSelectionStarted: serverSelection debug Server selection started',
    'serverSelectionSucceeded: serverSelection debug Server selection succeeded',
    'serverSelectionFailed: serverSelection debug Server selection failed',
    'waitingForSuitableServer: serverSelection info Waiting for suitable server to become available',
  ]);
});

it('tells of commands', () => {
  const common = {
    commandName: 'find',
    databaseName: 'app',
    requestId: 7,
    operationId: 3,
    driverConnectionId: 12,
    serverHost: 'db',
    serverPort: 27017,
    serverConnectionId: 42,
    serviceId: undefined,
  };
  expect(fieldsOf('commandStarted', { ...COMMAND, command: { find: 'users' } }, 5)).toEqual({
    ...common,
    command: '{"fin...',
  });
  const serviceId = new ObjectId();
  expect(fieldsOf('commandSucceeded', { ...COMMAND, serviceId, durationMS: 1.23456, reply: { ok: 1 } })).toEqual({
    ...{ ...common, serviceId: serviceId.toHexString() },
    durationMS: 1.235,
    reply: '{"ok":1}',
  });
  expect(fieldsOf('commandFailed', { ...COMMAND, durationMS: 2, failure: new Error('cut') })).toEqual({
    ...common,
    durationMS: 2,
    failure: { name: 'Error', message: 'cut' },
  });
});

it.each([
  ['db.example.com:27017', { serverHost: 'db.example.com', serverPort: 27017 }],
  ['10.0.0.1:1', { serverHost: '10.0.0.1', serverPort: 1 }],
  ['[fe80::1]:27018', { serverHost: 'fe80::1', serverPort: 27018 }],
  ['/tmp/mongodb-27017.sock', { serverHost: '/tmp/mongodb-27017.sock' }],
])('tells of the place %s', (address, fields) => {
  expect(fieldsOf('connectionPoolReady', { address })).toEqual(fields);
});

it('tells of pools and connections', () => {
  const address = 'db:1';
  const place = { serverHost: 'db', serverPort: 1 };
  expect(fieldsOf('connectionPoolCreated', { address, options: { maxPoolSize: 5 } })).toEqual({
    ...place,
    maxPoolSize: 5,
  });
  expect(fieldsOf('connectionReady', { address, connectionId: 3, durationMS: 4 })).toEqual({
    ...place,
    driverConnectionId: 3,
    durationMS: 4,
  });
  const error = new Error('cut');
  expect(fieldsOf('connectionClosed', { address, connectionId: 3, reason: 'error', error })).toMatchObject({
    reason: 'An error occurred while using the connection',
    error: { message: 'cut' },
  });
  expect(fieldsOf('connectionClosed', { address, connectionId: 3, reason: 'idle', error: undefined })).toMatchObject({
    reason: 'Connection has been available but unused for longer than the configured max idle time',
    error: undefined,
  });
  expect(fieldsOf('connectionCheckOutFailed', { address, reason: 'timeout', error, durationMS: 4 })).toEqual({
    ...place,
    reason: 'Wait queue timeout elapsed without a connection becoming available',
    error: undefined,
    durationMS: 4,
  });
});

it('tells of heartbeats', () => {
  const event = {
    ...{ topologyId: 1, awaited: true, connectionId: 'db:1', driverConnectionId: 2, serverConnectionId: 42 },
    ...{ durationMS: 3, reply: { ok: 1 } },
  };
  expect(fieldsOf('serverHeartbeatSucceeded', event)).toEqual({
    topologyId: 1,
    awaited: true,
    serverHost: 'db',
    serverPort: 1,
    driverConnectionId: 2,
    serverConnectionId: 42,
    durationMS: 3,
    reply: '{"ok":1}',
  });
});

it('tells of selections, and in a failure not again what is known of the servers', () => {
  const event = { operation: 'find', operationId: undefined, selector: '{"mode":"primary"}', topologyDescription };
  const cause = new Error('connect ECONNREFUSED');
  const text = 'no server could be selected within serverSelectionTimeoutMS (waited 5 ms): no server is available';
  const failure = new ServerSelectionTimeoutError(`${text}; db:27017 is unknown, last error: ${cause.message}`, {
    cause,
  });
  expect(fieldsOf('serverSelectionFailed', { ...event, failure })).toEqual({
    selector: '{"mode":"primary"}',
    operation: 'find',
    operationId: undefined,
    topologyDescription: '{"type":"Unknown","servers":[{"address":"db:27017","type":"Unknown"}]}',
    failure: { name: 'ServerSelectionTimeoutError', code: 'SERVER_SELECTION_TIMEOUT', message: text },
  });
  expect(fieldsOf('serverSelectionSucceeded', { ...event, address: 'db:27017' })).toMatchObject({
    serverHost: 'db',
    serverPort: 27017,
  });
  expect(fieldsOf('waitingForSuitableServer', { ...event, remainingTimeMS: 7 })).toMatchObject({ remainingTimeMS: 7 });
});
