import { FAULTS } from './faults.js';
import type { Result } from './result.js';

const COLUMNS = [
  'fault',
  'driver',
  'operations',
  'lost',
  'twice',
  'errors',
  'longest operation, ms',
  'outage, ms',
  'before, ms',
  'heap, KB',
  'handles left',
];
const TEXT_COLUMNS = 2;
const DRIVER_NAMES = { rotor: 'Rotor', official: 'official' } as const;

function cells(result: Result): string[] {
  const { fault, driver, operations, lost, twice, errorCount, unsettled, stallMS, outageMS, calmMS } = result;
  const errors = unsettled > 0 ? `${errorCount} (${unsettled} without an end)` : String(errorCount);
  return [
    FAULTS[fault].title,
    DRIVER_NAMES[driver],
    ...[operations, lost, twice].map(String),
    errors,
    ...[stallMS, outageMS, calmMS].map((ms) => (ms === 0 ? '-' : String(ms))),
    signed(result.heapGrowthKB),
    String(result.handlesLeft),
  ];
}

function signed(number: number): string {
  return number > 0 ? `+${number}` : String(number);
}

export function markdownTable(results: readonly Result[]): string {
  const line = (row: readonly string[]): string => `| ${row.join(' | ')} |`;
  const rule = COLUMNS.map((_, column) => (column < TEXT_COLUMNS ? '---' : '---:'));
  return [COLUMNS, rule, ...results.map(cells)].map(line).join('\n');
}

/** For a terminal: columns padded with spaces. */
export function plainTable(results: readonly Result[]): string {
  const lines = [COLUMNS, ...results.map(cells)];
  const widths = COLUMNS.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const padded = (cell: string, column: number): string =>
    column < TEXT_COLUMNS ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!);
  return lines.map((line) => line.map(padded).join('  ').trimEnd()).join('\n');
}
