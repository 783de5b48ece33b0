/** Sessions, transactions and change streams on servers that pretend to be MongoDB 4.0 and 4.2. */
import {
  AsyncClient,
  type AsyncCollection,
  type CommandStartedEvent,
  ConfigurationError,
  type Document,
  OperationFailureError,
} from '../../lib/index.js';
import type { Deployment } from '../support/deployment/deployment.js';
import { ownServers } from '../support/deployment/own-servers.js';
import { startDeployment } from '../support/deployment/start-deployment.js';
import { uniqueDatabase } from '../support/live.js';
import { type Facade, startFacade } from '../support/proxy/start-facade.js';
import { startSet } from '../support/proxy/start-set.js';

interface Item {
  _id: number;
}

const DATABASE = uniqueDatabase('sessionsversions');
const LIMIT_MS = 60_000;

ownServers('on a replica set', () => {
  let set: Deployment;
  beforeAll(async () => {
    set = await startSet(1);
  }, LIMIT_MS);
  afterAll(() => set?.stop());

  describe.each(['4.0', '4.2'])('of MongoDB %s', (version) => {
    let facade: Facade;
    let client: AsyncClient;
    let items: AsyncCollection<Item>;
    let started: CommandStartedEvent[];

    beforeAll(async () => {
      facade = await startFacade(set, { version });
      client = await AsyncClient.open(facade.uri);
      items = client.db(DATABASE).collection(`items${version.replace('.', '')}`);
      started = [];
      client.on('commandStarted', (event) => started.push(event));
    }, LIMIT_MS);
    beforeEach(async () => {
      await items.deleteMany({});
      started = [];
    });
    afterAll(async () => {
      await client?.close();
      await facade?.stop();
    });

    const stored = async (): Promise<number[]> =>
      (await items.find({}, { sort: { _id: 1 } }).toArray()).map(({ _id }) => _id);
    const stages = (): Document[] =>
      started
        .filter(({ commandName }) => commandName === 'aggregate')
        .map(({ command }) => command.pipeline[0].$changeStream);

    it('sessions are causally consistent', async () => {
      await using session = client.startSession();
      await items.insertOne({ _id: 1 }, { session });
      const { operationTime } = session;
      expect(await items.findOne({}, { session })).toEqual({ _id: 1 });
      expect(started.at(-1)!.command).toMatchObject({
        lsid: session.id,
        readConcern: { afterClusterTime: operationTime },
      });
    });

    it('snapshots are refused by name', async () => {
      await using session = client.startSession({ snapshot: true });
      const error = await rejection(items.findOne({}, { session }));
      expect([error.constructor, error.message]).toEqual([
        ConfigurationError,
        expect.stringMatching(/^Snapshot reads require MongoDB 5.0 or later/),
      ]);
    });

    it('transactions are committed, aborted and tried again', async () => {
      await client.transaction(() => items.insertMany([{ _id: 1 }, { _id: 2 }]));
      await expect(
        client.transaction(async () => {
          await items.insertOne({ _id: 3 });
          throw new Error('undo');
        }),
      ).rejects.toThrow('undo');
      let runs = 0;
      const fault = facade.fault({ kind: 'cut', at: 'after request', command: 'insert', times: 1 });
      await client.transaction(async () => {
        runs++;
        await items.insertOne({ _id: 4 });
      });
      expect([runs, fault.hits, await stored()]).toEqual([2, 1, [1, 2, 4]]);
    });

    it('a commit whose reply is lost is committed once', async () => {
      const fault = facade.fault({ kind: 'cut', at: 'inside reply', command: 'commitTransaction', times: 1 });
      let runs = 0;
      await client.transaction(async () => {
        runs++;
        await items.insertOne({ _id: 1 });
      });
      expect([runs, fault.hits, await stored()]).toEqual([1, 1, [1]]);
    });

    it.each([
      [
        'a connection that is cut',
        (): unknown => facade.fault({ kind: 'cut', at: 'after request', command: 'getMore', times: 1 }),
      ],
      ['an error without a label', (): unknown => failGetMore(10107)],
      ['a cursor that is gone', (): unknown => failGetMore(43)],
    ])('a change stream goes on after %s', async (_, strike) => {
      await using stream = await items.watch([], { maxAwaitTimeMS: 100 }).open();
      await strike();
      await items.insertMany([{ _id: 1 }, { _id: 2 }]);
      const seen = [await stream.next(), await stream.next()];
      expect(seen).toMatchObject([{ documentKey: { _id: 1 } }, { documentKey: { _id: 2 } }]);
      expect(stages()).toHaveLength(2);
    });

    it('a change stream does not go on after an error that was never resumable', async () => {
      const stream = await items.watch([], { maxAwaitTimeMS: 100 }).open();
      await failGetMore(1);
      expect(await rejection(stream.next())).toMatchObject({ code: 1, constructor: OperationFailureError });
      expect([stream.closed, stages().length]).toEqual([true, 1]);
    });

    it('a change stream begins behind a token, and behind one that was stored', async () => {
      await using first = await items.watch().open();
      await items.insertMany([{ _id: 1 }, { _id: 2 }]);
      const token = (await first.next())!._id;
      started = [];
      const store = { load: () => token, save: () => undefined };
      for (const options of [{ resumeAfter: token }, { startAfter: token }, { tokenStore: store }]) {
        await using stream = items.watch([], options);
        expect(await stream.next()).toMatchObject({ documentKey: { _id: 2 } });
      }
      const name = version === '4.0' ? 'resumeAfter' : 'startAfter';
      expect(stages()).toEqual([{ resumeAfter: token }, { [name]: token }, { [name]: token }]);
    });

    it('changes of the database and of the cluster are watched', async () => {
      for (const watched of [client.db(DATABASE), client]) {
        await items.deleteMany({});
        await using stream = await watched.watch([{ $match: { operationType: 'insert' } }]).open();
        await items.insertOne({ _id: 7 });
        expect(await stream.next()).toMatchObject({ documentKey: { _id: 7 }, ns: { coll: items.name } });
      }
    });

    function failGetMore(errorCode: number): Promise<unknown> {
      const data = { failCommands: ['getMore'], errorCode };
      return client.admin.command({ configureFailPoint: 'failCommand', mode: { times: 1 }, data });
    }
  });

  it.each([
    ['4.0', 'transactions on a sharded cluster need MongoDB 4.2'],
    ['4.2', undefined],
  ])('through a mongos of MongoDB %s', async (version, message) => {
    await using facade = await startFacade(set, { version, mongos: 1 });
    await using client = await AsyncClient.open(facade.uri);
    const items = client.db(DATABASE).collection<Item>('sharded');
    await items.deleteMany({});
    const run = client.transaction(() => items.insertOne({ _id: 1 }));
    if (message === undefined) await run;
    else {
      const error = await rejection(run);
      expect([error.constructor, error.message]).toEqual([ConfigurationError, expect.stringContaining(message)]);
    }
    expect(await items.countDocuments()).toBe(message === undefined ? 1 : 0);
    await using session = client.startSession();
    await items.insertOne({ _id: 2 }, { session });
    await using stream = await items.watch().open();
    await items.insertOne({ _id: 3 });
    expect(await stream.next()).toMatchObject({ documentKey: { _id: 3 } });
  });
});

ownServers('on a standalone server', () => {
  it(
    'sessions work; transactions and change streams are refused by the server, in clear words',
    async () => {
      await using server = await startDeployment({ say: () => {} });
      await using client = await AsyncClient.open(server.uri);
      const items = client.db(DATABASE).collection<Item>('items');
      await using session = client.startSession();
      await items.insertOne({ _id: 1 }, { session });
      expect(await items.findOne({}, { session })).toEqual({ _id: 1 });
      const refused = await rejection(client.transaction(() => items.insertOne({ _id: 2 })));
      expect([refused.code, refused.message]).toEqual([20, expect.stringContaining('a replica set member or mongos')]);
      const stream = items.watch();
      const unwatched = await rejection(stream.next());
      expect([unwatched.code, unwatched.message]).toEqual([
        40573,
        expect.stringContaining('only supported on replica sets'),
      ]);
      expect(stream.closed).toBe(true);
    },
    LIMIT_MS,
  );
});

async function rejection(promise: Promise<unknown>): Promise<any> {
  return promise.then(
    () => {
      throw new Error('it was not refused');
    },
    (error: unknown) => error,
  );
}
