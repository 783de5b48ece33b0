/** Transactions while a set of three breaks under them, by its process and by the proxy. */
import { AsyncClient, type AsyncCollection, type ClientSession, OperationTimeoutError } from '../../lib/index.js';
import type { Deployment } from '../support/deployment/deployment.js';
import { ownServers } from '../support/deployment/own-servers.js';
import { uniqueDatabase } from '../support/live.js';
import type { CutPoint } from '../support/proxy/fault.js';
import { startProxy, type WireProxy } from '../support/proxy/start-proxy.js';
import { startSet } from '../support/proxy/start-set.js';

const DATABASE = uniqueDatabase('txfaults');
const LIMIT_MS = 120_000;

interface Account {
  _id: number;
  balance: number;
  moves?: number;
}

ownServers('transactions in a set of three', () => {
  let set: Deployment;
  let proxy: WireProxy;
  let client: AsyncClient;
  let accounts: AsyncCollection<Account>;

  beforeAll(async () => {
    set = await startSet(3);
    proxy = await startProxy(set);
    client = new AsyncClient(proxy.uri, { w: 'majority', serverSelectionTimeoutMS: 60_000, maxPoolSize: 60 });
    accounts = client.db(DATABASE).collection('accounts');
    await client.db(DATABASE).createCollection('accounts');
  }, LIMIT_MS);
  afterAll(async () => {
    await client?.close();
    await proxy?.stop();
    await set?.stop();
  });
  // As a transaction, it is tried again where the election before it has not come to rest.
  beforeEach(
    () =>
      client.transaction(async () => {
        await accounts.deleteMany({});
        await accounts.insertMany(Array.from({ length: 5 }, (_, _id) => ({ _id, balance: 100 })));
      }),
    LIMIT_MS,
  );
  afterEach(() => proxy.clearFaults());

  const balances = async (): Promise<number[]> =>
    (await accounts.find({}, { sort: { _id: 1 }, readConcern: 'majority' }).toArray()).map(({ balance }) => balance);

  async function move(from: number, to: number, between: (step: number) => Promise<void> | void): Promise<void> {
    await between(0);
    await accounts.updateOne({ _id: from }, { $inc: { balance: -10 } });
    await between(1);
    await accounts.updateOne({ _id: to }, { $inc: { balance: 10 } });
    await between(2);
    await accounts.findOne({ _id: from });
    await between(3);
  }

  it.each([0, 1, 2, 3])(
    'outlive a step-down before their command %i',
    async (at) => {
      let steppedDown = false;
      await client.transaction(() =>
        move(0, 1, async (step) => {
          if (step !== at || steppedDown) return;
          steppedDown = true;
          await set.stepDown(1);
        }),
      );
      expect([steppedDown, await balances()]).toEqual([true, [90, 110, 100, 100, 100]]);
    },
    LIMIT_MS,
  );

  it.each<CutPoint>(['before request', 'after request', 'inside reply', 'after reply'])(
    'are committed once where the connection is cut %s of the commit',
    async (at) => {
      const fault = proxy.fault({ kind: 'cut', at, command: 'commitTransaction', times: 1 });
      let runs = 0;
      await client.transaction(() => {
        runs++;
        return move(0, 1, () => undefined);
      });
      expect([fault.hits, await balances()]).toEqual([1, [90, 110, 100, 100, 100]]);
      expect(runs).toBe(1);
    },
    LIMIT_MS,
  );

  it.each<CutPoint>(['before request', 'after request', 'inside reply'])(
    'are tried again where the connection is cut %s of an operation',
    async (at) => {
      proxy.fault({ kind: 'cut', at, command: 'update', times: 1, skip: 1 });
      let runs = 0;
      await client.transaction(() => {
        runs++;
        return move(0, 1, () => undefined);
      });
      expect([runs, await balances()]).toEqual([2, [90, 110, 100, 100, 100]]);
    },
    LIMIT_MS,
  );

  it(
    'say that the outcome of a commit is unknown where nobody can be asked',
    async () => {
      await using session = client.startSession();
      session.startTransaction();
      await accounts.updateOne({ _id: 0 }, { $inc: { balance: -10 } }, { session });
      proxy.fault({ kind: 'cut', at: 'after request', command: 'commitTransaction', times: 2 });
      const error = await session.commitTransaction().then(
        () => undefined,
        (reason) => reason,
      );
      expect(error?.errorLabels).toContain('UnknownTransactionCommitResult');
      await session.commitTransaction();
      expect((await balances())[0]).toBe(90);
    },
    LIMIT_MS,
  );

  it(
    '50 at a time on the same accounts conserve the money',
    async () => {
      let attempts = 0;
      const transfer =
        (n: number) =>
        async (session: ClientSession): Promise<void> => {
          attempts++;
          const [from, to] = [n % 5, (n + 1 + (n % 3)) % 5];
          const source = await accounts.findOne({ _id: from }, { session });
          await accounts.updateOne(
            { _id: from },
            { $set: { balance: source!.balance - n }, $inc: { moves: 1 } },
            { session },
          );
          await accounts.updateOne({ _id: to }, { $inc: { balance: n, moves: 1 } }, { session });
        };
      await Promise.all(
        Array.from({ length: 50 }, (_, n) => client.withSession((s) => s.withTransaction(transfer(n)))),
      );
      const after = await accounts.find({}).toArray();
      expect(after.reduce((sum, { balance }) => sum + balance, 0)).toBe(500);
      expect(after.reduce((sum, { moves = 0 }) => sum + moves, 0)).toBe(100);
      expect(attempts).toBeGreaterThanOrEqual(50);
    },
    LIMIT_MS,
  );

  it(
    'end with their deadline, and leave nothing behind',
    async () => {
      proxy.fault({ kind: 'delay', ms: 400, command: 'update' });
      const late = client.transaction(() => move(0, 1, () => undefined), { timeoutMS: 300 });
      await expect(late).rejects.toBeInstanceOf(OperationTimeoutError);
      proxy.clearFaults();
      expect(await balances()).toEqual([100, 100, 100, 100, 100]);
    },
    LIMIT_MS,
  );
});
