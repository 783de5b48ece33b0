/** The prose tests of MongoDB's Retryable Reads and Retryable Writes specifications that ask for mongos. */
import type { Document } from 'bson';
import { AsyncClient } from '../../lib/index.js';
import type { Deployment } from '../support/deployment/deployment.js';
import { ownServers } from '../support/deployment/own-servers.js';
import { uniqueDatabase } from '../support/live.js';
import { type Facade, startFacade } from '../support/proxy/start-facade.js';
import { startSet } from '../support/proxy/start-set.js';

const DATABASE = uniqueDatabase('retrysharded');
const APP_NAME = 'retrysharded';
const HOST_UNREACHABLE = 6;
const FAILURE = { errorCode: HOST_UNREACHABLE, errorLabels: ['RetryableWriteError'] };

ownServers('mongos,', () => {
  let set: Deployment;
  beforeAll(async () => {
    set = await startSet(1);
  }, 40_000);
  afterAll(() => set?.stop());

  describe.each([
    [2, 'on the other one'],
    [1, 'on the same one'],
  ])('%i', (mongos, where) => {
    let facade: Facade;
    let admins: AsyncClient[];
    let client: AsyncClient;
    let told: [what: string, address: string][];

    beforeAll(async () => {
      facade = await startFacade(set, { mongos });
      admins = facade.addresses.map((address) => new AsyncClient(`mongodb://${address}/?directConnection=true`));
    });
    afterAll(async () => {
      await Promise.all(admins?.map((admin) => admin.close()) ?? []);
      await facade?.stop();
    });
    beforeEach(async () => {
      told = [];
      client = new AsyncClient(facade.uri, { appName: APP_NAME });
      for (const name of ['commandSucceeded', 'commandFailed'] as const)
        client.on(name as 'commandSucceeded', ({ commandName, address }) => {
          if (commandName === 'find' || commandName === 'insert') told.push([name, address]);
        });
      await client.open();
      const known = () => [...client.topologyDescription.servers.values()];
      const areFound = (): boolean => known().every(({ type }) => type === 'Mongos');
      for (let left = 1_000; !areFound() && left > 0; left--) await new Promise((resolve) => setTimeout(resolve, 10));
      expect([areFound(), known().length]).toEqual([true, mongos]);
      // No luck: of equal servers the first is chosen, again and again.
      jest.spyOn(Math, 'random').mockReturnValue(0);
    });
    afterEach(async () => {
      jest.restoreAllMocks();
      await client.close();
      await everywhere({ mode: 'off' });
    });

    /** Sets the fail point of each mongos. */
    async function everywhere(point: Document): Promise<void> {
      for (const admin of admins) await admin.admin.command({ configureFailPoint: 'failCommand', ...point });
    }

    // Retryable reads 2.1 and 2.2, retryable writes 4 and 5.
    it.each([
      ['find', () => client.db(DATABASE).collection('items').findOne()],
      ['insert', () => client.db(DATABASE).collection('items').insertOne({})],
    ])(`%s is tried again ${where}`, async (command, run) => {
      const data = { failCommands: [command], appName: APP_NAME, ...FAILURE };
      await everywhere({ mode: { times: 1 }, data });
      if (mongos === 1) {
        const [address] = facade.addresses as [string];
        await run();
        expect(told).toEqual([
          ['commandFailed', address],
          ['commandSucceeded', address],
        ]);
      } else {
        await expect(run()).rejects.toMatchObject({ code: HOST_UNREACHABLE });
        expect(told.map(([what]) => what)).toEqual(['commandFailed', 'commandFailed']);
        expect(told.map(([, address]) => address).toSorted()).toEqual(facade.addresses.toSorted());
      }
    });
  });
});
