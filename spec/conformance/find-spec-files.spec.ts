import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findSpecFiles, unknownSuites } from './find-spec-files.js';

const FILES = {
  'crud/tests/unified/find.json': '{"tests":[]}',
  'crud/tests/unified/count.json': '{"tests":[1]}',
  'crud/tests/notes.md': 'no JSON',
  'crud-extra/tests/a.json': '{}',
  'sessions/tests/broken.json': '{"tests":',
};

describe('findSpecFiles', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rotor-specs-'));
    for (const [path, text] of Object.entries(FILES)) {
      const file = join(folder, 'source', path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('reads all JSON below source, in the order of its paths', async () => {
    const { files, suites } = await findSpecFiles(folder);
    expect(files).toEqual([
      { ...file('crud-extra', 'crud-extra/tests/a.json'), json: {} },
      { ...file('crud', 'crud/tests/unified/count.json'), json: { tests: [1] } },
      { ...file('crud', 'crud/tests/unified/find.json'), json: { tests: [] } },
    ]);
    expect(suites).toEqual(['crud-extra', 'crud', 'sessions']);
  });

  const file = (suite: string, path: string): object => ({ suite, path, absolute: join(folder, 'source', path) });

  it('tells of files that are no JSON, and reads on', async () => {
    const { broken } = await findSpecFiles(folder);
    const message = expect.stringMatching(/^the file cannot be read: .*JSON/);
    expect(broken).toEqual([{ suite: 'sessions', path: 'sessions/tests/broken.json', message }]);
  });

  it('reads chosen suites, folders and files alone', async () => {
    const paths = async (...chosen: string[]): Promise<string[]> =>
      (await findSpecFiles(folder, chosen)).files.map(({ path }) => path);
    expect(await paths('crud')).toEqual(['crud/tests/unified/count.json', 'crud/tests/unified/find.json']);
    expect(await paths('crud/tests/unified/')).toHaveLength(2);
    expect(await paths('crud/tests/unified/find.json', 'crud-extra')).toHaveLength(2);
    expect(await paths('sessions')).toEqual([]);
  });

  it('knows which of the chosen are not there', async () => {
    const chosen = ['crud', 'sessions', 'curd', 'crud/test'];
    expect(unknownSuites(chosen, await findSpecFiles(folder, chosen))).toEqual(['curd', 'crud/test']);
  });
});
