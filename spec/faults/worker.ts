// One driver under one fault: takes a job as JSON in its first argument, obeys the orders of the process that has
// started it, and tells what its operations came to. It is to end by itself when its client is closed.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { runCycles } from './cycles.js';
import { type DriverClient, type Hear, openClient } from './driver-client.js';
import { type Job, type Measurement, type News, now, type Order } from './job.js';
import { Load } from './load.js';
import { OwnNames } from './own-names.js';
import { OperationRecord } from './record.js';
import { runWaiters } from './waiters.js';
import { installWallClock, setWallClock } from './wall-clock.js';
import { handles, handlesLeft, heapInUse } from './what-is-left.js';

type Part = Pick<Measurement, 'heapGrowthKB' | 'writers' | 'notes'>;

const WARM_MS = 1_500;
const RATE_EVERY_MS = 100;

const job: Job = JSON.parse(process.argv[2] ?? 'null');
if (job === null) throw new Error('worker: expected a job as JSON in the first argument');

const record = new OperationRecord();
const names = new OwnNames();
let begun = (): void => {};
let ended = (): void => {};
const toBegin = new Promise<void>((resolve) => {
  begun = resolve;
});
const toEnd = new Promise<void>((resolve) => {
  ended = resolve;
});

function tell(news: News): void {
  process.send?.(news);
}

function obey(order: Order): void {
  if (order.order === 'begin') begun();
  else if (order.order === 'strike') record.strike();
  else if (order.order === 'clock') setWallClock(order.stepMS);
  else if (order.order === 'names') names.address = order.address;
  else ended();
}

/** The kind of a description and the reason for it are what matters of most events. */
const hear: Hear = (
  name,
  { address = '', previousDescription, newDescription, failure, interruptInUseConnections },
) => {
  const change = newDescription === undefined ? '' : `${previousDescription?.type} -> ${newDescription.type}`;
  const reason = newDescription?.error?.message ?? failure?.message ?? '';
  const how = interruptInUseConnections === true ? 'interrupts' : '';
  tell({ news: 'event', at: now(), text: [name, address, change, how, reason].filter(Boolean).join(' ') });
};

/** Stretches without operations show what an event led to, or that it led to nothing. */
function tellRate(): void {
  let before = 0;
  setInterval(() => {
    const count = record.operations - before;
    before = record.operations;
    tell({ news: 'event', at: now(), text: `operations +${count}` });
  }, RATE_EVERY_MS).unref();
}

async function measureLoad(client: DriverClient): Promise<Part> {
  const load = new Load(client, job.count, record);
  load.begin();
  const warm = new Promise((resolve) => setTimeout(resolve, WARM_MS)).then(heapInUse);
  await toEnd;
  await load.end();
  const heapGrowthKB = Math.round((heapInUse() - (await warm)) / 1024);
  return { heapGrowthKB, writers: load.writers, notes: {} };
}

async function measureWaiters(client: DriverClient): Promise<Part> {
  const waiters = (count: number) => runWaiters(client, count, job.work === 'aborted waiters', record);
  // The first ones pay for code and lists that stay.
  await waiters(job.count);
  const before = heapInUse();
  const notes = await waiters(job.count);
  return { heapGrowthKB: Math.round((heapInUse() - before) / 1024), writers: [], notes };
}

async function measure(): Promise<Part> {
  const listener = job.timeline ? hear : undefined;
  if (job.work === 'cycles') {
    tell({ news: 'ready' });
    await toBegin;
    const heapGrowthKB = await runCycles(() => openClient(job, listener), job.count, record);
    return { heapGrowthKB, writers: [], notes: {} };
  }
  const start = performance.now();
  const client = await openClient(job, listener);
  if (job.timeline) tellRate();
  const openMS = Math.round(performance.now() - start);
  tell({ news: 'ready' });
  await toBegin;
  const part = job.work === 'load' ? await measureLoad(client) : await measureWaiters(client);
  await client.close();
  return { ...part, notes: { openMS, ...part.notes } };
}

installWallClock();
if (job.ownNames) names.install();
process.on('message', obey);
// A conductor that is gone takes its workers with it.
const orphaned = (): never => process.exit(1);
process.on('disconnect', orphaned);
const lag = monitorEventLoopDelay({ resolution: 5 });
lag.enable();

const before = handles();
const part = await measure();
lag.disable();
const measurement: Measurement = {
  ...part,
  operations: record.operations,
  errors: record.errors,
  duplicates: record.duplicates,
  unsettled: record.unsettled,
  stallsMS: record.stallsMS.map(Math.round),
  handlesLeft: await handlesLeft(before),
  lagMS: Math.round(lag.max / 1e6),
};
process.off('message', obey);
process.off('disconnect', orphaned);
process.send?.({ news: 'measured', measurement } satisfies News, () => process.disconnect?.());
