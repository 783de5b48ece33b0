import { Binary, type Document, Double, Long } from 'bson';
import { CorruptGridFileError } from '../../lib/errors/gridfs-errors.js';
import { readChunks } from '../../lib/gridfs/chunk-reader.js';
import { GridFSCollections } from '../../lib/gridfs/gridfs-collections.js';
import type { GridFSFile } from '../../lib/gridfs/gridfs-file.js';
import { rejection } from '../api/scripted-client.js';
import { pattern, useScriptedGridFS } from './scripted-gridfs.js';

const scripted = useScriptedGridFS();

function store(length: number, chunkSize: number, id: unknown = 1): GridFSFile {
  const file = { _id: id, length, chunkSize, uploadDate: new Date(), filename: 'f' };
  scripted.stored('fs.files').push(file);
  for (let n = 0; n * chunkSize < length; n++) {
    const data = new Binary(pattern(Math.min(chunkSize, length - n * chunkSize), n * chunkSize));
    scripted.stored('fs.chunks').push({ _id: `${id}-${n}`, files_id: id, n, data });
  }
  return file;
}

async function read(file: GridFSFile, start = 0, end = file.length, signal?: AbortSignal): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const options = { signal };
  for await (const piece of readChunks(new GridFSCollections(scripted.db), file, { start, end }, options)) {
    expect(piece.length).toBeGreaterThan(0);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

describe('readChunks', () => {
  it('reads every range', async () => {
    const file = store(10, 4);
    const whole = pattern(10);
    for (let start = 0; start <= 10; start++)
      for (let end = start; end <= 10; end++)
        expect([start, end, ...(await read(file, start, end))]).toEqual([start, end, ...whole.subarray(start, end)]);
  });

  it('asks for nothing where there is nothing to read', async () => {
    expect(await read(store(0, 4))).toHaveLength(0);
    expect(await read(store(9, 4, 2), 3, 3)).toHaveLength(0);
    expect(scripted.names()).toEqual([]);
  });

  it('asks for the chunks of the range alone', async () => {
    await read(store(100, 10), 35, 61);
    expect(scripted.names()).toEqual(['find']);
    expect(scripted.last()).toMatchObject({
      ...{ find: 'fs.chunks', filter: { files_id: 1, n: { $gte: 3 } }, sort: { n: 1 }, limit: 4 },
    });
  });

  it('asks for one chunk more than the file has, to see whether there is one', async () => {
    await read(store(100, 10));
    expect(scripted.last()).toMatchObject({ filter: { files_id: 1 }, limit: 11 });
    expect(scripted.last().filter).toEqual({ files_id: 1 });
  });

  it('bounds its batches by their bytes, and reads one ahead', async () => {
    const size = 512 * 1024;
    const file = store(12 * size, size);
    const reading = readChunks(new GridFSCollections(scripted.db), file, { start: 0, end: file.length });
    const sizes = [];
    for await (const piece of reading) sizes.push(piece.length);
    expect(sizes).toEqual(Array(12).fill(size));
    expect(scripted.commands('find')).toMatchObject([{ batchSize: 2 }]);
    expect(scripted.commands('getMore')).toMatchObject([{ batchSize: 8 }, { batchSize: 3 }]);
  });

  it('closes the cursor when the loop is left', async () => {
    const size = 1024 * 1024;
    const file = store(12 * size, size);
    for await (const _ of readChunks(new GridFSCollections(scripted.db), file, { start: 0, end: file.length })) break;
    expect(scripted.names()).toContain('killCursors');
  });

  it('reads n of any numeric type, the old binary subtype, and fields in any order', async () => {
    const file = store(6, 2);
    const [first, second, third] = scripted.stored('fs.chunks') as [Document, Document, Document];
    Object.assign(first, { data: new Binary(Buffer.from([0, 1]), 2), extra: { data: 1 } });
    Object.assign(second, { n: Long.fromNumber(1) });
    const { data, _id, ...others } = third;
    for (const key in third) delete third[key];
    Object.assign(third, { data, ...others, n: new Double(2) });
    expect([...(await read(file))]).toEqual([0, 1, 2, 3, 4, 5]);
  });

  describe('refuses', () => {
    const chunks = (): Document[] => scripted.stored('fs.chunks');
    it.each<[string, (file: GridFSFile) => unknown, string]>([
      ['a missing first chunk', () => chunks().shift(), 'chunk 0 of 3 is missing; the next one is 1'],
      ['a missing chunk', () => chunks().splice(1, 1), 'chunk 1 of 3 is missing; the next one is 2'],
      ['a missing last chunk', () => chunks().pop(), 'chunk 2 of 3 is missing'],
      ['no chunk at all', () => chunks().splice(0), 'chunk 0 of 3 is missing'],
      [
        'a chunk too many',
        () => chunks().push({ files_id: 1, n: 3, data: new Binary() }),
        'there is a chunk 3 behind the last, 2',
      ],
      ['a chunk twice', () => chunks().push({ ...chunks()[1]! }), 'chunk 2 of 3 is missing; the next one is 1'],
      ['a short chunk', () => (chunks()[1]!.data = new Binary(pattern(3))), 'chunk 1 has 3 bytes; expected 4'],
      ['a long chunk', () => (chunks()[0]!.data = new Binary(pattern(5))), 'chunk 0 has 5 bytes; expected 4'],
      ['a short last chunk', () => (chunks()[2]!.data = new Binary(pattern(1))), 'chunk 2 has 1 bytes; expected 2'],
      ['a long last chunk', () => (chunks()[2]!.data = new Binary(pattern(4))), 'chunk 2 has 4 bytes; expected 2'],
      ['text', () => (chunks()[0]!.data = 'text'), 'chunk 0 has no binary data'],
      ['a number that is none', () => (chunks()[1]!.n = '1'), 'is missing; the next one is'],
    ])('%s', async (_, spoil, problem) => {
      const file = store(10, 4);
      spoil(file);
      const error = await rejection(read(file));
      expect(error).toBeInstanceOf(CorruptGridFileError);
      expect(error.message).toMatch('the file 1 in fs is corrupt: ');
      expect(error.message).toMatch(problem);
    });

    it('to hand out the last bytes of a file with a chunk too many', async () => {
      const file = store(10, 4);
      scripted.stored('fs.chunks').push({ files_id: 1, n: 3, data: new Binary(pattern(1)) });
      const got: Buffer[] = [];
      const reading = async (): Promise<void> => {
        const range = { start: 0, end: 10 };
        for await (const piece of readChunks(new GridFSCollections(scripted.db), file, range)) got.push(piece);
      };
      await expect(reading()).rejects.toBeInstanceOf(CorruptGridFileError);
      expect(Buffer.concat(got)).toHaveLength(8);
    });
  });

  it('says that a file was deleted meanwhile', async () => {
    const file = store(10, 4);
    scripted.stored('fs.files').splice(0);
    scripted.stored('fs.chunks').splice(0);
    await expect(read(file)).rejects.toThrow('the file 1 in fs was deleted while it was read: chunk 0 of 3 is missing');
  });

  it('ends with the reason of a signal', async () => {
    const file = store(10, 4);
    await expect(read(file, 0, 10, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    scripted.intercept(() => 'hang');
    const controller = new AbortController();
    const reading = rejection(read(file, 0, 10, controller.signal));
    setTimeout(() => controller.abort(new Error('later')), 20);
    expect((await reading).message).toBe('later');
  });
});
