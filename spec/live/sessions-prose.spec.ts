/**
 * Prose tests of MongoDB's Driver Sessions and Snapshot Reads specifications, by their numbers, on a replica set. Servers
 * without sessions (18, 19) are in spec/api/client-session.spec.ts; 2, 5, 6 and 10 among others in sessions.spec.ts.
 */
import type { Document } from 'bson';
import {
  AsyncClient,
  type AsyncCollection,
  type ClientOptions,
  type CommandStartedEvent,
  type CommandSucceededEvent,
  ConfigurationError,
} from '../../lib/index.js';
import type { Deployment } from '../support/deployment/deployment.js';
import { ownServers } from '../support/deployment/own-servers.js';
import { uniqueDatabase } from '../support/live.js';
import { startSet } from '../support/proxy/start-set.js';
import { until } from '../support/until.js';

const DATABASE = uniqueDatabase('sessionsprose');
const DOCUMENTS = 5;

/** What a client sent, and what it was answered. */
interface Watched {
  readonly client: AsyncClient;
  readonly items: AsyncCollection<{ _id: number }>;
  readonly started: CommandStartedEvent[];
  readonly succeeded: CommandSucceededEvent[];
  /** The commands of that name. */
  sent(name: string): Document[];
}

ownServers('prose tests of sessions', () => {
  let set: Deployment;
  const clients: AsyncClient[] = [];

  beforeAll(async () => {
    set = await startSet(1);
    await using client = new AsyncClient(set.uri);
    const documents = Array.from({ length: DOCUMENTS }, (_, _id) => ({ _id }));
    await client.db(DATABASE).collection<{ _id: number }>('items').insertMany(documents);
  }, 60_000);
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
  });
  afterAll(() => set?.stop());

  function watched(options: ClientOptions = {}): Watched {
    const client = new AsyncClient(set.uri, options);
    clients.push(client);
    const started: CommandStartedEvent[] = [];
    const succeeded: CommandSucceededEvent[] = [];
    client.on('commandStarted', (event) => started.push(event));
    client.on('commandSucceeded', (event) => succeeded.push(event));
    return {
      client,
      items: client.db(DATABASE).collection('items'),
      started,
      succeeded,
      sent: (name) => started.filter(({ commandName }) => commandName === name).map(({ command }) => command),
    };
  }

  it('1: a session cannot be both causally consistent and of a snapshot', () => {
    const { client } = watched();
    expect(() => client.startSession({ snapshot: true, causalConsistency: true })).toThrow(ConfigurationError);
  });

  it.each<[string, (of: Watched) => Promise<unknown>]>([
    ['ping', ({ client }) => client.admin.command({ ping: 1 })],
    ['aggregate', ({ items }) => items.aggregate([{ $match: {} }]).toArray()],
    ['find', ({ items }) => items.find({}).toArray()],
    ['insert', ({ client }) => client.db(DATABASE).collection('others').insertOne({})],
  ])('3: the cluster time of a reply goes with the next command: %s', async (_, run) => {
    // No monitor may tell the client of a time in between.
    const of = watched({ heartbeatFrequencyMS: 1_000_000, serverMonitoringMode: 'poll' });
    await run(of);
    await run(of);
    const second = of.started[1];
    expect(of.succeeded[0]!.reply.$clusterTime).toBeDefined();
    expect(second!.command.$clusterTime).toEqual(of.succeeded[0]!.reply.$clusterTime);
  });

  it('4: every command has the id of a session, its own or one of the driver’s', async () => {
    const of = watched();
    await using session = of.client.startSession();
    const others = of.client.db(DATABASE).collection('others');
    await of.items.findOne({}, { session });
    expect(of.started.at(-1)!.command.lsid).toEqual(session.id);
    of.started.length = 0;
    await of.items.findOne({});
    await of.items.find({}, { batchSize: 2 }).toArray();
    await of.items.countDocuments();
    await of.items.distinct('_id');
    await others.insertOne({});
    await others.updateOne({}, { $set: { a: 1 } });
    await others.bulkWrite([{ insertOne: { document: {} } }]);
    await others.findOneAndDelete({});
    await others.createIndex('a');
    await others.listIndexes().toArray();
    await of.client.db(DATABASE).listCollections().toArray();
    await of.client.admin.command({ ping: 1 });
    const without = of.started.filter(({ command }) => command.lsid === undefined);
    expect(without.map(({ commandName }) => commandName)).toEqual([]);
    expect(of.started.map(({ command }) => command.lsid)).not.toContainEqual(session.id);
  });

  it('8: a cursor whose first batch is its last keeps no session', async () => {
    const of = watched();
    const cursor = of.items.find({});
    expect(await cursor.next()).toEqual({ _id: 0 });
    const [{ lsid }] = of.sent('find') as [Document];
    await using session = of.client.startSession();
    expect(session.id).toEqual(lsid);
    expect(await cursor.toArray()).toHaveLength(DOCUMENTS - 1);
  });

  it('9: a cursor keeps its session until the server has closed it, and not longer', async () => {
    const of = watched();
    const cursor = of.items.find({}, { batchSize: 3, sort: { _id: 1 } });
    expect(await cursor.next()).toEqual({ _id: 0 });
    const [{ lsid }] = of.sent('find') as [Document];
    await using other = of.client.startSession();
    expect(other.id).not.toEqual(lsid);
    for (let left = 3; left > 0; left--) await cursor.next();
    // The second batch is the last: one of its documents has not been read yet.
    expect([of.sent('getMore').length, cursor.bufferedCount()]).toEqual([1, 1]);
    await using session = of.client.startSession();
    expect(session.id).toEqual(lsid);
    await cursor.close();
    expect(of.sent('killCursors')).toEqual([]);
  });

  it('11: a cursor goes on in the session in which it began', async () => {
    const of = watched();
    await of.items.find({}, { batchSize: 2 }).toArray();
    await of.items.aggregate([], { batchSize: 2 }).toArray();
    const lsids = of.started.map(({ commandName, command }) => [commandName, command.lsid]);
    const [find, aggregate] = [of.sent('find')[0]!.lsid, of.sent('aggregate')[0]!.lsid];
    expect(lsids).toEqual([
      ['find', find],
      ['getMore', find],
      ['getMore', find],
      ['aggregate', aggregate],
      ['getMore', aggregate],
      ['getMore', aggregate],
    ]);
  });

  it('14: operations take a session when they have a connection, so that one of each is enough', async () => {
    const of = watched({ maxPoolSize: 1 });
    const others = of.client.db(DATABASE).collection<{ _id: number; a?: number }>('others');
    await Promise.all([
      others.insertOne({ _id: 1 }),
      others.deleteOne({ _id: 2 }),
      others.updateOne({ _id: 1 }, { $set: { a: 1 } }),
      others.bulkWrite([{ updateOne: { filter: { _id: 1 }, update: { $set: { a: 2 } } } }]),
      others.findOneAndDelete({ _id: 3 }),
      others.findOneAndUpdate({ _id: 1 }, { $set: { a: 3 } }),
      others.findOneAndReplace({ _id: 4 }, { a: 4 }),
      others.find({}).toArray(),
    ]);
    expect(of.started.length).toBeGreaterThanOrEqual(8);
    expect(new Set(of.started.map(({ command }) => String(command.lsid.id))).size).toBe(1);
  });

  it('20: what monitors hear of the time goes into no command', async () => {
    const of = watched({ heartbeatFrequencyMS: 500, serverMonitoringMode: 'poll' });
    const heard: Document[] = [];
    of.client.on('serverHeartbeatSucceeded', ({ reply }) => heard.push(reply));
    await of.client.admin.command({ ping: 1 });
    const time = of.succeeded.at(-1)!.reply.$clusterTime;
    const other = watched();
    await other.client.db(DATABASE).collection('others').insertOne({});
    const later = (): boolean =>
      heard.some(({ $clusterTime }) => $clusterTime?.clusterTime.greaterThan(time.clusterTime) === true);
    await until('a heartbeat with a later time', later, 25_000);
    await of.client.admin.command({ ping: 1 });
    expect(of.started.at(-1)!.command.$clusterTime).toEqual(time);
  }, 30_000);

  it('21 to 23: a snapshot’s time is of snapshot sessions alone, and nobody sets it later', async () => {
    const of = watched();
    await using session = of.client.startSession({ snapshot: true });
    expect(session.snapshotTime).toBeUndefined();
    await of.items.findOne({}, { session });
    const time = session.snapshotTime!;
    expect(() => of.client.startSession({ snapshot: false, snapshotTime: time })).toThrow(
      'snapshotTime needs snapshot: true',
    );
    expect(() => of.client.startSession({ snapshotTime: time })).toThrow(ConfigurationError);
    await using plain = of.client.startSession();
    expect(() => plain.snapshotTime).toThrow('snapshotTime is of sessions with snapshot: true only');
    expect(() => {
      (session as { snapshotTime?: unknown }).snapshotTime = time;
    }).toThrow(TypeError);
    await using again = of.client.startSession({ snapshot: true, snapshotTime: time });
    await of.items.findOne({}, { session: again });
    expect(of.started.at(-1)!.command.readConcern).toEqual({ level: 'snapshot', atClusterTime: time });
    expect(again.snapshotTime).toEqual(time);
  });
});
