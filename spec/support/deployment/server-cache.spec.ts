import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder, mongodName, ServerCache } from './server-cache.js';

const NO_PROCESS = 4_194_305; // above the largest process id of Linux

describe('ServerCache', () => {
  let root: string;
  let cache: ServerCache;

  const fill = (text: string) => async (folder: string) => {
    await writeFile(join(folder, mongodName), text);
  };
  const leftover = async (name: string): Promise<string> => {
    await mkdir(join(cache.folder, name), { recursive: true });
    return name;
  };

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'rotor-cache-'));
    cache = new ServerCache(root);
  });
  afterEach(() => rm(root, { recursive: true }));

  it('has nothing at first, and then the newest version', async () => {
    expect(await cache.newest()).toBeUndefined();
    const old = await cache.add('mongodb-6.0.5-wheel', fill('old'));
    expect(await cache.newest()).toBe(old);
    await cache.add('mongodb-10.0.0', fill('new'));
    await cache.add('mongodb-8.2.6', fill('middle'));
    expect(await cache.newest()).toBe(join(cache.folder, 'mongodb-10.0.0', mongodName));
  });

  it('shows a server only when it is whole', async () => {
    const seen: unknown[] = [];
    await cache.add('mongodb-1', async (folder) => {
      await writeFile(join(folder, mongodName), 'half', { mode: 0o755 });
      seen.push(await cache.newest());
    });
    expect(seen).toEqual([undefined]);
    expect(await cache.newest()).toBeDefined();
  });

  it('keeps nothing of a fetch that fails or fills in no program', async () => {
    const cut = async (folder: string): Promise<void> => {
      await writeFile(join(folder, 'half'), 'x');
      throw new Error('cut off');
    };
    await expect(cache.add('mongodb-1', cut)).rejects.toThrow('cut off');
    await expect(cache.add('mongodb-1', async () => {})).rejects.toThrow('ENOENT');
    expect(await readdir(cache.folder)).toEqual([]);
  });

  it('lets two fetches at once both succeed, with one result', async () => {
    const other = new ServerCache(root);
    const paths = await Promise.all([cache.add('mongodb-1', fill('first')), other.add('mongodb-1', fill('second'))]);
    expect(paths[0]).toBe(paths[1]);
    expect(['first', 'second']).toContain(await readFile(paths[0], 'utf8'));
    expect(await readdir(cache.folder)).toEqual(['mongodb-1']);
  });

  it('removes what dead processes left, and nothing else', async () => {
    const dead = await leftover(`.partial-${hostname()}-${NO_PROCESS}-abcdef`);
    const alive = await leftover(`.partial-${hostname()}-${process.pid}-abcdef`);
    const elsewhere = await leftover(`.partial-other-host-${NO_PROCESS}-abcdef`);
    const ancient = await leftover(`.partial-other-host-${process.pid}-ghijkl`);
    await utimes(join(cache.folder, ancient), 0, 0);
    await cache.add('mongodb-1', fill('x'));
    const left = await readdir(cache.folder);
    expect(left.sort()).toEqual([alive, elsewhere, 'mongodb-1'].sort());
    expect(left).not.toContain(dead);
  });
});

describe('cacheFolder', () => {
  it('is .cache in the project, or ROTOR_CACHE_DIR', () => {
    expect(cacheFolder({})).toBe(join(import.meta.dirname, '../../../.cache'));
    expect(cacheFolder({ ROTOR_CACHE_DIR: '/var/cache/rotor' })).toBe('/var/cache/rotor');
  });
});
