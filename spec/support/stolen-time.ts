import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

const TICK_MS = 5;
/** Timers are as late as that by themselves. */
const JITTER_MS = 2;

/**
 * The time that a busy machine takes from this process: it was to run, and did not. Tests of delays leave it out of what
 * they measure. The process's own work, the driver's among it, uses its processor and is no part of it.
 *
 * In a process of the test runner the collector goes through the heaps of many test files, for longer than the delays that
 * are measured: `withCollector` takes its time for stolen, too.
 *
 * @example
 * using stolen = new StolenTime();
 * const lateMS = end - due - (await stolen.between(due, end));
 */
export class StolenTime implements Disposable {
  readonly #spans: { readonly from: number; readonly to: number; readonly ms: number }[] = [];
  readonly #collections: { readonly from: number; readonly to: number }[] = [];
  readonly #collector: PerformanceObserver | undefined;
  readonly #timer = setInterval(() => this.#tick(), TICK_MS);
  #last = performance.now();
  #usage = process.cpuUsage();

  constructor({ withCollector = false } = {}) {
    if (!withCollector) return;
    this.#collector = new PerformanceObserver((list) => this.#collected(list.getEntries()));
    this.#collector.observe({ entryTypes: ['gc'] });
  }

  /** Milliseconds, of the span between two moments of `performance.now()` that have passed. */
  async between(from: number, to: number): Promise<number> {
    // The tick that tells of the last moments is still to come.
    while (this.#last < to) await sleep(TICK_MS);
    if (this.#collector !== undefined) this.#collected(this.#collector.takeRecords());
    return this.counted(from, to);
  }

  /** As `between`, as far as that is known by now. */
  counted(from: number, to: number): number {
    const parts = this.#spans.map((span) => Math.min(span.ms, overlap(span, from, to)));
    const stolenMS = parts.reduce((sum, part) => sum + part, 0);
    // What was stolen while the collector was at work is not counted twice.
    return Math.max(
      stolenMS,
      this.#collections.reduce((sum, span) => sum + overlap(span, from, to), 0),
    );
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#collector?.disconnect();
  }

  #collected(entries: readonly { readonly startTime: number; readonly duration: number }[]): void {
    for (const { startTime, duration } of entries)
      this.#collections.push({ from: startTime, to: startTime + duration });
  }

  #tick(): void {
    const now = performance.now();
    const { user, system } = process.cpuUsage(this.#usage);
    const ms = now - this.#last - TICK_MS - (user + system) / 1000;
    if (ms > JITTER_MS) this.#spans.push({ from: this.#last, to: now, ms });
    this.#last = now;
    this.#usage = process.cpuUsage();
  }
}

/** Milliseconds that a span has in common with another. */
function overlap(span: { readonly from: number; readonly to: number }, from: number, to: number): number {
  return Math.max(0, Math.min(to, span.to) - Math.max(from, span.from));
}
