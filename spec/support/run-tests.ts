// `npm test`: runs jest with the arguments that it is given and ends with one line for people and machines:
//
//   Tests: 212 passed, 0 failed
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crashed, type JestResults, summary, summaryLines } from './test-summary.js';

const JEST = join(import.meta.dirname, '../../node_modules/jest/bin/jest.js');
/** jest is done when it has written its results. A handle that was left open must not keep it, and whoever waits, for ever. */
const LIMIT_TO_END_MS = 30_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

interface Ended {
  readonly code: number | null;
  /** The signal that this process got and handed on. */
  readonly interruptedBy: NodeJS.Signals | undefined;
}

function runJest(args: readonly string[], results: string): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [JEST, ...args], { stdio: 'inherit' });
    let interruptedBy: NodeJS.Signals | undefined;
    for (const signal of SIGNALS) {
      process.on(signal, () => {
        interruptedBy = signal;
        child.kill(signal);
      });
    }
    const hung = setInterval(() => {
      if (!existsSync(results)) return;
      clearInterval(hung);
      setTimeout(() => {
        console.error(`jest did not end within ${LIMIT_TO_END_MS / 1000} s of its last test: a handle is still open`);
        child.kill('SIGKILL');
      }, LIMIT_TO_END_MS).unref();
    }, 1_000).unref();
    child.on('error', reject);
    child.on('close', (code) => {
      clearInterval(hung);
      resolve({ code, interruptedBy });
    });
  });
}

async function readResults(file: string): Promise<JestResults | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as JestResults;
  } catch {
    return undefined; // jest ended before it wrote any: that is told apart by the caller
  }
}

const folder = await mkdtemp(join(tmpdir(), 'rotor-tests-'));
try {
  const file = join(folder, 'results.json');
  const { code, interruptedBy } = await runJest([...process.argv.slice(2), '--json', `--outputFile=${file}`], file);
  if (interruptedBy !== undefined) {
    for (const signal of SIGNALS) process.removeAllListeners(signal);
    await rm(folder, { recursive: true, force: true });
    process.kill(process.pid, interruptedBy);
  }
  const results = await readResults(file);
  const outcome = results === undefined ? crashed() : summary(results, code);
  for (const line of summaryLines(outcome)) console.log(line);
  process.exitCode = outcome.exitCode;
} finally {
  await rm(folder, { recursive: true, force: true });
}
