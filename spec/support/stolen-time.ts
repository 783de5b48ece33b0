import { setTimeout as sleep } from 'node:timers/promises';

const TICK_MS = 5;
/** Timers are as late as that by themselves. */
const JITTER_MS = 2;

/**
 * The time that a busy machine takes from this process: it was to run, and did not. Tests of delays leave it out of what
 * they measure. The process's own work, the driver's among it, uses its processor and is no part of it.
 *
 * @example
 * using stolen = new StolenTime();
 * const lateMS = end - due - (await stolen.between(due, end));
 */
export class StolenTime implements Disposable {
  readonly #spans: { readonly from: number; readonly to: number; readonly ms: number }[] = [];
  readonly #timer = setInterval(() => this.#tick(), TICK_MS);
  #last = performance.now();
  #usage = process.cpuUsage();

  /** Milliseconds, of the span between two moments of `performance.now()` that have passed. */
  async between(from: number, to: number): Promise<number> {
    // The tick that tells of the last moments is still to come.
    while (this.#last < to) await sleep(TICK_MS);
    return this.counted(from, to);
  }

  /** As `between`, as far as that is known by now. */
  counted(from: number, to: number): number {
    const parts = this.#spans.map((span) => Math.min(span.ms, Math.min(to, span.to) - Math.max(from, span.from)));
    return parts.reduce((sum, part) => sum + Math.max(0, part), 0);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
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
