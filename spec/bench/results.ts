// From the runs of a case to its figures: medians over the rounds, ratios as medians of the pairs of one round.

import type { BenchCase } from './cases.js';
import type { Driver } from './job.js';
import type { Run } from './processes.js';
import { bootstrapInterval, median } from './statistics.js';

/** Above this share of its core the server, and not the client, sets the pace. */
export const MAX_BUSY = 0.7;

/**
 * One row of the JSON file. `cpuUSPerOp` is per document in the cases of 10,000 documents, and `opsPerSecond` counts
 * documents there, while p50 and p99 are of the whole find or insertMany. In `import` the operation is one import:
 * p50 and p99 are both its time, and `opsPerSecond`, which means nothing there, is 0.
 */
export interface Figures {
  readonly case: string;
  readonly driver: Driver;
  readonly cpuUSPerOp: number;
  readonly opsPerSecond: number;
  readonly p50MS: number;
  readonly p99MS: number;
  /** Only in `import` and in the case of the slow client: growth of the resident set, megabytes. */
  readonly rssGrowthMB?: number;
  /** Only where the figures do not count: why. */
  readonly invalid?: string;
}

/** The runs of one case; the lists of the drivers run in step, one entry per round. */
export type Rounds = ReadonlyMap<Driver, readonly Run[]>;

const cpuPerUnit = (run: Run): number => run.cpuUS / run.units;

/** The median of the server's busy share, or null for a server that cannot be asked. */
export function serverBusy(runs: readonly Run[]): number | null {
  const shares = runs.flatMap(({ serverBusy }) => serverBusy ?? []);
  return shares.length === 0 ? null : median(shares);
}

export function figuresOf(benchCase: BenchCase, driver: Driver, runs: readonly Run[]): Figures {
  const middle = (value: (run: Run) => number, digits: number): number =>
    Number(median(runs.map(value)).toFixed(digits));
  const imports = benchCase.unit === 'import';
  const busy = serverBusy(runs) ?? 0;
  return {
    case: benchCase.name,
    driver,
    cpuUSPerOp: middle(cpuPerUnit, 3),
    opsPerSecond: imports ? 0 : middle((run) => (run.units / run.elapsedMS) * 1000, 0),
    p50MS: middle((run) => run.p50MS, 4),
    p99MS: middle((run) => run.p99MS, 4),
    ...(runs[0]?.rssGrowthKB !== undefined ? { rssGrowthMB: middle((run) => (run.rssGrowthKB ?? 0) / 1024, 1) } : {}),
    ...(busy > MAX_BUSY ? { invalid: `the server was ${Math.round(busy * 100)} % busy` } : {}),
  };
}

export interface Ratio {
  readonly value: number;
  /** The 95 % bootstrap interval. */
  readonly low: number;
  readonly high: number;
}

/** How many times another driver's value a driver takes, or null where one of them was not measured. */
export function ratioOf(rounds: Rounds, driver: Driver, to: Driver, of: 'cpu' | 'p50'): Ratio | null {
  const own = rounds.get(driver);
  const others = rounds.get(to);
  if (driver === to || own === undefined || others === undefined) return null;
  const read = of === 'cpu' ? cpuPerUnit : (run: Run): number => run.p50MS;
  const pairs = own.map((run, round) => read(run) / read(others[round]!));
  const [low, high] = bootstrapInterval(pairs);
  return { value: median(pairs), low, high };
}
