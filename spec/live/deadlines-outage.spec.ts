import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { AsyncClient } from '../../lib/index.js';
import { startCannedServer } from '../bench/canned-server.js';
import type { Deployment } from '../support/deployment/deployment.js';
import { ownServers } from '../support/deployment/own-servers.js';
import { startDeployment } from '../support/deployment/start-deployment.js';
import type { Answer, Outcome } from './deadlines-outage-client.js';

const LIMIT_MS = 90_000;
const IN_FLIGHT = 1_000;
/** No operation outlives its deadline by more. */
const SLACK_MS = 50;

// A processor that is shared makes the same work take longer: one quiet run shows what the driver adds. The other test files
// of a run are not busy all the time.
jest.retryTimes(6, { waitBeforeRetry: 5_000 });

// The collector is not at hand in a process that was started without it.
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const worst = (outcomes: readonly Outcome[]): number => Math.max(...outcomes.map(({ overMS }) => overMS));
const stages = (outcomes: readonly Outcome[]): string[] => [...new Set(outcomes.map(({ stage }) => `${stage}`))].sort();
const names = (outcomes: readonly Outcome[]): string[] => [...new Set(outcomes.map(({ name }) => name))].sort();

/** The process of `deadlines-outage-client.ts`. */
class ClientProcess {
  readonly #child: ChildProcess;
  #errors = '';
  #orders = 0;
  #waiting = new Map<number, (answer: Answer) => void>();

  private constructor(uri: string) {
    const flags = ['--import', 'tsx', '--unhandled-rejections=strict', '--disable-warning=ROTOR_POOL_NEARLY_EXHAUSTED'];
    this.#child = fork(join(__dirname, 'deadlines-outage-client.ts'), [uri], { execArgv: flags, silent: true });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
    });
  }

  static async start(uri: string): Promise<ClientProcess> {
    const made = new ClientProcess(uri);
    const ended = once(made.#child, 'exit').then(() => Promise.reject(new Error(`it ended: ${made.#errors}`)));
    ended.catch(() => {}); // told below, or nobody waits any more
    await Promise.race([once(made.#child, 'message'), ended]);
    made.#child.on('message', (answer: Answer) => made.#waiting.get(answer.id)?.(answer));
    return made;
  }

  async crowd(count: number, timeoutMS: number): Promise<{ outcomes: readonly Outcome[]; pools: Answer['pools'] }> {
    const { outcomes, pools } = await this.#order({ crowd: count, timeoutMS });
    return { outcomes: outcomes!, pools };
  }

  async numbers(numbers: readonly number[]): Promise<readonly number[]> {
    return (await this.#order({ numbers })).numbers!;
  }

  /** What it wrote to its standard error. */
  async close(): Promise<string> {
    const ended = once(this.#child, 'exit'); // 'close' never comes where the parent has disconnected
    this.#child.disconnect();
    await ended;
    return this.#errors;
  }

  #order(what: object): Promise<Answer> {
    const id = this.#orders++;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#child.send({ id, ...what });
    });
  }
}

ownServers('of 1,000 operations in flight none outlives its deadline by 50 ms, where', () => {
  let set: Deployment;
  let client: ClientProcess;

  beforeAll(async () => {
    set = await startDeployment({ shape: 'replicaSet', say: () => {} });
  }, LIMIT_MS);
  afterAll(() => set?.stop());

  beforeEach(async () => {
    client = await ClientProcess.start(set.uri);
  }, LIMIT_MS);
  afterEach(async () => {
    expect(await client.close()).toBe('');
  });

  it(
    'the primary is frozen and the pool is full',
    async () => {
      const primary = await set.primary();
      await primary.freeze();
      try {
        const { outcomes, pools } = await client.crowd(IN_FLIGHT, 600);
        expect(worst(outcomes)).toBeLessThan(SLACK_MS);
        expect(names(outcomes)).toEqual(['OperationTimeoutError']);
        expect(stages(outcomes)).toEqual(['connection', 'reply']);
        const inLine = outcomes.find(({ stage }) => stage === 'connection')!;
        expect(inLine.message).toMatch(/20 of at most 20 connections are in use, by (find|insert) on deadlines.items/);
        expect(pools.every(({ waiting, inUse }) => waiting === 0 && inUse <= 20)).toBe(true);
      } finally {
        await primary.thaw();
      }
      // The late replies were read and dropped: the same connections serve, each with the reply to its own request.
      await set.primary();
      expect(await client.numbers([1, 2, 3])).toEqual([1, 2, 3]);
    },
    LIMIT_MS,
  );

  it(
    'the primary is lost and no other is elected in time; they go on when there is one',
    async () => {
      const primary = await set.primary();
      // At 25 s, elections have done with it: an operation with that much time succeeds.
      const patient = client.crowd(20, 25_000);
      await primary.kill();
      try {
        const { outcomes } = await client.crowd(IN_FLIGHT, 700);
        expect(worst(outcomes)).toBeLessThan(SLACK_MS);
        expect(names(outcomes).filter((name) => name !== 'ok')).toEqual(['OperationTimeoutError']);
        const late = outcomes.find(({ stage }) => stage === 'selection')!;
        expect(late.message).toMatch(/did not end within timeoutMS \(\d+ ms\): no server was found/);
        expect(names((await patient).outcomes)).toEqual(['ok']);
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
