import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { AsyncClient, type AsyncCollection, OperationTimeoutError } from '../../lib/index.js';
import { startCannedServer } from '../bench/canned-server.js';
import type { Deployment } from '../support/deployment/deployment.js';
import { ownServers } from '../support/deployment/own-servers.js';
import { startDeployment } from '../support/deployment/start-deployment.js';
import { StolenTime } from '../support/stolen-time.js';

const LIMIT_MS = 90_000;
const IN_FLIGHT = 1_000;
/** No operation outlives its deadline by more. */
const SLACK_MS = 50;

// A processor that is shared makes the same work take longer: one quiet run shows what the driver adds.
jest.retryTimes(3, { waitBeforeRetry: 2_000 });

interface Outcome {
  readonly name: string;
  readonly stage?: string;
  readonly message: string;
  /** When its time was over, and when it ended. */
  readonly due: number;
  readonly ended: number;
  /** Milliseconds beyond its time, without those in which the machine did not let the process run. */
  readonly overMS: number;
}

/** So many operations at once, each with its own time: half of them reads, half writes. */
async function crowd(items: AsyncCollection<any>, timeoutMS: number, count = IN_FLIGHT): Promise<Outcome[]> {
  using stolen = new StolenTime();
  const start = performance.now();
  const one = async (index: number): Promise<Omit<Outcome, 'overMS'>> => {
    const own = timeoutMS + (index % 10) * 20;
    const options = { timeoutMS: own };
    const end = (name: string, message: string, stage?: string): Omit<Outcome, 'overMS'> => {
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
  const outcomes = await Promise.all(Array.from({ length: count }, (_, index) => one(index)));
  await stolen.between(start, performance.now());
  return outcomes.map((outcome) => {
    const { due, ended } = outcome;
    return { ...outcome, overMS: ended - due - stolen.counted(due, ended) };
  });
}

const worst = (outcomes: readonly Outcome[]): number => Math.max(...outcomes.map(({ overMS }) => overMS));
const stages = (outcomes: readonly Outcome[]): string[] => [...new Set(outcomes.map(({ stage }) => `${stage}`))].sort();
const names = (outcomes: readonly Outcome[]): string[] => [...new Set(outcomes.map(({ name }) => name))].sort();

ownServers('of 1,000 operations in flight none outlives its deadline by 50 ms, where', () => {
  let set: Deployment;
  let client: AsyncClient;
  let items: AsyncCollection<any>;

  beforeAll(async () => {
    set = await startDeployment({ shape: 'replicaSet', say: () => {} });
  }, LIMIT_MS);
  afterAll(() => set?.stop());

  beforeEach(async () => {
    client = await AsyncClient.open(set.uri, { maxPoolSize: 20, serverSelectionTimeoutMS: 30_000 });
    items = client.db('deadlines').collection('items');
    await items.insertOne({}, { writeConcern: { w: 'majority' } });
    await crowd(items, 20_000); // so that the pool is filled, and the code is warm
  });
  afterEach(() => client.close());

  it(
    'the primary is frozen and the pool is full',
    async () => {
      const primary = await set.primary();
      await primary.freeze();
      try {
        const outcomes = await crowd(items, 600);
        expect(worst(outcomes)).toBeLessThan(SLACK_MS);
        expect(names(outcomes)).toEqual(['OperationTimeoutError']);
        expect(stages(outcomes)).toEqual(['connection', 'reply']);
        const inLine = outcomes.find(({ stage }) => stage === 'connection')!;
        expect(inLine.message).toMatch(/20 of at most 20 connections are in use, by (find|insert) on deadlines.items/);
        expect(client.poolStats().every(({ waiting, inUse }) => waiting === 0 && inUse <= 20)).toBe(true);
      } finally {
        await primary.thaw();
      }
      // The late replies were read and dropped: the same connections serve, each with the reply to its own request.
      await set.primary();
      const found = await Promise.all(
        [1, 2, 3].map((n) =>
          items.findOneAndUpdate(
            { n },
            { $set: { n } },
            {
              ...{ upsert: true, returnDocument: 'after', timeoutMS: 20_000 },
            },
          ),
        ),
      );
      expect(found.map((document: any) => document.n)).toEqual([1, 2, 3]);
    },
    LIMIT_MS,
  );

  it(
    'the primary is lost and no other is elected in time; they go on when there is one',
    async () => {
      const primary = await set.primary();
      // At 25 s, elections have done with it: an operation with that much time succeeds.
      const patient = crowd(items, 25_000, 20);
      await primary.kill();
      try {
        const outcomes = await crowd(items, 700);
        expect(worst(outcomes)).toBeLessThan(SLACK_MS);
        expect(names(outcomes).filter((name) => name !== 'ok')).toEqual(['OperationTimeoutError']);
        const late = outcomes.find(({ stage }) => stage === 'selection')!;
        expect(late.message).toMatch(/did not end within timeoutMS \(\d+ ms\): no server was found/);
        expect(names(await patient)).toEqual(['ok']);
      } finally {
        await primary.restart();
      }
    },
    LIMIT_MS,
  );
});

describe('100,000 operations with 30 s each', () => {
  it(
    'share one timer, and leave nothing',
    async () => {
      const canned = await startCannedServer();
      const client = await AsyncClient.open(`mongodb://127.0.0.1:${canned.port}/`, { maxPoolSize: 10 });
      const one = client.db('rotor_bench').collection<any>('one');
      const run = async (count: number): Promise<void> => {
        const lane = async () => {
          for (let left = count / 100; left > 0; left--) await one.findOne({ _id: 1 }, { timeoutMS: 30_000 });
        };
        await Promise.all(Array.from({ length: 100 }, lane));
      };
      const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
      // The collector is not at hand in a process that was started without it.
      setFlagsFromString('--expose-gc');
      const collect = runInNewContext('gc') as () => void;
      const heap = () => {
        collect();
        return process.memoryUsage().heapUsed;
      };
      try {
        await run(10_000);
        await sleep(150);
        const [timersBefore, heapBefore] = [timers(), heap()];
        await run(50_000);
        // One more than before, of the deadlines; two where the runner has one of its own.
        expect(timers() - timersBefore).toBeLessThanOrEqual(2);
        await run(50_000);
        await sleep(250);
        // The monitor and its measurement of round trips have one timer more or less from moment to moment.
        expect(timers()).toBeLessThanOrEqual(timersBefore + 1);
        expect(heap() - heapBefore).toBeLessThan(3_000_000);
      } finally {
        await client.close();
        await canned.close();
      }
    },
    LIMIT_MS,
  );
});
