// npm run bench -- --case idle [--uri URI] [--duration MS] [--json FILE]
//
// What a client costs on a replica set of three while nobody asks for anything: timers, wake-ups of the event loop and
// CPU per minute. All drivers at the same time, each in a process of its own, beside one that holds no client at all.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { startDeployment } from '../support/deployment/start-deployment.js';
import type { IdleJob, IdleMeasurement } from './idle-job.js';
import type { Driver } from './job.js';

export const IDLE = 'idle';

interface IdleSettings {
  readonly uri: string | undefined;
  readonly json: string | undefined;
  readonly measureMS: number;
  readonly drivers: readonly Driver[];
}

async function runIdle(script: string, job: IdleJob): Promise<IdleMeasurement> {
  const child = spawn(process.execPath, [script, JSON.stringify(job)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`The idle worker of ${job.driver} ended with ${code}`);
  return JSON.parse(out);
}

const COLUMNS = ['sockets', 'timersHeld', 'timersPerMinute', 'wakeUpsPerMinute', 'cpuMSPerMinute', 'rssMB'] as const;

function printTable(rows: readonly (IdleMeasurement & { driver: string })[]): void {
  const line = (cells: readonly string[]): string => cells.map((cell) => cell.padStart(17)).join('');
  console.log(line(['driver', ...COLUMNS, 'loop busy']));
  for (const row of rows) {
    const cells = COLUMNS.map((name) => row[name].toFixed(name === 'cpuMSPerMinute' ? 1 : 0));
    console.log(line([row.driver, ...cells, `${(row.utilisation * 100).toFixed(3)} %`]));
  }
}

/** Prints the table. `--uri` names a set that runs; without it, one of three members is started. */
export async function measureIdle(script: string, rotor: string, settings: IdleSettings): Promise<void> {
  const own = settings.uri === undefined ? await startDeployment({ shape: 'replicaSet' }) : undefined;
  try {
    const uri = settings.uri ?? own!.uri;
    const { measureMS } = settings;
    console.log(`${measureMS / 1000} s without an operation, per minute; "floor" is a process without a client`);
    const measured = settings.drivers
      .filter((driver) => driver !== 'baseline')
      .map(async (driver) => ({ driver, ...(await runIdle(script, { driver, uri, rotor, measureMS })) }));
    const rows = await Promise.all(measured);
    printTable(rows);
    if (settings.json !== undefined) writeFileSync(settings.json, `${JSON.stringify(rows, null, 2)}\n`);
  } finally {
    await own?.stop();
  }
}
