/** Sessions on a replica set: the prose tests of the Driver Sessions and Causal Consistency specifications, and more. */
import { Timestamp } from 'bson';
import {
  AsyncClient,
  type AsyncCollection,
  type CommandStartedEvent,
  InvalidOperationError,
  ReadPreference,
} from '../../lib/index.js';
import type { Deployment } from '../support/deployment/deployment.js';
import { ownServers } from '../support/deployment/own-servers.js';
import { uniqueDatabase } from '../support/live.js';
import { freshItems } from './fresh-items.js';

const DATABASE = uniqueDatabase('sessions');

ownServers('sessions', () => {
  let set: Deployment;
  let client: AsyncClient;
  let items: AsyncCollection;
  let started: CommandStartedEvent[];
  const documents = Array.from({ length: 5 }, (_, _id) => ({ _id }));
  freshItems(
    DATABASE,
    (fresh) => {
      ({ set, client, items, started } = fresh);
    },
    documents,
  );

  const last = () => started.at(-1)!.command;

  it('are pooled, the last one first', async () => {
    const [first, second] = [client.startSession(), client.startSession()];
    await first.endSession();
    await second.endSession();
    expect(client.startSession().id).toEqual(second.id);
    expect(client.startSession().id).toEqual(first.id);
  });

  it('are of one client, and end for good', async () => {
    await using other = new AsyncClient(set.uri);
    const session = client.startSession();
    await expect(other.db(DATABASE).collection('items').findOne({}, { session })).rejects.toThrow(
      'the session belongs to another client',
    );
    await session.endSession();
    await session.endSession();
    expect(session.hasEnded).toBe(true);
    await expect(items.findOne({}, { session })).rejects.toBeInstanceOf(InvalidOperationError);
    expect(() => session.startTransaction()).toThrow('Cannot use a session that has ended');
    await expect(items.findOne({}, { session: {} as any })).rejects.toThrow(TypeError);
    expect(started).toEqual([]);
  });

  it('go with every operation that is given them', async () => {
    const name = `${DATABASE}_other`;
    await using session = client.startSession();
    const db = client.db(name);
    const other = db.collection('other');
    const options = { session };
    const runs: Record<string, () => unknown> = {
      create: () => db.createCollection('other', options),
      insertOne: () => other.insertOne({ a: 1 }, options),
      insertMany: () => other.insertMany([{ a: 2 }, { a: 3 }], options),
      updateOne: () => other.updateOne({ a: 1 }, { $set: { b: 1 } }, options),
      updateMany: () => other.updateMany({}, { $set: { b: 1 } }, options),
      replaceOne: () => other.replaceOne({ a: 1 }, { a: 1 }, options),
      findOneAndUpdate: () => other.findOneAndUpdate({ a: 1 }, { $set: { b: 2 } }, options),
      findOneAndReplace: () => other.findOneAndReplace({ a: 1 }, { a: 1 }, options),
      findOneAndDelete: () => other.findOneAndDelete({ a: 2 }, options),
      bulkWrite: () => other.bulkWrite([{ insertOne: { document: {} } }, { deleteOne: { filter: {} } }], options),
      deleteOne: () => other.deleteOne({ a: 9 }, options),
      deleteMany: () => other.deleteMany({ a: 9 }, options),
      find: () => other.find({}, options).toArray(),
      'a batch at a time': () => other.find({}, { ...options, batchSize: 1 }).toArray(),
      findOne: () => other.findOne({}, options),
      aggregate: () => other.aggregate([{ $match: {} }], options).toArray(),
      'aggregate on the database': () => client.admin.aggregate([{ $currentOp: {} }], options).toArray(),
      countDocuments: () => other.countDocuments({}, options),
      estimatedDocumentCount: () => other.estimatedDocumentCount(options),
      distinct: () => other.distinct('a', {}, options),
      explain: () => other.find({}, { ...options, explain: true }).explain(),
      createIndex: () => other.createIndex('a', options),
      listIndexes: () => other.listIndexes(options).toArray(),
      dropIndexes: () => other.dropIndexes(options),
      listCollections: () => db.listCollections({}, options).toArray(),
      listDatabases: () => client.listDatabases(options),
      rename: () => other.rename('renamed', options),
      command: () => db.command({ ping: 1 }, options),
      cursorCommand: () => db.cursorCommand({ find: 'renamed' }, options).toArray(),
      drop: () => db.collection('renamed').drop(options),
      dropDatabase: () => db.dropDatabase(options),
    };
    for (const [title, run] of Object.entries(runs)) {
      started.length = 0;
      await run();
      expect([title, started.length > 0]).toEqual([title, true]);
      for (const { commandName, command } of started) {
        expect([title, commandName, command.lsid]).toEqual([title, commandName, session.id]);
      }
    }
  }, 40_000);

  it('run what was started together one after another, in the order of the calls', async () => {
    await using session = client.startSession();
    await Promise.all(Array.from({ length: 30 }, (_, n) => items.insertOne({ _id: 100 + n } as object, { session })));
    const inserted = started.filter(({ commandName }) => commandName === 'insert').map(({ command }) => command);
    const numbers = inserted.map(({ txnNumber }) => Number(txnNumber));
    expect(numbers).toEqual(Array.from({ length: 30 }, (_, n) => numbers[0]! + n));
    expect(inserted.map(({ documents }) => documents[0]._id)).toEqual(Array.from({ length: 30 }, (_, n) => 100 + n));
  });

  it('refuse writes that nobody answers', async () => {
    await using session = client.startSession();
    const unheard = items.insertOne({}, { session, writeConcern: { w: 0 } });
    await expect(unheard).rejects.toThrow('a write of an explicit session must be acknowledged');
  });

  it('read what they have written, and tell others of their time', async () => {
    await using session = client.startSession();
    expect([session.operationTime, session.clusterTime]).toEqual([undefined, undefined]);
    await items.findOne({}, { session });
    expect(last().readConcern).toBeUndefined();
    const { operationTime } = session;
    await items.insertOne({}, { session });
    expect(last().readConcern).toEqual({ afterClusterTime: operationTime });
    const written = session.operationTime!;
    await items.findOne({}, { session, readConcern: 'majority' });
    expect(last().readConcern).toEqual({ level: 'majority', afterClusterTime: written });
    await using other = client.startSession();
    other.advanceClusterTime(session.clusterTime!);
    other.advanceOperationTime(session.operationTime!);
    expect([other.clusterTime, other.operationTime]).toEqual([session.clusterTime, session.operationTime]);
    other.advanceOperationTime(new Timestamp(1n));
    expect(other.operationTime).toEqual(session.operationTime);
    expect(() => other.advanceOperationTime(5 as any)).toThrow('operationTime must be a Timestamp, not 5');
    expect(() => other.advanceClusterTime({})).toThrow(/clusterTime.clusterTime must be a Timestamp/);
    await using loose = client.startSession({ causalConsistency: false });
    await items.findOne({}, { session: loose });
    await items.findOne({}, { session: loose });
    expect(last().readConcern).toBeUndefined();
  });

  it('notice the time of an operation that failed', async () => {
    await using session = client.startSession();
    await expect(items.find({ $no: 1 }, { session }).toArray()).rejects.toThrow();
    expect(session.operationTime).toBeInstanceOf(Timestamp);
  });

  it('read one point in time, batch after batch, and at a time that is known', async () => {
    await using session = client.startSession({ snapshot: true });
    const cursor = items.find({}, { session, batchSize: 2, sort: { _id: 1 } });
    expect(await cursor.next()).toMatchObject({ _id: 0 });
    const { snapshotTime } = session;
    expect(snapshotTime).toBeInstanceOf(Timestamp);
    await items.updateMany({}, { $set: { changed: true } });
    expect((await cursor.toArray()).filter(({ changed }) => changed)).toEqual([]);
    expect(await items.distinct('changed', {}, { session })).toEqual([]);
    expect(await items.aggregate([{ $match: { changed: true } }], { session }).toArray()).toEqual([]);
    await using again = client.startSession({ snapshot: true, snapshotTime: snapshotTime! });
    expect(await items.findOne({ changed: true }, { session: again })).toBeNull();
    expect(() => session.startTransaction()).toThrow('Transactions are not supported in snapshot sessions');
    await using plain = client.startSession();
    expect(() => plain.snapshotTime).toThrow(/snapshot: true only/);
  });

  it('are ended by withSession, whatever happens, and by await using', async () => {
    let kept: any;
    const result = await client.withSession((session) => {
      kept = session;
      return 7;
    });
    expect(result).toBe(7);
    expect(kept.hasEnded).toBe(true);
    const failing = client.withSession({ causalConsistency: false }, (session) => {
      kept = session;
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect([kept.hasEnded, kept.options.causalConsistency]).toEqual([true, false]);
    await expect(client.withSession({} as any)).rejects.toThrow('work must be a function');
  });

  it('are told to the server when the client closes, also those that nobody ended', async () => {
    const session = client.startSession();
    await items.insertOne({}, { session });
    await client.close();
    const { command } = started.find(({ commandName }) => commandName === 'endSessions')!;
    expect(command.endSessions).toContainEqual(session.id);
    expect(session.hasEnded).toBe(true);
  });

  it('do not leak: as many as there were connections', async () => {
    await using narrow = new AsyncClient(set.uri, { maxPoolSize: 1 });
    const lsids = new Set<string>();
    narrow.on('commandStarted', ({ command }) => lsids.add(String(command.lsid?.id)));
    const own = narrow.db(DATABASE).collection('items');
    await Promise.all([
      own.findOne({}),
      own.updateOne({}, { $set: { a: 1 } }),
      own.find({}).toArray(),
      own.deleteOne({ _id: 99 } as object),
    ]);
    expect(lsids.size).toBe(1);
  });

  it('of a collection go with all that names none', async () => {
    await using session = client.startSession();
    const own = items.withOptions({ session, readPreference: ReadPreference.PRIMARY });
    await own.findOne({});
    expect(last().lsid).toEqual(session.id);
    await own.findOne({}, { session: null });
    expect(last().lsid).not.toEqual(session.id);
  });
});
