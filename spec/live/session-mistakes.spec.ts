/** What users get wrong with sessions and transactions: each mistake has an error that says so, and leaves nothing behind. */
import {
  AsyncClient,
  type AsyncCollection,
  AsyncGridFS,
  type ClientSession,
  ConfigurationError,
  InvalidOperationError,
  OperationFailureError,
} from '../../lib/index.js';
import type { Deployment } from '../support/deployment/deployment.js';
import { ownServers } from '../support/deployment/own-servers.js';
import { uniqueDatabase } from '../support/live.js';
import { freshItems } from './fresh-items.js';

const DATABASE = uniqueDatabase('mistakes');

ownServers('mistakes with sessions', () => {
  let set: Deployment;
  let client: AsyncClient;
  let items: AsyncCollection<any>;
  let names: string[];
  let stored: () => Promise<unknown[]>;
  freshItems(DATABASE, (fresh) => {
    ({ set, client, items, names, stored } = fresh);
  });

  /** Every way in which a session goes to an operation. */
  const USES: Record<string, (session: ClientSession) => unknown> = {
    insertOne: (session) => items.insertOne({ _id: 1 }, { session }),
    insertMany: (session) => items.insertMany([{ _id: 1 }], { session }),
    bulkWrite: (session) => items.bulkWrite([{ insertOne: { document: { _id: 1 } } }], { session }),
    'client.bulkWrite': (session) =>
      client.bulkWrite([{ name: 'insertOne', namespace: `${DATABASE}.items`, document: { _id: 1 } }], { session }),
    findOne: (session) => items.findOne({}, { session }),
    find: (session) => items.find({}, { session }).next(),
    aggregate: (session) => items.aggregate([], { session }).toArray(),
    watch: (session) => items.watch([], { session }).open(),
    command: (session) => client.db(DATABASE).command({ ping: 1 }, { session }),
    cursorCommand: (session) => client.db(DATABASE).cursorCommand({ find: 'items' }, { session }).toArray(),
    listDatabases: (session) => client.listDatabases({ session }),
    createIndex: (session) => items.createIndex('a', { session }),
    'withOptions, findOne': (session) => items.withOptions({ session }).findOne({}),
  };

  const refusal = async (use: (session: ClientSession) => unknown, session: any): Promise<any> => {
    try {
      await use(session);
    } catch (error) {
      return error;
    }
    throw new Error('it was not refused');
  };

  it.each(Object.keys(USES))('a session that has ended: %s', async (use) => {
    const session = client.startSession();
    await session.endSession();
    const error = await refusal(USES[use]!, session);
    expect(error).toBeInstanceOf(InvalidOperationError);
    expect(error.message).toMatch(/^Cannot use a session that has ended/);
    expect(names).toEqual([]);
  });

  it.each(Object.keys(USES))('a session of another client: %s', async (use) => {
    await using other = new AsyncClient(set.uri);
    await using session = other.startSession();
    const error = await refusal(USES[use]!, session);
    expect(error).toBeInstanceOf(InvalidOperationError);
    expect(error.message).toMatch(/^the session belongs to another client/);
    expect(names).toEqual([]);
  });

  it.each(Object.keys(USES))('what is no session: %s', async (use) => {
    for (const wrong of [{ id: 7 }, 'session', 7, true]) {
      const error = await refusal(USES[use]!, wrong);
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toMatch(/session must be a session of client.startSession\(\), not /);
    }
    expect(names).toEqual([]);
  });

  it('files of GridFS: nothing is stored', async () => {
    const fs = new AsyncGridFS(client.db(DATABASE));
    await using other = new AsyncClient(set.uri);
    await using foreign = other.startSession();
    const ended = client.startSession();
    await ended.endSession();
    for (const session of [foreign, ended, 7 as any]) {
      const error = await refusal(() => fs.put('x', { session }), session);
      expect(error.message).toMatch(/belongs to another client|has ended|must be a session/);
    }
    expect(names).not.toContain('insert');
  });

  it('transactions of a session that has ended', async () => {
    const session = client.startSession();
    await session.endSession();
    const runs: (() => unknown)[] = [
      () => session.startTransaction(),
      () => session.commitTransaction(),
      () => session.abortTransaction(),
      () => session.withTransaction(() => items.insertOne({ _id: 1 }, { session })),
      () => session.transaction({}, () => items.insertOne({ _id: 1 }, { session })),
      () => session.bind(() => items.insertOne({ _id: 1 })),
    ];
    for (const run of runs) expect(await refusal(run, session)).toBeInstanceOf(InvalidOperationError);
    expect([await stored(), session.transactionState]).toEqual([[0], 'none']);
  });

  it('a cursor that outlives its session', async () => {
    await items.insertMany([{ _id: 1 }, { _id: 2 }]);
    const session = client.startSession();
    const cursor = items.find({}, { session, batchSize: 1 });
    await cursor.next();
    await session.endSession();
    await expect(cursor.toArray()).rejects.toThrow('Cannot use a session that has ended');
  });

  it('writes within a transaction that nobody is to answer', async () => {
    await using session = client.startSession();
    expect(() => session.startTransaction({ writeConcern: { w: 0 } })).toThrow(ConfigurationError);
    session.startTransaction();
    const unheard = items.insertOne({ _id: 1 }, { session, writeConcern: { w: 0 } });
    await expect(unheard).rejects.toThrow('give writeConcern to startTransaction instead');
    await session.abortTransaction();
    await using silent = new AsyncClient(set.uri, { w: 0 });
    await using its = silent.startSession();
    expect(() => its.startTransaction()).toThrow(
      'transactions do not support unacknowledged write concerns, such as { w: 0 }',
    );
    await expect(silent.transaction(() => undefined)).rejects.toBeInstanceOf(ConfigurationError);
    its.startTransaction({ writeConcern: 'majority' });
    await silent.db(DATABASE).collection<any>('items').insertOne({ _id: 2 }, { session: its });
    await its.commitTransaction();
    expect(await stored()).toEqual([0, 2]);
  });

  it('concerns and preferences of single operations within a transaction', async () => {
    await using session = client.startSession();
    session.startTransaction();
    const reads: [object, string][] = [
      [{ readConcern: 'local' }, 'Cannot set read concern after starting a transaction: give readConcern to'],
      [{ readPreference: 'secondary' }, 'read preference in a transaction must be primary, not secondary'],
    ];
    for (const [options, message] of reads) {
      const error = await refusal(() => items.findOne({}, { session, ...options }), session);
      expect([error.constructor, error.message]).toEqual([ConfigurationError, expect.stringContaining(message)]);
    }
    // Nothing of it has ended the transaction.
    await items.insertOne({ _id: 1 }, { session });
    await session.commitTransaction();
    expect(await stored()).toEqual([0, 1]);
  });

  it('operations of a transaction that are started together, one of which fails', async () => {
    await using session = client.startSession();
    session.startTransaction();
    const outcomes = await Promise.allSettled([1, 0, 2].map((_id) => items.insertOne({ _id }, { session })));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    await expect(session.commitTransaction()).rejects.toThrow(/^nothing was committed: insert on .*items had failed/);
    expect(await stored()).toEqual([0]);
  });

  it('a commit that is started together with the operations', async () => {
    await using session = client.startSession();
    session.startTransaction();
    const [first, , second] = await Promise.allSettled([
      items.insertOne({ _id: 1 }, { session }),
      session.commitTransaction(),
      items.insertOne({ _id: 2 }, { session }),
    ]);
    expect([first!.status, second!.status, await stored()]).toEqual(['fulfilled', 'fulfilled', [0, 1, 2]]);
    expect(names.slice(0, 3)).toEqual(['insert', 'commitTransaction', 'insert']);
  });

  it('a callback that swallows errors, with a session that is passed by hand', async () => {
    await using session = client.startSession();
    let runs = 0;
    const error = await refusal(
      () =>
        session.withTransaction(async () => {
          runs++;
          await items.insertOne({ _id: 1 }, { session });
          await items.insertOne({ _id: 0 }, { session }).catch(() => undefined);
        }),
      session,
    );
    expect(error).toBeInstanceOf(OperationFailureError);
    expect(error.message).toMatch(/^nothing was committed: insert on .*items had failed.*E11000/s);
    expect([runs, session.inTransaction(), await stored()]).toEqual([1, false, [0]]);
  });

  it('a transaction within a transaction', async () => {
    await using session = client.startSession();
    const inner = (): Promise<unknown> => session.withTransaction(() => items.insertOne({ _id: 2 }, { session }));
    const outer = session.withTransaction(async () => {
      await items.insertOne({ _id: 1 }, { session });
      await inner();
    });
    await expect(outer).rejects.toThrow('Transaction already in progress: commit or abort it before you start another');
    expect([session.transactionState, await stored()]).toEqual(['aborted', [0]]);
    const together = await Promise.allSettled([inner(), inner()]);
    expect(together.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(await stored()).toEqual([0, 2]);
    const bound = client.transaction(() => client.withSession((own) => own.withTransaction(() => undefined)));
    await expect(bound).resolves.toBeUndefined();
    await using other = client.startSession();
    const mixed = client.transaction(() =>
      other.withTransaction(() => items.insertOne({ _id: 3 }, { session: other })),
    );
    await expect(mixed).rejects.toThrow('this operation names another session');
    expect([other.inTransaction(), await stored()]).toEqual([false, [0, 2]]);
  });

  it('ending what is not there, or twice', async () => {
    await using session = client.startSession();
    await expect(session.commitTransaction()).rejects.toThrow('No transaction started: there is nothing to commit');
    await expect(session.abortTransaction()).rejects.toThrow('No transaction started: there is nothing to abort');
    session.startTransaction();
    await session.abortTransaction();
    await expect(session.abortTransaction()).rejects.toThrow('Cannot call abortTransaction twice');
    await expect(session.commitTransaction()).rejects.toThrow(
      'Cannot call commitTransaction after calling abortTransaction',
    );
    session.startTransaction();
    await session.commitTransaction();
    await expect(session.abortTransaction()).rejects.toThrow(
      'Cannot call abortTransaction after calling commitTransaction',
    );
    await session.commitTransaction();
    expect(names).toEqual([]);
  });

  it('options of a wrong type', async () => {
    await using session = client.startSession();
    const wrong: [() => unknown, new (...given: any[]) => Error, RegExp][] = [
      [() => client.startSession(7 as any), TypeError, /the options of a session must be an object, not 7/],
      [() => client.startSession({ causalConsistency: 'yes' as any }), TypeError, /causalConsistency.*'yes'/],
      [() => client.startSession({ snapshot: true, snapshotTime: 7 as any }), TypeError, /snapshotTime.*Timestamp.*7/],
      [() => client.startSession({ defaultTimeoutMS: -1 }), RangeError, /defaultTimeoutMS.*-1/],
      [() => client.startSession({ defaultTransactionOptions: 7 as any }), TypeError, /must be an object, not 7/],
      [() => session.startTransaction(7 as any), TypeError, /the options of a transaction must be an object, not 7/],
      [() => session.startTransaction({ maxCommitTimeMS: 'x' as any }), TypeError, /maxCommitTimeMS.*'x'/],
      [() => session.startTransaction({ readConcern: 7 as any }), Error, /readConcern.*7/],
      [() => session.startTransaction({ readPreference: 'first' as any }), Error, /readPreference.*'first'/],
      [() => session.withTransaction(undefined as any), TypeError, /work must be a function, not undefined/],
      [() => session.withTransaction(() => 1, { timeoutMS: -1 }), RangeError, /timeoutMS.*-1/],
      [() => session.withTransaction(() => 1, 7 as any), TypeError, /options.*7/],
      [() => session.commitTransaction(7 as any), TypeError, /must be an object, not 7/],
      [() => session.commitTransaction({ timeoutMS: 'x' as any }), TypeError, /timeoutMS.*'x'/],
      [() => session.abortTransaction({ timeoutMS: 1.5 }), RangeError, /timeoutMS.*1.5/],
      [() => session.bind(7 as any), TypeError, /work must be a function, not 7/],
      [() => client.transaction(7 as any), TypeError, /work must be a function, not 7/],
      [() => client.withSession({}, 7 as any), TypeError, /work must be a function, not 7/],
      [() => session.advanceClusterTime(7 as any), TypeError, /clusterTime must be a document, not 7/],
      [() => session.advanceOperationTime({} as any), TypeError, /operationTime must be a Timestamp, not \{\}/],
    ];
    for (const [run, Class, message] of wrong) {
      const error = await refusal(run, session);
      expect([run.toString(), error.message]).toEqual([run.toString(), expect.stringMatching(message)]);
      expect(error).toBeInstanceOf(Class);
    }
    expect([session.inTransaction(), names]).toEqual([false, []]);
  });
});
