/** `killOnAbort` of what is more than one command: files and change streams, and bulks over several messages. */
import { setTimeout as sleep } from 'node:timers/promises';
import { AsyncClient, type AsyncDatabase, AsyncGridFS, AsyncGridFSBucket } from '../../lib/index.js';
import type { Deployment } from '../support/deployment/deployment.js';
import { ownServers } from '../support/deployment/own-servers.js';
import { uniqueDatabase } from '../support/live.js';
import { startFacade } from '../support/proxy/start-facade.js';
import { startSet } from '../support/proxy/start-set.js';

const DATABASE = uniqueDatabase('killstreams');
const LIMIT_MS = 60_000;
/** So long the server takes, unless it is told to stop. */
const BLOCK_MS = 30_000;
/** A caller waits for no more, on a machine with much else to do. */
const SOON_MS = 10_000;
const BYTES = Buffer.alloc(3_000_000, 'x');

ownServers('killOnAbort', () => {
  let set: Deployment;
  let observer: AsyncClient;
  let client: AsyncClient;
  let db: AsyncDatabase;
  let sent: string[];

  beforeAll(async () => {
    set = await startSet(1);
    observer = new AsyncClient(set.uri);
    await observer.db(DATABASE).collection('items').insertOne({});
    await new AsyncGridFSBucket(observer.db(DATABASE)).uploadFromStream('one', BYTES);
  }, LIMIT_MS);
  afterAll(async () => {
    await observer.close();
    await set.stop();
  });
  beforeEach(async () => {
    client = await AsyncClient.open(set.uri, { appName: DATABASE, maxConcurrent: 3, killOnAbort: true });
    db = client.db(DATABASE);
    sent = [];
    client.on('commandStarted', ({ commandName }) => void sent.push(commandName));
  });
  afterEach(async () => {
    await observer.admin.command({ configureFailPoint: 'failCommand', mode: 'off' });
    await client.close();
  });

  async function slow(...failCommands: string[]): Promise<void> {
    const data = { failCommands, blockConnection: true, blockTimeMS: BLOCK_MS, appName: DATABASE };
    await observer.admin.command({ configureFailPoint: 'failCommand', mode: 'alwaysOn', data } as object);
  }

  async function running(): Promise<string[]> {
    const match = { appName: DATABASE, active: true, 'command.hello': { $exists: false } };
    const found = await observer.admin.aggregate([{ $currentOp: { allUsers: true } }, { $match: match }]).toArray();
    return found
      .map(({ command }: any) => Object.keys(command)[0]!)
      .filter((name) => !/^(hello|isMaster)$/i.test(name));
  }

  async function until(condition: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + SOON_MS;
    while (!(await condition())) {
      if (performance.now() > end) throw new Error(`still under way: ${await running()}`);
      await sleep(20);
    }
  }

  /** Aborts while the server is at the command; the caller and the server are done with it long before it would end. */
  async function expectEnd(command: string, use: (signal: AbortSignal) => PromiseLike<unknown>): Promise<void> {
    const controller = new AbortController();
    const reason = new Error('enough');
    const outcome = Promise.resolve(use(controller.signal)).then(
      () => 'not rejected',
      (error: unknown) => error,
    );
    await until(async () => (await running()).includes(command));
    const start = performance.now();
    controller.abort(reason);
    expect(await outcome).toBe(reason);
    expect(performance.now() - start).toBeLessThan(SOON_MS);
    await until(async () => (await running()).length === 0);
    await observer.admin.command({ configureFailPoint: 'failCommand', mode: 'off' });
    // All connections come back.
    await until(async () => client.poolStats()[0]!.inUse === 0);
    expect(client.poolStats()).toMatchObject([{ generation: 0, waiting: 0 }]);
  }

  const chunks = () => observer.db(DATABASE).collection('fs.chunks').countDocuments();

  it.each<[string, (signal: AbortSignal) => PromiseLike<unknown>]>([
    ['uploadFromStream', (signal) => new AsyncGridFSBucket(db).uploadFromStream('two', BYTES, { signal })],
    ['put', (signal) => new AsyncGridFS(db).put(BYTES, { filename: 'two', signal })],
  ])(
    'ends the inserts of an upload, of which nothing stays: %s',
    async (_, use) => {
      const before = await chunks();
      await slow('insert');
      await expectEnd('insert', use);
      expect(sent.filter((name) => name === 'insert')).toHaveLength(1);
      expect(sent).toContain('killSessions');
      expect(await chunks()).toBe(before);
      expect(await observer.db(DATABASE).collection('fs.files').distinct('filename')).toEqual(['one']);
    },
    LIMIT_MS,
  );

  it(
    'ends a download at its file, and whatever else a bucket does',
    async () => {
      const bucket = new AsyncGridFSBucket(db);
      const download = async (signal: AbortSignal): Promise<void> => {
        for await (const _ of bucket.openDownloadStreamByName('one', { signal }));
      };
      await slow('find');
      await expectEnd('find', download);
      await slow('delete');
      await expectEnd('delete', (signal) => bucket.delete(0, { signal }));
      await slow('update');
      await expectEnd('update', (signal) => bucket.rename(0, 'two', { signal }));
      expect(await chunks()).toBeGreaterThan(0);
    },
    LIMIT_MS,
  );

  it(
    'ends a change stream that is being opened, and closes the cursor of one that waits',
    async () => {
      const watch = async (signal: AbortSignal): Promise<unknown> =>
        db.collection('items').watch([], { signal, maxAwaitTimeMS: 1_000 }).next();
      await slow('aggregate');
      await expectEnd('aggregate', watch);
      // A server draws out the wait for events, here for a second, though the cursor is gone.
      await expectEnd('getMore', watch);
      expect(sent).toContain('killCursors');
      const idle = { $match: { type: 'idleCursor', ns: `${DATABASE}.items` } };
      expect(await observer.admin.aggregate([{ $currentOp: { idleCursors: true } }, idle]).toArray()).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    'ends a bulk at the message that is under way, and sends no other',
    async () => {
      const many = { filter: {}, update: { $set: { a: 1 } } };
      await slow('update', 'delete');
      await expectEnd('update', (signal) =>
        db.collection('items').bulkWrite([{ updateMany: many }, { deleteMany: { filter: {} } }], { signal }),
      );
      expect(sent.filter((name) => /update|delete/.test(name))).toEqual(['update']);
      expect(await observer.db(DATABASE).collection('items').distinct('a')).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    'gives client.bulkWrite up at once',
    async () => {
      // What stands before the server here to make it know the command takes no order to kill it.
      await using facade = await startFacade(set, { version: '8.0' });
      await using modern = await AsyncClient.open(facade.uri, { appName: DATABASE, killOnAbort: true });
      const data = { failCommands: ['bulkWrite'], blockConnection: true, blockTimeMS: 2_000, appName: DATABASE };
      await modern.admin.command({ configureFailPoint: 'failCommand', mode: { times: 1 }, data } as object);
      const reason = new Error('enough');
      const controller = new AbortController();
      const models = [{ name: 'insertOne', namespace: `${DATABASE}.items`, document: { late: 1 } }];
      const begun = new Promise((resolve) => modern.once('commandStarted', resolve));
      const writing = modern.bulkWrite(models as never, { signal: controller.signal }).catch((error) => error);
      await begun;
      controller.abort(reason);
      // Before the loop goes on to its sockets, on which the reply is still to come.
      const error: any = await Promise.race([writing, new Promise((resolve) => setImmediate(resolve, 'late'))]);
      expect([error, error.cause]).toContain(reason);
    },
    LIMIT_MS,
  );
});
