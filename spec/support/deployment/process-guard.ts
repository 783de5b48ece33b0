// A process that owns something outside of itself (a server, a half-written folder) must let go of it however it ends.
// What cannot be caught (SIGKILL, a crash of Node.js) is left to the killer process of mongodb-memory-server and to the
// sweeps at the next start.

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const KEY = Symbol.for('rotor.support.process-guard');

interface Guards {
  readonly cleanups: Set<() => void>;
  installed: boolean;
}

/** One set per process, even where two module loaders (jest's and tsx's) each load a copy of this file. */
function guards(): Guards {
  const holder = globalThis as { [KEY]?: Guards };
  holder[KEY] ??= { cleanups: new Set(), installed: false };
  return holder[KEY];
}

/**
 * Runs `cleanup` when the process ends by itself, by `process.exit`, by an uncaught error, or by SIGINT, SIGTERM or
 * SIGHUP.
 *
 * @param cleanup is synchronous: there is no later turn of the event loop.
 * @returns takes the cleanup back.
 */
export function guardProcess(cleanup: () => void): () => void {
  const all = guards();
  all.cleanups.add(cleanup);
  if (!all.installed) {
    all.installed = true;
    process.on('exit', runCleanups);
    for (const signal of SIGNALS) process.on(signal, onSignal);
  }
  return () => {
    all.cleanups.delete(cleanup);
    if (all.cleanups.size === 0) uninstall(all);
  };
}

function uninstall(all: Guards): void {
  if (!all.installed) return;
  all.installed = false;
  process.removeListener('exit', runCleanups);
  for (const signal of SIGNALS) process.removeListener(signal, onSignal);
}

function runCleanups(): void {
  const all = guards();
  // The last first: what was begun later stands on what was there, as a server's process stands on its data.
  for (const cleanup of [...all.cleanups].reverse()) {
    all.cleanups.delete(cleanup);
    cleanup();
  }
}

function onSignal(signal: NodeJS.Signals): void {
  // A program with a handler of its own shuts down in its own time; the exit that follows cleans up.
  if (process.listenerCount(signal) > 1) return;
  runCleanups();
  uninstall(guards());
  // Without a listener the signal has its usual effect, and the parent sees that this process died of it.
  process.kill(process.pid, signal);
}
