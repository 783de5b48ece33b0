import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { outsidePackages } from '../support/outside-packages.js';
import type { Job, Measurement, News, Order } from './job.js';
import { within } from './within.js';

const ROOT = join(import.meta.dirname, '../..');
/** The loads are made to exhaust the pools: that Rotor warns of it is no news. All else on stderr is. */
const QUIET = '--disable-warning=ROTOR_POOL_NEARLY_EXHAUSTED';
const READY_LIMIT_MS = 40_000;
/** When a worker has told its measurement, nothing is left to wait for. */
const END_LIMIT_MS = 3_000;

/** The worker's program with all of Rotor, in JavaScript: what is measured does not change while it runs. */
export class WorkerProgram implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async build(): Promise<WorkerProgram> {
    const folder = join(ROOT, '.cache/faults');
    await mkdir(folder, { recursive: true });
    const path = join(folder, `worker-${process.pid}.js`);
    await build({
      entryPoints: [join(import.meta.dirname, 'worker.ts')],
      ...{ bundle: true, platform: 'node', format: 'esm', target: 'node20', outfile: path, logLevel: 'warning' },
      external: ['mongodb', ...(await outsidePackages())],
    });
    return new WorkerProgram(path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { force: true });
  }
}

/** One driver at work in a process of its own, in which an unhandled rejection is a crash. */
export class WorkerProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #died: Promise<unknown>;
  readonly #onEvent: (at: number, text: string) => void;
  #errors = '';
  #ready = (): void => {};
  #measured = (_: Measurement): void => {};
  readonly ready: Promise<void>;
  readonly #measurement: Promise<Measurement>;

  constructor(program: WorkerProgram, job: Job, onEvent: (at: number, text: string) => void) {
    const flags = ['--expose-gc', '--unhandled-rejections=strict', QUIET, program.path, JSON.stringify(job)];
    this.#onEvent = onEvent;
    this.#child = spawn(process.execPath, flags, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
    });
    this.#died = once(this.#child, 'close');
    const ready = new Promise<void>((resolve) => {
      this.#ready = resolve;
    });
    this.#measurement = new Promise((resolve) => {
      this.#measured = resolve;
    });
    this.ready = within(READY_LIMIT_MS, this.#unlessDead(ready), `the client of ${job.driver} does not open`);
    this.ready.catch(() => {}); // told to whoever waits for it
    this.#child.on('message', (news: News) => this.#hear(news));
  }

  send(order: Order): void {
    if (this.#child.connected) this.#child.send(order);
  }

  measurement(limitMS: number): Promise<Measurement> {
    return within(limitMS, this.#unlessDead(this.#measurement), 'the worker does not come to an end');
  }

  /** What it has written to stderr: warnings, and the reason of a crash. */
  get errors(): string {
    return this.#errors;
  }

  /** Whether it ends by itself, and in good order. */
  async endsByItself(): Promise<boolean> {
    return within(END_LIMIT_MS, this.#died, 'it does not end').then(
      () => this.#child.exitCode === 0,
      () => false,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL');
    await this.#died;
  }

  async #unlessDead<T>(what: Promise<T>): Promise<T> {
    const death = this.#died.then(() => {
      const { exitCode, signalCode } = this.#child;
      throw new Error(`the worker ended (${exitCode ?? signalCode}): ${this.#errors.trim() || 'it says nothing'}`);
    });
    return Promise.race([what, death]);
  }

  #hear(news: News): void {
    if (news.news === 'ready') this.#ready();
    else if (news.news === 'measured') this.#measured(news.measurement);
    else this.#onEvent(news.at, news.text);
  }
}
