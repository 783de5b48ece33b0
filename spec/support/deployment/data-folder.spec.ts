import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createDataFolder, isAlive, removeDataFolderNow, sweepDataFolders } from './data-folder.js';

const NO_PROCESS = 4_194_305; // above the largest process id of Linux

describe('data folders', () => {
  let parent: string;
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'rotor-data-'));
  });
  afterEach(() => rm(parent, { recursive: true }));

  const folderOf = async (owner: number, server?: number): Promise<string> => {
    const folder = join(parent, `rotor-mongod-${owner}-${server ?? 'none'}`);
    await mkdir(folder);
    if (server !== undefined) await writeFile(join(folder, 'mongod.lock'), `${server}\n`);
    return folder;
  };

  it('are removed with what is in them', async () => {
    const folder = await createDataFolder(parent);
    await writeFile(join(folder, 'WiredTiger'), 'x');
    removeDataFolderNow(folder);
    expect(await readdir(parent)).toEqual([]);
    expect(() => removeDataFolderNow(folder)).not.toThrow();
  });

  it('are swept when neither their owner nor their server lives', async () => {
    const dead = [await folderOf(NO_PROCESS), await folderOf(NO_PROCESS, NO_PROCESS)];
    const kept = [await folderOf(NO_PROCESS, process.pid), await createDataFolder(parent)];
    await mkdir(join(parent, 'something-else'));
    expect((await sweepDataFolders(parent)).sort()).toEqual(dead.sort());
    expect((await readdir(parent)).sort()).toEqual([...kept.map((path) => basename(path)), 'something-else'].sort());
  });

  it('belong to a process that is alive or not', () => {
    expect(isAlive(process.pid)).toBe(true);
    expect(isAlive(NO_PROCESS)).toBe(false);
  });
});
