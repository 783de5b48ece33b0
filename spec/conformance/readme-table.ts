import { readFile, writeFile } from 'node:fs/promises';
import type { Outcome } from './format.js';
import { markdownTable, skipReasons, suiteRows } from './suite-table.js';

const BEGIN = '<!-- conformance -->';
const END = '<!-- /conformance -->';

/**
 * Puts the table of all suites between the marks of a README.
 *
 * @param servers what the tests ran on, such as `standalone 6.0.5`.
 * @throws Error if the marks are missing or in the wrong order.
 */
export async function writeReadmeTable(
  file: string,
  outcomes: readonly Outcome[],
  servers: readonly string[],
): Promise<void> {
  const text = await readFile(file, 'utf8');
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin)
    throw new Error(`${file} has no place for the table: expected ${BEGIN} and ${END} in it`);
  const section = readmeSection(outcomes, servers);
  await writeFile(file, `${text.slice(0, begin + BEGIN.length)}\n\n${section}\n\n${text.slice(end)}`);
}

function readmeSection(outcomes: readonly Outcome[], servers: readonly string[]): string {
  const reasons = skipReasons(outcomes).map(
    ({ reason, count, suites }) => `- ${reason}: ${count} (${suites.join(', ')})`,
  );
  return [
    markdownTable(suiteRows(outcomes)),
    `Servers: ${servers.join(', ') || 'none'}. Written by \`npm run conformance -- --readme\`.`,
    ...(reasons.length > 0 ? [`Skipped by us:\n\n${reasons.join('\n')}`] : []),
  ].join('\n\n');
}
