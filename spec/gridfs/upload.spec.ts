import { Readable } from 'node:stream';
import type { UploadError } from '../../lib/errors/upload-error.js';
import { GridFSCollections } from '../../lib/gridfs/gridfs-collections.js';
import { receive, type UploadOptions, upload } from '../../lib/gridfs/upload.js';
import { rejection } from '../api/scripted-client.js';
import { pattern, useScriptedGridFS } from './scripted-gridfs.js';

const fileTypeFromBuffer = jest.fn(async () => ({ mime: 'image/png', ext: 'png' }));
jest.mock('file-type', () => ({ fileTypeFromBuffer }), { virtual: true });

const scripted = useScriptedGridFS();
const collections = (): GridFSCollections => new GridFSCollections(scripted.db);
const left = (): number[] => [scripted.stored('fs.files').length, scripted.stored('fs.chunks').length];

async function* pieces(): AsyncGenerator<Buffer> {
  for (let at = 0; at < 100; at += 10) yield pattern(10, at);
}

describe('upload', () => {
  it('stores a file and returns its document', async () => {
    const file = await upload(collections(), pieces(), { filename: 'f', chunkSize: 30, author: 'Ada', maxBytes: 100 });
    expect(file).toMatchObject({ length: 100, chunkSize: 30, filename: 'f', author: 'Ada' });
    expect(left()).toEqual([1, 4]);
  });

  it('tells of its progress behind what has been taken', async () => {
    const onProgress = jest.fn();
    await upload(collections(), pieces(), { contentLength: 100, onProgress });
    expect(onProgress.mock.calls.map(([{ bytes, total }]) => [bytes, total]).slice(-2)).toEqual([
      [90, 100],
      [100, 100],
    ]);
  });

  it.each<[string, any, UploadOptions, Partial<UploadError>]>([
    ['too much', pieces(), { maxBytes: 55 }, { code: 'UPLOAD_TOO_LARGE', received: 60, maxBytes: 55 }],
    [
      'an announcement of too much',
      pieces(),
      { maxBytes: 55, contentLength: 56 },
      { code: 'UPLOAD_TOO_LARGE', received: 0 },
    ],
    ['a text that is too long', 'äöü', { maxBytes: 5 }, { code: 'UPLOAD_TOO_LARGE', expected: 6 }],
    ['a Blob that is too large', new Blob(['12']), { maxBytes: 1 }, { code: 'UPLOAD_TOO_LARGE', expected: 2 }],
    ['more than announced', pieces(), { contentLength: 95 }, { code: 'UPLOAD_INCOMPLETE', received: 100 }],
    ['less than announced', pieces(), { contentLength: 105 }, { code: 'UPLOAD_INCOMPLETE', received: 100 }],
  ])('refuses %s, and leaves nothing', async (_what, source, options, error) => {
    expect(await rejection(upload(collections(), source, { chunkSize: 10, ...options }))).toMatchObject(error);
    expect(left()).toEqual([0, 0]);
  });

  it('takes text by the bytes that it stands for', async () => {
    const lines = pattern(90).toString('base64').replace(/.{40}/g, '$&\r\n');
    expect(await upload(collections(), lines, { encoding: 'base64', maxBytes: 90 })).toMatchObject({ length: 90 });
    expect(scripted.stored('fs.chunks')[0]!.data.buffer).toEqual(pattern(90));
    expect(await rejection(upload(collections(), 'x', { encoding: 'klingon' as never }))).toBeInstanceOf(TypeError);
  });

  it('waits for what it tells of its progress, and ends where that fails', async () => {
    const told: number[] = [];
    const onProgress = async ({ bytes }: { bytes: number }): Promise<void> => {
      await new Promise(setImmediate);
      told.push(bytes);
      if (bytes === 50) throw new Error('no more');
    };
    await expect(upload(collections(), pieces(), { chunkSize: 10, onProgress })).rejects.toThrow('no more');
    expect([told, left()]).toEqual([
      [10, 20, 30, 40, 50],
      [0, 0],
    ]);
  });

  it('leaves nothing of a source that fails while its type is looked for', async () => {
    const failing = async function* (): AsyncGenerator<Buffer> {
      yield pattern(10);
      throw new Error('broken');
    };
    await expect(upload(collections(), failing(), { sniffContentType: true })).rejects.toThrow('broken');
    expect(scripted.names()).toEqual([]);
  });

  it('prefers the type of the bytes to any other', async () => {
    const file = await upload(collections(), pieces(), {
      sniffContentType: true,
      contentType: 'text/html',
      chunkSize: 30,
    });
    expect([file.contentType, file.length]).toEqual(['image/png', 100]);
  });

  it.each<[string, UploadOptions]>([
    ['maxBytes', { maxBytes: Number.NaN }],
    ['contentLength', { contentLength: -5 }],
    ['sniffContentType', { sniffContentType: 1 as never }],
    ['onProgress', { onProgress: {} as never }],
    ['chunkSize', { chunkSize: 'x' as never }],
  ])('refuses a wrong %s before it reads anything', async (name, options) => {
    const source = Readable.from(pieces());
    expect(await rejection(upload(collections(), source, options))).toMatchObject({
      name: 'TypeError',
      message: expect.stringContaining(name),
    });
    expect(source.readableDidRead).toBe(false);
  });
});

describe('receive', () => {
  const request = (headers: Record<string, string> = {}): Request =>
    new Request('http://localhost/', { method: 'PUT', body: new Uint8Array(pattern(100)), headers });

  it('takes length and type of the request, unless the options have them', async () => {
    const headers = { 'content-type': 'a/b', 'content-length': '100' };
    expect(await receive(collections(), request(headers))).toMatchObject({ length: 100, contentType: 'a/b' });
    expect(await receive(collections(), request(headers), { content_type: 'c/d' })).toMatchObject({
      contentType: 'c/d',
    });
    expect(await rejection(receive(collections(), request({ 'content-length': '99' })))).toMatchObject({ status: 400 });
    expect(await receive(collections(), request({ 'content-length': '99' }), { contentLength: 100 })).toMatchObject({
      length: 100,
    });
  });

  it('ends by the signal of the options as by that of the request', async () => {
    const signal = AbortSignal.abort(new Error('no'));
    await expect(receive(collections(), request(), { signal })).rejects.toThrow('no');
    const aborted = new Request(request(), { signal });
    await expect(receive(collections(), aborted)).rejects.toThrow();
    expect(left()).toEqual([0, 0]);
  });
});
