/**
 * Waits for what comes by itself sooner or later, on a slow machine later.
 *
 * @throws Error that says what has not come, so that a test ends, and its clean-up begins
 */
export async function untilHolds(
  what: string,
  holds: () => boolean | Promise<boolean>,
  limitMS = 12_000,
): Promise<void> {
  const end = performance.now() + limitMS;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`still not after ${limitMS} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
