import { constants, rmSync } from 'node:fs';
import { access, chmod, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { isAlive } from './data-folder.js';
import { guardProcess } from './process-guard.js';

/**
 * A folder that is being filled carries its owner: host name and process id. Containers that share a cache have ids of
 * their own, which is why the host is there.
 */
const PARTIAL = `.partial-${hostname()}-`;
const PARTIAL_NAME = /^\.partial-.*-(\d+)-[^-]+$/;
/** A fetch takes a minute or so: a folder of this age belongs to a process that died, wherever that was. */
const STALE_AFTER_MS = 60 * 60 * 1000;

/** The name of the server program on this system. */
export const mongodName = process.platform === 'win32' ? 'mongod.exe' : 'mongod';

/** The project's cache folder: ROTOR_CACHE_DIR, else `.cache` in the project's root. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return resolve(env.ROTOR_CACHE_DIR || join(import.meta.dirname, '../../../.cache'));
}

/**
 * The servers that were fetched once: `<root>/mongod/<name>/mongod`.
 *
 * No locks: a server is built in a folder of its own and appears under its name by one rename. So a reader sees a whole
 * server or none, a fetch that is cut off leaves nothing that could be taken for a server, and of two processes that
 * fetch at once the later one finds the name taken and drops its own copy.
 */
export class ServerCache {
  readonly folder: string;

  constructor(root: string = cacheFolder()) {
    this.folder = join(root, 'mongod');
  }

  /** The path of the newest cached mongod, or undefined. Newest by name: names carry the version. */
  async newest(): Promise<string | undefined> {
    const names = (await readdir(this.folder).catch(ignoreMissing)) ?? [];
    const byVersion = new Intl.Collator('en', { numeric: true });
    for (const name of names.filter((entry) => !entry.startsWith('.')).sort((a, b) => byVersion.compare(b, a))) {
      const path = join(this.folder, name, mongodName);
      if (await isExecutable(path)) return path;
    }
    return undefined;
  }

  /**
   * Adds a server.
   *
   * @param name of the server, with its version, for example `mongodb-6.0.5-wheel`.
   * @param fill puts the server program, named as `mongodName` says, into the folder that it is given, and stops when
   *   the signal fires.
   * @returns the path of the cached program: this process's own, or that of another one which was faster.
   */
  async add(name: string, fill: (folder: string, signal: AbortSignal) => Promise<void>): Promise<string> {
    await mkdir(this.folder, { recursive: true });
    await this.#sweep();
    const partial = await mkdtemp(join(this.folder, `${PARTIAL}${process.pid}-`));
    const stopped = new AbortController();
    const release = guardProcess(() => {
      stopped.abort();
      rmSync(partial, { recursive: true, force: true, maxRetries: 3 });
    });
    try {
      await fill(partial, stopped.signal);
      await chmod(join(partial, mongodName), 0o755);
      await publish(partial, join(this.folder, name));
    } finally {
      release();
      await rm(partial, { recursive: true, force: true });
    }
    return join(this.folder, name, mongodName);
  }

  /** Removes what processes that were killed in the middle of a fetch left behind. */
  async #sweep(): Promise<void> {
    for (const name of await readdir(this.folder)) {
      const owner = PARTIAL_NAME.exec(name)?.[1];
      if (owner === undefined) continue;
      const path = join(this.folder, name);
      const ownerDied = name.startsWith(PARTIAL) && !isAlive(Number(owner));
      if (ownerDied || (await ageMS(path)) > STALE_AFTER_MS) await rm(path, { recursive: true, force: true });
    }
  }
}

/** Zero for a folder that is gone: its owner finished between two calls. */
async function ageMS(path: string): Promise<number> {
  const info = await stat(path).catch(ignoreMissing);
  return info === undefined ? 0 : Date.now() - info.mtimeMs;
}

/** True for a file that this process may run. */
export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

async function publish(partial: string, target: string): Promise<void> {
  try {
    await rename(partial, target);
  } catch (error) {
    // POSIX: a rename onto a folder that is not empty fails. The name is taken: the other server is as good.
    if (!(await isExecutable(join(target, mongodName)))) throw error;
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}
