import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { Binary, type Document } from 'bson';
import { CorruptGridFileError, NoFileError } from '../../lib/errors/gridfs-errors.js';
import { InvalidOperationError } from '../../lib/errors/usage-errors.js';
import { AsyncGridOut, type GridOutOptions } from '../../lib/gridfs/async-grid-out.js';
import { rejection } from '../api/scripted-client.js';
import { until } from '../support/until.js';
import { pattern, useScriptedGridFS } from './scripted-gridfs.js';

const scripted = useScriptedGridFS();
const FILE = { _id: 1, length: 100, chunkSize: 10, uploadDate: new Date(0), filename: 'f', my_field: 'my_value' };
const gridOut = (options: GridOutOptions = { fileId: 1 }): AsyncGridOut =>
  new AsyncGridOut(scripted.db.collection('fs'), options);

beforeEach(() => {
  scripted.stored('fs.files').push(FILE);
  for (let n = 0; n < 10; n++) {
    scripted.stored('fs.chunks').push({ _id: n, files_id: 1, n, data: new Binary(pattern(10, n * 10)) });
  }
});

describe('AsyncGridOut', () => {
  it('needs to know which file', () => {
    for (const options of [{}, undefined])
      expect(() => new AsyncGridOut(scripted.db.collection('fs'), options as never)).toThrow(TypeError);
    expect(() => new AsyncGridOut('fs' as never, { fileId: 1 })).toThrow(TypeError);
  });

  it('opens once, and knows the fields then', async () => {
    const file = gridOut();
    expect(() => file.filename).toThrow(InvalidOperationError);
    expect(await file.open()).toBe(file);
    await file.open();
    expect([file.toBSON(), file.toJSON()]).toEqual([expect.objectContaining({ filename: file.name }), file.toBSON()]);
    expect([file.name, file.length, file.get('my_field'), file.get('toString')]).toEqual([
      'f',
      100,
      'my_value',
      undefined,
    ]);
    expect(scripted.names()).toEqual(['find']);
    expect(await rejection(gridOut({ fileId: 2 }).open())).toBeInstanceOf(NoFileError);
  });

  it('of a document needs no server, unless it is read', async () => {
    const file = gridOut({ fileId: 5, fileDocument: FILE });
    expect([file._id, file.seek(-1, 2)]).toEqual([1, 99]);
    expect(scripted.names()).toEqual([]);
    expect(await file.read()).toEqual(pattern(1, 99));
    expect(scripted.names()).toEqual(['find']);
  });

  it('finds a damaged document when its sizes are needed', async () => {
    const file = gridOut({ fileDocument: { ...FILE, length: -1 } });
    expect(file.filename).toBe('f');
    expect(() => file.length).toThrow(CorruptGridFileError);
    expect(await rejection(file.read())).toBeInstanceOf(CorruptGridFileError);
  });

  it('reads, seeks and tells', async () => {
    const file = gridOut();
    expect(await file.read(15)).toEqual(pattern(15));
    expect(file.seek(5, 1)).toBe(20);
    expect(await file.readChunk()).toEqual(pattern(10, 20));
    file.seek(95);
    expect(await file.readline()).toEqual(pattern(5, 95));
    expect(file.tell()).toBe(100);
  });

  it.each<[unknown, unknown, new () => Error]>([
    [-1, 0, RangeError],
    [-101, 2, RangeError],
    [0, 4, RangeError],
    [0, 'start', RangeError],
    [1.5, 0, TypeError],
    ['1', 0, TypeError],
  ])('refuses to seek %p from %p', async (offset, whence, Class) => {
    const file = await gridOut().open();
    expect(() => file.seek(offset as number, whence as 0)).toThrow(Class);
    expect(file.tell()).toBe(0);
  });

  it('close ends the reads that have been asked for, and no later ones', async () => {
    const file = await gridOut().open();
    const reads = [file.read(), file.readChunk()].map(rejection);
    await file.close();
    for (const error of await Promise.all(reads)) expect(error).toBeInstanceOf(InvalidOperationError);
    expect(await file.read(5)).toEqual(pattern(5));
    await using disposed = file;
    expect(disposed.tell()).toBe(5);
  });

  it('a signal ends all reads, at once and later', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const file = gridOut({ fileId: 1, signal });
    expect((await file.read(5)).length).toBe(5);
    controller.abort(new Error('enough'));
    await expect(file.read(5)).rejects.toThrow('enough');
    await expect(file.readline()).rejects.toThrow('enough');
    await expect(file.close().then(() => file.readChunk())).rejects.toThrow('enough');
    await expect(gridOut({ fileId: 1, signal }).open({ signal })).rejects.toThrow('enough');
    expect(scripted.names().filter((name) => name === 'find')).toHaveLength(2);
  });

  it('range has a place of its own', async () => {
    const file = gridOut();
    await file.read(3);
    expect(await buffer(file.range(15, 25))).toEqual(pattern(10, 15));
    expect(await buffer(file.range())).toEqual(pattern(100));
    expect(await file.read(3)).toEqual(pattern(3, 3));
    for (const [start, end] of [[-1], [101], [5, 4], [0, 101]])
      expect(await rejection(buffer(file.range(start, end)))).toBeInstanceOf(RangeError);
    for (const start of [0.5, Number.NaN]) expect(await rejection(buffer(file.range(start)))).toBeInstanceOf(TypeError);
  });

  it('range has a time and a session of its own, and ends by the signal of the file, too', async () => {
    const controller = new AbortController();
    const file = await gridOut({ fileId: 1, signal: controller.signal }).open();
    await using session = scripted.client.startSession();
    await buffer(file.range(0, 10, { session, timeoutMS: 5_000 }));
    const { lsid, maxTimeMS } = scripted.server.requestsOf('find').at(-1)!.command;
    expect([lsid.id, maxTimeMS > 0 && maxTimeMS <= 5_000]).toEqual([(session.id as Document).id, true]);
    controller.abort(new Error('enough'));
    const { signal } = new AbortController();
    for (const options of [{}, { signal }]) await expect(buffer(file.range(0, 10, options))).rejects.toThrow('enough');
  });

  it('streamTo ends by its signal also while it waits for the first bytes', async () => {
    const controller = new AbortController();
    const target = new PassThrough();
    const sending = rejection(gridOut().streamTo(target, { signal: controller.signal }));
    scripted.intercept(() => 'hang');
    await until('the file is asked for', () => scripted.names().length > 0);
    controller.abort(new Error('enough'));
    expect((await sending).message).toBe('enough');
    expect(target.destroyed).toBe(false);
  });

  it('is iterated and streamed from its place on', async () => {
    const file = gridOut();
    file.seek(42);
    expect(await buffer(file)).toEqual(pattern(58, 42));
    file.seek(95);
    expect(await buffer(file.stream())).toEqual(pattern(5, 95));
    file.seek(95);
    expect(await buffer(file.readableStream())).toEqual(pattern(5, 95));
  });

  it('a stream that is destroyed asks for nothing more', async () => {
    const stream = gridOut().stream();
    stream.read(0);
    stream.destroy();
    await new Promise((resolve) => stream.once('close', resolve));
    await new Promise(setImmediate);
    expect(scripted.names().filter((name) => name === 'getMore')).toEqual([]);
  });
});
