import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  AsyncClient,
  AsyncGridFS,
  AsyncGridOut,
  CorruptGridFileError,
  InvalidOperationError,
  NoFileError,
} from '../../lib/index.js';
import { testUri, uniqueDatabase } from '../support/live.js';
import { OpenCursors } from '../support/open-cursors.js';

const client = new AsyncClient(testUri());
const db = client.db(uniqueDatabase('gridout'));
const fs = new AsyncGridFS(db);
const chunks = db.collection('fs.chunks');
const cursors = new OpenCursors(client, chunks.fullName);
/** Several batches, so that a cursor stays on the server while it is read. */
const LARGE = randomBytes(12_000_000);
const TEXT = 'first\nsecond line\n\nlast';
let large: unknown;
let text: unknown;

beforeAll(async () => {
  large = await fs.put(LARGE, { filename: 'large', chunkSize: 100_000 });
  text = await fs.put(TEXT, {
    filename: 'text',
    chunkSize: 4,
    aliases: ['t'],
    metadata: { a: 1 },
    contentType: 'text/plain',
    computeMd5: true,
  });
});

afterAll(async () => {
  await db.dropDatabase();
  await client.close();
});

afterEach(() => cursors.untilNone());

describe('properties', () => {
  it('are the fields of the files document', async () => {
    const gridOut = await fs.get(text);
    expect([
      gridOut._id,
      gridOut.filename,
      gridOut.name,
      gridOut.contentType,
      gridOut.length,
      gridOut.chunkSize,
    ]).toEqual([text, 'text', 'text', 'text/plain', TEXT.length, 4]);
    expect([gridOut.aliases, gridOut.metadata, gridOut.md5?.length, gridOut.get('none')]).toEqual([
      ['t'],
      { a: 1 },
      32,
      undefined,
    ]);
    expect(gridOut.uploadDate).toBeInstanceOf(Date);
  });

  it('are not there before the file is open, which reading does by itself', async () => {
    const gridOut = new AsyncGridOut(fs.collection, { fileId: text });
    for (const name of ['_id', 'length', 'chunkSize', 'filename', 'metadata', 'md5'] as const)
      expect(() => gridOut[name]).toThrow(InvalidOperationError);
    expect(() => gridOut.get('x')).toThrow(InvalidOperationError);
    expect(() => gridOut.seek(0, 2)).toThrow(InvalidOperationError);
    expect((await gridOut.read(5)).toString()).toBe('first');
    expect(gridOut.length).toBe(TEXT.length);
    await expect(new AsyncGridOut(fs.collection, { fileId: 'none' }).open()).rejects.toThrow(NoFileError);
    await expect(new AsyncGridOut(fs.collection, { fileId: 'none' }).read()).rejects.toThrow(NoFileError);
  });

  it('come from a document that is there already', () => {
    const gridOut = new AsyncGridOut(fs.collection, {
      fileId: 'other',
      file_document: { _id: 1, length: 5, chunkSize: 2 },
    });
    expect([gridOut._id, gridOut.length]).toEqual([1, 5]);
  });
});

describe('reading', () => {
  it('goes on where it was, whatever the sizes', async () => {
    const gridOut = await fs.get(text);
    const pieces: string[] = [];
    for (const size of [1, 3, 6, 0, 2]) pieces.push((await gridOut.read(size)).toString());
    expect(pieces).toEqual(['f', 'irs', 't\nseco', '', 'nd']);
    expect(gridOut.tell()).toBe(12);
    expect((await gridOut.read()).toString()).toBe(TEXT.slice(12));
    expect([
      (await gridOut.read()).length,
      (await gridOut.read(5)).length,
      (await gridOut.readline()).length,
      (await gridOut.readChunk()).length,
    ]).toEqual([0, 0, 0, 0]);
  });

  it('by lines', async () => {
    const gridOut = await fs.get(text);
    const lines: string[] = [];
    for (let line = await gridOut.readline(); line.length > 0; line = await gridOut.readline())
      lines.push(line.toString());
    expect(lines).toEqual(['first\n', 'second line\n', '\n', 'last']);
    gridOut.seek(0);
    expect([
      (await gridOut.readline(3)).toString(),
      (await gridOut.readline(10)).toString(),
      (await gridOut.readline(0)).toString(),
    ]).toEqual(['fir', 'st\n', '']);
  });

  it('by chunks', async () => {
    const gridOut = await fs.get(text);
    await gridOut.read(5);
    expect([(await gridOut.readChunk()).toString(), (await gridOut.readChunk()).toString()]).toEqual(['\nse', 'cond']);
  });

  it('of a large file, with one cursor', async () => {
    const gridOut = await fs.get(large);
    const pieces: Buffer[] = [];
    for (let piece = await gridOut.read(777_777); piece.length > 0; piece = await gridOut.read(777_777))
      pieces.push(piece);
    expect(Buffer.concat(pieces).equals(LARGE)).toBe(true);
  });

  it('calls that are not awaited are carried out in their order', async () => {
    const gridOut = await fs.get(text);
    const parts = await Promise.all([gridOut.readline(), gridOut.read(3), gridOut.readline()]);
    expect(parts.map(String)).toEqual(['first\n', 'sec', 'ond line\n']);
  });

  it.each([0.5, Number.NaN, '5'])('refuses a size of %p', async (size) => {
    const gridOut = await fs.get(text);
    await expect(gridOut.read(size as number)).rejects.toThrow(TypeError);
    await expect(gridOut.readline(size as number)).rejects.toThrow(TypeError);
  });
});

describe('seek', () => {
  it('goes to any place, from anywhere', async () => {
    const gridOut = await fs.get(text);
    expect(gridOut.seek(6)).toBe(6);
    expect((await gridOut.read(6)).toString()).toBe('second');
    expect(gridOut.seek(-6, 1)).toBe(6);
    expect((await gridOut.readline()).toString()).toBe('second line\n');
    expect(gridOut.seek(-4, 2)).toBe(TEXT.length - 4);
    expect((await gridOut.read()).toString()).toBe('last');
    gridOut.seek(0);
    expect((await gridOut.read()).toString()).toBe(TEXT);
  });

  it('beyond the end finds nothing, and the way back', async () => {
    const gridOut = await fs.get(text);
    expect(gridOut.seek(1000)).toBe(1000);
    expect((await gridOut.read()).length).toBe(0);
    expect(gridOut.tell()).toBe(1000);
    gridOut.seek(0);
    expect((await gridOut.read(5)).toString()).toBe('first');
  });

  it('refuses what is no place', async () => {
    const gridOut = await fs.get(text);
    expect(() => gridOut.seek(-1)).toThrow(RangeError);
    expect(() => gridOut.seek(-1000, 2)).toThrow(RangeError);
    expect(() => gridOut.seek(0, 3 as 2)).toThrow(RangeError);
    expect(() => gridOut.seek(0.5)).toThrow(TypeError);
    expect(gridOut.tell()).toBe(0);
    const reading = gridOut.read(2);
    expect(() => gridOut.seek(0)).toThrow(InvalidOperationError);
    await reading;
  });

  it('in a large file leaves no cursor behind', async () => {
    const gridOut = await fs.get(large);
    for (const place of [5_000_000, 100, 11_999_990, 250_000]) {
      gridOut.seek(place);
      expect((await gridOut.read(20)).equals(LARGE.subarray(place, place + 20))).toBe(true);
    }
    await gridOut.close();
    expect((await gridOut.read(10)).equals(LARGE.subarray(250_020, 250_030))).toBe(true);
    await gridOut.close();
  });
});

describe('range', () => {
  it('reads a part, without regard to the position', async () => {
    const gridOut = await fs.get(large);
    await gridOut.read(5);
    expect((await buffer(gridOut.range(99_999, 300_001))).equals(LARGE.subarray(99_999, 300_001))).toBe(true);
    expect((await buffer(gridOut.range(11_999_999))).length).toBe(1);
    expect((await buffer(gridOut.range(5, 5))).length).toBe(0);
    expect(gridOut.tell()).toBe(5);
    await gridOut.close();
    for await (const _ of gridOut.range()) break;
    expect(await cursors.idle()).toBe(0);
  });

  it.each([
    [-1, 5],
    [5, 4],
    [0, 1000],
    [1000, 1001],
  ])('refuses %p to %p', async (start, end) => {
    const gridOut = await fs.get(text);
    await expect(buffer(gridOut.range(start, end))).rejects.toThrow(RangeError);
  });

  it('ends by a signal', async () => {
    const stop = new AbortController();
    const range = (await fs.get(large)).range(0, undefined, { signal: stop.signal });
    await range.next();
    stop.abort(new Error('enough'));
    await expect(buffer(range)).rejects.toThrow('enough');
  });
});

describe('streams', () => {
  it('for await reads from the position to the end', async () => {
    const gridOut = await fs.get(large);
    gridOut.seek(1_000_000);
    expect((await buffer(gridOut)).equals(LARGE.subarray(1_000_000))).toBe(true);
  });

  it('for await that is left kills the cursor, and goes on later', async () => {
    const gridOut = await fs.get(large);
    for await (const _ of gridOut) break;
    expect(await cursors.idle()).toBe(0);
    expect(gridOut.tell()).toBe(100_000);
    expect((await gridOut.read(10)).equals(LARGE.subarray(100_000, 100_010))).toBe(true);
    await gridOut.close();
  });

  it('of Node.js, destroyed early too', async () => {
    expect((await buffer((await fs.get(large)).stream())).equals(LARGE)).toBe(true);
    const stream = (await fs.get(large)).stream();
    await once(stream, 'readable');
    stream.destroy();
    await once(stream, 'close');
    expect(await cursors.idle()).toBe(0);
  });

  it('of the web, cancelled early too', async () => {
    expect((await buffer((await fs.get(large)).readableStream())).equals(LARGE)).toBe(true);
    expect(await new Response((await fs.get(text)).readableStream() as BodyInit).text()).toBe(TEXT);
    const reader = (await fs.get(large)).readableStream().getReader();
    await reader.read();
    await reader.cancel();
    expect(await cursors.idle()).toBe(0);
  });

  it('streamTo ends its target, of Node.js and the web', async () => {
    const target = new PassThrough();
    const [copy] = await Promise.all([buffer(target), (await fs.get(large)).streamTo(target)]);
    expect(copy.equals(LARGE)).toBe(true);
    const web = new TransformStream<Uint8Array, Uint8Array>();
    const [webCopy] = await Promise.all([buffer(web.readable), (await fs.get(text)).streamTo(web.writable)]);
    expect(webCopy.toString()).toBe(TEXT);
    await expect((await fs.get(large)).streamTo({} as never)).rejects.toThrow(TypeError);
  });

  it('streamTo waits for a slow target', async () => {
    const gridOut = await fs.get(large);
    let taken = 0;
    const slow = new Writable({
      write(bytes: Buffer, _encoding, done) {
        taken += bytes.length;
        // What is ahead of the target is one chunk in it and what the stream buffers.
        expect(gridOut.tell() - taken).toBeLessThan(500_000);
        setImmediate(done);
      },
    });
    await gridOut.streamTo(slow);
    expect(taken).toBe(LARGE.length);
  });

  it('streamTo stops by a signal and at a target that fails', async () => {
    const stop = new AbortController();
    const stuck = new Writable({ write: () => stop.abort(new Error('enough')) });
    await expect((await fs.get(large)).streamTo(stuck, { signal: stop.signal })).rejects.toThrow('aborted');
    expect(stuck.destroyed).toBe(true);
    const gone = new PassThrough();
    gone.destroy();
    await expect((await fs.get(large)).streamTo(gone)).rejects.toMatchObject({ name: 'Error' });
    const failing = new Writable({ write: (_bytes, _encoding, done) => done(new Error('full')) });
    await expect((await fs.get(large)).streamTo(failing)).rejects.toThrow('full');
  });
});

describe('streamToHandler', () => {
  let answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  let outcome: Promise<unknown>;
  const server = createServer((request, response) => {
    outcome = answer(request, response).catch((error) => error);
  });
  let url: string;

  beforeAll(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });

  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('sends the file under headers of the caller', async () => {
    answer = async (_request, response) => {
      const gridOut = await fs.getLastVersion('large');
      response.setHeader('content-type', 'x/y').setHeader('content-length', gridOut.length);
      await gridOut.streamToHandler(response);
      response.end();
    };
    const response = await fetch(url);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'x/y']);
    expect(Buffer.from(await response.arrayBuffer()).equals(LARGE)).toBe(true);
    expect(await outcome).toBeUndefined();
  });

  it('stops when the client goes away, and kills the cursor', async () => {
    // Far more than sockets and batches hold, so that it is not over when the client goes away.
    const film = await fs.put(Buffer.alloc(56_000_000), { filename: 'film' });
    answer = async (_request, response) => (await fs.get(film)).streamToHandler(response);
    const request = get(url);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    await once(response, 'readable');
    await cursors.untilOne();
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    request.destroy();
    await new Promise((resolve) => response.once('close', resolve));
    expect(await outcome).toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' });
    await cursors.untilNone();
  });

  it('an error before the first byte leaves the response to the caller', async () => {
    const id = await fs.put(Buffer.alloc(300), { chunkSize: 100 });
    await chunks.deleteOne({ files_id: id, n: 0 });
    answer = async (_request, response) => {
      await (await fs.get(id)).streamToHandler(response).catch((error) => {
        response.writeHead(error instanceof CorruptGridFileError ? 500 : 200).end();
      });
    };
    expect((await fetch(url)).status).toBe(500);
  });

  it('a later one breaks the response visibly', async () => {
    const id = await fs.put(Buffer.alloc(5_000_000), { chunkSize: 100_000 });
    await chunks.deleteOne({ files_id: id, n: 48 });
    answer = async (_request, response) => (await fs.get(id)).streamToHandler(response);
    const response = await fetch(url);
    expect(response.status).toBe(200);
    await expect(response.arrayBuffer()).rejects.toThrow();
    expect(await outcome).toBeInstanceOf(CorruptGridFileError);
  });
});
