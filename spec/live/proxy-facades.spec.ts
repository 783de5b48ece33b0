import { once } from 'node:events';
import net from 'node:net';
import { deserialize } from 'bson';
import { type ClientSession, type Collection, type Document, Long, type MongoClient } from 'mongodb';
import type { Deployment } from '../support/deployment/deployment.js';
import { uniqueDatabase } from '../support/live.js';
import { officialClient } from '../support/official-client.js';
import { officialWitness } from '../support/proxy/official-witness.js';
import { type Facade, type FacadeOptions, startFacade } from '../support/proxy/start-facade.js';
import { startSet } from '../support/proxy/start-set.js';
import { versionProfile } from '../support/proxy/version-profile.js';
import { opMsg } from '../support/reply-bytes.js';

// The official driver as a witness: a façade is right when a client that is not ours takes it for what it presents.

let set: Deployment;
beforeAll(async () => {
  set = await startSet(1);
}, 30_000);
afterAll(() => set?.stop());

interface Order {
  _id: number;
  x: number;
}

const FACADES: readonly (FacadeOptions & { readonly topology: string })[] = [
  { topology: 'ReplicaSetWithPrimary' },
  { topology: 'Sharded', mongos: 2 },
  { topology: 'LoadBalanced', loadBalanced: true },
  { topology: 'LoadBalanced', loadBalanced: true, mongos: 2, version: '8.0' },
  { topology: 'ReplicaSetWithPrimary', version: '4.0' },
  { topology: 'ReplicaSetWithPrimary', version: '4.2' },
  { topology: 'ReplicaSetWithPrimary', version: '4.4' },
  { topology: 'ReplicaSetWithPrimary', version: '5.0' },
  { topology: 'ReplicaSetWithPrimary', version: '6.0' },
  { topology: 'ReplicaSetWithPrimary', version: '7.0' },
  { topology: 'ReplicaSetWithPrimary', version: '8.0' },
  { topology: 'ReplicaSetWithPrimary', version: '8.2' },
  { topology: 'Sharded', mongos: 1, version: '4.2' },
  { topology: 'Sharded', mongos: 2, version: '8.2' },
];

describe.each(FACADES)('the official driver through %j', ({ topology, ...options }) => {
  let facade: Facade;
  let client: MongoClient;
  let orders: Collection<Order>;
  const started: { name: string; command: any }[] = [];
  const wire = options.version === undefined ? 17 : versionProfile(options.version).wireVersion;

  beforeAll(async () => {
    facade = await startFacade(set, options);
    client = officialWitness(facade.uri, options.version, { monitorCommands: true });
    client.on('commandStarted', ({ commandName, command }) => started.push({ name: commandName, command }));
    orders = client.db(uniqueDatabase('facade')).collection<Order>('orders');
    await orders.insertMany(Array.from({ length: 250 }, (_, index) => ({ _id: index, x: index % 10 })));
  });
  afterAll(async () => {
    await client?.close();
    await facade?.stop();
  });
  beforeEach(() => {
    started.length = 0;
  });

  it('sees the topology, the version and only the façade', async () => {
    const description = (client as any).topology.description;
    expect(description.type).toBe(topology);
    expect([...description.servers.keys()].sort()).toEqual([...facade.addresses].sort());
    const info = await client.db('admin').command({ buildInfo: 1 });
    expect(info.version).toBe(options.version === undefined ? '6.0.5' : versionProfile(options.version).version);
    const hello = await client.db('admin').command({ isMaster: 1 });
    expect(hello.maxWireVersion).toBe(wire);
    expect(hello.msg).toBe(topology === 'ReplicaSetWithPrimary' ? undefined : 'isdbgrid');
    expect(hello.setName).toBe(topology === 'ReplicaSetWithPrimary' ? set.setName : undefined);
    expect(hello.topologyVersion === undefined).toBe(wire < 9);
  });

  it('reads, writes and iterates', async () => {
    expect(await orders.find({}, { batchSize: 100 }).toArray()).toHaveLength(250);
    expect(started.map(({ name }) => name)).toEqual(['find', 'getMore', 'getMore']);
    expect(await orders.find({ x: 3 }, { readPreference: 'nearest' }).toArray()).toHaveLength(25);
    expect(await orders.countDocuments({}, { readPreference: 'secondaryPreferred' })).toBe(250);
    if (topology === 'Sharded') expect(started.at(-1)?.command.$readPreference).toEqual({ mode: 'secondaryPreferred' });
    const bulk = await orders.bulkWrite([
      { insertOne: { document: { _id: 1000, x: 1 } } },
      { updateOne: { filter: { _id: 1000 }, update: { $inc: { x: 1 } } } },
      { replaceOne: { filter: { _id: 1001 }, replacement: { x: 5 }, upsert: true } },
      { deleteMany: { filter: { _id: { $gte: 1000 } } } },
    ]);
    expect(bulk).toMatchObject({ insertedCount: 1, modifiedCount: 1, upsertedCount: 1, deletedCount: 2 });
    await expect(orders.insertOne({ _id: 1, x: 1 })).rejects.toMatchObject({ code: 11000, keyValue: { _id: 1 } });
    expect(await orders.findOneAndUpdate({ _id: 2 }, { $set: { x: 2 } })).toMatchObject({ _id: 2 });
  });

  it('commits and aborts transactions', async () => {
    const write = async (session: ClientSession, id: number): Promise<void> => {
      session.startTransaction();
      await orders.insertOne({ _id: id, x: 0 }, { session });
      expect(await orders.find({ _id: id }, { session }).toArray()).toHaveLength(1);
    };
    await client.withSession(async (session) => {
      await write(session, 2000);
      await session.commitTransaction();
      await session.commitTransaction();
      await write(session, 2001);
      await session.abortTransaction();
    });
    expect(await orders.find({ _id: { $gte: 2000 } }).toArray()).toEqual([{ _id: 2000, x: 0 }]);
    const commits = started.filter(({ name }) => name === 'commitTransaction');
    expect(commits).toHaveLength(2);
    const token = topology === 'ReplicaSetWithPrimary' ? undefined : { recoveryShardId: 'shard01' };
    for (const { command } of commits) expect(command.recoveryToken).toEqual(token);
    await orders.deleteOne({ _id: 2000 });
  });

  it('follows a change stream', async () => {
    const stream = orders.watch([], { fullDocument: 'updateLookup' });
    try {
      const next = stream.next();
      let change: any;
      void next.then((found) => {
        change = found;
      });
      // The stream begins at a time that the driver does not tell: writes go on until it reports one.
      for (let id = 3000; change === undefined; id++) {
        await orders.insertOne({ _id: id, x: 7 });
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect(change).toMatchObject({ operationType: 'insert', fullDocument: { x: 7 } });
    } finally {
      await stream.close();
      await orders.deleteMany({ _id: { $gte: 3000 } });
    }
  });

  if (wire >= 25) {
    it('writes in bulk with the command of 8.0', async () => {
      const namespace = orders.namespace;
      const models = [
        { name: 'insertOne', namespace, document: { _id: 4000, x: 1 } },
        { name: 'updateOne', namespace, filter: { _id: { $lt: 3 } }, update: { $inc: { x: 100 } }, sort: { _id: -1 } },
        { name: 'updateMany', namespace, filter: { _id: { $lt: 2 } }, update: { $inc: { x: 100 } } },
        { name: 'replaceOne', namespace, filter: { _id: 4001 }, replacement: { x: 2 }, upsert: true },
        { name: 'deleteOne', namespace, filter: { _id: 4000 } },
        { name: 'deleteMany', namespace, filter: { _id: { $gte: 4000 } } },
      ] as any;
      const result = await client.bulkWrite(models, { verboseResults: true });
      expect(result).toMatchObject({
        ...{ insertedCount: 1, upsertedCount: 1, matchedCount: 3, modifiedCount: 3, deletedCount: 2 },
      });
      expect(result.updateResults?.get(3)).toMatchObject({ matchedCount: 1, modifiedCount: 0, upsertedId: 4001 });
      expect(started.map(({ name }) => name)).toEqual(['bulkWrite']);
      expect(await orders.findOne({ _id: 2 })).toEqual({ _id: 2, x: 102 });
      const twice: any[] = [
        { name: 'insertOne', namespace, document: { _id: 5000 } },
        { name: 'insertOne', namespace, document: { _id: 5000 } },
        { name: 'insertOne', namespace, document: { _id: 5001 } },
      ];
      const fails = client.bulkWrite(twice);
      await expect(fails).rejects.toMatchObject({ partialResult: { insertedCount: 1 } });
      expect(((await fails.catch((error) => error)) as any).writeErrors.get(1)).toMatchObject({ code: 11000 });
      expect(await orders.deleteMany({ _id: { $gte: 5000 } })).toMatchObject({ deletedCount: 1 });
      expect(await orders.updateOne({}, { $set: { x: -1 } }, { sort: { _id: -1 } } as any)).toMatchObject({
        modifiedCount: 1,
      });
      expect(await orders.find({ x: -1 }).toArray()).toEqual([{ _id: 249, x: -1 }]);
    });

    it('reads the results of a bulk in several batches', async () => {
      const namespace = orders.namespace;
      const body = {
        ...{ bulkWrite: 1, nsInfo: [{ ns: namespace }], cursor: { batchSize: 2 }, errorsOnly: false },
        ops: Array.from({ length: 5 }, (_, index) => ({ delete: 0, filter: { _id: 9000 + index }, multi: false })),
      };
      // One mongos knows nothing of the cursors of another: the commands go to the first.
      const one = officialClient(facade.uri.replace(facade.addresses.join(), facade.addresses[0]!));
      await one.withSession(async (session) => {
        const admin = one.db('admin');
        const first = await admin.command(body, { session });
        expect(first.cursor.firstBatch).toEqual([0, 1].map((idx) => ({ ok: 1, idx, n: 0 })));
        const getMore = { getMore: Long.fromValue(first.cursor.id), collection: '$cmd.bulkWrite', batchSize: 2 };
        const second = await admin.command(getMore, { session });
        expect(second.cursor.nextBatch).toHaveLength(2);
        const killed = await admin.command({ killCursors: '$cmd.bulkWrite', cursors: [getMore.getMore] }, { session });
        expect(killed.cursorsKilled).toHaveLength(1);
        await expect(admin.command(getMore, { session })).rejects.toMatchObject({ code: 43 });
      });
      await one.close();
    });
  }
});

describe('two mongos over one primary', () => {
  const name = uniqueDatabase('mongos');
  let facade: Facade;
  let clients: MongoClient[];
  beforeAll(async () => {
    facade = await startFacade(set, { mongos: 2 });
    clients = facade.addresses.map((address) => officialClient(`mongodb://${address}/`, { retryReads: false }));
    await clients[0]!.db(name).collection('docs').insertOne({ x: 1 });
  });
  afterAll(async () => {
    await Promise.all(clients?.map((client) => client.close()) ?? []);
    await facade?.stop();
  });

  const fail = (client: MongoClient, data: object, mode: unknown = { times: 1 }) =>
    client.db('admin').command({ configureFailPoint: 'failCommand', mode, data });
  const find = (client: MongoClient) =>
    client
      .db(name)
      .collection('docs')
      .find()
      .toArray()
      .then(
        (found) => found.length,
        (error) => error.code ?? error.name,
      );

  it('have fail points of their own', async () => {
    const [one, two] = clients as [MongoClient, MongoClient];
    await fail(one, { failCommands: ['find'], errorCode: 6 });
    await fail(two, { failCommands: ['find'], errorCode: 89 });
    expect([await find(two), await find(two), await find(one), await find(one)]).toEqual([89, 1, 6, 1]);
    await fail(one, { failCommands: ['find'], closeConnection: true });
    expect(await find(one)).toMatch(/^MongoNetworkError/);
    await fail(one, { failCommands: ['find'], errorCode: 8 }, { skip: 1 });
    expect([await find(one), await find(one), await find(one)]).toEqual([1, 8, 8]);
    await fail(one, {}, 'off');
    expect(await find(one)).toBe(1);
  });

  it.each([
    ['has happened', true, 1],
    ['has not happened', false, 0],
  ])('recover a commit that %s', async (_, isCommitted, count) => {
    const [one, two] = clients as [MongoClient, MongoClient];
    const id = `recover-${isCommitted}`;
    const session = one.startSession();
    session.startTransaction();
    await one.db(name).collection<{ _id: string }>('docs').insertOne({ _id: id }, { session });
    const token = { recoveryShardId: 'shard01' };
    const commit = {
      ...{ commitTransaction: 1, lsid: session.id!, txnNumber: session.serverSession.txnNumber, autocommit: false },
      ...{ recoveryToken: token, writeConcern: { w: 'majority' } },
    };
    const txnNumber = Long.fromNumber(Number(commit.txnNumber));
    if (isCommitted) await session.commitTransaction();
    const recovered = await rawCommand(facade.addresses[1]!, { ...commit, txnNumber, $db: 'admin' });
    const lost = { ok: 0, codeName: 'NoSuchTransaction', errorLabels: ['TransientTransactionError'] };
    expect(recovered).toMatchObject(isCommitted ? { ok: 1 } : lost);
    const { recoveryToken: __, ...bare } = commit;
    const without = await rawCommand(facade.addresses[1]!, { ...bare, txnNumber, $db: 'admin' });
    expect(without).toMatchObject({ ok: 0, code: 50940 });
    await session.abortTransaction().catch(() => {}); // it was committed or aborted above
    await session.endSession();
    expect(await two.db(name).collection<{ _id: string }>('docs').countDocuments({ _id: id })).toBe(count);
  });
});

describe('a load balancer', () => {
  it('gives each mongos an id, and refuses clients that do not know of it', async () => {
    await using facade = await startFacade(set, { loadBalanced: true, mongos: 2 });
    expect(facade.addresses).toHaveLength(1);
    const address = facade.addresses[0]!;
    const hello = { hello: 1, loadBalanced: true, $db: 'admin' };
    const ids = new Set<string>();
    for (let n = 0; n < 4; n++) ids.add(String((await rawCommand(address, hello)).serviceId));
    expect(ids.size).toBe(2);
    expect([...ids].every((id) => /^[0-9a-f]{24}$/.test(id))).toBe(true);
    expect(await rawCommand(address, { hello: 1, $db: 'admin' })).toMatchObject({ ok: 0, code: 354 });
  });
});

/** The reply to one command on a connection of its own, without anything that a driver adds. */
async function rawCommand(address: string, command: Document): Promise<Document> {
  const [host, port] = address.split(':');
  const socket = net.connect(Number(port), host!);
  try {
    socket.write(opMsg(command, { requestId: 1 }));
    const [first] = await once(socket, 'data'); // these replies are small: one piece
    return deserialize((first as Buffer).subarray(21));
  } finally {
    socket.destroy();
  }
}
