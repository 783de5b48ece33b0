import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeDocsTable } from './docs-table.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rotor-docs-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('replaces what is between the marks, again and again', async () => {
  const file = join(folder, 'faults.md');
  await writeFile(file, 'before\n<!-- faults -->\nold\n<!-- /faults -->\nafter\n');
  for (const section of ['first', 'second']) await writeDocsTable(file, section);
  expect(await readFile(file, 'utf8')).toBe('before\n<!-- faults -->\n\nsecond\n\n<!-- /faults -->\nafter\n');
});

it('complains of a file without marks', async () => {
  const file = join(folder, 'other.md');
  await writeFile(file, 'nothing');
  await expect(writeDocsTable(file, 'table')).rejects.toThrow('has no place for the table');
});
