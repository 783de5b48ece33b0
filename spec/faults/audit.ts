import type { Counter } from './driver-client.js';
import type { WriterLog } from './job.js';

/** Room for the numbers of one loop among the `_id` of all. */
const PER_LOOP = 1_000_000;

export function insertId(loop: number, number: number): number {
  return loop * PER_LOOP + number;
}

/** What the database holds when everything is over. */
export interface Found {
  readonly inserted: ReadonlySet<number>;
  readonly counters: ReadonlyMap<number, Pick<Counter, 'n' | 'seen'>>;
}

export interface Verdict {
  /** Acknowledged writes that are not there. */
  readonly lost: number;
  /** Writes that are there more than once. */
  readonly twice: number;
}

/** Compares what the callers were told with what the database holds. A write that failed may be there, once. */
export function audit(writers: readonly WriterLog[], { inserted, counters }: Found): Verdict {
  let lost = 0;
  let twice = 0;
  for (const [loop, log] of writers.entries()) {
    const failedInserts = new Set(log.failedInserts);
    for (let number = 0; number < log.inserts; number++) {
      if (!failedInserts.has(number) && !inserted.has(insertId(loop, number))) lost++;
    }
    const { n = 0, seen = [] } = counters.get(loop) ?? {};
    const times = new Map<number, number>();
    for (const number of seen) times.set(number, (times.get(number) ?? 0) + 1);
    twice += Math.max(n, seen.length) - times.size;
    const failedIncrements = new Set(log.failedIncrements);
    for (let number = 0; number < log.increments; number++) {
      if (!failedIncrements.has(number) && !times.has(number)) lost++;
    }
  }
  return { lost, twice };
}
