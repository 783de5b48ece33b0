import { Binary } from 'bson';
import { GridFSCollections } from '../../lib/gridfs/gridfs-collections.js';
import type { GridFSFile } from '../../lib/gridfs/gridfs-file.js';
import { ReadHead } from '../../lib/gridfs/read-head.js';
import { useScriptedGridFS } from './scripted-gridfs.js';

const scripted = useScriptedGridFS();
const { signal } = new AbortController();
const TEXT = 'one\ntwo\n\nfour';
const file: GridFSFile = { _id: 1, length: TEXT.length, chunkSize: 3, uploadDate: new Date(0), filename: 'f' };

let head: ReadHead;

beforeEach(() => {
  for (let n = 0; n * 3 < TEXT.length; n++) {
    const data = new Binary(Buffer.from(TEXT.slice(n * 3, n * 3 + 3)));
    scripted.stored('fs.chunks').push({ _id: n, files_id: 1, n, data });
  }
  head = new ReadHead(new GridFSCollections(scripted.db));
});

const finds = (): number => scripted.names().filter((name) => name === 'find').length;

describe('ReadHead', () => {
  it('reads on from where it is, with one cursor', async () => {
    const pieces: string[] = [];
    for (let piece = await head.read(file, 4, signal); piece.length > 0; piece = await head.read(file, 4, signal))
      pieces.push(piece.toString());
    expect(pieces).toEqual(['one\n', 'two\n', '\nfou', 'r']);
    expect([head.position, finds()]).toEqual([13, 1]);
  });

  it('reads lines, also over the border of chunks, and at most so many bytes of one', async () => {
    const lines: string[] = [];
    for (const size of [9, 2, 9, 0, 9, 2, 9, 9]) lines.push((await head.readLine(file, size, signal)).toString());
    expect(lines).toEqual(['one\n', 'tw', 'o\n', '', '\n', 'fo', 'ur', '']);
  });

  it('reads what is left of a chunk', async () => {
    await head.read(file, 4, signal);
    const chunks = [await head.readChunk(file, signal), await head.readChunk(file, signal)];
    expect(chunks.map(String)).toEqual(['tw', 'o\n\n']);
  });

  it('fill reads without moving', async () => {
    await head.fill(file, signal);
    expect([head.position, finds()]).toEqual([0, 1]);
    expect((await head.readChunk(file, signal)).toString()).toBe('one');
    expect(finds()).toBe(1);
  });

  it('moves within what is there for nothing, and elsewhere by another query', async () => {
    await head.read(file, 1, signal);
    head.moveTo(2);
    expect((await head.read(file, 3, signal)).toString()).toBe('e\nt');
    expect(finds()).toBe(1);
    head.moveTo(9);
    expect((await head.read(file, 99, signal)).toString()).toBe('four');
    expect(finds()).toBe(2);
    head.moveTo(99);
    expect(await head.read(file, 1, signal)).toHaveLength(0);
    expect(finds()).toBe(2);
  });

  it('is where it was after a failure', async () => {
    await head.read(file, 1, signal);
    scripted.stored('fs.chunks').splice(2, 1);
    head.moveTo(0);
    head.moveTo(1);
    await expect(head.read(file, 99, signal)).rejects.toThrow('missing');
    expect(head.position).toBe(1);
    expect((await head.read(file, 2, signal)).toString()).toBe('ne');
  });

  it('goes on with another cursor after letGo', async () => {
    await head.read(file, 4, signal);
    await head.letGo();
    expect((await head.read(file, 4, signal)).toString()).toBe('two\n');
    expect(finds()).toBe(2);
  });

  it('an aborted read rejects, and leaves nothing behind that a further one would find', async () => {
    const stop = new AbortController();
    const reading = head.read(file, 99, stop.signal);
    stop.abort(new Error('enough'));
    await head.letGo();
    await expect(reading).rejects.toThrow('enough');
    await expect(head.readChunk(file, stop.signal)).rejects.toThrow('enough');
    expect((await head.read(file, 99, signal)).toString()).toBe(TEXT);
  });
});
