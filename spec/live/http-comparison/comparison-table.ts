import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CASES } from './cases.js';

const DOCUMENT = resolve(__dirname, '../../../docs/gridfs-http.md');
const BEGIN = '<!-- comparison -->';
const END = '<!-- /comparison -->';
const AS_EXPECTED = 'yes';

/** Outcomes by column and case. */
export type Outcomes = ReadonlyMap<string, readonly string[]>;

/** One cell: `yes`, or what happens in place of what should. */
export function cell(outcome: string, expected: string): string {
  return outcome === expected ? AS_EXPECTED : outcome;
}

/** The cells of a column as they stand in the document. */
export function documented(column: string): string[] {
  const [head, , ...rows] = section(readFileSync(DOCUMENT, 'utf8'))
    .split('\n')
    .map((line) => line.split(' | ').map((word) => word.replace(/^\| |\s*\|$/g, '')));
  const at = head?.indexOf(column) ?? -1;
  if (at < 0) throw new Error(`${DOCUMENT} has no column ${column}`);
  return rows.map((row) => row[at]!);
}

/** Writes the table into the document. */
export function rewrite(outcomes: Outcomes): void {
  const names = [...outcomes.keys()];
  const rows = CASES.map(({ name, expected }, index) => [
    String(index + 1),
    name,
    expected,
    ...names.map((column) => outcomes.get(column)![index]!),
  ]);
  const head = ['', 'case', 'expected', ...names];
  const lines = [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`);
  const text = readFileSync(DOCUMENT, 'utf8');
  const table = `${BEGIN}\n${lines.join('\n')}\n${END}`;
  writeFileSync(
    DOCUMENT,
    text.replace(`${BEGIN}\n${section(text)}\n${END}`, () => table),
  );
}

function section(text: string): string {
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`${DOCUMENT} has no place for the table: expected ${BEGIN} and ${END}`);
  return text.slice(begin + BEGIN.length + 1, end - 1);
}
