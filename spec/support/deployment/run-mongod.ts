import { MongoMemoryServer } from 'mongodb-memory-server-core';
import { createDataFolder, removeDataFolderNow, sweepDataFolders } from './data-folder.js';
import { guardProcess } from './process-guard.js';

/** A free port is only free until somebody else takes it: so often a start is tried again on another one. */
const ATTEMPTS = 3;
const LAUNCH_TIMEOUT_MS = 30_000;

export interface RunningMongod {
  readonly uri: string;
  readonly port: number;
  readonly pid: number;
  readonly dataFolder: string;
  /** Stops the server and removes its data. A second call waits for the first. */
  stop(): Promise<void>;
}

/**
 * Starts a mongod on a free port of 127.0.0.1, with wiredTiger in a throw-away data folder and test commands enabled.
 *
 * @param binary path of the mongod program.
 * @param args further command-line arguments.
 * @throws Error when the server does not start; its cause is the error of mongodb-memory-server.
 */
export async function runMongod(binary: string, args: readonly string[] = []): Promise<RunningMongod> {
  // The binary is chosen already, whatever its version: no warning that it is not the library's own.
  process.env.MONGOMS_SYSTEM_BINARY_VERSION_CHECK ??= 'false';
  await sweepDataFolders();
  for (let attempt = 1; ; attempt++) {
    try {
      return await launch(binary, args);
    } catch (error) {
      const portTaken = error instanceof Error && /already in use/.test(error.message);
      if (!portTaken || attempt === ATTEMPTS) {
        throw new Error(`mongod did not start: ${(error as Error).message} (program: ${binary})`, { cause: error });
      }
    }
  }
}

async function launch(binary: string, args: readonly string[]): Promise<RunningMongod> {
  const dataFolder = await createDataFolder();
  const server = new MongoMemoryServer({
    binary: { systemBinary: binary },
    instance: {
      dbPath: dataFolder,
      storageEngine: 'wiredTiger',
      launchTimeout: LAUNCH_TIMEOUT_MS,
      // failCommand and the like; and no disk writes of server statistics, which would disturb measurements.
      args: [
        '--setParameter',
        'enableTestCommands=1',
        '--setParameter',
        'diagnosticDataCollectionEnabled=false',
        ...args,
      ],
    },
    // A process group of its own: Ctrl-C in a terminal reaches the program, which may still need its server to finish.
    spawn: { detached: true },
  });
  try {
    await server.start();
  } catch (error) {
    removeDataFolderNow(dataFolder);
    throw error;
  }
  const info = server.instanceInfo;
  const pid = info?.instance.mongodProcess?.pid;
  if (info === undefined || pid === undefined) throw new Error('the server ended as soon as it had started');
  return {
    uri: `mongodb://127.0.0.1:${info.port}/`,
    port: info.port,
    pid,
    dataFolder,
    stop: stopper(server, pid, dataFolder),
  };
}

function stopper(server: MongoMemoryServer, pid: number, dataFolder: string): () => Promise<void> {
  const release = guardProcess(() => {
    killNow(pid);
    removeDataFolderNow(dataFolder);
  });
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await server.stop({ doCleanup: false });
    removeDataFolderNow(dataFolder);
    release();
  };
  return () => {
    stopping ??= stop();
    return stopping;
  };
}

/** SIGKILL: the data is thrown away, so an orderly shutdown would only be waited for in vain. */
function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
