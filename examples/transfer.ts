// Money between accounts while many others move it too: `npx tsx examples/transfer.ts`.
//
// Transfers run at the same time on few accounts, so that they get into each other's way; each is tried again until it is
// done, and the sum of all balances stays what it was. A replica set is started for the run; MONGODB_URI may name another,
// which must know transactions. In your own project the first import is from 'rotor-mongodb'.
import { AsyncClient, type AsyncCollection } from '../lib/index.js';
import { startDeployment } from '../spec/support/deployment/start-deployment.js';

const ACCOUNTS = 6;
const TRANSFERS = 60;
const START_BALANCE = 100;

interface Account {
  _id: string;
  balance: number;
}

class InsufficientFunds extends Error {}

/** Knows nothing of sessions: whoever calls it decides whether it is part of a transaction. */
class Bank {
  readonly #accounts: AsyncCollection<Account>;
  tries = 0;

  constructor(accounts: AsyncCollection<Account>) {
    this.#accounts = accounts;
  }

  async transfer(from: string, to: string, amount: number): Promise<void> {
    this.tries++;
    const source = await this.#accounts.findOneAndUpdate(
      { _id: from },
      { $inc: { balance: -amount } },
      { returnDocument: 'after' },
    );
    // What has been taken is put back by the transaction, as the error leaves it.
    if (source === null || source.balance < 0) throw new InsufficientFunds(`${from} has not ${amount} left`);
    await this.#accounts.updateOne({ _id: to }, { $inc: { balance: amount } });
  }

  async sum(): Promise<number> {
    const [result] = await this.#accounts.aggregate([{ $group: { _id: null, sum: { $sum: '$balance' } } }]).toArray();
    return result!.sum;
  }
}

const deployment = await startDeployment({ shape: 'replicaSet', members: 1 });
const client = await AsyncClient.open(deployment.uri, { writeConcern: 'majority' });
const database = client.db(`rotor_transfer_${process.pid}`);
try {
  const accounts = database.collection<Account>('accounts');
  const names = Array.from({ length: ACCOUNTS }, (_, n) => `account ${n + 1}`);
  await accounts.insertMany(names.map((_id) => ({ _id, balance: START_BALANCE })));
  const bank = new Bank(accounts);
  console.log(`${ACCOUNTS} accounts with ${START_BALANCE} each, ${TRANSFERS} transfers at the same time`);

  const outcomes = await Promise.allSettled(
    Array.from({ length: TRANSFERS }, (_, n) => {
      const [from, to] = [names[n % ACCOUNTS]!, names[(n * 5 + 1) % ACCOUNTS]!];
      return client.transaction(() => bank.transfer(from, to, 10 + (n % 30)));
    }),
  );

  const done = outcomes.filter(({ status }) => status === 'fulfilled').length;
  const poor = outcomes.filter((one) => one.status === 'rejected' && one.reason instanceof InsufficientFunds).length;
  console.log(`${done} done in ${bank.tries - poor} tries, ${poor} refused for want of money`);
  for (const { _id, balance } of await accounts.find().sort({ _id: 1 }).toArray()) console.log(`  ${_id}: ${balance}`);
  const sum = await bank.sum();
  console.log(`The sum is ${sum}, as it was: ${sum === ACCOUNTS * START_BALANCE}`);
  if (done + poor !== TRANSFERS) throw outcomes.find((one) => one.status === 'rejected')?.reason;

  // Two steps by hand: the transaction is aborted at the end of the block, as nobody commits it.
  await using session = client.startSession();
  {
    await using _transaction = session.startTransaction();
    await accounts.deleteMany({}, { session });
  }
  console.log(`${await accounts.countDocuments()} accounts are still there`);
} finally {
  await database.dropDatabase();
  await client.close();
  await deployment.stop();
}
