import { FileExistsError } from '../../lib/errors/gridfs-errors.js';
import { ConfigurationError, InvalidOperationError } from '../../lib/errors/usage-errors.js';
import { ChunkWriter, checkChunkSize } from '../../lib/gridfs/chunk-writer.js';
import { GridFSCollections } from '../../lib/gridfs/gridfs-collections.js';
import { newGridFSFile } from '../../lib/gridfs/gridfs-file.js';
import { rejection } from '../api/scripted-client.js';
import type { Answer } from '../support/scripted-server.js';
import { until } from '../support/until.js';
import { pattern, useScriptedGridFS } from './scripted-gridfs.js';

const scripted = useScriptedGridFS();
const CHUNK = 64 * 1024;

function writer(id: unknown = 1, chunkSizeBytes = CHUNK): ChunkWriter {
  return new ChunkWriter(new GridFSCollections(scripted.db), id, { chunkSizeBytes });
}

/** The file as it is stored, put together by `n`. */
function content(): Buffer {
  const chunks = scripted.stored('fs.chunks').toSorted((a, b) => a.n - b.n);
  expect(chunks.map(({ n }) => n)).toEqual(chunks.map((_, n) => n));
  return Buffer.concat(chunks.map(({ data }) => data.buffer));
}

/** How many chunks each message brought. */
const messages = (): number[] => scripted.commands('insert').map(({ documents }) => documents.length);

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30));

describe('ChunkWriter', () => {
  it.each([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 10 * CHUNK + 7])('stores %d bytes', async (length) => {
    const target = writer();
    const data = pattern(length);
    for (let at = 0; at < length; at += 50_000) await target.write(data.subarray(at, at + 50_000));
    expect(await target.finish()).toBe(length);
    expect(target.length).toBe(length);
    expect(content().equals(data)).toBe(true);
    expect(scripted.stored('fs.chunks')).toHaveLength(Math.ceil(length / CHUNK));
  });

  it('takes one large piece, and sends ever more chunks in one message', async () => {
    const target = writer(1, 1000);
    await target.write(pattern(100_000));
    await target.finish();
    expect(messages()).toEqual([1, 2, 4, 8, 16, 32, 37]);
    expect(content().equals(pattern(100_000))).toBe(true);
  });

  it('does not need the memory of what it has taken', async () => {
    const target = writer();
    const data = Buffer.alloc(CHUNK, 1);
    await target.write(data);
    data.fill(2);
    await target.write(data);
    await target.finish();
    expect(content().equals(Buffer.concat([Buffer.alloc(CHUNK, 1), data]))).toBe(true);
  });

  it('makes the indexes before it writes', async () => {
    const target = writer();
    await target.write(pattern(1));
    await target.finish();
    expect(scripted.names()).toEqual(
      [...Array(2).fill(['listIndexes', 'createIndexes'])].flat().toSpliced(0, 0, 'find').concat('insert'),
    );
  });

  it('waits while enough is under way', async () => {
    let release: (answer: Answer) => void = () => undefined;
    const target = writer(1, 1000);
    await target.write(pattern(1000));
    await until('the first chunk is stored', () => scripted.stored('fs.chunks').length === 1);
    const held = new Promise<Answer>((resolve) => {
      release = resolve;
    });
    scripted.intercept(({ name }) => (name === 'insert' ? held : undefined));
    let isDone = false;
    // 2 + 4 chunks are under way then, and the next block waits for its memory to be sent.
    const writing = target.write(pattern(15_000)).then(() => {
      isDone = true;
    });
    await until('two messages are under way', () => messages().length >= 3);
    await turn();
    expect([isDone, messages()]).toEqual([false, [1, 2, 4]]);
    scripted.intercept(() => undefined);
    release(undefined);
    await writing;
    expect(await target.finish()).toBe(16_000);
    expect(scripted.stored('fs.chunks')).toHaveLength(16);
  });

  it('rejects with the first failure, from then on, and leaves what is stored', async () => {
    scripted.intercept(({ name, command }) =>
      name === 'insert' && command.documents[0].n === 3 ? { ok: 0, code: 14031, errmsg: 'OutOfDiskSpace' } : undefined,
    );
    const target = writer(1, 1000);
    await expect(target.write(pattern(100_000))).rejects.toThrow('OutOfDiskSpace');
    await expect(target.write(pattern(1))).rejects.toThrow('OutOfDiskSpace');
    await expect(target.finish()).rejects.toThrow('OutOfDiskSpace');
    expect(scripted.stored('fs.chunks').length).toBeGreaterThanOrEqual(3);
    expect(scripted.commands('delete')).toEqual([]);
    await target.abort();
    expect(scripted.stored('fs.chunks')).toEqual([]);
  });

  it.each([false, true])('sends nothing more when its signal aborts; killOnAbort: %p', async (killOnAbort) => {
    const controller = new AbortController();
    const collections = new GridFSCollections(scripted.db.client.db(scripted.db.name, { killOnAbort }));
    const target = new ChunkWriter(collections, 1, { chunkSizeBytes: 1000, signal: controller.signal });
    let release: (answer: Answer) => void = () => undefined;
    const held = new Promise<Answer>((resolve) => {
      release = resolve;
    });
    scripted.intercept(({ name, command }) => {
      if (name === 'insert') return held;
      // A server that is told to end it says so at once.
      if (name === 'killSessions') release({ ok: 0, code: 11601, errmsg: 'interrupted' });
      return command.killSessions === undefined ? undefined : { ok: 1 };
    });
    // 1 + 2 + 4 chunks: the first message is under way, and the others wait for it.
    await target.write(pattern(7_000));
    await until('the first message is under way', () => messages().length > 0);
    controller.abort(new Error('enough'));
    await turn();
    // Without the option the insert is waited for: given up, it would be carried out behind the delete.
    if (!killOnAbort) release({ ok: 0, code: 1, errmsg: 'at last' });
    await target.abort();
    expect(messages()).toEqual([1]);
    expect(scripted.names().includes('killSessions')).toBe(killOnAbort);
    expect(scripted.commands('delete').length).toBeGreaterThan(0);
    await expect(target.write(pattern(1))).rejects.toThrow(killOnAbort ? 'enough' : 'at last');
  });

  it('aborts: waits for what is under way, then deletes the chunks, once', async () => {
    scripted.stored('fs.chunks').push({ files_id: 2, n: 0 });
    scripted.stored('fs.files').push({ _id: 2 });
    const target = writer(1, 1000);
    await target.write(pattern(10_000));
    await Promise.all([target.abort(), target.abort()]);
    expect(scripted.stored('fs.chunks')).toEqual([{ files_id: 2, n: 0 }]);
    expect(scripted.commands('delete')).toHaveLength(1);
    expect(scripted.last()).toMatchObject({ deletes: [{ q: { files_id: 1 } }] });
    expect(await rejection(target.write(pattern(1)))).toBeInstanceOf(InvalidOperationError);
    expect(await rejection(target.finish())).toBeInstanceOf(InvalidOperationError);
  });

  it('asks the server nothing when it is aborted before a byte was sent', async () => {
    const target = writer();
    await target.write(pattern(10));
    await target.abort();
    expect(scripted.names()).toEqual([]);
  });

  it('breaks a finish and a write that are under way', async () => {
    const finishing = writer();
    await finishing.write(pattern(10));
    const finished = rejection(finishing.finish());
    await finishing.abort();
    expect(await finished).toBeInstanceOf(InvalidOperationError);

    const writing = writer(2, 1000);
    const written = rejection(writing.write(pattern(50_000)));
    await writing.abort();
    expect(await written).toBeInstanceOf(InvalidOperationError);
    expect(scripted.stored('fs.chunks')).toEqual([]);
  });

  it('looks again after a broken connection, for the server may still have been writing', async () => {
    let deletes = 0;
    scripted.intercept(({ name }) => {
      if (name === 'insert') return 'reset';
      if (name === 'delete' && ++deletes === 1)
        setTimeout(() => scripted.stored('fs.chunks').push({ files_id: 1, n: 0 }), 20);
      return undefined;
    });
    const target = writer();
    await target.write(pattern(10));
    await expect(target.finish()).rejects.toThrow(/lost/);
    await target.abort();
    expect([deletes, scripted.stored('fs.chunks')]).toEqual([3, []]);
  });

  it('takes back a file whose document may have been stored, and no other of the id', async () => {
    const target = writer();
    await target.write(pattern(10));
    const file = newGridFSFile(1, await target.finish(), CHUNK, { filename: 'f' });
    // As a server that stores it and does not get round to its answer.
    scripted.intercept(({ name }) => {
      if (name === 'insert') scripted.stored('fs.files').push({ ...file }, { ...file, uploadDate: new Date(0) });
      return name === 'insert' ? 'reset' : undefined;
    });
    await expect(target.store(file)).rejects.toThrow(/lost/);
    await target.abort();
    expect(scripted.stored('fs.files')).toEqual([{ ...file, uploadDate: new Date(0) }]);
  });

  it('cannot be aborted when the file is stored', async () => {
    const target = writer();
    await target.write(pattern(10));
    const storing = target.store(newGridFSFile(1, await target.finish(), CHUNK, { filename: 'f' }));
    await expect(target.abort()).rejects.toThrow('cannot abort: the file 1 has been stored');
    await storing;
    expect([scripted.stored('fs.files').length, scripted.stored('fs.chunks').length]).toEqual([1, 1]);
  });

  it('stores no file that has been aborted', async () => {
    const target = writer();
    await target.write(pattern(10));
    const file = newGridFSFile(1, await target.finish(), CHUNK, { filename: 'f' });
    const aborted = target.abort();
    expect(() => target.store(file)).toThrow(InvalidOperationError);
    await aborted;
    expect([scripted.stored('fs.files'), scripted.stored('fs.chunks')]).toEqual([[], []]);
  });

  it('does not open a client again that has been closed', async () => {
    const target = writer(1, 1000);
    await target.write(pattern(5000));
    await scripted.client.close();
    await expect(target.abort()).rejects.toThrow('the client was closed before');
    expect(scripted.client.poolStats()).toEqual([]);
  });

  describe('with the id of another file', () => {
    const others = [
      { files_id: 1, n: 0 },
      { files_id: 1, n: 1 },
    ];

    it('leaves that one alone: nothing follows the chunk that is refused, and abort deletes nothing', async () => {
      scripted.stored('fs.files').push({ _id: 1 });
      scripted.stored('fs.chunks').push(...others);
      const target = writer(1, 1000);
      await expect(target.write(pattern(20_000)).then(() => target.finish())).rejects.toBeInstanceOf(FileExistsError);
      await target.abort();
      expect([scripted.stored('fs.chunks'), scripted.commands('delete')]).toEqual([others, []]);
    });

    it('does not trust a broken connection either', async () => {
      scripted.stored('fs.files').push({ _id: 1 });
      scripted.stored('fs.chunks').push(...others);
      scripted.intercept(({ name }) => (name === 'insert' ? 'reset' : undefined));
      const target = writer();
      await target.write(pattern(10));
      await expect(target.finish()).rejects.toThrow(/lost/);
      await target.abort();
      expect(scripted.stored('fs.chunks')).toEqual(others);
    });
  });

  it('tells listeners of the chunks as documents', async () => {
    const told: any[] = [];
    scripted.client.on('commandStarted', ({ commandName, command }) => {
      if (commandName === 'insert') told.push(...command.documents);
    });
    const target = writer('id', 10);
    await target.write(pattern(12));
    await target.finish();
    expect(told.map(({ files_id, n, data }) => [files_id, n, data.length()])).toEqual([
      ['id', 0, 10],
      ['id', 1, 2],
    ]);
  });

  it('checks its options', () => {
    const collections = new GridFSCollections(scripted.db);
    const made = (writeConcern: object) => new ChunkWriter(collections, 1, { chunkSizeBytes: 1, writeConcern });
    expect(() => made({ w: 0 })).toThrow(ConfigurationError);
    expect(checkChunkSize(1)).toBe(1);
    expect(() => checkChunkSize(0)).toThrow(RangeError);
    expect(() => checkChunkSize(16 * 1024 * 1024)).toThrow(RangeError);
    expect(() => checkChunkSize(1.5)).toThrow(TypeError);
    expect(() => checkChunkSize('9', 'size')).toThrow("size must be a whole number of bytes, not '9'");
  });
});
