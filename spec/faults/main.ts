// npm run faults: each driver meets each fault, on a fresh replica set of three and in a process of its own. `USAGE` in
// fault-arguments.ts has the options.
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDocsTable } from './docs-table.js';
import { type FaultArguments, faultArguments, USAGE } from './fault-arguments.js';
import { FAULTS, type Fault, type FaultName } from './faults.js';
import type { DriverName } from './job.js';
import { missedTargets, type Result } from './result.js';
import { runFault } from './run-fault.js';
import { schedule } from './schedule.js';
import { markdownTable, plainTable } from './table.js';
import { WorkerProgram } from './worker-process.js';

const ROOT = join(import.meta.dirname, '../..');

/** A majority write waits for three disks, which differ from machine to machine. What is kept in memory outlives kills. */
const MEMORY = '/dev/shm';
const SHOWN_ERRORS = 3;

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function scheduleLine(fault: Fault, { seed, seconds = fault.seconds }: FaultArguments): string {
  if (fault.lasts === undefined) return 'no strikes';
  const strikes = schedule(seed, seconds, fault.lasts, fault.restMS);
  const shown = strikes.slice(0, 5).map(({ atMS, lastsMS }) => `at ${atMS} ms for ${lastsMS} ms`);
  return `${strikes.length} strikes: ${shown.join(', ')}${strikes.length > shown.length ? ' ...' : ''}`;
}

/** Undefined where nothing could be measured: what went wrong is said, and the others go on. */
async function meet(
  name: FaultName,
  driver: DriverName,
  program: WorkerProgram,
  args: FaultArguments,
): Promise<Result | undefined> {
  try {
    const result = await runFault(name, driver, program, { ...args, say });
    say(`  ${driver}: ${missedTargets(result).join('; ') || 'as it should be'}`);
    const kinds = Object.entries(result.errors).toSorted(([, a], [, b]) => b - a);
    for (const [message, count] of kinds.slice(0, SHOWN_ERRORS)) say(`    ${count} x ${message}`);
    return result;
  } catch (error) {
    say(`  ${driver}: not measured: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
    process.exitCode = 1;
    return undefined;
  }
}

async function run(args: FaultArguments): Promise<Result[]> {
  const results: Result[] = [];
  await using program = await WorkerProgram.build();
  say(`seed ${args.seed}`);
  for (const name of args.faults) {
    say(`${name}: ${scheduleLine(FAULTS[name], args)}`);
    for (const driver of args.drivers) {
      const result = await meet(name, driver, program, args);
      if (result !== undefined) results.push(result);
      if (args.json !== undefined) await writeFile(args.json, `${JSON.stringify(results, null, 2)}\n`);
    }
  }
  return results;
}

async function writeDocs(results: readonly Result[], seed: number): Promise<void> {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'node_modules/mongodb/package.json'), 'utf8'));
  const note = `Seed ${seed}, Node.js ${process.version}, official driver ${version}. Written by \`npm run faults -- --readme\`.`;
  await writeDocsTable(join(ROOT, 'docs/faults.md'), `${markdownTable(results)}\n\n${note}`);
}

async function main(): Promise<void> {
  let args: FaultArguments;
  try {
    args = faultArguments(process.argv.slice(2));
  } catch (error) {
    say(`${(error as Error).message}\n\n${USAGE}`);
    process.exitCode = 2;
    return;
  }
  if (process.env.TMPDIR === undefined && existsSync(MEMORY)) process.env.TMPDIR = MEMORY;
  const results = await run(args);
  console.log(plainTable(results));
  if (args.readme) await writeDocs(results, args.seed);
  const missed = results.filter(({ driver }) => driver === 'rotor').flatMap(missedTargets);
  if (missed.length > 0) process.exitCode = 1;
}

await main();
