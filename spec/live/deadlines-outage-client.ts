/**
 * A client in a process of its own, as a user runs it: in the process of the tests, a collector with the heaps of many test
 * files to look after takes longer than the delays that are measured. It does what messages of its parent ask for.
 */
import { AsyncClient, type Document, OperationTimeoutError, type PoolStats } from '../../lib/index.js';
import { StolenTime } from '../support/stolen-time.js';

/** `crowd`: so many operations at once, each with its own time. `numbers`: whether each gets the reply to its own request. */
export type Order = {
  readonly id: number;
} & ({ readonly crowd: number; readonly timeoutMS: number } | { readonly numbers: readonly number[] });

export interface Outcome {
  readonly name: string;
  readonly stage?: string;
  readonly message: string;
  /** Milliseconds beyond its time, without those in which the machine did not let the process run. */
  readonly overMS: number;
}

export interface Answer {
  readonly id: number;
  readonly outcomes?: readonly Outcome[];
  readonly numbers?: readonly number[];
  readonly pools: readonly PoolStats[];
}

const client = new AsyncClient(process.argv[2]!, { maxPoolSize: 20, serverSelectionTimeoutMS: 30_000 });
const items = client.db('deadlines').collection<Document>('items');

/** Half of them reads, half writes, with times that end in ten groups. */
async function crowd(count: number, timeoutMS: number): Promise<Outcome[]> {
  using stolen = new StolenTime();
  const start = performance.now();
  const one = async (index: number) => {
    const own = timeoutMS + (index % 10) * 20;
    const options = { timeoutMS: own };
    const end = (name: string, message: string, stage?: string) => {
      const told = { name, message, due: start + own, ended: performance.now() };
      return stage === undefined ? told : { ...told, stage };
    };
    try {
      await (index % 2 === 0 ? items.findOne({ _id: 1 }, options) : items.insertOne({ index }, options));
      return end('ok', '');
    } catch (error) {
      if (error instanceof OperationTimeoutError) return end(error.name, error.message, error.stage);
      return end((error as Error).name, (error as Error).message);
    }
  };
  const ends = await Promise.all(Array.from({ length: count }, (_, index) => one(index)));
  await stolen.between(start, performance.now());
  return ends.map(({ due, ended, ...told }) => ({ ...told, overMS: ended - due - stolen.counted(due, ended) }));
}

async function numbered(n: number): Promise<number> {
  const options = { upsert: true, returnDocument: 'after', timeoutMS: 20_000 } as const;
  return (await items.findOneAndUpdate({ n }, { $set: { n } }, options))!.n;
}

async function obey(order: Order): Promise<void> {
  const done =
    'crowd' in order
      ? { outcomes: await crowd(order.crowd, order.timeoutMS) }
      : { numbers: await Promise.all(order.numbers.map(numbered)) };
  const answer: Answer = { id: order.id, ...done, pools: client.poolStats() };
  process.send!(answer);
}

process.on('message', (order: Order) => void obey(order));
process.on('disconnect', () => void client.close());
await items.insertOne({}, { writeConcern: { w: 'majority' } });
await crowd(1_000, 20_000); // so that the pool is filled, and the code is warm
process.send!('ready');
