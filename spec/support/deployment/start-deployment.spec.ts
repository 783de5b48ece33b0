import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { officialClient } from '../official-client.js';
import { isAlive, sweepDataFolders } from './data-folder.js';
import { startDeployment } from './start-deployment.js';

// These tests start servers of their own. Where MONGODB_URI names one, there may be no program to start.
const ownServers = process.env.MONGODB_URI ? describe.skip : describe;
/** The first start may have to fetch a server. Milliseconds. */
const WITH_FETCH_MS = 180_000;

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

ownServers('startDeployment', () => {
  const lines: string[] = [];
  const say = (line: string): void => void lines.push(line);

  it(
    'starts a standalone server that takes test commands, and leaves nothing behind',
    async () => {
      const deployment = await startDeployment({ say });
      const client = officialClient(deployment.uri);
      try {
        const admin = client.db('admin');
        expect(await admin.command({ configureFailPoint: 'failCommand', mode: 'off' })).toMatchObject({ ok: 1 });
        expect(await admin.command({ serverStatus: 1 })).toMatchObject({ storageEngine: { name: 'wiredTiger' } });
        expect((await admin.command({ buildInfo: 1 })).version).toBe(deployment.version);
        expect(deployment.owned).toBe(true);
        expect(dataFoldersOf(process.pid)).toHaveLength(1);
        expect(lines.at(-1)).toBe(deployment.description);
        expect(deployment.description).toMatch(
          /^Server: MongoDB \d+\.\d+\.\d+ from .*MONGODB_URI.*MONGOMS_SYSTEM_BINARY/,
        );
      } finally {
        await client.close();
        await Promise.all([deployment.stop(), deployment.stop()]);
      }
      expect(isAlive(deployment.pid as number)).toBe(false);
      expect(dataFoldersOf(process.pid)).toEqual([]);
    },
    WITH_FETCH_MS,
  );

  it('starts from the cache in less than two seconds', async () => {
    const start = performance.now();
    await using deployment = await startDeployment({ say });
    expect(performance.now() - start).toBeLessThan(2000);
    expect(deployment.uri).toMatch(/^mongodb:\/\/127\.0\.0\.1:\d+\/$/);
  });

  it('takes the server of MONGODB_URI and does not stop it', async () => {
    await using own = await startDeployment({ say });
    const named = await startDeployment({ say, env: { MONGODB_URI: own.uri } });
    expect(named).toMatchObject({ uri: own.uri, version: own.version, owned: false });
    await named.stop();
    expect(isAlive(own.pid as number)).toBe(true);
  });

  it('says what is wrong with MONGODB_URI without its password', async () => {
    await using own = await startDeployment({ say });
    const uri = own.uri.replace('://', '://anna:geheim@');
    const failure: Error = await startDeployment({ say, env: { MONGODB_URI: uri } }).then(
      () => new Error('it started'),
      (error: Error) => error,
    );
    expect(failure.message).toMatch(/^MONGODB_URI is set, but its server cannot be used: Authentication failed/);
    expect(failure.message).not.toContain('geheim');
  });

  it('names a program that is no server', async () => {
    const env = { MONGOMS_SYSTEM_BINARY: process.execPath };
    await expect(startDeployment({ say, env })).rejects.toThrow(`The server program ${process.execPath} does not run`);
  });
});

ownServers('a server whose program ends', () => {
  const children: ChildProcess[] = [];
  afterAll(() => {
    for (const child of children) child.kill('SIGKILL');
  });

  interface HeldServer {
    readonly child: ChildProcess;
    readonly mongod: number;
    nextLine(): Promise<string>;
  }

  /** Runs a program that starts a server, up to the point where the server is up. */
  const run = async (ending: string): Promise<HeldServer> => {
    const args = ['--import', 'tsx', join(import.meta.dirname, 'held-deployment.ts'), ending];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    children.push(child);
    const output = createInterface(child.stdout);
    const nextLine = async (): Promise<string> => (await once(output, 'line'))[0];
    return { child, mongod: JSON.parse(await nextLine()).pid, nextLine };
  };

  it.each([
    ['stop', 0],
    ['exit', 3],
    ['throw', 1],
  ])('ends with it: %s', async (ending, code) => {
    const { child, mongod } = await run(ending);
    if (child.exitCode === null) await once(child, 'exit');
    expect(child.exitCode).toBe(code);
    expect(await until(() => !isAlive(mongod), 8000)).toBe(true);
    expect(dataFoldersOf(child.pid as number)).toEqual([]);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('ends with it: %s', async (signal) => {
    const { child, mongod } = await run('until-killed');
    child.kill(signal);
    await once(child, 'exit');
    expect(child.signalCode).toBe(signal);
    expect(await until(() => !isAlive(mongod), 8000)).toBe(true);
    expect(dataFoldersOf(child.pid as number)).toEqual([]);
  });

  it('stays up for a program that handles the signal itself', async () => {
    const { child, mongod, nextLine } = await run('in-order');
    const version = nextLine();
    child.kill('SIGTERM');
    expect(await version).toMatch(/^\d+\.\d+\.\d+$/);
    if (child.exitCode === null) await once(child, 'exit');
    expect(child.exitCode).toBe(0);
    expect(isAlive(mongod)).toBe(false);
    expect(dataFoldersOf(child.pid as number)).toEqual([]);
  });

  it('ends soon after it: SIGKILL, and its data goes with the next start', async () => {
    const { child, mongod } = await run('until-killed');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await until(() => !isAlive(mongod), 10_000)).toBe(true);
    const [folder] = dataFoldersOf(child.pid as number);
    expect(folder).toBeDefined();
    await sweepDataFolders();
    expect(existsSync(join(tmpdir(), folder as string))).toBe(false);
  });
});
