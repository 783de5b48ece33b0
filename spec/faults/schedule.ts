import { seededRandom } from '../support/proxy/fault.js';

/** When a fault begins, counted from the start of the load, and how long it lasts. Milliseconds. */
export interface Strike {
  readonly atMS: number;
  readonly lastsMS: number;
  /** 0 to 1: whatever else the fault leaves to chance. */
  readonly chance: number;
}

/** The least and the most that it lasts. Milliseconds. */
export type Lasts = readonly [number, number];

/** The load gets warm, and the heap is measured, before the first strike. */
const FIRST_MS = 2_500;
const SPREAD_MS = 1_000;
/** After a strike has been healed: until everything is as before, and the next may come. */
const REST_MS = 3_500;

/**
 * The strikes of a run: as many as its time has room for, at least one. The same seed gives the same strikes.
 *
 * @param restMS between the end of a strike and the next.
 */
export function schedule(seed: number, seconds: number, [least, most]: Lasts, restMS = REST_MS): Strike[] {
  const random = seededRandom(seed);
  const strikes: Strike[] = [];
  for (let atMS = FIRST_MS; ; ) {
    const start = Math.round(atMS + random() * Math.min(SPREAD_MS, restMS));
    const lastsMS = Math.round(least + random() * (most - least));
    if (strikes.length > 0 && start + lastsMS + restMS > seconds * 1000) return strikes;
    strikes.push({ atMS: start, lastsMS, chance: random() });
    atMS = start + lastsMS + restMS;
  }
}
