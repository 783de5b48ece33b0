// Runs beside a program that has started servers (owned-things.ts). Reads one order per line: `{ take, pid, folder }`,
// `{ drop }`. When its stdin ends, the program has ended, in whatever way: what it has not dropped is ended and removed.
//
// Plain JavaScript, as it must start at once and with nothing but Node.js.
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';

/** How long a killed process may take to let go of its files. Milliseconds. */
const GONE_WITHIN_MS = 5000;
const things = new Map();

function send(pid, signal) {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false; // it has ended
  }
}

async function dispose({ pid, folder }) {
  if (pid !== undefined && send(pid, 'SIGKILL')) {
    const end = Date.now() + GONE_WITHIN_MS;
    while (send(pid, 0) && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  if (folder !== undefined) await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
for await (const line of createInterface(process.stdin)) {
  const { take, drop, ...thing } = JSON.parse(line);
  if (take !== undefined) things.set(take, thing);
  else things.delete(drop);
}
await Promise.allSettled([...things.values()].map(dispose));
