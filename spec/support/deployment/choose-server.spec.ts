import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseServer, NoServerError, noServer, type ServerChoice, type WayToServer } from './choose-server.js';
import { mongodName, ServerCache } from './server-cache.js';
import { waysToServer } from './ways-to-server.js';

const nowhere = (advice: string): WayToServer => ({ advice, find: async () => noServer(`${advice} failed`) });

describe('chooseServer', () => {
  it('takes the first way that leads to a server and tries no later one', async () => {
    const choice: ServerChoice = { kind: 'running', uri: 'mongodb://a/', origin: 'here' };
    const later = jest.fn();
    const ways = [nowhere('one'), { advice: 'two', find: async () => choice }, { advice: 'three', find: later }];
    expect(await chooseServer(ways)).toBe(choice);
    expect(later).not.toHaveBeenCalled();
  });

  it('names every way and its reason when there is none', async () => {
    const failure = chooseServer([nowhere('one'), nowhere('two')]);
    await expect(failure).rejects.toThrow(NoServerError);
    await expect(failure).rejects.toThrow(/- one: one failed\n {2}- two: two failed$/);
  });
});

describe('waysToServer', () => {
  let folder: string;
  let cache: ServerCache;
  let onPath: string;
  let named: string;

  const program = async (path: string): Promise<string> => {
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, '#!/bin/sh\n', { mode: 0o755 });
    return path;
  };
  /** The ways that fetch nothing, as this environment has them. */
  const choose = (env: NodeJS.ProcessEnv): Promise<ServerChoice> =>
    chooseServer(waysToServer(env, () => {}, cache).slice(0, 4));

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rotor-choose-'));
    cache = new ServerCache(join(folder, 'cache'));
    onPath = await program(join(folder, 'bin', mongodName));
    named = await program(join(folder, 'my-mongod'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('prefers MONGODB_URI, then MONGOMS_SYSTEM_BINARY, then the cache, then the PATH', async () => {
    const PATH = ['/nowhere', '', join(folder, 'bin')].join(process.platform === 'win32' ? ';' : ':');
    expect(await choose({ PATH })).toMatchObject({ kind: 'binary', path: onPath });
    const cached = await program(join(cache.folder, 'mongodb-6.0.5', mongodName));
    expect(await choose({ PATH })).toMatchObject({ kind: 'binary', path: cached });
    expect(await choose({ PATH, MONGOMS_SYSTEM_BINARY: named })).toMatchObject({ kind: 'binary', path: named });
    const MONGODB_URI = 'mongodb://db.example/';
    expect(await choose({ PATH, MONGOMS_SYSTEM_BINARY: named, MONGODB_URI })).toMatchObject({ uri: MONGODB_URI });
  });

  it('takes an empty variable as one that is not set', async () => {
    await expect(choose({ MONGODB_URI: '', MONGOMS_SYSTEM_BINARY: '', PATH: '' })).rejects.toThrow(NoServerError);
  });

  it('refuses a MONGOMS_SYSTEM_BINARY that is no program instead of taking another server', async () => {
    const env = { MONGOMS_SYSTEM_BINARY: folder, PATH: join(folder, 'bin') };
    await expect(choose(env)).rejects.toThrow(`MONGOMS_SYSTEM_BINARY is "${folder}"`);
  });
});
