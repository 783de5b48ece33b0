/** Waits in real time, as keys are derived on threads of Node.js's. */
export async function until(isSo: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`it is not so: ${isSo}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
