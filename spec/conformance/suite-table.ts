import type { Outcome } from './format.js';
import { SUITE_MARKS, type SuiteMark } from './skips.js';

/** One row of the table: what became of a suite's tests. */
export interface SuiteRow {
  readonly suite: string;
  passed: number;
  failed: number;
  byRequirement: number;
  byUs: number;
  /** Of those that ran: on a real server as it is, and on one that poses as something else. */
  onReal: number;
  onFacade: number;
  /** Why the suite, or a folder of it, is skipped as a whole. */
  readonly note: string;
}

const COLUMNS = ['suite', 'passed', 'failed', 'skipped by requirement', 'skipped by us', 'real server', 'façade', ''];
/** Columns of text; the others are numbers. */
const isText = (column: number): boolean => column === 0 || column === COLUMNS.length - 1;

/** One row per suite, in the order of their names, and the sum of all at the end. `marked` is what is skipped. */
export function suiteRows(outcomes: readonly Outcome[], marked: readonly SuiteMark[] = SUITE_MARKS): SuiteRow[] {
  const rows = new Map<string, SuiteRow>();
  const total = emptyRow('all', marked);
  for (const outcome of outcomes) {
    const row = rows.get(outcome.suite) ?? emptyRow(outcome.suite, marked);
    rows.set(outcome.suite, row);
    count(row, outcome);
    count(total, outcome);
  }
  const sorted = [...rows.values()].toSorted((a, b) => (a.suite < b.suite ? -1 : 1));
  return [...sorted, total];
}

function emptyRow(suite: string, marked: readonly SuiteMark[]): SuiteRow {
  return {
    suite,
    passed: 0,
    failed: 0,
    byRequirement: 0,
    byUs: 0,
    onReal: 0,
    onFacade: 0,
    note: noteOf(suite, marked),
  };
}

function noteOf(suite: string, marked: readonly SuiteMark[]): string {
  const marks = marked.filter(({ path }) => path === suite || path.startsWith(`${suite}/`));
  return marks.map(({ path, reason }) => (path === suite ? reason : `${path.split('/').at(-1)}: ${reason}`)).join('; ');
}

function count(row: SuiteRow, { status, deployment }: Outcome): void {
  if (status === 'skipped by requirement') row.byRequirement++;
  else if (status === 'skipped by us') row.byUs++;
  else {
    if (status === 'passed') row.passed++;
    else row.failed++;
    if (isFacade(deployment)) row.onFacade++;
    else if (deployment !== 'none') row.onReal++;
  }
}

/** Deployments that pose as something else have the word in their names. */
export function isFacade(deployment: string): boolean {
  return /façade/.test(deployment);
}

function cells({ suite, passed, failed, byRequirement, byUs, onReal, onFacade, note }: SuiteRow): string[] {
  return [
    suite,
    ...[passed, failed, byRequirement, byUs, onReal, onFacade].map((number) => String(number || '-')),
    note,
  ];
}

/** For a terminal: columns padded with spaces. */
export function plainTable(rows: readonly SuiteRow[]): string {
  const lines = [COLUMNS, ...rows.map(cells)];
  const widths = COLUMNS.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const padded = (cell: string, column: number): string =>
    isText(column) ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!);
  return lines.map((line) => line.map(padded).join('  ').trimEnd()).join('\n');
}

export function markdownTable(rows: readonly SuiteRow[]): string {
  const line = (row: readonly string[]): string => `| ${row.join(' | ')} |`;
  const rule = COLUMNS.map((_, column) => (isText(column) ? '---' : '---:'));
  return [COLUMNS, rule, ...rows.map(cells)].map(line).join('\n');
}

/** Why tests were skipped by us, with how many of which suites, the most frequent reason first. */
export function skipReasons(outcomes: readonly Outcome[]): { reason: string; count: number; suites: string[] }[] {
  const reasons = new Map<string, { reason: string; count: number; suites: Set<string> }>();
  for (const { status, message: reason = 'no reason given', suite } of outcomes) {
    if (status !== 'skipped by us') continue;
    const entry = reasons.get(reason) ?? { reason, count: 0, suites: new Set<string>() };
    reasons.set(reason, entry);
    entry.count++;
    entry.suites.add(suite);
  }
  return [...reasons.values()]
    .toSorted((a, b) => b.count - a.count)
    .map(({ reason, count: number, suites }) => ({ reason, count: number, suites: [...suites] }));
}
