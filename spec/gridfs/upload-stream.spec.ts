import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { FileExistsError } from '../../lib/errors/gridfs-errors.js';
import { ConfigurationError, InvalidOperationError } from '../../lib/errors/usage-errors.js';
import { GridFSCollections } from '../../lib/gridfs/gridfs-collections.js';
import type { GridFSUploadOptions } from '../../lib/gridfs/stream-options.js';
import { GridFSUploadStream } from '../../lib/gridfs/upload-stream.js';
import { rejection } from '../api/scripted-client.js';
import { pattern, useScriptedGridFS } from './scripted-gridfs.js';

const scripted = useScriptedGridFS();

function upload(options: GridFSUploadOptions = {}, id: unknown = 1): GridFSUploadStream {
  return new GridFSUploadStream(new GridFSCollections(scripted.db), id, 'f', { chunkSizeBytes: 1000, ...options });
}

/** How many documents there are, files and chunks. */
const stored = (): number[] => [scripted.stored('fs.files').length, scripted.stored('fs.chunks').length];

describe('GridFSUploadStream', () => {
  it('stores a file, and has its document when it has finished', async () => {
    const stream = upload({ metadata: { a: 1 }, contentType: 'text/plain', aliases: ['g'] });
    expect([stream.id, stream.filename, stream.chunkSizeBytes, stream.gridFSFile]).toEqual([1, 'f', 1000, null]);
    stream.write('abc');
    stream.write(pattern(2000));
    stream.end();
    await once(stream, 'finish');
    const document = {
      ...{ _id: 1, length: 2003, chunkSize: 1000, uploadDate: expect.any(Date), filename: 'f' },
      ...{ metadata: { a: 1 }, contentType: 'text/plain', aliases: ['g'] },
    };
    expect(stream.gridFSFile).toStrictEqual(document);
    expect(stream.length).toBe(2003);
    expect(scripted.stored('fs.files')).toStrictEqual([document]);
    expect(stored()).toEqual([1, 3]);
  });

  it('stores an empty file without chunks', async () => {
    const stream = upload();
    stream.end();
    await once(stream, 'finish');
    expect(stored()).toEqual([1, 0]);
    expect(Object.keys(scripted.stored('fs.files')[0]!)).toEqual([
      '_id',
      'length',
      'chunkSize',
      'uploadDate',
      'filename',
    ]);
  });

  it('fails on writes after its end', async () => {
    const stream = upload();
    stream.end('a');
    const failed = once(stream, 'error');
    stream.write('b');
    expect((await failed)[0].code).toBe('ERR_STREAM_WRITE_AFTER_END');
  });

  it('aborts: no chunk is left, and further writes fail', async () => {
    const stream = upload();
    stream.write(pattern(5500));
    await Promise.all([stream.abort(), stream.abort()]);
    expect([stream.destroyed, stored()]).toEqual([true, [0, 0]]);
    expect(
      await rejection(
        new Promise((resolve, reject) => stream.write('b', (error) => (error ? reject(error) : resolve(0)))),
      ),
    ).toMatchObject({
      code: 'ERR_STREAM_DESTROYED',
    });
  });

  it('says where it could not abort', async () => {
    const stream = upload();
    stream.end('a');
    await once(stream, 'finish');
    await expect(stream.abort()).rejects.toBeInstanceOf(InvalidOperationError);
    expect(stored()).toEqual([1, 1]);

    scripted.intercept(({ name }) => (name === 'delete' ? { ok: 0, code: 13, errmsg: 'denied' } : undefined));
    const other = upload({}, 2);
    other.on('error', () => undefined);
    other.write(pattern(1000), () => undefined);
    await new Promise((resolve) => setTimeout(resolve, 30));
    await expect(other.abort()).rejects.toThrow('denied');
  });

  it('an abort during the last steps finds the file stored, or prevents it', async () => {
    const stream = upload();
    stream.on('error', () => undefined);
    stream.end(pattern(2500));
    const outcome = await stream.abort().then(
      () => 'aborted',
      (error) => error.constructor.name,
    );
    const isStored = stream.gridFSFile !== null;
    expect([outcome, stored()]).toEqual(isStored ? ['InvalidOperationError', [1, 3]] : ['aborted', [0, 0]]);
  });

  it.each([
    ['destroyed', (stream: GridFSUploadStream) => void stream.destroy(new Error('no more'))],
    [
      'piped into by a stream that fails',
      (stream: GridFSUploadStream) => {
        const source = Readable.from(
          (function* () {
            yield pattern(3000);
            throw new Error('no more');
          })(),
        );
        pipeline(source, stream).catch(() => undefined);
      },
    ],
  ])('leaves nothing when it is %s', async (_, end) => {
    const stream = upload();
    stream.write(pattern(3000));
    const failed = once(stream, 'error');
    end(stream);
    expect((await failed)[0].message).toBe('no more');
    expect(stored()).toEqual([0, 0]);
  });

  it('ends with the reason of a signal, and leaves nothing', async () => {
    const controller = new AbortController();
    const stream = upload({ signal: controller.signal });
    stream.write(pattern(3000));
    const failed = once(stream, 'error');
    controller.abort(new Error('enough'));
    expect((await failed)[0].message).toBe('enough');
    expect(stored()).toEqual([0, 0]);

    const late = upload({ signal: controller.signal });
    expect((await once(late, 'error'))[0].message).toBe('enough');
  });

  it('is stored where its signal aborts while the file itself is being stored', async () => {
    const controller = new AbortController();
    scripted.intercept(({ command }) => {
      if (command.insert === 'fs.files') controller.abort(new Error('too late'));
      return undefined;
    });
    const stream = upload({ signal: controller.signal });
    stream.end(pattern(2500));
    await once(stream, 'finish');
    expect([stream.gridFSFile!.length, stored()]).toEqual([2500, [1, 3]]);
  });

  it('leaves the chunks when an insert fails, as the specification demands, until it is aborted', async () => {
    scripted.intercept(({ command }) =>
      command.insert === 'fs.files' ? { ok: 0, code: 8, errmsg: 'full' } : undefined,
    );
    const stream = upload();
    const failed = once(stream, 'error');
    stream.end(pattern(2500));
    expect((await failed)[0].message).toMatch('full');
    expect(stored()).toEqual([0, 3]);
    await stream.abort();
    expect(stored()).toEqual([0, 0]);
  });

  it('never touches the file that has the id already', async () => {
    const first = upload();
    first.end(pattern(2500));
    await once(first, 'finish');
    for (const length of [0, 1, 2500]) {
      const second = upload();
      const failed = once(second, 'error');
      second.end(pattern(length));
      expect((await failed)[0]).toBeInstanceOf(FileExistsError);
      await second.abort();
      expect(stored()).toEqual([1, 3]);
    }
  });

  it('checks what it is given', () => {
    const collections = new GridFSCollections(scripted.db);
    expect(() => new GridFSUploadStream(collections, 1, 7 as never)).toThrow('filename must be a string, not 7');
    expect(() => new GridFSUploadStream(collections, undefined, 'f')).toThrow('id must be');
    expect(() => upload({ chunkSizeBytes: 0 })).toThrow(RangeError);
    expect(() => upload({ writeConcern: { w: 0 } })).toThrow(ConfigurationError);
  });

  it('writes with the write concern of its own', async () => {
    const stream = upload({ writeConcern: { w: 'majority' } });
    stream.end('a');
    await once(stream, 'finish');
    expect(scripted.commands('insert').map(({ writeConcern }) => writeConcern)).toEqual(
      Array(2).fill({ w: 'majority' }),
    );
  });
});
