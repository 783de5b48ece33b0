// npm run conformance: runs MongoDB's specification tests. `USAGE` in run-arguments.ts has the options.
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { OPTION_WARNING_CODE } from '../../lib/options/option-warning.js';
import { GivenDeployment } from './deployments/given-deployment.js';
import { StartedDeployments } from './deployments/started-deployments.js';
import type { WatchedDeployments } from './deployments/watched-deployments.js';
import { findSpecFiles, unknownSuites } from './find-spec-files.js';
import { FORMATS } from './formats.js';
import { notTests } from './not-tests.js';
import { Progress } from './progress.js';
import { writeReadmeTable } from './readme-table.js';
import { Report } from './report.js';
import { type RunArguments, runArguments, USAGE } from './run-arguments.js';
import { runFiles } from './run-files.js';
import { runSummary } from './run-summary.js';
import { specificationsFolder } from './specifications-folder.js';

const ROOT = resolve(import.meta.dirname, '../..');
/** Longer than any test waits on purpose, and than a client looks for a server by default (30 s). */
const LIMIT_MS = 45_000;

const report = new Report();
let deployments: Promise<WatchedDeployments> | undefined;

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** One set for the whole run, made when the first test wants it. */
function openDeployments(uri: string | undefined): Promise<WatchedDeployments> {
  deployments ??= uri === undefined ? StartedDeployments.open(say) : GivenDeployment.open(uri);
  return deployments;
}

async function run(args: RunArguments): Promise<void> {
  const place = specificationsFolder(args.specs, process.env, ROOT);
  if (place.kind === 'missing') throw new Error(place.message);
  if (place.kind === 'none') return say(place.message);
  const found = await findSpecFiles(place.folder, args.suites);
  const unknown = unknownSuites(args.suites, found);
  if (unknown.length > 0)
    throw new Error(`--suite ${unknown.join(', ')}: there is ${found.suites.join(', ') || 'none'}`);
  for (const broken of found.broken) report.addFileFailure(broken, broken.message);
  const files = found.files.filter((file) => notTests(file) === undefined);
  if (files.length < found.files.length)
    say(`${found.files.length - files.length} files hold schemas or data, no tests`);

  const uri = args.uri ?? (process.env.MONGODB_URI || undefined);
  // Said at once, whatever is to be run: a URI that somebody has typed is meant.
  if (uri !== undefined) await openDeployments(uri);
  const progress = new Progress(files.length, process.stderr);
  await runFiles(files, {
    ...{ formats: FORMATS, report, test: args.test, withSkips: args.withSkips, limitMS: LIMIT_MS },
    deployments: () => openDeployments(uri),
    progress: (file) => progress.next(file, report.count('failed')),
  });
  progress.end();
  const nothing = report.outcomes.length === 0;
  if (nothing) throw new Error(args.test === undefined ? 'there are no tests' : `no test's name holds "${args.test}"`);
}

async function write(args: RunArguments): Promise<void> {
  if (process.env.CTIMES) await writeFile(process.env.CTIMES, JSON.stringify(report.outcomes));
  if (args.json !== undefined) await writeFile(args.json, `${JSON.stringify(report, null, 2)}\n`);
  const servers = [...new Set(report.outcomes.map(({ deployment }) => deployment))].filter((name) => name !== 'none');
  if (args.readme) await writeReadmeTable(resolve(ROOT, 'README.md'), report.outcomes, servers.toSorted());
}

async function stop(): Promise<void> {
  const opened = await deployments?.catch(() => undefined); // every file that wanted them has told the reason
  await opened?.stop();
}

/** A failure of the run, and not of a file. */
function fail(error: unknown): void {
  const message =
    error instanceof TypeError ? (error.stack ?? error.message) : String((error as Error)?.message ?? error);
  say(message);
  report.addFileFailure({ suite: 'run', path: '(the run itself)' }, message);
}

async function main(): Promise<void> {
  let args: RunArguments;
  try {
    args = runArguments(process.argv.slice(2));
  } catch (error) {
    say(`${(error as Error).message}\n\n${USAGE}`);
    process.exitCode = 1;
    return;
  }
  for (const step of [() => run(args), () => write(args), stop]) {
    await step().catch(fail);
  }
  console.log(runSummary(report));
  process.exitCode = report.count('failed') > 0 ? 1 : 0;
}

// An error that no test has caught is a failure, and none of the tests that follow may be lost by it.
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);
// Tests of connection strings expect warnings: they are no news to whoever runs them.
process.removeAllListeners('warning');
process.on('warning', (warning) => {
  if ((warning as NodeJS.ErrnoException).code !== OPTION_WARNING_CODE) say(`${warning.name}: ${warning.message}`);
});

await main();
// A client that a failed test has left open must not keep the process.
process.exit();
