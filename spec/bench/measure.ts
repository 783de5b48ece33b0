// The measuring loops, and the clock of their latencies.

import type { Measurement } from './job.js';
import { percentile } from './statistics.js';

/** Latencies in milliseconds; of a very long run the last 131,072. */
export class Latencies {
  readonly #values = new Float64Array(1 << 17);
  count = 0;

  add(value: number): void {
    this.#values[this.count++ & (this.#values.length - 1)] = value;
  }

  percentiles(): { p50MS: number; p99MS: number } {
    const sorted = this.#values.slice(0, Math.min(this.count, this.#values.length)).sort();
    return { p50MS: percentile(sorted, 0.5), p99MS: percentile(sorted, 0.99) };
  }
}

/** Runs something until `endsAt` of `performance.now()` and notes the latency of each operation. */
export type Load = (endsAt: number, latencies: Latencies) => Promise<void>;

/** CPU and wall time of a whole stretch of load. */
export async function measureLoad(load: Load, durationMS: number): Promise<Measurement> {
  const latencies = new Latencies();
  const startedAt = performance.now();
  const before = process.cpuUsage();
  await load(startedAt + durationMS, latencies);
  const { user, system } = process.cpuUsage(before);
  const elapsedMS = performance.now() - startedAt;
  return { cpuUS: user + system, elapsedMS, units: latencies.count, ...latencies.percentiles() };
}

/** So many loops of `await operation()` side by side. */
export function lanes(operation: () => Promise<unknown>, inFlight: number): Load {
  const lane = async (endsAt: number, latencies: Latencies): Promise<void> => {
    let startedAt = performance.now();
    while (startedAt < endsAt) {
      await operation();
      const now = performance.now();
      latencies.add(now - startedAt);
      startedAt = now;
    }
  };
  return async (endsAt, latencies) => {
    await Promise.all(Array.from({ length: inFlight }, () => lane(endsAt, latencies)));
  };
}

/** An operation on thousands of documents, and the preparation of its input, which is not measured. */
export interface BulkOperation {
  readonly documents: number;
  /** May return a promise. */
  prepare(): unknown;
  run(input: unknown): Promise<void>;
}

/** One bulk operation after the other; the clocks stand still while the next input is made. */
export async function measureBulk(operation: BulkOperation, durationMS: number): Promise<Measurement> {
  const latencies = new Latencies();
  let cpuUS = 0;
  let elapsedMS = 0;
  // At least three: a slow server must not leave a percentile of one.
  while (elapsedMS < durationMS || latencies.count < 3) {
    const input = await operation.prepare();
    const startedAt = performance.now();
    const before = process.cpuUsage();
    await operation.run(input);
    const { user, system } = process.cpuUsage(before);
    const took = performance.now() - startedAt;
    cpuUS += user + system;
    elapsedMS += took;
    latencies.add(took);
  }
  return { cpuUS, elapsedMS, units: latencies.count * operation.documents, ...latencies.percentiles() };
}
