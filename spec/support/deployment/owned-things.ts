import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { isAlive, removeDataFolderNow } from './data-folder.js';
import { guardProcess } from './process-guard.js';

/** What must not outlive this process. */
export interface OwnedThings {
  /** A process that is ended by SIGKILL, which reaches one that SIGSTOP has halted, too. */
  readonly pid?: number;
  /** A folder that is removed, once the process is gone. */
  readonly folder?: string;
}

const KEY = Symbol.for('rotor.support.undertaker');
const PROGRAM = join(import.meta.dirname, 'undertaker.mjs');
/** How long a killed process may take to let go of its files, and how often it is looked for. Milliseconds. */
const GONE_WITHIN_MS = 1000;
const STEP_MS = 5;
const CLOCK = new Int32Array(new SharedArrayBuffer(4));

interface Undertaker {
  readonly child: ChildProcess;
  things: number;
}

/**
 * Sees to it that a process ends and a folder goes away with this process, however this process ends.
 *
 * In most ends (exit, an uncaught error, SIGINT, SIGTERM, SIGHUP) an exit handler of this process does it. For SIGKILL
 * and for a process object whose handlers never run (jest gives tests such a one) there is a process beside this one,
 * which knows of this one's end by the end of its stdin.
 *
 * @returns says that it is done: the things are gone or in other hands.
 */
export function ownThings(things: OwnedThings): () => void {
  const release = guardProcess(() => disposeNow(things));
  const undertaker = takeUndertaker();
  const id = `${things.pid ?? ''} ${things.folder ?? ''}`;
  tell(undertaker, { take: id, ...things });
  let done = false;
  return () => {
    if (done) return;
    done = true;
    release();
    tell(undertaker, { drop: id });
    undertaker.things--;
    if (undertaker.things === 0) dismiss(undertaker);
  };
}

function holder(): { [KEY]?: Undertaker | undefined } {
  return globalThis as { [KEY]?: Undertaker | undefined };
}

function takeUndertaker(): Undertaker {
  const undertaker = holder()[KEY] ?? hire();
  holder()[KEY] = undertaker;
  undertaker.things++;
  return undertaker;
}

function hire(): Undertaker {
  // Detached, a session of its own: Ctrl-C in a terminal does not end it before its work is done.
  // Its argument only tells a reader of the process table whose undertaker it is.
  const args = [PROGRAM, String(process.pid)];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  child.on('error', (error) => process.emitWarning(`the undertaker of test servers did not start: ${error.message}`));
  // EPIPE: somebody has killed it. The exit handler is still there.
  child.stdin?.on('error', () => {});
  child.unref();
  (child.stdin as Socket | null)?.unref();
  return { child, things: 0 };
}

function tell(undertaker: Undertaker, order: object): void {
  undertaker.child.stdin?.write(`${JSON.stringify(order)}\n`);
}

function dismiss(undertaker: Undertaker): void {
  undertaker.child.stdin?.end();
  if (holder()[KEY] === undertaker) holder()[KEY] = undefined;
}

/** From an exit handler, where nothing asynchronous runs any more. */
function disposeNow({ pid, folder }: OwnedThings): void {
  if (pid !== undefined) {
    signalProcess(pid, 'SIGKILL');
    // A process that still ends puts files into a folder that is being removed.
    for (let waited = 0; waited < GONE_WITHIN_MS && isAlive(pid); waited += STEP_MS) Atomics.wait(CLOCK, 0, 0, STEP_MS);
  }
  if (folder === undefined) return;
  try {
    removeDataFolderNow(folder);
  } catch (error) {
    // A throw would hide how this program ends, and the undertaker, who has not been told otherwise, removes it too.
    process.emitWarning(`the folder ${folder} was not removed: ${(error as Error).message}`);
  }
}

/** Sends a signal to a process that may have ended by itself. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
