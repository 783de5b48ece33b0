import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { specificationsFolder } from './specifications-folder.js';

describe('specificationsFolder', () => {
  let root: string;
  const folder = (...path: string[]): string => join(root, ...path);

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'rotor-specs-'));
    await mkdir(folder('named/source'), { recursive: true });
    await mkdir(folder('env/source'), { recursive: true });
    await mkdir(folder('empty'), { recursive: true });
  });
  afterEach(() => rm(root, { recursive: true }));

  it('takes the named folder before that of the environment', () => {
    const env = { SPECIFICATIONS_DIR: folder('env') };
    const project = folder('project');
    expect(specificationsFolder(folder('named'), env, project)).toEqual({ kind: 'found', folder: folder('named') });
    expect(specificationsFolder(undefined, env, project)).toEqual({ kind: 'found', folder: folder('env') });
  });

  it('looks beside the project where nothing is named', async () => {
    expect(specificationsFolder(undefined, {}, folder('project'))).toMatchObject({ kind: 'none' });
    await mkdir(folder('shared/specifications/source'), { recursive: true });
    const found = { kind: 'found', folder: folder('shared/specifications') };
    expect(specificationsFolder(undefined, {}, folder('project'))).toEqual(found);
  });

  it('says where tests could be put, and how to name them', () => {
    const place = specificationsFolder(undefined, {}, folder('project'));
    expect(place).toMatchObject({
      message: expect.stringMatching(/--specs or SPECIFICATIONS_DIR.*shared.specifications/),
    });
  });

  it('refuses a folder that was named and is not there, or has no source', () => {
    expect(specificationsFolder(folder('absent'), {}, root)).toMatchObject({
      kind: 'missing',
      message: expect.stringMatching(/^--specs is .*absent: there is no such folder$/),
    });
    expect(specificationsFolder(undefined, { SPECIFICATIONS_DIR: folder('empty') }, root)).toMatchObject({
      kind: 'missing',
      message: expect.stringMatching(/^SPECIFICATIONS_DIR is .*empty: it has no folder "source"$/),
    });
  });
});
