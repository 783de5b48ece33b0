import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Outcome } from './format.js';
import { writeReadmeTable } from './readme-table.js';

const OUTCOME: Outcome = {
  ...{ suite: 'crud', file: 'crud/tests/a.json', test: 'a', deployment: 'standalone 6.0.5' },
  ...{ status: 'passed', durationMS: 12 },
};

describe('writeReadmeTable', () => {
  let folder: string;
  let readme: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rotor-readme-'));
    readme = join(folder, 'README.md');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('puts the table between the marks, and leaves the rest', async () => {
    await writeFile(readme, 'before\n<!-- conformance -->\nold\n<!-- /conformance -->\nafter\n');
    const skipped: Outcome = { ...OUTCOME, test: 'b', status: 'skipped by us', message: 'needs the moon' };
    await writeReadmeTable(readme, [OUTCOME, skipped], ['standalone 6.0.5']);
    const text = await readFile(readme, 'utf8');
    expect(text).toMatch(/^before\n<!-- conformance -->\n\n\| suite \|.*<!-- \/conformance -->\nafter\n$/s);
    expect(text).toContain('| crud | 1 | - | - | 1 | 1 | - |  |');
    expect(text).toContain('Servers: standalone 6.0.5.');
    expect(text).toContain('- needs the moon: 1 (crud)');
    expect(text).not.toContain('old');
  });

  it('gives the same text when it is run again', async () => {
    await writeFile(readme, '<!-- conformance --><!-- /conformance -->\n');
    await writeReadmeTable(readme, [OUTCOME], []);
    const text = await readFile(readme, 'utf8');
    await writeReadmeTable(readme, [OUTCOME], []);
    expect(await readFile(readme, 'utf8')).toBe(text);
  });

  it.each(['nothing', '<!-- conformance -->', '<!-- /conformance --> <!-- conformance -->'])(
    'says that the marks are missing in "%s", and changes nothing',
    async (text) => {
      await writeFile(readme, text);
      await expect(writeReadmeTable(readme, [OUTCOME], [])).rejects.toThrow(
        /no place for the table: expected <!-- conf/,
      );
      expect(await readFile(readme, 'utf8')).toBe(text);
    },
  );
});
