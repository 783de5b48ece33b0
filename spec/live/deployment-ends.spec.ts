import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isAlive } from '../support/deployment/data-folder.js';
import { ownServers } from '../support/deployment/own-servers.js';

const PROGRAM = join(import.meta.dirname, '../support/deployment/held-deployment.ts');
const COMMAND = join(import.meta.dirname, '../support/deployment-command.ts');
const children: ChildProcess[] = [];

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});

/** Several programs start servers at the same time. Milliseconds. */
const LIMIT_MS = 60_000;

async function until(what: () => boolean, timeoutMS: number): Promise<boolean> {
  const end = performance.now() + timeoutMS;
  while (!what()) {
    if (performance.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return true;
}

function dataFoldersOf(owner: number): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith(`rotor-mongod-${owner}-`));
}

/** Servers and whatever watches them: each has the owner's id, or the folder with that id in it, in its command line. */
function processesOf(owner: number, servers: readonly number[]): number[] {
  const mine = new RegExp(`rotor-mongod-${owner}-|(mongo_killer\\.js|undertaker\\.mjs) ${owner} `);
  return readdirSync('/proc').flatMap((name) => {
    const file = `/proc/${name}/cmdline`;
    if (!/^\d+$/.test(name) || !existsSync(file)) return [];
    const pid = Number(name);
    try {
      const isMine = servers.includes(pid) || mine.test(readFileSync(file, 'latin1').replaceAll('\0', ' '));
      return isMine && isAlive(pid) ? [pid] : [];
    } catch {
      return []; // it ended between two looks
    }
  });
}

interface HeldServers {
  readonly child: ChildProcess;
  readonly pids: number[];
  nextLine(): Promise<string>;
}

function start(program: string, args: readonly string[]): { child: ChildProcess; nextLine(): Promise<string> } {
  const child = spawn(process.execPath, ['--import', 'tsx', program, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  children.push(child);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return { child, nextLine: async () => (await lines.next()).value ?? '' };
}

/** Runs a program that starts servers, up to the point where they are up. */
async function hold(ending: string, options: object = {}): Promise<HeldServers> {
  const { child, nextLine } = start(PROGRAM, [ending, JSON.stringify(options)]);
  const { pids } = JSON.parse(await nextLine());
  expect((pids as unknown[]).every(Number.isInteger)).toBe(true);
  return { child, pids, nextLine };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

ownServers('a server whose program ends', () => {
  it.concurrent.each([
    ['stop', 0],
    ['forget', 0],
    ['exit', 3],
    ['throw', 1],
  ])(
    'ends with it: %s',
    async (ending, code) => {
      const { child, pids } = await hold(ending);
      await ended(child);
      expect(child.exitCode).toBe(code);
      expect(await until(() => !pids.some(isAlive), 8000)).toBe(true);
      expect(await until(() => dataFoldersOf(child.pid as number).length === 0, 2000)).toBe(true);
    },
    LIMIT_MS,
  );

  it.concurrent.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'ends with it: %s',
    async (signal) => {
      const { child, pids } = await hold('until-killed');
      child.kill(signal);
      await ended(child);
      expect(child.signalCode).toBe(signal);
      expect(await until(() => !pids.some(isAlive), 8000)).toBe(true);
      expect(await until(() => dataFoldersOf(child.pid as number).length === 0, 2000)).toBe(true);
    },
    LIMIT_MS,
  );

  it(
    'stays up for a program that handles the signal itself',
    async () => {
      const { child, pids, nextLine } = await hold('in-order');
      const version = nextLine();
      child.kill('SIGTERM');
      expect(await version).toMatch(/^\d+\.\d+\.\d+$/);
      await ended(child);
      expect(child.exitCode).toBe(0);
      expect(pids.some(isAlive)).toBe(false);
      expect(dataFoldersOf(child.pid as number)).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    'ends at once after it, with its data and be it frozen: SIGKILL',
    async () => {
      const { child, pids } = await hold('until-killed-frozen', { shape: 'replicaSet', auth: true });
      const owner = child.pid as number;
      expect(pids).toHaveLength(3);
      expect(dataFoldersOf(owner)).toHaveLength(4); // and one for the key file
      child.kill('SIGKILL');
      await ended(child);
      expect(await until(() => !pids.some(isAlive), 2000)).toBe(true);
      expect(await until(() => dataFoldersOf(owner).length === 0, 5000)).toBe(true);
      if (process.platform !== 'linux') return;
      expect(await until(() => processesOf(owner, pids).length === 0, 8000)).toBe(true);
    },
    LIMIT_MS,
  );
});

ownServers('npm run deployment', () => {
  const read = async (nextLine: () => Promise<string>, count: number): Promise<Record<string, string>> => {
    const entries: [string, string][] = [];
    while (entries.length < count) {
      const line = await nextLine();
      if (line === '') throw new Error(`it ended after ${JSON.stringify(entries)}`);
      const [, name = '', value = ''] = /^(\w+): (.*)$/.exec(line) ?? [];
      entries.push([name, value]);
    }
    return Object.fromEntries(entries);
  };

  it(
    'prints how to reach the servers and stays until Ctrl-C',
    async () => {
      const { child, nextLine } = start(COMMAND, ['--members', '1', '--auth']);
      const { uri, username, password } = await read(nextLine, 3);
      expect(username).toBe('root');
      expect(uri).toMatch(
        new RegExp(`^mongodb://root:${password}@127\\.0\\.0\\.1:\\d+/\\?replicaSet=\\w+&authSource=admin$`),
      );
      expect(child.exitCode).toBeNull();
      child.kill('SIGINT');
      await ended(child);
      expect(child.exitCode).toBe(0);
      expect(dataFoldersOf(child.pid as number)).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    'presents them as mongos',
    async () => {
      const { child, nextLine } = start(COMMAND, ['--mongos', '2']);
      expect((await read(nextLine, 1)).uri).toMatch(/^mongodb:\/\/127\.0\.0\.1:\d+,127\.0\.0\.1:\d+\/$/);
      child.kill('SIGTERM');
      await ended(child);
      expect(child.exitCode).toBe(0);
    },
    LIMIT_MS,
  );

  it.each([['--bogus'], ['--version 3.9']])(
    'ends with 2 for %s',
    async (line) => {
      const { child } = start(COMMAND, line.split(' '));
      await ended(child);
      expect(child.exitCode).toBe(2);
    },
    LIMIT_MS,
  );
});
