import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Result } from '../faults/result.js';
import { ownServers } from '../support/deployment/own-servers.js';

const run = promisify(execFile);

/** Each starts a replica set of three and has it under load. Milliseconds. */
const LIMIT_MS = 90_000;
const SEED = 7;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rotor-faults-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What Rotor makes of a fault, by the command that people use. */
async function meet(fault: string, ...more: string[]): Promise<Result> {
  const json = join(folder, `${fault}.json`);
  const program = ['--import', 'tsx', resolve(__dirname, '../faults/main.ts'), '--driver', 'rotor', '--fault', fault];
  // An exit code of 1 says that a target was missed, also one of time, which a busy machine decides: judged here.
  const { stderr } = await run(process.execPath, [...program, '--seed', String(SEED), '--json', json, ...more]).catch(
    (error) => error,
  );
  const text = await readFile(json, 'utf8').catch(() => {
    throw new Error(`the command has measured nothing: ${stderr}`);
  });
  return (JSON.parse(text) as Result[])[0]!;
}

const UNSCATHED = { lost: 0, twice: 0, unsettled: 0, errors: {}, handlesLeft: 0, endedByItself: true, stderr: '' };
/** As long as the strikes of these runs at the least: who waits for their end instead of the election is caught. */
const FREEZE_MS = 5_000;
const SLACK_MS = 2_000;

ownServers('200 operations in flight, and the primary is', () => {
  it.each([
    ['killed', 'kill', '9'],
    ['stepped down', 'stepdown', '8'],
    ['frozen', 'freeze', '11'],
  ])(
    '%s: no error, no write lost or doubled, no wait beyond the election',
    async (_how, fault, seconds) => {
      const result = await meet(fault, '--seconds', seconds);
      expect(result).toMatchObject(UNSCATHED);
      expect(result.operations).toBeGreaterThan(200);
      const [strike] = result.strikes;
      expect(strike!.outageMS).toBeGreaterThan(0);
      expect(strike!.stallMS).toBeLessThan(strike!.outageMS + result.calmMS + SLACK_MS);
      if (fault === 'freeze') expect(strike!.electedMS).toBeLessThan(FREEZE_MS);
    },
    LIMIT_MS,
  );
});

ownServers('a client survives', () => {
  it(
    'connections that are cut before, inside and after replies',
    async () => {
      const result = await meet('cuts', '--seconds', '6');
      expect(result).toMatchObject(UNSCATHED);
      expect(result.strikes.length).toBeGreaterThan(1);
    },
    LIMIT_MS,
  );

  it(
    'a pool at its cap with 10,000 operations in line, of which half give up',
    async () => {
      const result = await meet('aborted-waiters');
      expect(result).toMatchObject(UNSCATHED);
      expect(result.notes).toMatchObject({ gaveUp: 5000, handlesOfWaiters: 0 });
      expect(result.notes.slowestAbortMS).toBeLessThan(SLACK_MS);
    },
    LIMIT_MS,
  );

  it(
    'being opened and closed again and again, and leaves nothing behind',
    async () => {
      const result = await meet('cycles', '--count', '100');
      expect(result).toMatchObject({ ...UNSCATHED, operations: 100 });
      // 90 clients that are kept would be several megabytes.
      expect(result.heapGrowthKB).toBeLessThan(2000);
    },
    LIMIT_MS,
  );
});
