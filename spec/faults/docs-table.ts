import { readFile, writeFile } from 'node:fs/promises';

const BEGIN = '<!-- faults -->';
const END = '<!-- /faults -->';

/**
 * Puts a text between the marks of a file.
 *
 * @throws Error if the marks are missing or in the wrong order.
 */
export async function writeDocsTable(file: string, section: string): Promise<void> {
  const text = await readFile(file, 'utf8');
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`${file} has no place for the table: expected ${BEGIN} and ${END}`);
  await writeFile(file, `${text.slice(0, begin + BEGIN.length)}\n\n${section}\n\n${text.slice(end)}`);
}
