import { setTimeout as sleep } from 'node:timers/promises';

/** As long as a busy machine may take; less than a test has. */
const PATIENCE_MS = 12_000;
const PAUSE_MS = 10;

/**
 * Waits until something holds, however long a busy machine needs for it: for tests that would else wait for some time.
 *
 * @throws Error that says `what`, where it does not hold within 12 seconds
 * @example
 * await until('the server has been asked', () => server.requests.length > 0);
 */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`still not: ${what}`);
    await sleep(PAUSE_MS);
  }
}
