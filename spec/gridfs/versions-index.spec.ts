import { NoFileError } from '../../lib/errors/gridfs-errors.js';
import { AsyncGridFS } from '../../lib/gridfs/async-gridfs.js';
import { rejection } from '../api/scripted-client.js';
import { useScriptedGridFS } from './scripted-gridfs.js';

const scripted = useScriptedGridFS();
const versionsIndexes = (): string[] =>
  scripted
    .commands('createIndexes')
    .filter(({ indexes }) => indexes[0].name === 'filename_1_uploadDate_-1')
    .map(({ createIndexes }) => createIndexes);

describe('the index of versions', () => {
  it('is made once for a bucket of a client, when a version has been found', async () => {
    const fs = new AsyncGridFS(scripted.db);
    expect(await rejection(fs.getVersion('f'))).toBeInstanceOf(NoFileError);
    expect(versionsIndexes()).toEqual([]);
    await fs.put('abc', { filename: 'f' });
    await fs.getLastVersion('f');
    await fs.getVersion('f', 0);
    await new AsyncGridFS(scripted.db).getLastVersion('f');
    expect(versionsIndexes()).toEqual(['fs.files']);
    const images = new AsyncGridFS(scripted.db, 'images');
    await images.put('abc', { filename: 'f' });
    await images.getLastVersion('f');
    expect(versionsIndexes()).toEqual(['fs.files', 'images.files']);
  });

  it('is no need: whoever may not make it finds the file', async () => {
    const fs = new AsyncGridFS(scripted.db);
    await fs.put('abc', { filename: 'f' });
    scripted.intercept(({ name }) => (name === 'createIndexes' ? { ok: 0, code: 13, errmsg: 'no' } : undefined));
    expect((await fs.getLastVersion('f')).length).toBe(3);
    expect((await fs.getLastVersion('f')).length).toBe(3);
    expect(versionsIndexes()).toEqual(['fs.files']);
  });

  it('is waited for no longer than the caller wants', async () => {
    const fs = new AsyncGridFS(scripted.db);
    await fs.put('abc', { filename: 'f' });
    const gone = new AbortController();
    scripted.intercept(({ name }) => {
      if (name !== 'createIndexes') return undefined;
      gone.abort(new Error('gone'));
      return 'hang';
    });
    expect(await rejection(fs.getLastVersion('f', { signal: gone.signal }))).toEqual(new Error('gone'));
  });
});
