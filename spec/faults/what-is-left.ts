import { setTimeout as sleep } from 'node:timers/promises';

/** Without the options of Node.js for it, garbage is only collected when there is enough of it. */
declare const gc: () => void;

/** Bytes on the heap that are in use. */
export function heapInUse(): number {
  gc();
  return process.memoryUsage().heapUsed;
}

/** Sockets, timers and the like that keep the process, and listeners on it. */
export function handles(): number {
  const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
  return process.getActiveResourcesInfo().length + listeners;
}

/** How many handles there are more than before, when those that are being closed are gone: within a second. */
export async function handlesLeft(before: number): Promise<number> {
  const end = performance.now() + 1_000;
  // One of them is the timer of this pause itself, which is not there when they are counted.
  while (handles() > before && performance.now() < end) await sleep(20);
  return Math.max(0, handles() - before);
}
