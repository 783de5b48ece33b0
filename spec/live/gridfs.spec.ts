import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AsyncClient,
  AsyncGridFS,
  AsyncGridIn,
  AsyncGridOut,
  ConfigurationError,
  FileExistsError,
  Long,
  NoFileError,
  ObjectId,
} from '../../lib/index.js';
import { testUri, uniqueDatabase } from '../support/live.js';

const client = new AsyncClient(testUri());
const db = client.db(uniqueDatabase('gridfs'));
const fs = new AsyncGridFS(db);
const files = db.collection('fs.files');
const chunks = db.collection('fs.chunks');
const ODD = 'no type for the _id of these';

afterAll(async () => {
  await db.dropDatabase();
  await client.close();
});

const read = async (id: unknown): Promise<string> => (await (await fs.get(id)).read()).toString();

describe("Motor's documentation", () => {
  it('"Writing a file to GridFS with put()"', async () => {
    const opened = await new AsyncGridFS(db).open();
    const fileId = await opened.put('Contents');
    expect(fileId).toBeInstanceOf(ObjectId);
    expect(await read(await opened.put(Readable.from(['Lengthy ', 'contents'])))).toBe('Lengthy contents');
    expect(await opened.put('Contents', { _id: 42 })).toBe(42);
    expect(await read(42)).toBe('Contents');
    await opened.delete(42);
  });

  it('"Streaming a file to GridFS with MotorGridIn"', async () => {
    let gridIn = await fs.newFile();
    await gridIn.write('First part\n');
    await gridIn.write('Second part');
    await gridIn.close();
    const gridOut = await fs.get(gridIn._id);
    expect((await gridOut.read()).toString()).toBe('First part\nSecond part');

    gridIn = await fs.newFile({ _id: 42 });
    expect(gridIn._id).toBe(42);
    const file = join(__dirname, '../../LICENSE');
    await gridIn.write(createReadStream(file));
    await gridIn.close();
    expect(await read(42)).toBe(await readFile(file, 'utf8'));
  });

  it('"Setting attributes on a MotorGridIn"', async () => {
    const gridIn = await fs.newFile();
    await gridIn.set('content_type', 'image/png');
    await gridIn.close();
    await gridIn.set('my_field', 'my_value');
    expect([gridIn.content_type, gridIn.contentType, gridIn.get('my_field')]).toEqual([
      'image/png',
      'image/png',
      'my_value',
    ]);
    const gridOut = await fs.get(gridIn._id);
    expect([gridOut.contentType, gridOut.get('my_field')]).toEqual(['image/png', 'my_value']);
  });

  it('"Reading from GridFS with MotorGridOut"', async () => {
    const data = randomBytes(1000);
    const fileId = await fs.put(data, { filename: 'my_file', chunk_size: 300 });
    const gridOut = await fs.get(fileId);
    let content = Buffer.alloc(0);
    let reads = 0;
    while (content.length < gridOut.length) {
      content = Buffer.concat([content, await gridOut.read(gridOut.chunkSize)]);
      reads++;
    }
    expect(content.equals(data)).toBe(true);
    expect(reads).toBe(4);
    const last = await fs.getLastVersion({ filename: 'my_file' });
    expect((await last.read()).equals(data)).toBe(true);
  });
});

describe('AsyncGridFS', () => {
  it('makes the indexes of the specification, with open and without', async () => {
    await AsyncGridFS.open(db, 'opened');
    expect(Object.keys(await db.collection('opened.chunks').indexInformation())).toContain('files_id_1_n_1');
    await new AsyncGridFS(db, 'lazy').put('');
    expect(Object.keys(await db.collection('lazy.files').indexInformation())).toContain('filename_1_uploadDate_1');
    const { unique } = (await db.collection('lazy.chunks').indexInformation({ full: true })).find(
      ({ name }) => name === 'files_id_1_n_1',
    )!;
    expect(unique).toBe(true);
  });

  it('stores what the specification says, in its order and types', async () => {
    const id = await fs.put(Buffer.alloc(600), {
      filename: 'a.bin',
      chunkSize: 255,
      content_type: 'x/y',
      metadata: { a: 1 },
      owner: 'Ada',
    });
    const raw = db.collection('fs.files', { promoteValues: false });
    const document = (await raw.findOne({ _id: id }))!;
    expect(Object.keys(document)).toEqual([
      '_id',
      'length',
      'chunkSize',
      'uploadDate',
      'filename',
      'contentType',
      'metadata',
      'owner',
    ]);
    expect(document.length).toEqual(Long.fromNumber(600));
    expect(document.chunkSize._bsontype).toBe('Int32');
    const stored = await chunks.find({ files_id: id }).sort({ n: 1 }).toArray();
    expect(stored.map((chunk) => [Object.keys(chunk).join(), chunk.n, chunk.data.length()])).toEqual([
      ['_id,files_id,n,data', 0, 255],
      ['_id,files_id,n,data', 1, 255],
      ['_id,files_id,n,data', 2, 90],
    ]);
    expect(Object.keys((await files.findOne({ _id: await fs.put('x') }))!)).toEqual([
      '_id',
      'length',
      'chunkSize',
      'uploadDate',
    ]);
  });

  it.each<[string, () => any, Buffer]>([
    ['a string', () => 'Grüße', Buffer.from('Grüße')],
    ['a Buffer', () => Buffer.from([1, 2, 3]), Buffer.from([1, 2, 3])],
    ['a typed array', () => new Uint16Array([258, 3]), Buffer.from([2, 1, 3, 0])],
    ['an ArrayBuffer', () => new Uint8Array([7, 8]).buffer, Buffer.from([7, 8])],
    ['a Blob', () => new Blob(['blob']), Buffer.from('blob')],
    ['a Node.js stream', () => Readable.from([Buffer.from('a'), Buffer.from('b')]), Buffer.from('ab')],
    ['a web stream', () => new Blob(['web']).stream(), Buffer.from('web')],
    ['an iterable', () => ['x', Buffer.from('y')], Buffer.from('xy')],
    [
      'an async iterable',
      async function* () {
        yield 'p';
        yield new Uint8Array([113]);
      },
      Buffer.from('pq'),
    ],
    ['nothing', () => '', Buffer.alloc(0)],
  ])('puts %s', async (_what, make, expected) => {
    const id = await fs.put(make());
    expect(await (await fs.get(id)).read()).toEqual(expected);
    expect((await fs.get(id)).length).toBe(expected.length);
  });

  it('puts strings in their encoding, and another file', async () => {
    const id = await fs.put('é', { encoding: 'latin1' });
    expect(await (await fs.get(id)).read()).toEqual(Buffer.from([0xe9]));
    const copy = await fs.put(await fs.get(id));
    expect(await (await fs.get(copy)).read()).toEqual(Buffer.from([0xe9]));
  });

  it.each([[5], [null], [{}], [undefined]])('puts no %p', async (data) => {
    const before = await files.countDocuments();
    await expect(fs.put(data as never)).rejects.toThrow(TypeError);
    expect(await files.countDocuments()).toBe(before);
  });

  it('refuses an _id that is taken, and leaves that file as it is', async () => {
    await fs.put('first', { _id: 'taken' });
    await fs.put('', { _id: 'empty' });
    await expect(fs.put('second', { _id: 'taken' })).rejects.toThrow(FileExistsError);
    await expect(fs.put('second', { _id: 'empty' })).rejects.toThrow(FileExistsError);
    await expect(fs.put('', { _id: 'taken' })).rejects.toThrow(FileExistsError);
    expect([await read('taken'), await read('empty')]).toEqual(['first', '']);
    expect(await chunks.countDocuments({ files_id: 'empty' })).toBe(0);
  });

  it('of two uploads with one _id at the same time stores one', async () => {
    const results = await Promise.allSettled(
      ['one', 'two'].map((text) => fs.put(text.repeat(1000), { _id: 'race', chunkSize: 100 })),
    );
    const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    expect(errors.every((error) => error instanceof FileExistsError)).toBe(true);
    expect(errors).toHaveLength(1);
    expect(['one', 'two'].map((text) => text.repeat(1000))).toContain(await read('race'));
  });

  it('finds versions by number, name and further fields', async () => {
    for (const [text, author] of [
      ['v0', 'Ada'],
      ['v1', 'Bob'],
      ['v2', 'Ada'],
    ]) {
      await fs.put(text!, { filename: 'versions', author });
      // Versions are told apart by their time, in milliseconds.
      await sleep(5);
    }
    const text = async (found: Promise<AsyncGridOut>): Promise<string> => (await (await found).read()).toString();
    expect(await text(fs.getVersion('versions'))).toBe('v2');
    expect(await text(fs.getVersion('versions', 0))).toBe('v0');
    expect(await text(fs.getVersion('versions', 1))).toBe('v1');
    expect(await text(fs.getVersion('versions', -2))).toBe('v1');
    expect(await text(fs.getVersion('versions', -1, { author: 'Bob' }))).toBe('v1');
    expect(await text(fs.getLastVersion('versions'))).toBe('v2');
    expect(await text(fs.getLastVersion({ filename: 'versions', author: 'Bob' }))).toBe('v1');
    expect(await text(fs.getLastVersion({ author: 'Bob' }))).toBe('v1');
    expect(await db.collection('fs.files').indexExists('filename_1_uploadDate_-1')).toBe(true);
    await expect(fs.getVersion('versions', 3)).rejects.toThrow(NoFileError);
    await expect(fs.getVersion('versions', -4)).rejects.toThrow(NoFileError);
    await expect(fs.getLastVersion('no such file')).rejects.toThrow(NoFileError);
    await expect(fs.getVersion('versions', 0.5)).rejects.toThrow(TypeError);
    await expect(fs.getLastVersion({ filename: { $ne: null } as never })).rejects.toThrow(TypeError);
  });

  it('finds versions by the index alone, without sorting', async () => {
    const plan = await files.find({ filename: 'versions' }).sort({ uploadDate: -1 }).limit(1).explain('queryPlanner');
    expect(JSON.stringify(plan.queryPlanner.winningPlan)).toContain('filename_1_uploadDate_1');
    expect(JSON.stringify(plan.queryPlanner.winningPlan)).not.toContain('"SORT"');
  });

  it('lists names, each once', async () => {
    const named = new AsyncGridFS(db, 'named');
    for (const filename of ['b', 'a', 'b', undefined]) await named.put('x', { filename });
    expect((await named.list()).toSorted()).toEqual(['a', 'b']);
  });

  it('says whether a file exists, in three forms', async () => {
    const id = await fs.put('x', { filename: 'here', size: 5 });
    expect([await fs.exists(id), await fs.exists({ _id: id }), await fs.exists({ filename: 'here' })]).toEqual([
      true,
      true,
      true,
    ]);
    expect([
      await fs.exists(new ObjectId()),
      await fs.exists({ filename: 'there' }),
      await fs.exists({ size: { $gt: 9 } }),
    ]).toEqual([false, false, false]);
    expect([await fs.exists(), await new AsyncGridFS(db, 'empty').exists()]).toEqual([true, false]);
  });

  it('finds files as a cursor, and one', async () => {
    const found = new AsyncGridFS(db, 'found');
    for (const n of [3, 1, 2]) await found.put(`file ${n}`, { filename: 'f', n });
    const cursor = found.find({ filename: 'f' }).sort({ n: 1 });
    const copy = cursor.clone();
    const texts: string[] = [];
    for await (const gridOut of cursor) texts.push((await gridOut.read()).toString());
    expect(texts).toEqual(['file 1', 'file 2', 'file 3']);
    expect(await copy.next()).toBeInstanceOf(AsyncGridOut);
    await copy.close();
    expect((await found.findOne({ n: 2 }))!.get('n')).toBe(2);
    expect(await found.findOne({ n: 9 })).toBeNull();
    const id = (await found.findOne({ n: 3 }))!._id;
    expect((await found.findOne(id))!.get('n')).toBe(3);
  });

  it('deletes a file with its chunks, and succeeds where there is none', async () => {
    const id = await fs.put(Buffer.alloc(1000), { chunkSize: 100 });
    await fs.delete(id);
    expect([await fs.exists(id), await chunks.countDocuments({ files_id: id })]).toEqual([false, 0]);
    await fs.delete(id);
    await expect(fs.get(id)).rejects.toThrow(NoFileError);
  });

  it('takes ids of any type, and compares them as values', async () => {
    for (const _id of [ODD, 7, null, new Date(0), { a: 1 }]) {
      await fs.put(`id ${String(_id)}`, { _id });
      expect(await read(_id)).toBe(`id ${String(_id)}`);
    }
    await expect(fs.get({ $ne: 1 })).rejects.toThrow(NoFileError);
    await fs.delete({ $ne: 1 });
    expect(await fs.exists({ _id: ODD })).toBe(true);
  });

  it('does not delete or read what is undefined', async () => {
    await expect(fs.delete(undefined)).rejects.toThrow(TypeError);
    await expect(fs.get(undefined)).rejects.toThrow(TypeError);
  });

  it.each([{ raw: true }, { promoteValues: false }, { useBigInt64: true }, { promoteBuffers: true }])(
    'works on a database with %p',
    async (options) => {
      const odd = new AsyncGridFS(db.withOptions(options), 'odd');
      const id = await odd.put('odd', { filename: 'odd' });
      expect((await (await odd.get(id)).read()).toString()).toBe('odd');
      expect((await (await odd.getLastVersion('odd')).read()).toString()).toBe('odd');
      const [found] = await odd.find({ _id: id }).toArray();
      expect([found!.name, found!.length]).toEqual(['odd', 3]);
      expect([await odd.list(), await odd.exists(id)]).toEqual([['odd'], true]);
      expect(await odd.sweepOrphans({ dryRun: true })).toMatchObject({ files: 0 });
    },
  );

  it('is made of an acknowledged database', () => {
    expect(() => new AsyncGridFS({} as never)).toThrow(TypeError);
    expect(() => new AsyncGridFS(db.withOptions({ writeConcern: { w: 0 } }))).toThrow(ConfigurationError);
    expect(() => new AsyncGridIn(db.withOptions({ writeConcern: { w: 0 } }).collection('fs'))).toThrow(
      ConfigurationError,
    );
    expect(fs.collection.fullName).toBe(`${db.name}.fs`);
    expect(fs.getIoLoop()).toBe(new AsyncGridFS(db, 'other').getIoLoop());
  });
});
