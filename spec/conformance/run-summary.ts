import type { Outcome } from './format.js';
import type { Report } from './report.js';
import { plainTable, skipReasons, suiteRows } from './suite-table.js';

const SLOWEST = 10;
const NOTABLE_MS = 10;

/** The whole account of a run, for a terminal. Its last line is always `Tests: N passed, N failed, N skipped`. */
export function runSummary(report: Report): string {
  const { outcomes } = report;
  const parts = outcomes.length === 0 ? [] : [plainTable(suiteRows(outcomes))];
  parts.push(section('Skipped by us:', reasonsOf(outcomes)));
  parts.push(section('Files in which no test ran, as their requirements are not met:', unrunFiles(outcomes)));
  parts.push(section('Skips that can go, as their tests pass:', needlessOf(report)));
  parts.push(section(`The slowest files, of ${seconds(total(report.times))} in all:`, slowestFiles(report.times)));
  parts.push(section('Failures:', failuresOf(outcomes)));
  return [...parts.filter((part) => part !== ''), report.totals].join('\n\n');
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : [title, ...lines].join('\n');
}

function reasonsOf(outcomes: readonly Outcome[]): string[] {
  return skipReasons(outcomes).map(
    ({ reason, count, suites }) => `  ${String(count).padStart(4)}  ${reason} (${suites.join(', ')})`,
  );
}

function unrunFiles(outcomes: readonly Outcome[]): string[] {
  const counts = new Map<string, { tests: number; byRequirement: number }>();
  for (const { file, status } of outcomes) {
    const count = counts.get(file) ?? { tests: 0, byRequirement: 0 };
    counts.set(file, count);
    count.tests++;
    if (status === 'skipped by requirement') count.byRequirement++;
  }
  const unrun = [...counts].filter(([, { tests, byRequirement }]) => tests === byRequirement);
  return unrun.map(([file, { tests }]) => `  ${file}: ${tests}`);
}

function needlessOf({ needlessSkips, passingInMarkedSuites }: Report): string[] {
  const suites = [...passingInMarkedSuites].map(([path, count]) => `  ${path}: ${count} of its tests pass already`);
  return [...needlessSkips.map(({ file, test, reason }) => `  ${file} › ${test} (${reason})`), ...suites];
}

function slowestFiles(times: ReadonlyMap<string, number>): string[] {
  const slow = [...times].filter(([, durationMS]) => durationMS >= NOTABLE_MS).toSorted(([, a], [, b]) => b - a);
  return slow.slice(0, SLOWEST).map(([file, durationMS]) => `  ${seconds(durationMS).padStart(8)}  ${file}`);
}

function total(times: ReadonlyMap<string, number>): number {
  return [...times.values()].reduce((sum, durationMS) => sum + durationMS, 0);
}

function seconds(durationMS: number): string {
  return `${(durationMS / 1000).toFixed(2)} s`;
}

function failuresOf(outcomes: readonly Outcome[]): string[] {
  return outcomes
    .filter(({ status }) => status === 'failed')
    .map(({ file, test, deployment, message = 'without a message' }) => {
      const where = deployment === 'none' ? '' : ` [${deployment}]`;
      return `  ${file} › ${test}${where}\n${message.replace(/^/gm, '      ')}`;
    });
}
