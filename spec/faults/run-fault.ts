import { setTimeout as sleep } from 'node:timers/promises';
import type { Deployment } from '../support/deployment/deployment.js';
import { startDeployment } from '../support/deployment/start-deployment.js';
import { officialClient } from '../support/official-client.js';
import { startProxy, type WireProxy } from '../support/proxy/start-proxy.js';
import { audit, type Verdict } from './audit.js';
import type { Counter } from './driver-client.js';
import { ElectionWatch } from './election-watch.js';
import { FAULTS, type Fault, type FaultName, type Ground } from './faults.js';
import { type DriverName, type Job, type Measurement, now } from './job.js';
import { nameOf, namesOnly } from './moved-names.js';
import type { Result, StrikeResult } from './result.js';
import { type Strike, schedule } from './schedule.js';
import { WorkerProcess, type WorkerProgram } from './worker-process.js';

export interface RunSettings {
  readonly seed: number;
  /** How long the load lasts; each fault knows how long it takes by itself. */
  readonly seconds: number | undefined;
  /** Of the waiters, and of the clients that are opened and closed; each fault has its own number. */
  readonly count: number | undefined;
  readonly timeline: boolean;
  readonly say: (line: string) => void;
}

const DATABASE = 'faults';
/** After its last order, a worker waits for operations as long as a client may look for a server, and then closes. */
const END_LIMIT_MS = 60_000;
/** Work that has no end by an order. */
const WORK_LIMIT_MS = 300_000;

/**
 * A secondary that copies from a primary which hangs waits 5 s more, by default, before it looks for another source. As
 * long as it does, the new primary has no majority.
 */
const SERVER_ARGS = [
  ...['--setParameter', 'oplogNetworkTimeoutBufferSeconds=1'],
  ...['--setParameter', 'oplogFetcherSteadyStateMaxFetcherRestarts=0'],
];

/** Lets one driver meet one fault, on a replica set of its own. */
export async function runFault(
  name: FaultName,
  driver: DriverName,
  program: WorkerProgram,
  settings: RunSettings,
): Promise<Result> {
  const fault: Fault = FAULTS[name];
  await using set = await startDeployment({ shape: 'replicaSet', args: SERVER_ARGS, say: () => {} });
  await using proxy = await proxyOf(fault, set);
  await using watch = await ElectionWatch.open(set.members);
  await prepare(set.uri, settings.count ?? fault.count);
  using closing = new Closers();
  const around = { set, proxy, watch, closers: closing.closers };
  await fault.prepare?.(around);
  const start = now();
  const onEvent = (at: number, text: string): void =>
    settings.say(`${String(Math.round(at - start)).padStart(7)} ms  ${driver} ${text}`);
  await using worker = new WorkerProcess(program, jobOf(fault, driver, set, proxy, settings), onEvent);
  const ground: Ground = { ...around, worker };
  await Promise.all([worker.ready, fault.opening?.(ground)]);
  worker.send({ order: 'begin' });
  const seconds = settings.seconds ?? fault.seconds;
  const strikes = fault.lasts === undefined ? [] : schedule(settings.seed, seconds, fault.lasts, fault.restMS);
  const outages = await strikeAll(fault, ground, strikes, seconds, onEvent);
  const measurement = await worker.measurement(fault.work === 'load' ? END_LIMIT_MS : WORK_LIMIT_MS);
  const endedByItself = await worker.endsByItself();
  const verdict = await verdictOf(set.uri, measurement);
  return resultOf(name, driver, settings.seed, { measurement, outages, verdict, endedByItself, stderr: worker.errors });
}

class Closers implements Disposable {
  readonly closers: (() => void)[] = [];

  [Symbol.dispose](): void {
    for (const close of this.closers) close();
  }
}

async function proxyOf({ proxied = false }: Fault, set: Deployment): Promise<WireProxy | undefined> {
  if (!proxied) return undefined;
  return startProxy(set, proxied === 'names' ? { layers: [namesOnly()] } : {});
}

function jobOf(
  fault: Fault,
  driver: DriverName,
  set: Deployment,
  proxy: WireProxy | undefined,
  { count, timeline }: RunSettings,
): Job {
  const uri = proxy?.uri ?? set.uri;
  const ownNames = fault.proxied === 'names';
  const options = { w: 'majority', ...fault.options };
  return {
    ...{ driver, work: fault.work, database: DATABASE, count: count ?? fault.count, options, ownNames, timeline },
    uri: ownNames ? uri.split(',').map(nameOf).join(',') : uri,
  };
}

/** The documents that are counted in. */
async function prepare(uri: string, count: number): Promise<void> {
  const client = officialClient(uri);
  try {
    const counters = client.db(DATABASE).collection<Counter>('counters');
    const documents = Array.from({ length: Math.min(count, 1000) }, (_, _id) => ({ _id, n: 0, seen: [] }));
    await counters.insertMany(documents, { writeConcern: { w: 3 } });
    await client.db(DATABASE).createCollection('inserted');
  } finally {
    await client.close();
  }
}

async function strikeAll(
  fault: Fault,
  ground: Ground,
  strikes: readonly Strike[],
  seconds: number,
  onEvent: (at: number, text: string) => void,
): Promise<StrikeResult[]> {
  const begin = performance.now();
  const until = (atMS: number): Promise<void> => sleep(Math.max(0, begin + atMS - performance.now()));
  const outages: StrikeResult[] = [];
  for (const strike of strikes) {
    await until(strike.atMS);
    outages.push(await strikeOnce(fault, ground, strike, onEvent));
  }
  if (fault.work === 'load') await until(seconds * 1000);
  ground.worker.send({ order: 'end' });
  return outages;
}

async function strikeOnce(
  fault: Fault,
  ground: Ground,
  { lastsMS, chance }: Strike,
  onEvent: (at: number, text: string) => void,
): Promise<StrikeResult> {
  const electing = fault.outage === 'election';
  const primary = await ground.set.primary();
  const lastElection = electing ? await ground.watch.lastElection() : '';
  const start = performance.now();
  const tell = (text: string): void => onEvent(now(), `--- ${text}`);
  tell(`strike; the primary is ${primary.address}`);
  ground.worker.send({ order: 'strike' });
  const takeover = electing ? ground.watch.nextPrimary(lastElection) : undefined;
  takeover?.then(
    ({ electedMS, servingMS }) =>
      tell(`elected after ${Math.round(electedMS)} ms, serves after ${Math.round(servingMS)}`),
    () => {}, // waited for below, when the strike is healed
  );
  const heal = await fault.strike!(ground, { primary, chance });
  tell('struck');
  await sleep(Math.max(0, start + lastsMS - performance.now()));
  await heal();
  tell('healed');
  const healedMS = performance.now() - start;
  if (takeover === undefined) return { outageMS: fault.outage === 'healing' ? Math.round(healedMS) : 0 };
  const { electedMS, servingMS } = await takeover;
  return { electedMS: Math.round(electedMS), outageMS: Math.round(servingMS) };
}

/** Reads what a majority has, when all is over. */
async function verdictOf(uri: string, { writers }: Measurement): Promise<Verdict> {
  if (writers.length === 0) return { lost: 0, twice: 0 };
  const client = officialClient(uri, { readConcern: { level: 'majority' } });
  try {
    const db = client.db(DATABASE);
    const inserted = await db.collection<{ _id: number }>('inserted').find().toArray();
    const counters = await db.collection<Counter>('counters').find().toArray();
    return audit(writers, {
      inserted: new Set(inserted.map(({ _id }) => _id)),
      counters: new Map(counters.map((counter) => [counter._id, counter])),
    });
  } finally {
    await client.close();
  }
}

interface Outcome {
  readonly measurement: Measurement;
  readonly outages: readonly StrikeResult[];
  readonly verdict: Verdict;
  readonly endedByItself: boolean;
  readonly stderr: string;
}

function resultOf(fault: FaultName, driver: DriverName, seed: number, outcome: Outcome): Result {
  const { measurement, outages, verdict, endedByItself, stderr } = outcome;
  const { operations, errors, duplicates, unsettled, heapGrowthKB, handlesLeft, lagMS, notes, stallsMS } = measurement;
  const strikes = outages.map((outage, index) => ({ ...outage, stallMS: stallsMS[index + 1] ?? 0 }));
  // The strike in which the driver added most to what nobody could have helped.
  const worst = strikes.toSorted((a, b) => b.stallMS - b.outageMS - (a.stallMS - a.outageMS))[0];
  return {
    ...{ fault, driver, seed, operations, lost: verdict.lost, twice: verdict.twice + duplicates, unsettled },
    errorCount: Object.values(errors).reduce((sum, count) => sum + count, 0),
    errors,
    stallMS: worst?.stallMS ?? stallsMS[0] ?? 0,
    outageMS: worst?.outageMS ?? 0,
    strikes,
    ...{
      calmMS: strikes.length > 0 ? (stallsMS[0] ?? 0) : 0,
      heapGrowthKB,
      handlesLeft,
      lagMS,
      notes,
      endedByItself,
      stderr,
    },
  };
}
