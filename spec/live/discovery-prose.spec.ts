/**
 * The prose tests of MongoDB's Server Discovery and Monitoring, Connections Survive Step Down and Connection Monitoring
 * and Pooling specifications, as an application sees them: by its client's events and descriptions.
 */
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Document, MongoClient } from 'mongodb';
import {
  AsyncClient,
  type AsyncCollection,
  type ClientListener,
  type ClientOptions,
  InvalidOperationError,
  type ServerDescription,
  type ServerHeartbeatSucceededEvent,
} from '../../lib/index.js';
import type { Deployment, Member } from '../support/deployment/deployment.js';
import { ownServers } from '../support/deployment/own-servers.js';
import { officialClient } from '../support/official-client.js';
import { startSet } from '../support/proxy/start-set.js';
import { ScriptedServer } from '../support/scripted-server.js';

const HEARTBEAT_MS = 500;

/** Errors by which a server says that it is no primary, or none for long, and how often they clear its pool. */
const STATE_CHANGES: readonly (readonly [codeName: string, code: number, times: 0 | 1])[] = [
  ['NotWritablePrimary', 10107, 0],
  ['ShutdownInProgress', 91, 1],
  ['InterruptedAtShutdown', 11600, 1],
];

let client: AsyncClient | undefined;
afterEach(() => client?.close());

/** A client that is closed behind its test. */
function connect(uri: string, options: ClientOptions = {}): AsyncClient {
  client = new AsyncClient(uri, options);
  return client;
}

async function until(holds: () => boolean, limitMS: number): Promise<void> {
  const end = performance.now() + limitMS;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`did not come about within ${limitMS} ms: ${holds}`);
    await sleep(10);
  }
}

ownServers('a replica set of one', () => {
  let set: Deployment;
  let member: Member;
  let admin: MongoClient;

  beforeAll(async () => {
    set = await startSet(1);
    member = set.members[0]!;
    admin = officialClient(member.uri, { serverSelectionTimeoutMS: 20_000 });
  }, 40_000);
  afterAll(async () => {
    await admin?.close();
    await set?.stop();
  });

  /** Has the server fail commands of one client while something runs. */
  async function withFailPoint(mode: Document, data: Document, run: () => Promise<void>): Promise<void> {
    const configure = (order: Document) => admin.db('admin').command({ configureFailPoint: 'failCommand', ...order });
    await configure({ mode, data });
    try {
      await run();
    } finally {
      await configure({ mode: 'off' });
    }
  }

  describe('discovery and monitoring', () => {
    it('streaming 1: a client that streams hears from its server every heartbeatFrequencyMS', async () => {
      const heartbeats: ServerHeartbeatSucceededEvent[] = [];
      connect(set.uri, { heartbeatFrequencyMS: HEARTBEAT_MS, serverMonitoringMode: 'stream' });
      client!.on('serverHeartbeatSucceeded', (event) => heartbeats.push(event));
      await client!.open();
      // The first awaited one is answered at once: the client did not know the server's topologyVersion, or an old one.
      await until(() => heartbeats.length >= 10, 20_000);
      const rest = heartbeats.slice(2);
      expect(rest.every(({ awaited, connectionId }) => awaited && connectionId === member.address)).toBe(true);
      const durations = rest.map(({ durationMS }) => durationMS).toSorted((a, b) => a - b);
      // By the server's clock, which may be a little early: after one that is heard late, the next seems to come early. The
      // default would be 10 000 ms.
      const sentAt = rest.map(({ reply }) => reply.localTime.getTime());
      for (const [index, time] of sentAt.slice(1).entries())
        expect(time - sentAt[index]!).toBeGreaterThan(HEARTBEAT_MS - 50);
      expect(durations[1]).toBeLessThan(2 * HEARTBEAT_MS);
    }, 30_000);

    it('RTT: the average round trip is measured, and grows when the server takes its time', async () => {
      const appName = 'roundTrips';
      connect(set.uri, { heartbeatFrequencyMS: HEARTBEAT_MS, appName, serverMonitoringMode: 'stream' });
      const told: ServerDescription[] = [];
      client!.on('serverDescriptionChanged', ({ newDescription }) => told.push(newDescription));
      await client!.db('test').collection('items').findOne();
      const roundTripTime = (): number => client!.topologyDescription.servers.get(member.address)!.roundTripTime;
      // Long enough for several measurements.
      await sleep(2_000);
      expect(told.at(-1)!.type).toBe('RSPrimary');
      for (const description of told) expect(description.roundTripTime).toBeGreaterThan(0);
      expect(roundTripTime()).toBeGreaterThan(0);
      expect(roundTripTime()).toBeLessThan(250);

      const data = { failCommands: ['hello', 'isMaster'], blockConnection: true, blockTimeMS: 500, appName };
      await withFailPoint({ times: 1_000 }, data, () => until(() => roundTripTime() > 250, 10_000));
    }, 20_000);
  });

  describe('connections survive a step-down', () => {
    let cleared: string[];
    let closed: number;
    let items: AsyncCollection<{ _id: number }>;

    /** A client with the retries off, and its collection, empty. What happens to its pools is counted from then on. */
    async function prepare(appName: string): Promise<void> {
      cleared = [];
      closed = 0;
      connect(set.uri, { appName, retryWrites: false, retryReads: false, heartbeatFrequencyMS: HEARTBEAT_MS });
      client!.on('connectionPoolCleared', ({ address }) => cleared.push(address));
      client!.on('connectionClosed', () => closed++);
      items = client!.db('step-down').collection<{ _id: number }>('step-down');
      await items.drop();
      await client!.db('step-down').createCollection('step-down', { writeConcern: 'majority' });
    }

    it('getMore goes on, and the pool stays', async () => {
      await prepare('getMore');
      const over: string[] = [];
      client!.on('commandStarted', ({ commandName, connectionId }) => {
        if (commandName === 'find' || commandName === 'getMore') over.push(connectionId);
      });
      await items.insertMany([{ _id: 1 }, { _id: 2 }, { _id: 3 }, { _id: 4 }, { _id: 5 }]);
      const cursor = items.find().batchSize(2);
      expect(await cursor.next()).toEqual({ _id: 1 });

      const types: string[] = [];
      client!.on('topologyDescriptionChanged', ({ newDescription }) => types.push(newDescription.type));
      await set.stepDown(5);
      await until(() => types.includes('ReplicaSetNoPrimary'), 5_000);
      expect((await cursor.toArray()).map(({ _id }) => _id)).toEqual([2, 3, 4, 5]);
      expect(over.length).toBeGreaterThan(1);
      expect(new Set(over).size).toBe(1);

      await items.insertOne({ _id: 6 });
      expect(await items.countDocuments()).toBe(6);
      expect({ cleared, closed }).toEqual({ cleared: [], closed: 0 });
    }, 40_000);

    it.each(STATE_CHANGES)('%s (%i): the pool is cleared %i times', async (codeName, errorCode, times) => {
      await prepare(codeName);
      const data = { failCommands: ['insert'], errorCode, appName: codeName };
      await withFailPoint({ times: 1 }, data, async () => {
        await expect(items.insertOne({ _id: 1 })).rejects.toMatchObject({ code: errorCode, codeName });
      });
      expect(cleared).toEqual(Array.from({ length: times }, () => member.address));
      await items.insertOne({ _id: 2 });
      expect(await items.find().toArray()).toEqual([{ _id: 2 }]);
      expect(cleared).toHaveLength(times);
      expect(closed).toBe(times);
    });
  });
});

// A real server tells its topologyVersion with a 10107 that a fail point makes: old news, which a client passes over.
it.each(STATE_CHANGES)(
  '%s (%i) that is news: the server is unknown, its pool is cleared %i times',
  async (...change) => {
    const [codeName, code, times] = change;
    let failing = 1;
    await using server = await ScriptedServer.listen(({ name }) => {
      if (name !== 'insert') return undefined;
      return failing-- > 0 ? { ok: 0, errmsg: codeName, code, codeName } : { ok: 1, n: 1 };
    });
    server.hello = { setName: 'rs0', hosts: [server.address], me: server.address };
    connect(`${server.uri}?replicaSet=rs0`, { retryWrites: false });
    const cleared: string[] = [];
    const unknown: unknown[] = [];
    const opened: number[] = [];
    client!.on('connectionPoolCleared', ({ address }) => cleared.push(address));
    client!.on('connectionCreated', ({ connectionId }) => opened.push(connectionId));
    client!.on('serverDescriptionChanged', ({ newDescription: { type, error } }) => {
      if (type === 'Unknown') unknown.push(error);
    });
    const items = client!.db('test').collection('items');
    await expect(items.insertOne({})).rejects.toMatchObject({ code, codeName });
    expect(unknown).toEqual([expect.objectContaining({ code })]);
    await items.insertOne({});
    expect(cleared).toHaveLength(times);
    expect(opened).toHaveLength(1 + times);
  },
);

it('heartbeat 1: a client tells of a heartbeat before it makes the socket for it', async () => {
  const events: string[] = [];
  const listener = net.createServer((socket) => {
    events.push('client connected');
    socket.on('error', () => {}); // the client's side may be gone already
    socket.once('data', () => {
      events.push('client hello received');
      socket.destroy();
    });
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  try {
    const { port } = listener.address() as net.AddressInfo;
    connect(`mongodb://127.0.0.1:${port}/?directConnection=true`);
    client!.on('serverHeartbeatStarted', () => events.push('serverHeartbeatStarted'));
    client!.on('serverHeartbeatFailed', () => events.push('serverHeartbeatFailed'));
    const opening = expect(client!.open()).rejects.toThrow(InvalidOperationError);
    await until(() => events.includes('serverHeartbeatFailed'), 5_000);
    await client!.close();
    await opening;
    // Who waits for a server has it asked again: there may be more.
    expect(events.slice(0, 4)).toEqual([
      'serverHeartbeatStarted',
      'client connected',
      'client hello received',
      'serverHeartbeatFailed',
    ]);
  } finally {
    listener.close();
  }
});

describe('connection monitoring and pooling', () => {
  const OPTIONS = { maxPoolSize: 7, minPoolSize: 1, maxIdleTimeMS: 5_000, waitQueueTimeoutMS: 900 };
  const QUERY = Object.entries(OPTIONS).map((pair) => pair.join('='));

  it.each<[string, string, ClientOptions]>([
    ['client', '', OPTIONS],
    ['connection string', `?${QUERY.join('&')}`, {}],
  ])('1, 2, 3: the options of the %s are those of each of its pools', async (_of, query, options) => {
    await using one = await ScriptedServer.listen({ hello: { msg: 'isdbgrid' } });
    await using two = await ScriptedServer.listen({ hello: { msg: 'isdbgrid' } });
    connect(`mongodb://${one.address},${two.address}/${query}`, options);
    const pools = new Map<string, unknown>();
    client!.on('connectionPoolCreated', (event) => pools.set(event.address, event.options));
    await client!.open();
    await until(() => pools.size === 2, 5_000);
    expect(Object.fromEntries(pools)).toEqual({ [one.address]: OPTIONS, [two.address]: OPTIONS });
    // Both servers end with the test: the client first, or it would look for them.
    await client!.close();
  });

  it('4: who subscribes hears of the pool, by a listener object too, and who unsubscribes hears no more', async () => {
    await using server = await ScriptedServer.listen();
    const heard: string[] = [];
    const record: ClientListener = {
      connectionPoolCreated: () => heard.push('created'),
      connectionCheckedOut: () => heard.push('checked out'),
      connectionCheckedIn: () => heard.push('checked in'),
      connectionPoolClosed: () => heard.push('closed'),
    };
    connect(server.uri, { eventListeners: [record] });
    const ping = () => client!.db('test').command({ ping: 1 });
    let outs = 0;
    const count = () => void outs++;
    client!.on('connectionCheckedOut', count);
    await ping();
    client!.off('connectionCheckedOut', count);
    await ping();
    await client!.close();
    expect(outs).toBe(1);
    expect(heard.slice(0, 5)).toEqual(['created', 'checked out', 'checked in', 'checked out', 'checked in']);
    expect(heard.at(-1)).toBe('closed');
  });

  it('5: a check-out fails with the reason connectionError where the handshake is refused', async () => {
    // The first connection is the monitor's: the server stays known, and only pools get no connection.
    await using server = await ScriptedServer.listen(({ name }, { id }) =>
      id > 1 && /^(hello|ismaster)$/i.test(name) ? 'close' : undefined,
    );
    const failures: object[] = [];
    connect(server.uri, { serverMonitoringMode: 'poll', retryReads: false });
    client!.on('connectionCheckOutFailed', ({ address, reason, error }) => failures.push({ address, reason, error }));
    await expect(client!.db('test').command({ ping: 1 })).rejects.toThrow(/was lost/);
    expect(failures).toEqual([{ address: server.address, reason: 'connectionError', error: expect.any(Error) }]);
  });
});
