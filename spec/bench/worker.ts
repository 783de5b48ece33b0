// One measurement: takes a job as JSON in its first argument and prints a measurement as one line of JSON. Started by
// main.ts from compiled JavaScript; started by hand it does the same without waiting for the start signal.

import type { Job, Measurement, WorkerMessage } from './job.js';

const job: Job = JSON.parse(process.argv[2] ?? 'null');
if (job === null) throw new Error('worker: expected a job as JSON in the first argument');

const WARM_UP_STEP_MS = 100;
/** On a server that is slower than expected the warm-up ends all the same. */
const MAX_WARM_UP_MS = 5000;

function tell(message: WorkerMessage): void {
  process.send?.(message);
}

/** The main process reads the server's CPU clock between `warm` and its answer. */
async function startSignal(): Promise<void> {
  tell({ phase: 'warm' });
  if (process.send !== undefined) await new Promise((resolve) => process.once('message', resolve));
}

/** A stretch of time alone is not enough: a slow start would leave the slower driver with the less optimised code. */
async function warmUp(measure: (durationMS: number) => Promise<Measurement>): Promise<void> {
  let spentMS = 0;
  let units = 0;
  while ((spentMS < job.warmUpMS || units < job.warmUpUnits) && spentMS < MAX_WARM_UP_MS) {
    const { elapsedMS, units: more } = await measure(WARM_UP_STEP_MS);
    spentMS += elapsedMS;
    units += more;
  }
}

/** What measures a stretch of a case again and again, first to warm up. */
interface Measure {
  measure(durationMS: number): Promise<Measurement>;
  close(): Promise<void>;
}

async function measureDriver(): Promise<Measurement> {
  const { measure, close } = await (job.driver === 'floor' ? openFloor() : openDriver());
  await warmUp(measure);
  await startSignal();
  const result = await measure(job.measureMS);
  tell({ phase: 'measured' });
  await close();
  return result;
}

// All modules are loaded where they are needed: the case `import` needs a process that has loaded none of them.

async function openFloor(): Promise<Measure> {
  const { measureBulk, measureLoad } = await import('./measure.js');
  const { floorBulk, floorLoad, openFloor: open } = await import('./floor-operations.js');
  const sockets = await open(job);
  const bulk = floorBulk(sockets[0]!, job);
  return {
    measure: (ms) => (bulk === null ? measureLoad(floorLoad(sockets, job), ms) : measureBulk(bulk, ms)),
    close: async () => {
      for (const socket of sockets) socket.close();
    },
  };
}

async function openDriver(): Promise<Measure> {
  const { measureBulk, measureLoad } = await import('./measure.js');
  const { driverBulk, driverLoad, openClient } = await import('./driver-operations.js');
  const client = await openClient(job);
  if (job.operation === 'gridfsCrowd') {
    const { gatherCrowd } = await import('./gridfs-crowd.js');
    const { measure, stop } = await gatherCrowd(client, job);
    return { measure, close: () => stop().then(() => client.close()) };
  }
  const { gridfsBulk } = await import('./gridfs-operations.js');
  const bulk = driverBulk(client, job) ?? (await gridfsBulk(client, job));
  return {
    measure: (ms) => (bulk === null ? measureLoad(driverLoad(client, job), ms) : measureBulk(bulk, ms)),
    close: () => client.close(),
  };
}

async function measureOnlyImport(): Promise<Measurement> {
  const { measureImport } = await import('./measure-import.js');
  await startSignal();
  const result = await measureImport(job);
  tell({ phase: 'measured' });
  return result;
}

/** One response is all of the case: what it starts with is taken off by the case itself. */
async function measureResponse(): Promise<Measurement> {
  const { openClient } = await import('./driver-operations.js');
  const { measureSlowClient } = await import('./gridfs-slow.js');
  const client = await openClient(job);
  await startSignal();
  const result = await measureSlowClient(client, job);
  tell({ phase: 'measured' });
  await client.close();
  return result;
}

function measureCase(): Promise<Measurement> {
  if (job.operation === 'import') return measureOnlyImport();
  return job.operation === 'gridfsSlow' ? measureResponse() : measureDriver();
}

process.on('disconnect', () => process.exit(1));
const result = await measureCase();
process.stdout.write(`${JSON.stringify(result)}\n`);
process.removeAllListeners('disconnect');
if (process.connected) process.disconnect();
