import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  AsyncClient,
  AsyncGridFS,
  AsyncGridIn,
  AsyncGridOut,
  CorruptGridFileError,
  InvalidOperationError,
  Long,
  NoFileError,
} from '../../lib/index.js';
import { testUri, uniqueDatabase } from '../support/live.js';

const client = new AsyncClient(testUri());
const db = client.db(uniqueDatabase('gridin'));
const fs = new AsyncGridFS(db);
const files = db.collection('fs.files');
const chunks = db.collection('fs.chunks');

afterAll(async () => {
  await db.dropDatabase();
  await client.close();
});

const read = async (id: unknown): Promise<string> => (await (await fs.get(id)).read()).toString();

describe('AsyncGridIn', () => {
  it('is made from the root collection too', async () => {
    const gridIn = new AsyncGridIn(db.collection('rooted'), { filename: 'r', computeMd5: true });
    await (await gridIn.open()).writelines(['a\n', Buffer.from('b\n')]);
    await gridIn.writelines(
      (async function* () {
        yield 'c';
        yield ['d', 'e'];
      })(),
    );
    for (const name of ['length', 'uploadDate', 'upload_date', 'md5'] as const)
      expect(() => gridIn[name]).toThrow(InvalidOperationError);
    expect(gridIn.closed).toBe(false);
    await gridIn.close();
    await gridIn.close();
    expect(gridIn.closed).toBe(true);
    expect([gridIn.length, gridIn.name, gridIn.chunk_size, gridIn.md5]).toEqual([
      7,
      'r',
      255 * 1024,
      createHash('md5').update('a\nb\ncde').digest('hex'),
    ]);
    expect(gridIn.uploadDate).toBe(gridIn.upload_date);
    await expect(gridIn.write('x')).rejects.toThrow(InvalidOperationError);
    await expect(gridIn.abort()).rejects.toThrow(InvalidOperationError);
    const gridOut = await new AsyncGridOut(db.collection('rooted'), { fileId: gridIn._id }).open();
    expect([(await gridOut.read()).toString(), gridOut.md5]).toEqual(['a\nb\ncde', gridIn.md5]);
  });

  it('carries out calls in their order that are not awaited', async () => {
    const gridIn = await fs.newFile({ chunkSize: 3 });
    await Promise.all(
      [...'abcdefghij'].map((letter) => gridIn.write(letter)).concat(gridIn.set('late', 1), gridIn.close()),
    );
    expect(await read(gridIn._id)).toBe('abcdefghij');
    expect((await fs.get(gridIn._id)).get('late')).toBe(1);
  });

  it('shows the file to nobody before it is closed', async () => {
    const gridIn = await fs.newFile({ filename: 'hidden' });
    await gridIn.write(Buffer.alloc(600_000));
    expect(await fs.exists({ filename: 'hidden' })).toBe(false);
    await gridIn.close();
    expect(await fs.exists({ filename: 'hidden' })).toBe(true);
  });

  it('abort leaves nothing, also in the middle of a source that does not go on', async () => {
    const gridIn = await fs.newFile({ chunkSize: 1000 });
    await gridIn.write(Buffer.alloc(10_500));
    const stuck = gridIn.write(new Readable({ read() {} }));
    const ended = expect(stuck).rejects.toThrow(InvalidOperationError);
    await gridIn.abort();
    await ended;
    await gridIn.abort();
    await gridIn.close();
    expect(await chunks.countDocuments({ files_id: gridIn._id })).toBe(0);
    expect([gridIn.closed, await fs.exists(gridIn._id)]).toEqual([true, false]);
  });

  it('leaves nothing of a source that fails, and says so ever after', async () => {
    const gridIn = await fs.newFile({ chunkSize: 1000 });
    const failing = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.alloc(5_000);
      throw new Error('disk on fire');
    };
    await expect(gridIn.write(failing())).rejects.toThrow('disk on fire');
    await expect(gridIn.write('more')).rejects.toThrow(InvalidOperationError);
    await expect(gridIn.close()).rejects.toThrow('disk on fire');
    expect(await chunks.countDocuments({ files_id: gridIn._id })).toBe(0);
  });

  it('is closed by `await using`, and given up after a failure', async () => {
    let id: unknown;
    {
      await using gridIn = await fs.newFile();
      id = gridIn._id;
      await gridIn.write('disposed');
    }
    expect(await read(id)).toBe('disposed');
    {
      await using gridIn = await fs.newFile();
      id = gridIn._id;
      await expect(gridIn.write(Readable.from([5], { objectMode: true }))).rejects.toThrow(TypeError);
    }
    expect(await fs.exists(id)).toBe(false);
  });

  it('a signal ends it, and its chunks are gone', async () => {
    const stop = new AbortController();
    const gridIn = await fs.newFile({ chunkSize: 1000, signal: stop.signal });
    await gridIn.write(Buffer.alloc(5_000));
    const waiting = gridIn.write(new Readable({ read() {} }));
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(gridIn.close()).rejects.toThrow('enough');
    expect(await chunks.countDocuments({ files_id: gridIn._id })).toBe(0);
  });

  it('sets fields of a file that is there, and only then', async () => {
    const gridIn = await fs.newFile();
    await gridIn.close();
    await expect(gridIn.set('length', 5)).rejects.toThrow(InvalidOperationError);
    await expect(gridIn.set('a.b', 5)).rejects.toThrow(TypeError);
    await gridIn.set('filename', 'renamed');
    expect((await fs.getLastVersion('renamed'))._id).toEqual(gridIn._id);
    await fs.delete(gridIn._id);
    await expect(gridIn.set('a', 5)).rejects.toThrow(NoFileError);
  });
});

describe('a file that does not fit together', () => {
  it.each<[string, (id: unknown) => Promise<unknown>]>([
    ['a missing chunk', (id) => chunks.deleteOne({ files_id: id, n: 1 })],
    [
      'a chunk that is too short',
      (id) => chunks.updateOne({ files_id: id, n: 1 }, { $set: { data: Buffer.from('short') } }),
    ],
    ['a chunk too many', (id) => chunks.insertOne({ files_id: id, n: 3, data: Buffer.from('x') })],
    ['a length that is too long', (id) => files.updateOne({ _id: id }, { $set: { length: 900 } })],
    ['no length', (id) => files.updateOne({ _id: id }, { $unset: { length: 1 } })],
  ])('%s is found when it is read', async (_what, damage) => {
    const id = await fs.put(Buffer.alloc(250), { chunkSize: 100 });
    await damage(id);
    await expect(fs.get(id).then((gridOut) => gridOut.read())).rejects.toThrow(CorruptGridFileError);
    await fs.delete(id);
  });

  it('does not keep the others from being listed', async () => {
    const id = await fs.put('x', { filename: 'damaged' });
    await files.updateOne({ _id: id }, { $set: { length: 'long' } });
    const [found] = await fs.find({ filename: 'damaged' }).toArray();
    expect(found!.name).toBe('damaged');
    expect(() => found!.length).toThrow(CorruptGridFileError);
    await fs.delete(id);
  });

  it.each([Long.fromNumber(250), 250.0])('takes a length of another numeric type', async (length) => {
    const id = await fs.put(Buffer.alloc(250));
    await files.updateOne({ _id: id }, { $set: { length } });
    expect((await fs.get(id)).length).toBe(250);
  });
});
