import type { ChildProcess } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { MongoInstance } from 'mongodb-memory-server';
import { createDataFolder, sweepDataFolders } from './data-folder.js';
import { freePort } from './free-port.js';
import { ownThings, signalProcess } from './owned-things.js';

/** A free port is only free until somebody else takes it: so often a start is tried again on another one. */
const ATTEMPTS = 3;
const LAUNCH_TIMEOUT_MS = 30_000;
/** An orderly shutdown waits for its secondaries at most 15 s. */
const END_TIMEOUT_MS = 30_000;
const HALT_TIMEOUT_MS = 2000;
/** The library's enum of its events is not among its exports. */
const LAUNCHED = 'instanceLaunched' as Parameters<MongoInstance['once']>[0];

export interface MongodOptions {
  /** Path of the mongod program. */
  readonly binary: string;
  /** Further command-line arguments. */
  readonly args?: readonly string[];
  /** TCP port. Default: a free one. */
  readonly port?: number;
  /** Addresses to listen on, separated by commas. Default: `127.0.0.1`. */
  readonly ip?: string;
  /** Whether users must authenticate. */
  readonly auth?: boolean;
}

/** A running mongod that takes orders. */
export interface Mongod {
  readonly port: number;
  /** Undefined while it does not run. */
  readonly pid: number | undefined;
  readonly isRunning: boolean;
  readonly isFrozen: boolean;
  readonly dataFolder: string;
  kill(signal: NodeJS.Signals): Promise<void>;
  restart(): Promise<void>;
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Ends the server and removes its data. A second call waits for the first. */
  stop(): Promise<void>;
}

/**
 * Starts a mongod on 127.0.0.1, with wiredTiger in a throw-away data folder and test commands enabled.
 *
 * @throws Error when the server does not start; its cause is the error of mongodb-memory-server.
 */
export async function runMongod(options: MongodOptions): Promise<Mongod> {
  // The binary is chosen already, whatever its version: no warning that it is not the library's own.
  process.env.MONGOMS_SYSTEM_BINARY_VERSION_CHECK ??= 'false';
  await sweepDataFolders();
  for (let attempt = 1; ; attempt++) {
    const server = new MongodProcess(options, options.port ?? (await freePort()), await createDataFolder());
    try {
      await server.launch();
      return server;
    } catch (error) {
      await server.stop();
      const portTaken = error instanceof Error && /already in use/.test(error.message);
      if (!portTaken || options.port !== undefined || attempt === ATTEMPTS) {
        throw new Error(`mongod did not start: ${(error as Error).message} (program: ${options.binary})`, {
          cause: error,
        });
      }
    }
  }
}

class MongodProcess implements Mongod {
  readonly port: number;
  readonly dataFolder: string;
  readonly #options: MongodOptions;
  readonly #releaseFolder: () => void;
  #instance: MongoInstance | undefined;
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #frozen = false;
  #stopping: Promise<void> | undefined;

  constructor(options: MongodOptions, port: number, dataFolder: string) {
    this.#options = options;
    this.port = port;
    this.dataFolder = dataFolder;
    this.#releaseFolder = ownThings({ folder: dataFolder });
  }

  get pid(): number | undefined {
    return this.isRunning ? this.#child?.pid : undefined;
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get isFrozen(): boolean {
    return this.#frozen;
  }

  /** Starts the process; resolves when it accepts connections. */
  async launch(): Promise<void> {
    const { binary, args = [], ip = '127.0.0.1', auth = false } = this.#options;
    const instance = new MongoInstance({
      binary: { systemBinary: binary },
      instance: {
        port: this.port,
        ip,
        dbPath: this.dataFolder,
        storageEngine: 'wiredTiger',
        launchTimeout: LAUNCH_TIMEOUT_MS,
        auth,
        args: [...OWN_ARGS, ...socketFolder(this.dataFolder, args), ...args],
      },
      // A group of its own: Ctrl-C in a terminal reaches the program, which may still need its server to finish.
      spawn: { detached: true },
    });
    instance.once(LAUNCHED, () => this.#adopt(instance));
    await instance.start();
    instance.killerProcess?.channel?.unref();
    if (!this.isRunning) throw new Error('the server ended as soon as it had started');
  }

  #adopt(instance: MongoInstance): void {
    // The event comes before the library has stored the child: one turn later it is there.
    queueMicrotask(() => {
      const child = instance.mongodProcess;
      if (child?.pid === undefined) return; // it never ran: `start` says why
      this.#instance = instance;
      this.#child = child;
      this.#frozen = false;
      // A program that has forgotten its server ends, and the server with it.
      for (const pipe of [child.stdout, child.stderr]) (pipe as Socket | null)?.unref();
      const release = ownThings({ pid: child.pid, folder: this.dataFolder });
      this.#ended = new Promise((resolve) => {
        child.once('exit', () => {
          release();
          resolve();
        });
      });
    });
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    const pid = this.pid;
    if (pid === undefined) return;
    signalProcess(pid, signal);
    await this.thaw(); // a halted process takes no other signal than SIGKILL
    await within(END_TIMEOUT_MS, this.#ended, `mongod ${pid} does not end by ${signal}`);
    await this.#instance?.stop(); // lets the library end its own watcher
  }

  async restart(): Promise<void> {
    if (this.#stopping !== undefined) throw new Error('restart: this server was stopped and its data removed');
    await this.kill('SIGKILL');
    await this.launch();
  }

  async freeze(): Promise<void> {
    const { pid } = this;
    if (pid === undefined) throw new Error('freeze: this server does not run');
    this.#frozen = true;
    signalProcess(pid, 'SIGSTOP');
    const end = Date.now() + HALT_TIMEOUT_MS;
    while (!(await isHalted(pid))) {
      if (Date.now() > end) throw new Error(`freeze: process ${pid} still runs after SIGSTOP`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async thaw(): Promise<void> {
    const { pid } = this;
    this.#frozen = false;
    if (pid !== undefined) signalProcess(pid, 'SIGCONT');
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    // SIGKILL: the data is thrown away, so an orderly shutdown would only be waited for in vain.
    await this.kill('SIGKILL');
    await rm(this.dataFolder, { recursive: true, force: true, maxRetries: 3 });
    this.#releaseFolder();
  }
}

/** failCommand and the like; and no disk writes of server statistics, which would disturb measurements. */
const OWN_ARGS = [
  ...['--setParameter', 'enableTestCommands=1'],
  ...['--setParameter', 'diagnosticDataCollectionEnabled=false'],
];

/** By default mongod puts its socket into /tmp, where a killed server would leave it. */
function socketFolder(folder: string, args: readonly string[]): string[] {
  const chosen = args.includes('--unixSocketPrefix') || args.includes('--nounixsocket');
  return chosen || process.platform === 'win32' ? [] : ['--unixSocketPrefix', folder];
}

/** Signals are sent, not obeyed at once: Linux shows in a process's stat file when its threads have come to a halt. */
async function isHalted(pid: number): Promise<boolean> {
  if (process.platform !== 'linux') return true;
  return /\) T /.test(await readFile(`/proc/${pid}/stat`, 'latin1'));
}

/** Waits with a timer that keeps the program alive: the child itself does not. */
async function within(timeoutMS: number, what: Promise<void>, complaint: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${complaint} within ${timeoutMS / 1000} s`)), timeoutMS);
  });
  try {
    await Promise.race([what, late]);
  } finally {
    clearTimeout(timer);
  }
}
