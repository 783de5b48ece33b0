import { Long } from 'bson';
import { engineOf } from '../../lib/api/collection-base.js';
import { CorruptGridFileError, FileExistsError, NoFileError } from '../../lib/errors/gridfs-errors.js';
import { ConfigurationError, InvalidNameError } from '../../lib/errors/usage-errors.js';
import { GridFSCollections } from '../../lib/gridfs/gridfs-collections.js';
import { newGridFSFile } from '../../lib/gridfs/gridfs-file.js';
import { rejection } from '../api/scripted-client.js';
import { useScriptedGridFS } from './scripted-gridfs.js';

const scripted = useScriptedGridFS();
const collections = (): GridFSCollections => new GridFSCollections(scripted.db);
const file = (_id: unknown, filename = 'f') => newGridFSFile(_id, 3, 2, { filename });

describe('GridFSCollections', () => {
  it('names its collections after the bucket, and gives them its concerns', () => {
    const { files, chunks, bucketName } = new GridFSCollections(scripted.db, 'pictures.large', {
      ...{ readPreference: 'secondary', readConcern: 'majority', writeConcern: { w: 2 } },
    });
    expect([files.name, chunks.name, bucketName]).toEqual([
      'pictures.large.files',
      'pictures.large.chunks',
      'pictures.large',
    ]);
    for (const { readPreference, readConcern, writeConcern } of [files, chunks])
      expect([readPreference.mode, readConcern.level, writeConcern.w]).toEqual(['secondary', 'majority', 2]);
    expect(collections().files.name).toBe('fs.files');
  });

  it('refuses what is no database, no name, and writes without acknowledgement', () => {
    expect(() => new GridFSCollections({} as never)).toThrow(
      new TypeError('database must be an AsyncDatabase, not {}'),
    );
    expect(() => new GridFSCollections(scripted.db, '$')).toThrow(InvalidNameError);
    expect(() => new GridFSCollections(scripted.db, 'fs', { writeConcern: { w: 0 } })).toThrow(ConfigurationError);
    const careless = scripted.db.withOptions({ writeConcern: { w: 0 } });
    expect(() => new GridFSCollections(careless)).toThrow('w: 0');
  });

  describe('indexes', () => {
    it('are made once, in an empty bucket', async () => {
      const both = collections();
      await Promise.all([both.ensureIndexes(), both.ensureIndexes()]);
      await both.ensureIndexes();
      expect(scripted.names()).toEqual(['find', 'listIndexes', 'createIndexes', 'listIndexes', 'createIndexes']);
      expect(scripted.commands('find')).toMatchObject([{ find: 'fs.files', filter: {}, projection: { _id: 1 } }]);
      expect(scripted.commands('createIndexes')).toMatchObject([
        { createIndexes: 'fs.files', indexes: [{ key: { filename: 1, uploadDate: 1 } }] },
        { createIndexes: 'fs.chunks', indexes: [{ key: { files_id: 1, n: 1 }, unique: true }] },
      ]);
    });

    it('are left alone where there are files', async () => {
      scripted.stored('fs.files').push(file(1));
      await collections().ensureIndexes();
      expect(scripted.names()).toEqual(['find']);
    });

    it('are recognised whatever type their numbers have, by the order of their fields', async () => {
      const keys: Record<string, object> = {
        'fs.files': { filename: 1.0, uploadDate: Long.fromNumber(1) },
        'fs.chunks': { n: 1, files_id: 1 },
      };
      scripted.intercept(({ name, command }) => {
        if (name !== 'listIndexes') return undefined;
        const firstBatch = [{ v: 2, name: 'a', key: keys[command.listIndexes] }];
        return { ok: 1, cursor: { id: Long.ZERO, ns: `shop.${command.listIndexes}`, firstBatch } };
      });
      await collections().ensureIndexes();
      expect(scripted.commands('createIndexes').map(({ createIndexes }) => createIndexes)).toEqual(['fs.chunks']);
    });

    it('are tried again after a failure, and after the bucket was dropped', async () => {
      const both = collections();
      scripted.intercept(({ name }) => (name === 'createIndexes' ? { ok: 0, code: 13, errmsg: 'denied' } : undefined));
      await expect(both.ensureIndexes()).rejects.toThrow('denied');
      scripted.intercept(() => undefined);
      await both.ensureIndexes();
      await both.drop();
      await both.ensureIndexes();
      expect(scripted.commands('createIndexes')).toHaveLength(5);
      expect(scripted.commands('drop').map(({ drop }) => drop)).toEqual(['fs.files', 'fs.chunks']);
    });
  });

  it('finds a file by its id', async () => {
    scripted.stored('fs.files').push({ ...file('a'), length: Long.fromNumber(3) });
    expect(await collections().file('a')).toMatchObject({ _id: 'a', length: 3 });
    expect(scripted.last()).toMatchObject({ find: 'fs.files', filter: { _id: 'a' } });
    expect(await rejection(collections().file({ $gt: '' }))).toBeInstanceOf(NoFileError);
    expect(await collections().hasFile('a')).toBe(true);
    expect(await collections().hasFile('b')).toBe(false);
  });

  it('finds a revision from either end', async () => {
    for (const day of [2, 1, 3]) scripted.stored('fs.files').push({ ...file(day), uploadDate: new Date(2020, 0, day) });
    const ids = [];
    for (const revision of [undefined, 0, 1, 2, -1, -2, -3])
      ids.push((await collections().revision('f', revision))._id);
    expect(ids).toEqual([3, 1, 2, 3, 3, 2, 1]);
  });

  it('tells an unknown name from an unknown revision', async () => {
    scripted.stored('fs.files').push(file(1));
    expect((await rejection(collections().revision('g'))).message).toMatch('no file with the name "g" in fs');
    expect((await rejection(collections().revision('g', 3))).message).toMatch('no file with the name "g" in fs');
    expect((await rejection(collections().revision('f', 3))).message).toMatch('the file "f" in fs has no revision 3');
    expect((await rejection(collections().revision('f', -2))).message).toMatch('has no revision -2');
    expect(await rejection(collections().revision(7 as never))).toBeInstanceOf(TypeError);
    expect(await rejection(collections().revision('f', 0.5))).toBeInstanceOf(TypeError);
  });

  it("stores a file's document with its length as Int64, once", async () => {
    await collections().insertFile(file(1), { writeConcern: { w: 'majority' } });
    const { length } = scripted.server.requestsOf('insert')[0]!.command.documents[0];
    expect(Number(length)).toBe(3);
    // int64 is 0x12 in BSON.
    expect(scripted.server.requestsOf('insert')[0]!.raw.includes(Buffer.from('\x12length\0', 'latin1'))).toBe(true);
    expect(scripted.last()).toMatchObject({ insert: 'fs.files', writeConcern: { w: 'majority' } });
    const taken = await rejection(collections().insertFile(file(1)));
    expect(taken).toBeInstanceOf(FileExistsError);
    expect(taken.message).toMatch('with the id 1 in fs');
  });

  it('says of a corrupt file whether it was deleted meanwhile', async () => {
    scripted.stored('fs.files').push(file(1));
    const both = collections();
    expect((await both.corrupt(file(1), 'why')).message).toBe('the file 1 in fs is corrupt: why');
    const gone = await both.corrupt(file(2), 'why');
    expect(gone.message).toBe('the file 2 in fs was deleted while it was read: why');
    expect(gone).toBeInstanceOf(CorruptGridFileError);
    scripted.intercept(() => 'reset');
    expect((await both.corrupt(file(2), 'why')).message).toMatch('is corrupt');
  });

  it('for one operation share its time, and the knowledge of the indexes', async () => {
    const all = new GridFSCollections(scripted.db, 'fs', { writeConcern: { w: 1 }, timeoutMS: 20_000 });
    const one = all.until(5_000);
    const deadline = engineOf(one.files).scope.deadline(undefined);
    expect(deadline).toMatchObject({ timeoutMS: 5_000 });
    expect(engineOf(one.chunks).scope.deadline(undefined)).toBe(deadline);
    expect(engineOf(all.until(undefined).files).scope.deadline(undefined)).toMatchObject({ timeoutMS: 20_000 });
    expect(one.files.writeConcern.w).toBe(1);
    const unlimited = collections();
    expect(unlimited.until(undefined)).toBe(unlimited);
    await one.ensureIndexes();
    const asked = scripted.server.requests.length;
    await all.ensureIndexes();
    expect(scripted.server.requests.length).toBe(asked);
  });

  it('for one operation keep their session and their time, where it has none of its own', async () => {
    const scopeOf = ({ chunks }: GridFSCollections) => engineOf(chunks).scope;
    await using session = scripted.client.startSession();
    const within = new GridFSCollections(scripted.db).until(5_000, session, true);
    expect(within.until(undefined)).toBe(within);
    expect(scopeOf(within.until(1_000))).toMatchObject({ session, timeoutMS: { timeoutMS: 1_000 }, killOnAbort: true });
    expect(scopeOf(within.within(null))).toMatchObject({ session: null, timeoutMS: { timeoutMS: 5_000 } });
    expect(scopeOf(within.until(undefined, undefined, false))).toMatchObject({ session, killOnAbort: false });
    expect(() => within.until(undefined, undefined, 'yes' as never)).toThrow('killOnAbort must be true or false');
  });

  it('make the indexes for whoever has the time, when another upload has none left', async () => {
    const all = collections();
    let isFirst = true;
    scripted.intercept(({ name }) => {
      const hangs = name === 'find' && isFirst;
      isFirst &&= !hangs;
      return hangs ? 'hang' : undefined;
    });
    const late = rejection(all.until(50).ensureIndexes());
    const others = [all.ensureIndexes(), all.until(20_000).ensureIndexes()];
    expect(await late).toMatchObject({ name: 'OperationTimeoutError', timeoutMS: 50 });
    await Promise.all(others);
    expect(scripted.names().filter((name) => name === 'createIndexes')).toHaveLength(2);
  });

  it('clean up within what is left of the time of the operation, and with as much again where nothing is', async () => {
    const all = new GridFSCollections(scripted.db, 'fs', { timeoutMS: 20_000 });
    await all.deleteChunks(1);
    expect(scripted.last().maxTimeMS).toBeGreaterThan(5_000);
    const one = all.until(5_000);
    await one.deleteChunks(1);
    const left = Number(scripted.last().maxTimeMS);
    expect([left > 0, left <= 5_000]).toEqual([true, true]);
    const over = all.until(500);
    await new Promise((resolve) => setTimeout(resolve, 510));
    await over.deleteFile(file(1));
    const anew = Number(scripted.last().maxTimeMS);
    expect([anew > 0, anew <= 500]).toEqual([true, true]);
  });

  it('deletes the chunks of a file, and counts them', async () => {
    scripted.stored('fs.chunks').push({ files_id: 1, n: 0 }, { files_id: 2, n: 0 }, { files_id: 1, n: 1 });
    expect(await collections().deleteChunks(1)).toBe(2);
    expect(scripted.last()).toMatchObject({ deletes: [{ q: { files_id: 1 }, limit: 0 }] });
  });
});
