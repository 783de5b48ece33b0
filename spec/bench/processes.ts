// The processes of a run: one server for all of it, one fresh worker per measurement.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Shape } from './canned-hello.js';
import { nodeCommand } from './cores.js';
import type { Job, Measurement, WorkerMessage } from './job.js';

function start(core: number | undefined, script: string, args: readonly string[]): ChildProcess {
  const [command, words] = nodeCommand(core, [script, ...args]);
  return spawn(command, words, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
}

/** Everything that a process prints, for the message of its failure. */
function collect(child: ChildProcess): { out: string; err: string } {
  const text = { out: '', err: '' };
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text.out += chunk;
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    text.err += chunk;
  });
  return text;
}

/** The canned-reply server in its own process. It ends with this process, whatever that one's end. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly ports: Readonly<Record<Shape, number>>;

  private constructor(child: ChildProcess, ports: Readonly<Record<Shape, number>>) {
    this.#child = child;
    this.ports = ports;
  }

  static async start(script: string, core: number | undefined): Promise<ServerProcess> {
    const child = start(core, script, []);
    const text = collect(child);
    const died = once(child, 'exit').then(([code]) => {
      throw new Error(`The canned server ended at once with ${code}: ${text.err}`);
    });
    const [message] = await Promise.race([once(child, 'message'), died]);
    died.catch(() => {});
    return new ServerProcess(child, (message as { ports: Record<Shape, number> }).ports);
  }

  /** Its user and system time since its start, microseconds. */
  async cpuUS(): Promise<number> {
    const answer = once(this.#child, 'message');
    this.#child.send('cpu');
    const [message] = await answer;
    return (message as { cpuUS: number }).cpuUS;
  }

  stop(): void {
    if (this.#child.connected) this.#child.disconnect();
  }
}

export interface Run extends Measurement {
  /** The share of its core that the server was busy, 0 to 1; null for a server that cannot be asked. */
  readonly serverBusy: number | null;
}

/** Runs one job in a fresh process, the server's CPU clock read at both ends of the measured stretch. */
export async function runWorker(
  script: string,
  job: Job,
  core: number | undefined,
  server: ServerProcess | null,
): Promise<Run> {
  const child = start(core, script, [JSON.stringify(job)]);
  const text = collect(child);
  let serverUS = 0;
  const read = async (): Promise<void> => {
    serverUS = ((await server?.cpuUS()) ?? 0) - serverUS;
  };
  let reads: Promise<void> = Promise.resolve();
  child.on('message', ({ phase }: WorkerMessage) => {
    reads = reads.then(read).then(() => void (phase === 'warm' && child.send('start')));
  });
  const [code, signal] = await once(child, 'close');
  await reads;
  if (code !== 0) {
    const how = code === null ? `by ${signal}` : `with ${code}`;
    throw new Error(`The worker of ${job.driver}, ${job.operation} c=${job.inFlight} ended ${how}:\n${text.err}`);
  }
  const result: Measurement = JSON.parse(text.out);
  return { ...result, serverBusy: server === null ? null : serverUS / 1000 / result.elapsedMS };
}
