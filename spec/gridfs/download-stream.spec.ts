import { once } from 'node:events';
import { Binary } from 'bson';
import { CorruptGridFileError, NoFileError } from '../../lib/errors/gridfs-errors.js';
import { GridFSDownloadStream } from '../../lib/gridfs/download-stream.js';
import { GridFSCollections } from '../../lib/gridfs/gridfs-collections.js';
import type { GridFSDownloadOptions } from '../../lib/gridfs/stream-options.js';
import { rejection } from '../api/scripted-client.js';
import { pattern, useScriptedGridFS } from './scripted-gridfs.js';

const scripted = useScriptedGridFS();

function store(length: number, chunkSize: number): void {
  scripted.stored('fs.files').push({ _id: 1, length, chunkSize, uploadDate: new Date(), filename: 'f' });
  for (let n = 0; n * chunkSize < length; n++) {
    const data = new Binary(pattern(Math.min(chunkSize, length - n * chunkSize), n * chunkSize));
    scripted.stored('fs.chunks').push({ files_id: 1, n, data });
  }
}

function download(options?: GridFSDownloadOptions, id: unknown = 1): GridFSDownloadStream {
  const collections = new GridFSCollections(scripted.db);
  return new GridFSDownloadStream(collections, (more) => collections.file(id, more), options);
}

async function read(stream: GridFSDownloadStream): Promise<number[]> {
  const bytes: number[] = [];
  for await (const piece of stream) bytes.push(...piece);
  return bytes;
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30));

describe('GridFSDownloadStream', () => {
  it('reads a file, or a part of it, after two requests', async () => {
    store(10, 4);
    expect(await read(download())).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(await read(download({ start: 3, end: 9 }))).toEqual([3, 4, 5, 6, 7, 8]);
    expect(await read(download().start(8))).toEqual([8, 9]);
    expect(await read(download().end(2))).toEqual([0, 1]);
    expect(await read(download({ start: 10 }))).toEqual([]);
    expect(scripted.names()).toEqual(Array(9).fill('find'));
  });

  it('asks for nothing before it is read, and tells of the file first', async () => {
    store(10, 4);
    const stream = download();
    await turn();
    expect(scripted.names()).toEqual([]);
    const [bytes, [file]] = await Promise.all([read(stream), once(stream, 'file')]);
    expect([bytes.length, file.filename]).toEqual([10, 'f']);
  });

  it('fails where there is no file, or a part of it is missing', async () => {
    expect(await rejection(read(download()))).toBeInstanceOf(NoFileError);
    store(10, 4);
    scripted.stored('fs.chunks').splice(1, 1);
    expect(await rejection(read(download()))).toBeInstanceOf(CorruptGridFileError);
  });

  it.each([
    [{ start: -1 }, 'start must not be negative, but is -1'],
    [{ end: -1 }, 'end must not be negative'],
    [{ start: 0.5 }, 'start must be a whole number of bytes, not 0.5'],
    [{ end: '9' as never }, "end must be a whole number of bytes, not '9'"],
  ])('refuses the range %p at once', (options, message) => {
    expect(() => download(options)).toThrow(message);
  });

  it.each([
    [{ start: 11 }, "start must not be beyond the file's 10 bytes, but is 11"],
    [{ end: 11 }, "end must not be beyond the file's 10 bytes, but is 11"],
    [{ start: 6, end: 5 }, 'start must not be behind end (5), but is 6'],
  ])('refuses the range %p when it knows the file', async (options, message) => {
    store(10, 4);
    const error = await rejection(read(download(options)));
    expect(error).toBeInstanceOf(RangeError);
    expect(error.message).toBe(message);
    expect(scripted.names()).toEqual(['find']);
  });

  it('cannot be changed when it is being read', async () => {
    store(10, 4);
    const stream = download();
    await read(stream);
    expect(() => stream.start(1)).toThrow('cannot set start: the stream is being read');
    expect(() => stream.end(1)).toThrow('cannot set end');
  });

  it('closes the cursor when it is destroyed half-way', async () => {
    const size = 1024 * 1024;
    store(12 * size, size);
    const stream = download();
    await once(stream, 'readable');
    await stream.abort();
    expect(stream.destroyed).toBe(true);
    expect(scripted.names()).toContain('killCursors');
  });

  it('ends at once when it is destroyed while it waits, with the reason of its signal', async () => {
    store(10, 4);
    scripted.intercept(() => 'hang');
    const controller = new AbortController();
    const reading = rejection(read(download({ signal: controller.signal })));
    await turn();
    controller.abort(new Error('enough'));
    expect((await reading).message).toBe('enough');
    expect((await rejection(read(download({ signal: controller.signal })))).message).toBe('enough');

    const stream = download();
    const failed = rejection(read(stream));
    await turn();
    stream.destroy(new Error('no more'));
    expect((await failed).message).toBe('no more');
  });
});
