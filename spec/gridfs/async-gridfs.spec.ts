import { NoFileError } from '../../lib/errors/gridfs-errors.js';
import { ConfigurationError } from '../../lib/errors/usage-errors.js';
import { AsyncGridIn } from '../../lib/gridfs/async-grid-in.js';
import { AsyncGridFS } from '../../lib/gridfs/async-gridfs.js';
import { rejection } from '../api/scripted-client.js';
import { useScriptedGridFS } from './scripted-gridfs.js';

const scripted = useScriptedGridFS();
const fs = (): AsyncGridFS => new AsyncGridFS(scripted.db);
const text = async (id: unknown): Promise<string> => (await (await fs().get(id)).read()).toString();

describe('AsyncGridFS', () => {
  it('is made of a database with acknowledged writes', () => {
    expect(() => new AsyncGridFS({} as never)).toThrow(TypeError);
    expect(() => new AsyncGridFS(scripted.db, 'fs', { writeConcern: { w: 0 } })).toThrow(ConfigurationError);
    expect(fs().collection.fullName).toBe('shop.fs');
    expect(fs().getIoLoop()).toBe(fs().getIoLoop());
  });

  it('open makes the indexes, once', async () => {
    const opened = await AsyncGridFS.open(scripted.db, 'images');
    await opened.open();
    await opened.put('x');
    expect(scripted.commands('createIndexes').map(({ createIndexes }) => createIndexes)).toEqual([
      'images.files',
      'images.chunks',
    ]);
  });

  it('puts, gets and deletes', async () => {
    expect(await fs().put('abc', { _id: 1 })).toBe(1);
    expect(await text(1)).toBe('abc');
    await fs().delete(1);
    await fs().delete(1);
    expect(await rejection(fs().get(1))).toBeInstanceOf(NoFileError);
    expect(scripted.stored('fs.chunks')).toEqual([]);
  });

  it('timeoutMS is for the reading of a file, too, and for deleting it as a whole', async () => {
    await fs().put('abc', { _id: 1, filename: 'f', timeoutMS: 5_000 });
    const opened = [
      await fs().get(1, { timeoutMS: 2_000 }),
      await fs().getLastVersion('f', { timeoutMS: 2_000 }),
      (await fs().findOne(1, { timeoutMS: 2_000 }))!,
    ];
    await new Promise((resolve) => setTimeout(resolve, 2_050));
    for (const gridOut of opened)
      expect(await rejection(gridOut.read())).toMatchObject({ name: 'OperationTimeoutError', timeoutMS: 2_000 });
    await fs().delete(1, { timeoutMS: 5_000 });
    const limits = scripted.commands('delete').map(({ maxTimeMS }) => maxTimeMS);
    expect(limits).toEqual([expect.any(Number), expect.any(Number)]);
    expect(await rejection(fs().put('abc', { writeConcern: {} }))).toBeInstanceOf(ConfigurationError);
  });

  it('receives a request', async () => {
    const request = new Request('http://localhost/', { method: 'PUT', body: 'abc' });
    expect(await fs().receive(request, { _id: 1 })).toMatchObject({ _id: 1, length: 3 });
    expect(await text(1)).toBe('abc');
  });

  it('newFile refuses wrong options by a rejection', async () => {
    expect(await fs().newFile()).toBeInstanceOf(AsyncGridIn);
    expect(await rejection(fs().newFile({ chunkSize: 0 }))).toBeInstanceOf(RangeError);
  });

  it.each<[unknown[], object]>([
    [['f'], { filter: { filename: 'f' }, sort: { uploadDate: -1 } }],
    [['f', -3], { filter: { filename: 'f' }, sort: { uploadDate: -1 }, skip: 2 }],
    [['f', 0], { filter: { filename: 'f' }, sort: { uploadDate: 1 } }],
    [['f', 2, { a: 1 }], { filter: { filename: 'f', a: 1 }, sort: { uploadDate: 1 }, skip: 2 }],
    [[{ filename: 'f', a: 1 }], { filter: { filename: 'f', a: 1 }, sort: { uploadDate: -1 } }],
    [[undefined, 1, { a: 1 }], { filter: { a: 1 }, sort: { uploadDate: 1 }, skip: 1 }],
    [[], { filter: {}, sort: { uploadDate: -1 } }],
  ])('getVersion of %p asks for %p', async (given, asked) => {
    const error = await rejection(fs().getVersion(...(given as [string])));
    expect(error).toBeInstanceOf(NoFileError);
    const { find, filter, sort, skip } = scripted.last();
    expect({ find, filter, sort, ...(skip ? { skip } : {}) }).toEqual({ find: 'fs.files', ...asked });
  });

  it('refuses a version and a name that are none', async () => {
    for (const version of [0.5, '1', Number.NaN])
      expect(await rejection(fs().getVersion('f', version as never))).toBeInstanceOf(TypeError);
    for (const filename of [{ $ne: 1 }, 5, /f/]) {
      expect(await rejection(fs().getLastVersion({ filename } as never))).toBeInstanceOf(TypeError);
    }
    expect(scripted.names()).toEqual([]);
  });

  it('lists the names that are names', async () => {
    scripted.intercept(({ name }) => (name === 'distinct' ? { ok: 1, values: ['a', null, 'b', 5] } : undefined));
    expect(await fs().list()).toEqual(['a', 'b']);
  });

  it.each<[unknown, object]>([
    [7, { _id: 7 }],
    ['x', { _id: 'x' }],
    [null, { _id: null }],
    [{ _id: 7 }, { _id: 7 }],
    [{ filename: 'f' }, { filename: 'f' }],
    [undefined, {}],
  ])('exists and findOne of %p ask for %p', async (queryOrId, filter) => {
    expect([await fs().exists(queryOrId), await fs().findOne(queryOrId)]).toEqual([false, null]);
    expect(scripted.commands('find').map((command) => command.filter)).toEqual([filter, filter]);
  });

  it('finds files to read', async () => {
    await fs().put('abc', { _id: 1, filename: 'f' });
    const cursor = fs().find({ filename: 'f' });
    const copy = cursor.clone();
    for await (const gridOut of cursor) expect((await gridOut.read()).toString()).toBe('abc');
    expect((await copy.toArray()).map(({ filename }) => filename)).toEqual(['f']);
    expect((await fs().findOne(1))!.filename).toBe('f');
  });

  it('sweeps', async () => {
    scripted.intercept(({ name }) =>
      name === 'aggregate' ? { ok: 1, cursor: { id: 0n, ns: 'shop.fs.chunks', firstBatch: [] } } : undefined,
    );
    expect(await fs().sweepOrphans()).toEqual({ dryRun: false, files: 0, chunks: 0, deletedChunks: 0 });
  });
});
