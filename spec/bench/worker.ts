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

async function measureDriver(): Promise<Measurement> {
  // Loaded here and not above: the case `import` needs a process that has loaded none of it.
  const [{ measureBulk, measureLoad }, opened] = await Promise.all([import('./measure.js'), open()]);
  const { bulk, load, close } = opened;
  const measure = (durationMS: number): Promise<Measurement> =>
    bulk === null ? measureLoad(load(), durationMS) : measureBulk(bulk, durationMS);
  await warmUp(measure);
  await startSignal();
  const result = await measure(job.measureMS);
  tell({ phase: 'measured' });
  await close();
  return result;
}

async function open() {
  if (job.driver === 'floor') {
    const { floorBulk, floorLoad, openFloor } = await import('./floor-operations.js');
    const sockets = await openFloor(job);
    const close = async (): Promise<void> => {
      for (const socket of sockets) socket.close();
    };
    return { bulk: floorBulk(sockets[0]!, job), load: () => floorLoad(sockets, job), close };
  }
  const { driverBulk, driverLoad, openClient } = await import('./driver-operations.js');
  const { gridfsBulk } = await import('./gridfs-operations.js');
  const client = await openClient(job);
  const bulk = driverBulk(client, job) ?? (await gridfsBulk(client, job));
  return { bulk, load: () => driverLoad(client, job), close: () => client.close() };
}

async function measureOnlyImport(): Promise<Measurement> {
  const { measureImport } = await import('./measure-import.js');
  await startSignal();
  const result = await measureImport(job);
  tell({ phase: 'measured' });
  return result;
}

process.on('disconnect', () => process.exit(1));
const result = await (job.operation === 'import' ? measureOnlyImport() : measureDriver());
process.stdout.write(`${JSON.stringify(result)}\n`);
process.removeAllListeners('disconnect');
if (process.connected) process.disconnect();
