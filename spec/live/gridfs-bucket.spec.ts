import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Binary, GridFSBucket, type MongoClient } from 'mongodb';
import {
  AsyncClient,
  AsyncGridFSBucket,
  ConfigurationError,
  CorruptGridFileError,
  FileExistsError,
  type GridFSSource,
  NoFileError,
} from '../../lib/index.js';
import { testUri, uniqueDatabase } from '../support/live.js';
import { officialClient } from '../support/official-client.js';

const CHUNK = 255 * 1024;
const MB = 1024 * 1024;
const client = new AsyncClient(testUri());
const db = client.db(uniqueDatabase('bucket'));
const bucket = new AsyncGridFSBucket(db);
const files = db.collection('fs.files');
const chunks = db.collection('fs.chunks');
let official: MongoClient;
let folder: string;

beforeAll(async () => {
  official = officialClient(testUri());
  folder = await mkdtemp(join(tmpdir(), 'rotor-gridfs-'));
});
afterAll(async () => {
  await db.dropDatabase();
  await client.close();
  await official.close();
  await rm(folder, { recursive: true });
});

async function read(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Bytes whose order matters, quickly made. */
const noise = randomBytes(20 * MB);

const chunksOf = (id: unknown): Promise<number> => chunks.countDocuments({ files_id: id as never });

async function rejection(promise: Promise<unknown>): Promise<any> {
  return promise.then(
    () => expect('no error').toBe('an error'),
    (error) => error,
  );
}

describe('a file comes back as it was', () => {
  it.each([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 16 * CHUNK, 20 * MB])('%d bytes', async (length) => {
    const data = noise.subarray(0, length);
    const id = await bucket.uploadFromStream('sized', data);
    expect((await read(bucket.openDownloadStream(id))).equals(data)).toBe(true);
    const [file] = await bucket.find({ _id: id }).toArray();
    expect(file).toEqual({ _id: id, length, chunkSize: CHUNK, uploadDate: expect.any(Date), filename: 'sized' });
    expect(await chunksOf(id)).toBe(Math.ceil(length / CHUNK));
    expect(await files.countDocuments({ _id: id, length: { $type: 'long' }, chunkSize: { $type: 'int' } })).toBe(1);
  });

  it.each([1, 7, 1000, 5 * MB, 16 * MB - 16 * 1024])('in chunks of %d bytes', async (chunkSizeBytes) => {
    const data = noise.subarray(0, chunkSizeBytes < 10 ? 5_003 : chunkSizeBytes * 2 + 3);
    const id = await bucket.uploadFromStream('chunked', data, { chunkSizeBytes });
    expect((await read(bucket.openDownloadStream(id))).equals(data)).toBe(true);
    const start = data.length - 2 * Math.min(chunkSizeBytes, 2000) - 1;
    const part = await read(bucket.openDownloadStream(id, { start, end: data.length - 1 }));
    expect(part.equals(data.subarray(start, data.length - 1))).toBe(true);
  });

  it('through the official driver, both ways', async () => {
    const theirs = new GridFSBucket(official.db(db.name));
    const data = noise.subarray(0, 3 * CHUNK + 5);
    const ours = await bucket.uploadFromStream('ours', data, { metadata: { by: 'rotor' } });
    expect((await read(theirs.openDownloadStream(ours))).equals(data)).toBe(true);
    const upload = theirs.openUploadStream('theirs', { metadata: { by: 'mongodb' } });
    await pipeline(Readable.from([data]), upload);
    expect((await read(bucket.openDownloadStream(upload.id))).equals(data)).toBe(true);
    // Every field of a chunk has the type that theirs has.
    const types = (id: unknown) => ({
      $match: { files_id: id, _id: { $type: 'objectId' }, n: { $type: 'int' }, data: { $type: 'binData' } },
    });
    for (const id of [ours, upload.id]) expect(await chunks.aggregate([types(id)]).toArray()).toHaveLength(4);
  });

  it('in chunks that others have stored with old types', async () => {
    const data = noise.subarray(0, 10);
    await files.insertOne({ _id: 'old' as never, length: 10.0, chunkSize: 4n as never, uploadDate: new Date() });
    await chunks.insertMany(
      [0, 4, 8].map((at, n) => ({
        files_id: 'old',
        n: BigInt(n),
        data: new Binary(data.subarray(at, at + 4), 2),
      })) as never,
    );
    expect((await read(bucket.openDownloadStream('old'))).equals(data)).toBe(true);
  });
});

describe('every source', () => {
  const text = 'größer '.repeat(60_000);
  const bytes = Buffer.from(text);
  it.each<[string, () => GridFSSource]>([
    ['a string', () => text],
    ['a Buffer', () => bytes],
    ['an ArrayBuffer', () => new Uint8Array(bytes).buffer],
    ['a typed array', () => new Uint16Array(new Uint8Array(bytes).buffer)],
    ['a Blob', () => new Blob([bytes])],
    ['a file', () => createReadStream(join(folder, 'source'))],
    ['a web stream', () => new Blob([bytes]).stream() as never],
    ['a generator', () => bytesInPieces()],
    ['another download', () => bucket.openDownloadStreamByName('source')],
  ])('%s', async (_, source) => {
    await writeFile(join(folder, 'source'), bytes);
    if ((await files.countDocuments({ filename: 'source' })) === 0) await bucket.uploadFromStream('source', bytes);
    const id = await bucket.uploadFromStream('copy', source());
    expect((await read(bucket.openDownloadStream(id))).equals(bytes)).toBe(true);
  });

  function* bytesInPieces(): Generator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += 10_007) yield bytes.subarray(at, at + 10_007);
  }
});

describe('streams', () => {
  it('pipe files from disk and to disk', async () => {
    await writeFile(join(folder, 'in'), noise);
    const upload = bucket.openUploadStream('piped');
    await pipeline(createReadStream(join(folder, 'in')), upload);
    await pipeline(bucket.openDownloadStream(upload.id), createWriteStream(join(folder, 'out')));
    await bucket.downloadToStream(upload.id, createWriteStream(join(folder, 'again')));
    for (const name of ['out', 'again']) expect((await readFile(join(folder, name))).equals(noise)).toBe(true);
  });

  it('read ranges in any place', async () => {
    const data = noise.subarray(0, 5 * MB + 11);
    const id = await bucket.uploadFromStream('ranges', data);
    const bounds = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 4 * CHUNK, 4 * MB, data.length - 1, data.length];
    for (const start of bounds)
      for (const end of bounds.filter((bound) => bound >= start)) {
        const part = await read(bucket.openDownloadStream(id, { start, end }));
        expect([start, end, part.equals(data.subarray(start, end))]).toEqual([start, end, true]);
      }
    await expect(read(bucket.openDownloadStream(id, { end: data.length + 1 }))).rejects.toBeInstanceOf(RangeError);
  });

  it('find revisions', async () => {
    for (const text of ['first', 'second', 'third']) {
      await bucket.uploadFromStream('revised', text);
      await sleep(5);
    }
    const texts = [];
    for (const revision of [undefined, 0, 1, 2, -1, -2, -3])
      texts.push(String(await read(bucket.openDownloadStreamByName('revised', { revision }))));
    expect(texts).toEqual(['third', 'first', 'second', 'third', 'third', 'second', 'first']);
    for (const revision of [3, -4])
      expect((await rejection(read(bucket.openDownloadStreamByName('revised', { revision })))).message).toMatch(
        `has no revision ${revision}`,
      );
    expect(await rejection(read(bucket.openDownloadStreamByName('never')))).toBeInstanceOf(NoFileError);
  });

  it('refuse writes after the end', async () => {
    const upload = bucket.openUploadStream('ended');
    upload.end('all');
    await once(upload, 'finish');
    const failed = new Promise((resolve) => upload.write('more', resolve));
    expect(await failed).toMatchObject({ code: expect.stringMatching(/^ERR_STREAM_(WRITE_AFTER_END|DESTROYED)$/) });
    expect(String(await read(bucket.openDownloadStream(upload.id)))).toBe('all');
  });
});

describe('nothing is left behind', () => {
  it('by abort, at any moment', async () => {
    for (const length of [0, 1, CHUNK, 3 * MB, 12 * MB])
      for (const delayMS of [0, 10]) {
        const upload = bucket.openUploadStream('aborted');
        upload.write(noise.subarray(0, length));
        await sleep(delayMS);
        await upload.abort();
        expect([length, await chunksOf(upload.id), await files.countDocuments({ _id: upload.id })]).toEqual([
          length,
          0,
          0,
        ]);
      }
  });

  it('by a source that fails half-way', async () => {
    const before = await chunks.countDocuments({});
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield noise.subarray(0, 9 * MB);
      await sleep(20);
      throw new Error('half-way');
    }
    await expect(bucket.uploadFromStream('failing', failing())).rejects.toThrow('half-way');
    const upload = bucket.openUploadStream('failing');
    const closed = new Promise((resolve) => upload.once('close', resolve));
    await expect(pipeline(Readable.from(failing()), upload)).rejects.toThrow('half-way');
    await closed;
    const signal = AbortSignal.timeout(50);
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) yield noise.subarray(0, MB);
    }
    const error = await rejection(bucket.uploadFromStream('timed out', endless(), { signal }));
    expect(error).toBe(signal.reason);
    expect([await chunks.countDocuments({}), await files.countDocuments({ filename: 'failing' })]).toEqual([before, 0]);
  });

  it('by delete and deleteByName', async () => {
    const ids = [];
    for (let i = 0; i < 3; i++) ids.push(await bucket.uploadFromStream('doomed', noise.subarray(0, MB)));
    await bucket.delete(ids[0]);
    expect(await rejection(bucket.delete(ids[0]))).toBeInstanceOf(NoFileError);
    await bucket.deleteByName('doomed');
    for (const id of ids) expect(await chunksOf(id)).toBe(0);
    expect(await rejection(bucket.deleteByName('doomed'))).toBeInstanceOf(NoFileError);
  });

  it('by a second upload of the same id, whose abort spares the first', async () => {
    for (const [first, second] of [
      [MB, 3 * MB],
      [0, MB],
      [MB, 0],
    ] as const) {
      const id = `twice ${first}`;
      await bucket.uploadFromStreamWithId(id, 'twice', noise.subarray(0, first)).catch(() => undefined);
      const upload = bucket.openUploadStreamWithId(id, 'twice');
      const failed = once(upload, 'error');
      upload.end(noise.subarray(5, 5 + second));
      expect((await failed)[0]).toBeInstanceOf(FileExistsError);
      await upload.abort();
      expect((await read(bucket.openDownloadStream(id))).equals(noise.subarray(0, first))).toBe(true);
    }
  });
});

describe('a file that does not fit together', () => {
  const damages: [string, (id: unknown) => Promise<unknown>, RegExp][] = [
    ['a missing first chunk', (files_id) => chunks.deleteOne({ files_id, n: 0 }), /chunk 0 of 3 is missing/],
    ['a missing last chunk', (files_id) => chunks.deleteOne({ files_id, n: 2 }), /chunk 2 of 3 is missing/],
    [
      'a chunk too many',
      (files_id) => chunks.insertOne({ files_id, n: 3, data: new Binary(Buffer.alloc(1)) } as never),
      /a chunk 3 behind/,
    ],
    [
      'a short chunk',
      (files_id) => chunks.updateOne({ files_id, n: 1 }, { $set: { data: new Binary(Buffer.alloc(9)) as never } }),
      /chunk 1 has 9 bytes/,
    ],
    [
      'a long chunk',
      (files_id) => chunks.updateOne({ files_id, n: 2 }, { $set: { data: new Binary(Buffer.alloc(CHUNK)) as never } }),
      /chunk 2 has 261120 bytes; expected 7/,
    ],
    [
      'a wrong length',
      (_id) => files.updateOne({ _id } as never, { $inc: { length: 1 } }),
      /chunk 2 has 7 bytes; expected 8/,
    ],
    ['a length that is none', (_id) => files.updateOne({ _id } as never, { $set: { length: -1 } }), /its length is -1/],
  ];
  it.each(damages)('%s', async (_, damage, message) => {
    const id = await bucket.uploadFromStream('damaged', noise.subarray(0, 2 * CHUNK + 7));
    await damage(id);
    const error = await rejection(read(bucket.openDownloadStream(id)));
    expect(error).toBeInstanceOf(CorruptGridFileError);
    expect(error.message).toMatch(message);
  });

  it('a file that is deleted while it is read', async () => {
    const id = await bucket.uploadFromStream('deleted', noise);
    const reading = bucket.openDownloadStream(id);
    await once(reading, 'readable');
    await bucket.delete(id);
    const error = await rejection(read(reading));
    expect(error).toBeInstanceOf(CorruptGridFileError);
    expect(error.message).toMatch(/was deleted while it was read: chunk \d+ of 81 is missing/);
  });
});

describe('the bucket', () => {
  it('makes its indexes as specified', async () => {
    const own = new AsyncGridFSBucket(db, { bucketName: 'indexed' });
    await own.uploadFromStream('f', 'text');
    const keys = async (name: string) =>
      (await db.collection(name).indexes()).map(({ key, unique }) => [key, unique === true]);
    expect(await keys('indexed.files')).toContainEqual([{ filename: 1, uploadDate: 1 }, false]);
    expect(await keys('indexed.chunks')).toContainEqual([{ files_id: 1, n: 1 }, true]);
    await own.drop();
    expect(await db.listCollectionNames({ name: /^indexed/ })).toEqual([]);
    await own.uploadFromStream('f', 'text');
    expect(await keys('indexed.chunks')).toHaveLength(2);
  });

  it('renames', async () => {
    const id = await bucket.uploadFromStream('old name', 'text');
    await bucket.rename(id, 'new name');
    await bucket.renameByName('new name', 'last name');
    expect(String(await read(bucket.openDownloadStreamByName('last name')))).toBe('text');
    expect(await rejection(bucket.rename('nobody', 'x'))).toBeInstanceOf(NoFileError);
    expect(await rejection(bucket.renameByName('nobody', 'x'))).toBeInstanceOf(NoFileError);
  });

  it('wants its writes acknowledged', () => {
    expect(() => new AsyncGridFSBucket(db, { writeConcern: { w: 0 } })).toThrow(ConfigurationError);
    const careless = new AsyncClient(testUri(), { w: 0 });
    expect(() => new AsyncGridFSBucket(careless.db(db.name))).toThrow('GridFS needs acknowledged writes');
  });

  it('carries many files at once on few connections', async () => {
    const narrow = new AsyncClient(testUri(), { maxPoolSize: 3 });
    const own = new AsyncGridFSBucket(narrow.db(db.name), { bucketName: 'many' });
    const digest = (data: Uint8Array): string => createHash('sha1').update(data).digest('hex');
    await Promise.all(
      Array.from({ length: 30 }, async (_, i) => {
        const data = noise.subarray(i, i + 100_000 * i);
        const id = await own.uploadFromStream(`${i}`, data);
        expect(digest(await read(own.openDownloadStream(id)))).toBe(digest(data));
      }),
    );
    await narrow.close();
  });
});
