/** Transactions on a replica set: what users do with them, and what they get wrong elsewhere. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AsyncClient,
  type AsyncCollection,
  AsyncGridFS,
  AsyncGridFSBucket,
  DuplicateKeyError,
  InvalidOperationError,
  OperationFailureError,
  type RotorError,
} from '../../lib/index.js';
import type { Deployment } from '../support/deployment/deployment.js';
import { ownServers } from '../support/deployment/own-servers.js';
import { uniqueDatabase } from '../support/live.js';
import { until } from '../support/until.js';
import { freshItems } from './fresh-items.js';

const DATABASE = uniqueDatabase('transactions');

ownServers('transactions', () => {
  let set: Deployment;
  let client: AsyncClient;
  let items: AsyncCollection<any>;
  let names: string[];
  let stored: () => Promise<unknown[]>;
  freshItems(DATABASE, (fresh) => {
    ({ set, client, items, names, stored } = fresh);
  });

  it('are committed or aborted by hand', async () => {
    await using session = client.startSession();
    session.startTransaction({ readConcern: 'snapshot', writeConcern: 'majority' });
    await items.insertOne({ _id: 1 }, { session });
    expect([await stored(), session.inTransaction(), session.transactionState]).toEqual([[0], true, 'in_progress']);
    await session.commitTransaction();
    session.startTransaction();
    await items.insertOne({ _id: 2 }, { session });
    await session.abortTransaction();
    expect([await stored(), session.transactionState]).toEqual([[0, 1], 'aborted']);
    await items.insertOne({ _id: 3 }, { session });
    expect([await stored(), session.transactionState]).toEqual([[0, 1, 3], 'none']);
  });

  it('end by a signal: their operations, their further tries, and they themselves', async () => {
    const controller = new AbortController();
    const tried = client.transaction(
      async () => {
        await items.insertOne({ _id: 1 });
        setTimeout(() => controller.abort(new Error('enough')), 50);
        await items.findOne({ $where: 'sleep(2000) || true' });
      },
      { signal: controller.signal },
    );
    await expect(tried).rejects.toThrow('enough');
    // The server is told when it has done with what was under way: nobody has waited for that.
    expect(names).toEqual(['insert', 'find']);
    await until('the abort', () => names.includes('abortTransaction'));
    expect([await stored(), names.includes('commitTransaction')]).toEqual([[0], false]);
  }, 30_000);

  it('are aborted at the end of a block unless they were committed', async () => {
    await using session = client.startSession();
    {
      await using _transaction = session.startTransaction();
      await items.insertOne({ _id: 1 }, { session });
    }
    expect([await stored(), session.transactionState]).toEqual([[0], 'aborted']);
    {
      await using transaction = session.startTransaction();
      await items.insertOne({ _id: 2 }, { session });
      await transaction.commit();
    }
    expect(await stored()).toEqual([0, 2]);
    await session.transaction({}, () => items.insertOne({ _id: 3 }, { session }));
    const failing = session.transaction({}, async () => {
      await items.insertOne({ _id: 4 }, { session });
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await stored()).toEqual([0, 2, 3]);
  });

  it('give the result of their callback, and pass its own errors on', async () => {
    await using session = client.startSession();
    expect(await session.withTransaction(() => 'Foo')).toBe('Foo');
    const own = new Error('mine');
    await expect(session.withTransaction(() => Promise.reject(own))).rejects.toBe(own);
    expect(session.inTransaction()).toBe(false);
  });

  it('run operations that were started together in their order', async () => {
    await client.transaction(async () => {
      await Promise.all(Array.from({ length: 20 }, (_, n) => items.insertOne({ _id: n + 1 })));
      const [all, one] = await Promise.all([items.find().toArray(), items.findOne({ _id: 5 })]);
      expect([all.length, one]).toEqual([21, { _id: 5 }]);
    });
    expect((await stored()).length).toBe(21);
  });

  it('abort behind operations that are still under way when one of them fails', async () => {
    const failing = client.transaction(async () => {
      await Promise.all([items.insertOne({ _id: 1 }), items.insertOne({ _id: 0 }), items.insertOne({ _id: 2 })]);
    });
    await expect(failing).rejects.toBeInstanceOf(DuplicateKeyError);
    expect(await stored()).toEqual([0]);
  });

  it('reach everything that the block calls, and leave out what opts out', async () => {
    const addLater = async (_id: number): Promise<void> => {
      await sleep(1);
      await items.insertOne({ _id });
    };
    const failing = client.transaction(async () => {
      await addLater(1);
      await items.insertMany([{ _id: 2 }, { _id: 3 }]);
      await items.bulkWrite([{ insertOne: { document: { _id: 4 } } }, { deleteOne: { filter: { _id: 2 } } }]);
      expect(await items.countDocuments()).toBe(4);
      await items.insertOne({ _id: 9 }, { session: null });
      expect(await client.alive()).toBe(true);
      throw new Error('undo');
    });
    await expect(failing).rejects.toThrow('undo');
    expect(await stored()).toEqual([0, 9]);
  });

  it('refuse another session, and another transaction, within the block', async () => {
    await using other = client.startSession();
    const naming = client.transaction(() => items.insertOne({ _id: 1 }, { session: other }));
    await expect(naming).rejects.toThrow('this operation names another session');
    const nesting = client.transaction(() => client.transaction(() => undefined));
    await expect(nesting).rejects.toThrow('a transaction cannot begin within the block of another session');
    expect(await stored()).toEqual([0]);
  });

  it('refuse work that outlives the block', async () => {
    let late: Promise<unknown> | undefined;
    await client.transaction(async () => {
      await items.insertOne({ _id: 1 });
      late = sleep(200).then(() => items.insertOne({ _id: 2 }));
      late.catch(() => undefined);
    });
    await expect(late).rejects.toBeInstanceOf(InvalidOperationError);
    await expect(late).rejects.toThrow('this operation began after the block had ended');
    expect(await stored()).toEqual([0, 1]);
  });

  it('take in cursors that were made in the block: read behind it, they fail instead of reading something else', async () => {
    let within: unknown[] = [];
    const escaped = await client.transaction(async () => {
      await items.insertOne({ _id: 1 });
      within = await items.find().toArray();
      await client.serverInfo();
      return { cursor: items.find(), command: items.aggregate([]) };
    });
    expect(within.length).toBe(2);
    await expect(escaped.cursor.toArray()).rejects.toThrow('Cannot use a session that has ended');
    await expect(escaped.command.toArray()).rejects.toThrow('Cannot use a session that has ended');
  });

  it('take in what was begun and not awaited', async () => {
    await client.transaction(() => void items.insertOne({ _id: 1 }).catch(() => undefined));
    expect([await stored(), names.slice(0, 2)]).toEqual([
      [0, 1],
      ['insert', 'commitTransaction'],
    ]);
  });

  it('report an error that was swallowed, with the operation that failed, and do not try for ever', async () => {
    let runs = 0;
    const error: OperationFailureError = await client
      .transaction(async () => {
        runs++;
        await items.insertOne({ _id: 0 }).catch(() => undefined);
      })
      .then(
        () => Promise.reject(new Error('committed')),
        (reason) => reason,
      );
    expect(error).toBeInstanceOf(OperationFailureError);
    expect(error.message).toMatch(
      /^nothing was committed: insert on .*items had failed within the transaction.*E11000/s,
    );
    expect([error.cause, runs]).toEqual([expect.any(DuplicateKeyError), 1]);
  });

  it('report the swallowed error of a bulk as well', async () => {
    await using session = client.startSession();
    session.startTransaction();
    await items.insertMany([{ _id: 1 }, { _id: 0 }], { session }).catch(() => undefined);
    await expect(session.commitTransaction()).rejects.toThrow(/insert on .*items had failed/);
  });

  it('bind a session to a block by hand', async () => {
    await using session = client.startSession();
    session.startTransaction();
    await session.bind(async () => {
      await items.insertOne({ _id: 1 });
      await session.abortTransaction();
    });
    expect(await stored()).toEqual([0]);
  });

  it('of a collection with w: 0 are acknowledged all the same', async () => {
    await using session = client.startSession();
    const unheard = client.db(DATABASE).collection<any>('items', { writeConcern: { w: 0 } });
    session.startTransaction();
    expect((await unheard.insertOne({ _id: 1 }, { session })).acknowledged).toBe(true);
    await session.commitTransaction();
    expect(await stored()).toEqual([0, 1]);
  });

  it('label a pool that was cleared while they waited', async () => {
    await using narrow = new AsyncClient(set.uri, { maxPoolSize: 1, appName: 'cleared' });
    const own = narrow.db(DATABASE).collection<any>('items');
    await own.findOne();
    const failPoint = (mode: unknown, data?: object) =>
      client.admin.command({ configureFailPoint: 'failCommand', mode, ...(data === undefined ? {} : { data }) });
    await using session = narrow.startSession();
    session.startTransaction();
    await own.insertOne({ _id: 7 }, { session });
    await failPoint({ times: 1 }, { failCommands: ['find'], closeConnection: true, appName: 'cleared' });
    const [broken, waiting] = await Promise.allSettled([
      own.findOne({}, { session }),
      own.findOne({}, { session: null }),
    ]);
    await failPoint('off');
    expect(waiting.status).toBe('fulfilled');
    if (broken.status === 'rejected')
      expect((broken.reason as RotorError).errorLabels).toContain('TransientTransactionError');
    else throw new Error('the find was to be cut');
  });

  it('are committed all the same where the commit was given up, whatever else the client does then', async () => {
    await using other = await AsyncClient.open(set.uri, { w: 'majority', appName: 'givenup' });
    const own = other.db(DATABASE).collection<any>('items');
    const lsids: string[] = [];
    const controller = new AbortController();
    other.on('commandStarted', ({ commandName, command }) => {
      lsids.push(String(command.lsid?.id));
      if (commandName === 'commitTransaction') setImmediate(() => controller.abort(new Error('enough')));
    });
    const session = other.startSession();
    session.startTransaction();
    await own.insertOne({ _id: 1 }, { session });
    const data = { failCommands: ['commitTransaction'], blockConnection: true, blockTimeMS: 2_000, appName: 'givenup' };
    await client.admin.command({ configureFailPoint: 'failCommand', mode: { times: 1 }, data });
    await expect(session.commitTransaction({ signal: controller.signal })).rejects.toThrow('enough');
    await session.endSession();
    // In the session of the commit, a write would end its transaction.
    lsids.length = 0;
    await own.insertOne({ _id: 2 });
    expect(lsids).not.toContain(String(session.id.id));
    await until('the commit', async () => (await stored()).length === 3);
    expect(await stored()).toEqual([0, 1, 2]);
  }, 30_000);

  it("hold files of AsyncGridFS, to be read in the transaction's own view", async () => {
    const fs = new AsyncGridFS(client.db(DATABASE), `own${Date.now()}`);
    const bytes = Buffer.alloc(700_000, 'x');
    await using session = client.startSession();
    session.startTransaction();
    const id = await fs.put(bytes, { filename: 'a', session });
    expect((await (await fs.get(id, { session })).read()).equals(bytes)).toBe(true);
    expect((await (await fs.findOne({ filename: 'a' }, { session }))!.read()).equals(bytes)).toBe(true);
    expect([await fs.exists(id), await fs.exists(id, { session })]).toEqual([false, true]);
    await session.abortTransaction();
    expect([
      await fs.exists(id),
      await client.db(DATABASE).collection(`${fs.collection.name}.chunks`).countDocuments(),
    ]).toEqual([false, 0]);
    await client.transaction(async () => {
      const gridIn = await fs.newFile({ _id: id });
      await gridIn.write(bytes);
      await gridIn.close();
      expect(await fs.exists(id, { session: null })).toBe(false);
    });
    expect((await (await fs.get(id)).read()).equals(bytes)).toBe(true);
  });

  it('take in the files of GridFS, and their indexes stay outside', async () => {
    const bucket = new AsyncGridFSBucket(client.db(DATABASE), { bucketName: `files${Date.now()}` });
    // Within a transaction the server makes no collection that another operation is about to make: they are there first.
    const first = bucket.openUploadStream('first');
    first.end('x');
    await once(first, 'finish');
    await using session = client.startSession();
    session.startTransaction();
    const upload = bucket.openUploadStream('second', { session });
    upload.end('within');
    await once(upload, 'finish');
    expect((await bucket.find({}, { session }).toArray()).length).toBe(2);
    await session.abortTransaction();
    expect((await bucket.find({}).toArray()).map(({ filename }) => filename)).toEqual(['first']);
  });

  it('close with their client: what is under way is aborted', async () => {
    const session = client.startSession();
    session.startTransaction();
    await items.insertOne({ _id: 1 }, { session });
    await client.close();
    expect(names).toContain('abortTransaction');
    expect(await stored()).toEqual([0]);
  });
});
