// What a client costs that does nothing: takes a job as JSON in its first argument, opens a client, lets a few
// operations fill its pool, and prints what the process does in a stretch in which nobody asks for anything.

import { createHook } from 'node:async_hooks';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { IdleJob, IdleMeasurement } from './idle-job.js';

const job: IdleJob = JSON.parse(process.argv[2] ?? 'null');
/** By then the pool is open, every member has been found, and the first checks are over. */
const SETTLE_MS = 3000;
const OPERATIONS = 10;

interface Client {
  db(name: string): { command(command: object): Promise<unknown> };
  close(): Promise<void>;
}

async function openClient(): Promise<Client | null> {
  if (job.driver === 'floor') return null;
  if (job.driver === 'mongodb') {
    const { MongoClient } = await import('mongodb');
    return (await new MongoClient(job.uri).connect()) as unknown as Client;
  }
  const { AsyncClient } = await import(job.rotor);
  const client = new AsyncClient(job.uri);
  await client.open();
  return client;
}

/** Timers that were made, those of the runtime's own included, whoever made them. */
let timers = 0;
const hook = createHook({
  init(_id, type) {
    if (type === 'Timeout') timers++;
  },
});

async function measure(): Promise<IdleMeasurement> {
  await sleep(SETTLE_MS);
  const held = process.getActiveResourcesInfo();
  const count = (type: RegExp): number => held.filter((name) => type.test(name)).length;
  hook.enable();
  const utilisation = performance.eventLoopUtilization();
  const { loopCount } = performance.nodeTiming.uvMetricsInfo;
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  timers = 0;
  await sleep(job.measureMS);
  const { user, system } = process.cpuUsage(cpu);
  const minutes = (performance.now() - startedAt) / 60_000;
  hook.disable();
  return {
    sockets: count(/^TCPSocketWrap$|^TCP/),
    timersHeld: count(/^Timeout$/),
    // The stretch's own is none of the client's.
    timersPerMinute: (timers - 1) / minutes,
    wakeUpsPerMinute: (performance.nodeTiming.uvMetricsInfo.loopCount - loopCount) / minutes,
    cpuMSPerMinute: (user + system) / 1000 / minutes,
    utilisation: performance.eventLoopUtilization(utilisation).utilization,
    rssMB: process.memoryUsage.rss() / 1024 / 1024,
  };
}

const client = await openClient();
if (client !== null) {
  const admin = client.db('admin');
  await Promise.all(Array.from({ length: OPERATIONS }, () => admin.command({ ping: 1 })));
}
const result = await measure();
await client?.close();
process.stdout.write(`${JSON.stringify(result)}\n`);
