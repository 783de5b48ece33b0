/** Transactions through several mongos and through a load balancer, with the prose tests of MongoDB's specifications. */
import { AsyncClient, type AsyncCollection } from '../../lib/index.js';
import type { Deployment } from '../support/deployment/deployment.js';
import { ownServers } from '../support/deployment/own-servers.js';
import { uniqueDatabase } from '../support/live.js';
import { type Facade, startFacade } from '../support/proxy/start-facade.js';
import { startSet } from '../support/proxy/start-set.js';
import { until } from '../support/until.js';

const DATABASE = uniqueDatabase('txsharded');
const RUNS = 50;

ownServers('transactions', () => {
  let set: Deployment;
  let facade: Facade;
  let client: AsyncClient;
  let items: AsyncCollection<any>;

  beforeAll(async () => {
    set = await startSet(1);
  }, 60_000);
  afterAll(() => set?.stop());
  afterEach(async () => {
    await client?.close();
    await facade?.stop();
  });

  async function open(options: Parameters<typeof startFacade>[1], more: object = {}): Promise<void> {
    facade = await startFacade(set, options);
    // However long one of them takes to answer on a loaded machine, both are chosen from.
    client = new AsyncClient(facade.uri, { localThresholdMS: 60_000, ...more });
    items = client.db(DATABASE).collection('items');
    await items.deleteMany({});
    await items.insertOne({ _id: 0 });
  }

  // Transactions specification, mongos pinning prose tests 1 and 2.
  it.each(['a new transaction', 'an operation outside of one'])(
    'through two mongos choose anew for %s',
    async (what) => {
      await open({ mongos: 2 });
      const known = () => [...client.topologyDescription.servers.values()];
      await until('two mongos', () => known().every(({ type }) => type === 'Mongos'));
      const addresses = new Set<string>();
      client.on('commandSucceeded', ({ commandName, address }) => {
        if (commandName === 'find') addresses.add(address);
      });
      await using session = client.startSession();
      session.startTransaction();
      await items.insertOne({}, { session });
      expect(session.isPinned).toBe(true);
      await session.commitTransaction();
      expect(session.isPinned).toBe(true);
      for (let run = 0; run < RUNS; run++) {
        if (what === 'a new transaction') session.startTransaction();
        expect(await items.find({ _id: 0 }, { session }).toArray()).toHaveLength(1);
        if (what === 'a new transaction') await session.commitTransaction();
      }
      expect(addresses.size).toBe(2);
    },
  );

  it('through two mongos carry the recovery token to the end', async () => {
    await open({ mongos: 2 });
    const commits: any[] = [];
    client.on('commandStarted', ({ commandName, command }) => {
      if (commandName === 'commitTransaction') commits.push(command);
    });
    await client.transaction(() => items.insertOne({ _id: 1 }));
    expect(commits).toMatchObject([{ recoveryToken: expect.any(Object) }]);
    expect(await items.countDocuments()).toBe(2);
  });

  it('behind a load balancer keep one connection, which their cursors share', async () => {
    await open({ loadBalanced: true });
    const inUse = () => client.poolStats().reduce((sum, pool) => sum + pool.inUse, 0);
    await items.insertMany([{ _id: 1 }, { _id: 2 }, { _id: 3 }]);
    await using session = client.startSession();
    session.startTransaction();
    const cursor = items.find({}, { session, batchSize: 1, prefetch: false } as object);
    expect([await cursor.next(), inUse(), session.isPinned]).toEqual([{ _id: 0 }, 1, true]);
    await items.insertOne({ _id: 4 }, { session });
    await cursor.close();
    expect([inUse(), session.isPinned]).toEqual([1, true]);
    await session.abortTransaction();
    expect([inUse(), session.isPinned]).toEqual([0, false]);
    expect(await items.countDocuments()).toBe(4);
  });
});
