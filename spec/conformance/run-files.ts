import type { WatchedDeployments } from './deployments/watched-deployments.js';
import type { Format, RunContext, SpecFile } from './format.js';
import type { Report } from './report.js';
import { markOf, skipReason } from './skips.js';

export interface RunOptions {
  readonly formats: readonly RegisteredFormat[];
  readonly report: Report;
  /** Makes the deployments ready to be chosen from; called before the first file that needs a server. */
  readonly deployments: () => Promise<WatchedDeployments>;
  /** From `--test`: only tests whose names hold it, in any case. */
  readonly test?: string | undefined;
  /** Whether tests that we skip run on servers too, to see if they pass by now. */
  readonly withSkips?: boolean;
  /** Milliseconds after which a test counts as failed. */
  readonly limitMS: number;
  /** Called before each file. */
  readonly progress?: (file: SpecFile) => void;
}

/** A format with what the run has to know of it beforehand. */
export interface RegisteredFormat {
  readonly format: Format;
  readonly needsServer: boolean;
}

/** A file whose tests all keep their limits, and start a deployment each, never is silent for so many limits. */
const SILENT_LIMITS = 3;

/** Runs files one after the other. Whatever happens, each of them leaves an outcome in the report, and the run goes on. */
export async function runFiles(files: readonly SpecFile[], options: RunOptions): Promise<void> {
  for (const file of files) {
    options.progress?.(file);
    const start = performance.now();
    await runFile(file, options);
    options.report.times.set(file.path, performance.now() - start);
  }
}

async function runFile(file: SpecFile, options: RunOptions): Promise<void> {
  const { report } = options;
  try {
    const registered = options.formats.find(({ format }) => format.accepts(file));
    if (registered === undefined) return report.addFileFailure(file, 'the file is in no format that is known');
    // What is skipped as a whole needs no server, and must not fail for the lack of one.
    const usesServer = registered.needsServer && (options.withSkips === true || markOf(file.path) === undefined);
    const deployments = usesServer ? await options.deployments() : NO_DEPLOYMENTS;
    await watch(file, registered.format, deployments, options);
  } catch (error) {
    report.addFileFailure(file, error instanceof TypeError ? (error.stack ?? error.message) : messageOf(error));
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Runs one file, as long as it goes on reporting. */
async function watch(
  file: SpecFile,
  format: Format,
  deployments: WatchedDeployments,
  options: RunOptions,
): Promise<void> {
  const { report, limitMS, test: wanted } = options;
  let reported = 0;
  let unselected = 0;
  let givenUp = false;
  const end = new EarlyEnd(limitMS * SILENT_LIMITS);
  const context: RunContext = {
    deployments,
    limitMS,
    selects: (name) => {
      const selected = wanted === undefined || name.toLowerCase().includes(wanted.toLowerCase());
      if (!selected) unselected++;
      return selected;
    },
    skipReason: (_suite, path, name) => (options.withSkips ? undefined : skipReason(path, name)),
    report: (outcome) => {
      if (givenUp) return; // the file has failed already
      reported++;
      end.restart();
      report.add(outcome);
      if (outcome.status !== 'failed' || outcome.deployment === 'none') return;
      // The file's other tests would only wait for a server that is gone.
      deployments
        .findDead()
        .then((dead) => dead && end.fail(new Error(`${dead}; the rest of the file did not run`)), end.fail);
    },
  };
  try {
    await Promise.race([format.run(file, context), end.reached]);
    if (reported === 0 && unselected === 0) report.addFileFailure(file, `no test ran: it has none (${format.name})`);
  } finally {
    givenUp = true;
    end.cancel();
  }
}

/** What ends a file before its time: a failure from outside, or too long a silence. */
class EarlyEnd {
  readonly #silenceMS: number;
  #timer: NodeJS.Timeout | undefined;
  #reject: (error: unknown) => void = () => {};
  /** Only ever rejects. */
  readonly reached: Promise<never>;

  constructor(silenceMS: number) {
    this.#silenceMS = silenceMS;
    this.reached = new Promise((_, reject) => {
      this.#reject = reject;
    });
    this.reached.catch(() => {}); // the file may have ended by itself
    this.restart();
  }

  /** Called at each sign of life. */
  restart(): void {
    clearTimeout(this.#timer);
    const message = `the file was given up: no test of it has ended for ${this.#silenceMS} ms`;
    this.#timer = setTimeout(() => this.fail(new Error(message)), this.#silenceMS);
  }

  readonly fail = (error: unknown): void => this.#reject(error);

  cancel(): void {
    clearTimeout(this.#timer);
  }
}

const NO_DEPLOYMENTS: WatchedDeployments = {
  candidates: () => [],
  get: async ({ name }) => {
    throw new Error(`there is no deployment ${name} for tests that need no server`);
  },
  findDead: async () => undefined,
  stop: async () => {},
};
