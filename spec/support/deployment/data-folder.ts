import { existsSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// The owner's process id is in the name, so that a later start knows which folders nobody will ever remove.
const PREFIX = 'rotor-mongod-';
const NAME = /^rotor-mongod-(\d+)-/;

/** Makes an empty folder for one server's data, below `parent`. */
export async function createDataFolder(parent: string = tmpdir()): Promise<string> {
  return mkdtemp(join(parent, `${PREFIX}${process.pid}-`));
}

/** Removes a data folder from an exit handler, where nothing asynchronous runs any more. */
export function removeDataFolderNow(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

/**
 * Removes the data folders of processes that were killed before they could do it. Folders whose owner or whose server
 * is still alive, and those of other users, stay.
 *
 * @returns the folders that were removed.
 */
export async function sweepDataFolders(parent: string = tmpdir()): Promise<string[]> {
  const removed: string[] = [];
  for (const name of await readdir(parent)) {
    const owner = NAME.exec(name)?.[1];
    if (owner === undefined || isAlive(Number(owner))) continue;
    const folder = join(parent, name);
    if (!(await isOurs(folder)) || (await serverIsAlive(folder))) continue;
    await rm(folder, { recursive: true, force: true });
    removed.push(folder);
  }
  return removed;
}

/** mongod writes its process id into `mongod.lock`, and empties that file when it stops in good order. */
async function serverIsAlive(folder: string): Promise<boolean> {
  const lock = await readFile(join(folder, 'mongod.lock'), 'utf8').catch(() => '');
  const pid = Number.parseInt(lock, 10);
  return Number.isInteger(pid) && isAlive(pid);
}

async function isOurs(folder: string): Promise<boolean> {
  const info = await stat(folder).catch(() => undefined); // another sweep was faster
  return info !== undefined && (process.getuid === undefined || info.uid === process.getuid());
}

/** True while a process of this id runs, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A process that has ended stays in Linux's table until its parent asks; `pid (name) Z ...` in its stat file. */
function isZombie(pid: number): boolean {
  if (process.platform !== 'linux') return false;
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch (error) {
    // The file goes with the process; without /proc (EACCES, some containers) the signal's word stands.
    return (error as NodeJS.ErrnoException).code === 'ENOENT' && existsSync('/proc/self/stat');
  }
}
