import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { cacheFolder } from '../deployment/server-cache.js';

const HERE = join(__dirname);
const REQUIREMENTS = join(HERE, 'requirements.txt');

/** Motor and Tornado as Python packages in the cache, or why they are not there. */
export type MotorPackages =
  | { readonly folder: string; readonly reason?: undefined }
  | { readonly folder?: undefined; readonly reason: string };

/**
 * Finds the Python packages in the cache, or fetches them by pip. Synchronous, as tests are defined: one that cannot run
 * says so in its title.
 */
export function findMotor(): MotorPackages {
  const pins = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 8);
  const folder = join(cacheFolder(), `motor-${pins}`);
  if (existsSync(folder)) return { folder };
  mkdirSync(cacheFolder(), { recursive: true });
  const partial = mkdtempSync(join(cacheFolder(), '.partial-motor-'));
  const pip = ['-m', 'pip', 'install', '--quiet', '--no-input', '--disable-pip-version-check', '--only-binary=:all:'];
  try {
    const what = ['--no-deps', '--requirement', REQUIREMENTS, '--target', partial];
    execFileSync('python3', [...pip, ...what], { stdio: ['ignore', 'ignore', 'pipe'], timeout: 120_000 });
    renameSync(partial, folder);
    return { folder };
  } catch (error) {
    // Another process may have been faster: the name is taken then.
    if (existsSync(folder)) return { folder };
    return { reason: `python3 with pip cannot install Motor: ${String((error as Error).message).split('\n')[0]}` };
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

/** A server in Python that serves one database's GridFS. */
export class MotorHandler {
  readonly url: string;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, port: number) {
    this.#process = process;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** @throws Error with what Python wrote, where it does not start */
  static async start(packages: string, uri: string, database: string): Promise<MotorHandler> {
    const python = spawn('python3', [join(HERE, 'serve.py'), uri, database], {
      env: { ...process.env, PYTHONPATH: packages, PYTHONDONTWRITEBYTECODE: '1' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let said = '';
    python.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = `${said}${text}`.slice(-4000);
    });
    const lines = createInterface({ input: python.stdout });
    const port = await Promise.race([
      once(lines, 'line').then(([line]) => Number(line)),
      once(python, 'exit').then(() => Promise.reject(new Error(`Motor's server did not start: ${said}`))),
    ]);
    return new MotorHandler(python, port);
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.stdin!.end();
    await ended;
  }
}
