// The table on the terminal.

import type { BenchCase } from './cases.js';
import type { Driver } from './job.js';
import { figuresOf, MAX_BUSY, type Ratio, type Rounds, ratioOf, serverBusy } from './results.js';

const COLUMNS: readonly [title: string, width: number][] = [
  ['case', -27],
  ['driver', -8],
  ['CPU us', 9],
  ['per', -7],
  ['per second', 11],
  ['p50 ms', 9],
  ['p99 ms', 9],
  ['CPU/mongodb', 20],
  ['CPU/floor', 10],
  ['p50/mongodb', 12],
  ['p50/floor', 10],
  ['server', 7],
];

function line(cells: readonly string[]): string {
  return cells
    .map((cell, index) => {
      const width = COLUMNS[index]?.[1] ?? 0;
      return width < 0 ? cell.padEnd(-width) : cell.padStart(width);
    })
    .join(' ')
    .trimEnd();
}

export const tableHead = (): string => line(COLUMNS.map(([title]) => title));

function ratioCell(ratio: Ratio | null, mark: string, withInterval: boolean): string {
  if (ratio === null) return '';
  const interval = withInterval ? ` (${ratio.low.toFixed(2)}..${ratio.high.toFixed(2)})` : '';
  return `${ratio.value.toFixed(2)}${mark}${interval}`;
}

/** The rows of one case, one per driver, and what there is to say about them. */
export function tableRows(benchCase: BenchCase, rounds: Rounds): string[] {
  return [...rounds].map(([driver, runs]) => {
    const figures = figuresOf(benchCase, driver, runs);
    const ratio = (to: Driver, of: 'cpu' | 'p50', withInterval = false): string => {
      const mark = (serverBusy(rounds.get(to) ?? []) ?? 0) > MAX_BUSY ? '!' : '';
      return ratioCell(ratioOf(rounds, driver, to, of), mark, withInterval);
    };
    const busy = serverBusy(runs);
    const row = line([
      benchCase.name,
      driver,
      figures.cpuUSPerOp.toFixed(2),
      benchCase.unit,
      figures.opsPerSecond === 0 ? '' : String(figures.opsPerSecond),
      figures.p50MS.toFixed(3),
      figures.p99MS.toFixed(3),
      ratio('mongodb', 'cpu', true),
      ratio('floor', 'cpu'),
      ratio('mongodb', 'p50'),
      ratio('floor', 'p50'),
      busy === null ? '' : `${Math.round(busy * 100)} %`,
    ]);
    const rss = figures.rssGrowthMB === undefined ? '' : `  RSS +${figures.rssGrowthMB.toFixed(1)} MB`;
    const baseline = ratio('baseline', 'cpu', true);
    const compared = baseline === '' ? '' : `  CPU/baseline ${baseline}`;
    const invalid = figures.invalid === undefined ? '' : `  INVALID: above ${MAX_BUSY * 100} % of the server's core`;
    return row + rss + compared + invalid;
  });
}
