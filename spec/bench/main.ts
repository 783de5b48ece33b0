// npm run bench -- [--case PATTERN] [--uri URI] [--json FILE] [--rounds N] [--duration MS] [--drivers LIST]
//                  [--baseline FILE]
//
// Rotor, the official driver and the raw-socket floor in one interleaved run: per round and case one fresh process for
// each, in turn, against one server on another core. Everything measured is compiled JavaScript. `--baseline` adds another
// build of Rotor, such as dist/index.js of an older commit. `--case idle` is a run of its own, see idle.ts.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build as bundle } from 'esbuild';
import { outsidePackages } from '../support/outside-packages.js';
import { type BenchCase, selectCases } from './cases.js';
import { type Cores, pickCores } from './cores.js';
import { IDLE, measureIdle } from './idle.js';
import { DRIVERS, type Driver, type Job } from './job.js';
import { type Run, runWorker, ServerProcess } from './processes.js';
import { type Figures, figuresOf } from './results.js';
import { tableHead, tableRows } from './table.js';
import { cannedTarget, RealServer, type Target, uriTarget } from './target.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const COMPILED = `${ROOT}.cache/bench/`;
/** Built by the side of `dist`, which somebody else may be building again meanwhile. */
const ROTOR = `${COMPILED}rotor.js`;
const WARM_UP_MS = 300;
/** Enough for the optimising compiler to have seen the path of every driver; after 2,000 the official one still gains. */
const WARM_UP_OPERATIONS = 5000;
const WARM_UP_DOCUMENTS = 40_000;
const WARM_UP_MEGABYTES = 200;
const IDLE_MS = 60_000;
const WARM_UP = { op: WARM_UP_OPERATIONS, doc: WARM_UP_DOCUMENTS, MB: WARM_UP_MEGABYTES, import: 0 };

interface Settings {
  readonly cases: readonly BenchCase[];
  readonly uri: string | undefined;
  readonly json: string | undefined;
  readonly rounds: number;
  readonly measureMS: number;
  readonly drivers: readonly Driver[];
  /** The file of another build. */
  readonly baseline: string | undefined;
}

function readSettings(): Settings {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: { case: text, uri: text, json: text, rounds: text, duration: text, drivers: text, baseline: text },
  });
  const { baseline } = values;
  const drivers = values.drivers?.split(',') ?? DRIVERS;
  for (const driver of drivers) {
    if (!DRIVERS.includes(driver as Driver)) throw new RangeError(`--drivers: expected ${DRIVERS}, got ${driver}`);
  }
  if (baseline !== undefined && !existsSync(baseline)) throw new RangeError(`--baseline: there is no file ${baseline}`);
  const idle = values.case === IDLE;
  const cases = idle ? [] : selectCases(values.case);
  if (values.uri === undefined && !idle && cases.every(({ onlyReal }) => onlyReal === true))
    throw new RangeError(`--case ${JSON.stringify(values.case)}: the canned-reply server has no files; give --uri`);
  return {
    cases,
    uri: values.uri,
    json: values.json,
    rounds: positive('--rounds', values.rounds, 5),
    measureMS: positive('--duration', values.duration, idle ? IDLE_MS : 500),
    drivers: DRIVERS.filter((driver) => drivers.includes(driver) && (driver !== 'baseline' || baseline !== undefined)),
    baseline,
  };
}

function positive(name: string, value: string | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (!/^[1-9]\d*$/.test(value)) throw new RangeError(`${name}: expected a positive integer, got ${value}`);
  return Number(value);
}

/** Runs a command of the project to its end. Throws with what it printed if it fails. */
function build(what: string, command: string, args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) throw new Error(`Building ${what} failed (${[command, ...args].join(' ')}):\n${stdout}${stderr}`);
}

function describe(settings: Settings, cores: Cores | null, server: string): string {
  const official = JSON.parse(readFileSync(`${ROOT}node_modules/mongodb/package.json`, 'utf8')).version;
  const pinned = cores === null ? 'not pinned' : `server on core ${cores.server}, client on core ${cores.client}`;
  return [
    `Node.js ${process.version}, ${availableParallelism()} cores, ${pinned}; mongodb ${official}; ${server}`,
    `${settings.rounds} rounds of ${settings.measureMS} ms in fresh processes; medians; ratios are medians of pairs`,
  ].join('\n');
}

interface Bench {
  readonly settings: Settings;
  readonly targetOf: (benchCase: BenchCase) => Target;
  readonly cores: Cores | null;
  readonly canned: ServerProcess | null;
  readonly real: RealServer | null;
}

async function runCase(bench: Bench, benchCase: BenchCase): Promise<Map<Driver, Run[]>> {
  const { settings } = bench;
  const target = bench.targetOf(benchCase);
  const hasFloor = target.floorCanConnect && benchCase.onlyReal !== true;
  const drivers = settings.drivers.filter((driver) => driver !== 'floor' || hasFloor);
  if (benchCase.operation === 'gridfsSlow') await bench.real?.storeLargeFile();
  const rounds = new Map<Driver, Run[]>(drivers.map((driver) => [driver, []]));
  for (let round = 0; round < settings.rounds; round++) {
    for (const driver of drivers) {
      const { operation, inFlight, sockets } = benchCase;
      const { uri, host, port } = target;
      const { measureMS } = settings;
      const job: Job = {
        ...{ driver, operation, inFlight, sockets, uri, host, port, measureMS },
        warmUpMS: WARM_UP_MS,
        warmUpUnits: WARM_UP[benchCase.unit],
        rotor: pathToFileURL(driver === 'baseline' ? settings.baseline! : ROTOR).href,
      };
      if (operation === 'insertOne' || operation === 'insertMany') await bench.real?.empty();
      const core = bench.cores?.client;
      rounds.get(driver)?.push(await runWorker(`${COMPILED}worker.js`, job, core, bench.canned));
    }
  }
  return rounds;
}

async function runAll(bench: Bench): Promise<Figures[]> {
  const all: Figures[] = [];
  console.log(tableHead());
  for (const benchCase of bench.settings.cases) {
    if (benchCase.onlyReal === true && bench.real === null) continue;
    if (benchCase.onlyCanned === true && bench.real !== null) continue;
    const rounds = await runCase(bench, benchCase);
    for (const row of tableRows(benchCase, rounds)) console.log(row);
    for (const [driver, runs] of rounds) all.push(figuresOf(benchCase, driver, runs));
    if (bench.settings.json !== undefined) writeFileSync(bench.settings.json, `${JSON.stringify(all, null, 2)}\n`);
  }
  return all;
}

async function againstCanned(settings: Settings): Promise<Figures[]> {
  const cores = pickCores();
  const canned = await ServerProcess.start(`${COMPILED}canned-server-process.js`, cores?.server);
  try {
    console.log(describe(settings, cores, 'canned-reply server'));
    const targetOf = ({ shape = 'replicaSet' }: BenchCase): Target => cannedTarget(canned.ports[shape], shape);
    return await runAll({ settings, targetOf, cores, canned, real: null });
  } finally {
    canned.stop();
  }
}

async function againstReal(settings: Settings, uri: string): Promise<Figures[]> {
  const target = uriTarget(uri);
  const real = new RealServer(target.uri);
  try {
    await real.prepare();
    // Its threads want every core: nothing is pinned.
    console.log(describe(settings, null, `MongoDB ${await real.version()}`));
    if (!target.floorCanConnect)
      console.log('Without the floor: it can neither log in, nor speak TLS, nor find a primary.');
    return await runAll({ settings, targetOf: () => target, cores: null, canned: null, real });
  } finally {
    await real.stop();
  }
}

/** As the package's own build does. */
async function buildRotor(): Promise<void> {
  await bundle({
    entryPoints: [`${ROOT}lib/index.ts`],
    ...{ bundle: true, platform: 'node', format: 'esm', target: 'node20', outfile: ROTOR, logLevel: 'warning' },
    external: await outsidePackages(),
  });
}

async function runCases(settings: Settings): Promise<void> {
  const figures = await (settings.uri === undefined ? againstCanned(settings) : againstReal(settings, settings.uri));
  const invalid = figures.filter((row) => row.invalid !== undefined).length;
  if (invalid > 0) {
    console.log(`${invalid} of ${figures.length} rows are invalid: the server, not the client, set the pace there.`);
    console.log('A ratio with an exclamation mark has such a row on its other side.');
  }
}

try {
  const settings = readSettings();
  build('the benchmark', 'npx', ['tsc', '-p', 'spec/bench']);
  if (settings.drivers.includes('rotor')) await buildRotor();
  if (settings.cases.length > 0) await runCases(settings);
  else await measureIdle(`${COMPILED}idle-worker.js`, pathToFileURL(ROTOR).href, settings);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
