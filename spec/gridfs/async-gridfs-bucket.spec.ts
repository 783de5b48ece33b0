import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { ObjectId } from 'bson';
import { NoFileError } from '../../lib/errors/gridfs-errors.js';
import { ConfigurationError } from '../../lib/errors/usage-errors.js';
import { AsyncGridFSBucket } from '../../lib/gridfs/async-gridfs-bucket.js';
import type { GridFSSource } from '../../lib/gridfs/source.js';
import { rejection } from '../api/scripted-client.js';
import { pattern, useScriptedGridFS } from './scripted-gridfs.js';

const scripted = useScriptedGridFS();
const bucket = (): AsyncGridFSBucket => new AsyncGridFSBucket(scripted.db, { chunkSizeBytes: 1000 });
const stored = (): number[] => [scripted.stored('fs.files').length, scripted.stored('fs.chunks').length];

async function read(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return String(Buffer.concat(pieces));
}

describe('AsyncGridFSBucket', () => {
  it('has the settings of its database, or its own', () => {
    const plain = new AsyncGridFSBucket(scripted.db);
    expect([plain.bucketName, plain.chunkSizeBytes, plain.readPreference.mode]).toEqual(['fs', 255 * 1024, 'primary']);
    const own = new AsyncGridFSBucket(scripted.db, {
      ...{
        bucketName: 'b',
        chunkSizeBytes: 9,
        readPreference: 'nearest',
        readConcern: 'majority',
        writeConcern: { w: 2 },
      },
    });
    expect([own.bucketName, own.chunkSizeBytes]).toEqual(['b', 9]);
    expect([own.readPreference.mode, own.readConcern.level, own.writeConcern.w]).toEqual(['nearest', 'majority', 2]);
  });

  it('checks its settings', () => {
    expect(() => new AsyncGridFSBucket(undefined as never)).toThrow('database must be an AsyncDatabase');
    expect(() => new AsyncGridFSBucket(scripted.db, { chunkSizeBytes: -1 })).toThrow(RangeError);
    expect(() => new AsyncGridFSBucket(scripted.db, { writeConcern: { w: 0 } })).toThrow(ConfigurationError);
    expect(() => new AsyncGridFSBucket(scripted.db, { timeoutMS: 1.5 })).toThrow(RangeError);
  });

  it('opens streams with ids of its own and of others', async () => {
    const mine = bucket().openUploadStream('f', { metadata: { a: 1 } });
    const given = bucket().openUploadStream('f', { id: 7 });
    const other = bucket().openUploadStreamWithId('x', 'f', { chunkSizeBytes: 5 });
    expect([mine.id, given.id, other.id]).toEqual([expect.any(ObjectId), 7, 'x']);
    expect([mine.chunkSizeBytes, other.chunkSizeBytes]).toEqual([1000, 5]);
    mine.end('abc');
    await once(mine, 'finish');
    expect(await read(bucket().openDownloadStream(mine.id))).toBe('abc');
    expect(await read(bucket().openDownloadStream(mine.id, { start: 1, end: 2 }))).toBe('b');
    for (const stream of [given, other]) await stream.abort();
  });

  it.each<[string, () => GridFSSource]>([
    ['text', () => 'abc'],
    ['bytes', () => Buffer.from('abc')],
    ['a stream', () => Readable.from(['a', 'bc'])],
    ['a Blob', () => new Blob(['abc'])],
    ['a list', () => ['a', new Uint8Array([98, 99])]],
  ])('uploads %s and downloads it again', async (_, source) => {
    const id = await bucket().uploadFromStream('f', source());
    const sink = new PassThrough();
    await bucket().downloadToStream(id, sink);
    await bucket().downloadToStreamByName('f', sink, { revision: 0, start: 1 });
    expect(String(sink.read())).toBe('abcbc');
    expect(sink.writableEnded).toBe(false);
  });

  it('leaves nothing of a source that fails, and says why', async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield pattern(3500);
      throw new Error('half-way');
    }
    await expect(bucket().uploadFromStream('f', failing())).rejects.toThrow('half-way');
    await expect(bucket().uploadFromStream('f', [pattern(3500), 7] as never)).rejects.toThrow(TypeError);
    await expect(bucket().uploadFromStream('f', 7 as never)).rejects.toThrow('the source must be');
    const options = { signal: AbortSignal.abort(new Error('enough')) };
    await expect(bucket().uploadFromStream('f', pattern(3500), options)).rejects.toThrow('enough');
    expect(stored()).toEqual([0, 0]);
  });

  it('finds files, by any field', async () => {
    for (const n of [1, 2, 3]) await bucket().uploadFromStreamWithId(n, `f${n}`, 'abc', { metadata: { n } });
    expect((await bucket().find({ filename: 'f2' }).toArray()).map(({ _id }) => _id)).toEqual([2]);
    await bucket()
      .find({ 'metadata.n': { $gte: 2 } }, { sort: { length: 1 }, limit: 1 })
      .toArray();
    expect(scripted.last()).toMatchObject({ find: 'fs.files', filter: { 'metadata.n': { $gte: 2 } }, limit: 1 });
  });

  it('downloads revisions', async () => {
    for (const n of [0, 1, 2]) {
      await bucket().uploadFromStreamWithId(n, 'f', String(n));
      scripted.stored('fs.files')[n]!.uploadDate = new Date(n);
    }
    const texts = [];
    for (const revision of [0, 1, -1, -3]) texts.push(await read(bucket().openDownloadStreamByName('f', { revision })));
    expect([...texts, await read(bucket().openDownloadStreamByName('f'))]).toEqual(['0', '1', '2', '0', '2']);
    await expect(read(bucket().openDownloadStreamByName('f', { revision: 3 }))).rejects.toThrow('has no revision 3');
  });

  it('deletes: the document first, then the chunks', async () => {
    const id = await bucket().uploadFromStream('f', pattern(2500));
    await bucket().delete(id);
    expect(stored()).toEqual([0, 0]);
    expect(scripted.commands('delete')).toMatchObject([
      { delete: 'fs.files', deletes: [{ q: { _id: id }, limit: 1 }] },
      { delete: 'fs.chunks', deletes: [{ q: { files_id: id }, limit: 0 }] },
    ]);
    expect(await rejection(bucket().delete(id))).toBeInstanceOf(NoFileError);
  });

  it('cleans up what an interrupted delete left over', async () => {
    scripted.stored('fs.chunks').push({ files_id: 1, n: 0 });
    expect(await rejection(bucket().delete(1))).toBeInstanceOf(NoFileError);
    expect(stored()).toEqual([0, 0]);
  });

  it('deletes and renames all files of a name', async () => {
    for (const n of [1, 2, 3]) await bucket().uploadFromStreamWithId(n, n === 3 ? 'g' : 'f', pattern(1500));
    await bucket().renameByName('f', 'h');
    expect(scripted.stored('fs.files').map(({ filename }) => filename)).toEqual(['h', 'h', 'g']);
    await bucket().deleteByName('h');
    expect(stored()).toEqual([1, 2]);
    await bucket().rename(3, 'i');
    expect(scripted.stored('fs.files')[0]!.filename).toBe('i');
    for (const failing of [bucket().deleteByName('h'), bucket().renameByName('h', 'j'), bucket().rename(9, 'j')])
      expect(await rejection(failing)).toBeInstanceOf(NoFileError);
    for (const wrong of [bucket().deleteByName(7 as never), bucket().rename(3, undefined as never)])
      expect(await rejection(wrong)).toBeInstanceOf(TypeError);
  });

  it('deletes by name also where the application has the documents within documents as bytes', async () => {
    const id = { of: 'a file' };
    await bucket().uploadFromStreamWithId(id, 'f', 'abc');
    await new AsyncGridFSBucket(scripted.db.withOptions({ raw: true })).deleteByName('f');
    expect(scripted.last()).toMatchObject({ delete: 'fs.chunks', deletes: [{ q: { files_id: { $in: [id] } } }] });
    expect(stored()).toEqual([0, 0]);
  });

  it('drops both collections, files first', async () => {
    await bucket().drop();
    expect(scripted.commands('drop').map(({ drop }) => drop)).toEqual(['fs.files', 'fs.chunks']);
  });
});
