import { setTimeout as sleep } from 'node:timers/promises';

const PAUSE_MS = 10;

/**
 * Waits until something holds, however long a busy machine needs for it: for tests that would else wait for some time.
 *
 * @param limitMS by default as long as a busy machine may take, and less than a test has
 * @throws Error that says `what`, so that a test ends and its clean-up begins
 * @example
 * await until('the server has been asked', () => server.requests.length > 0);
 */
export async function until(what: string, holds: () => boolean | Promise<boolean>, limitMS = 12_000): Promise<void> {
  const end = performance.now() + limitMS;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`still not after ${limitMS} ms: ${what}`);
    await sleep(PAUSE_MS);
  }
}
