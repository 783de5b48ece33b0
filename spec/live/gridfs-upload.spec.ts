import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import {
  AsyncClient,
  AsyncGridFS,
  type GridFSFile,
  InvalidOperationError,
  UploadError,
  type UploadOptions,
  type UploadProgress,
} from '../../lib/index.js';
import { testUri, uniqueDatabase } from '../support/live.js';
import { until } from '../support/until.js';

const client = new AsyncClient(testUri());
const db = client.db(uniqueDatabase('upload'));
const fs = new AsyncGridFS(db);
const files = db.collection('fs.files');
const chunks = db.collection('fs.chunks');
const DATA = randomBytes(1_000_000);

afterAll(async () => {
  await db.dropDatabase();
  await client.close();
});

beforeEach(async () => {
  await files.deleteMany({});
  await chunks.deleteMany({});
});

const stored = async (): Promise<number[]> => [await files.countDocuments({}), await chunks.countDocuments({})];

/** What a promise was rejected with. */
const refused = (promise: Promise<unknown>): Promise<any> =>
  promise.then(
    (value) => Promise.reject(new Error(`not refused: ${value}`)),
    (error) => error,
  );

async function* pieces(size = 10_000, data = DATA): AsyncGenerator<Buffer> {
  for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size);
}

describe('put', () => {
  it('reports progress, with the total where it is known', async () => {
    const seen: UploadProgress[] = [];
    const onProgress = (progress: UploadProgress): number => seen.push(progress);
    await fs.put(pieces(400_000), { onProgress });
    expect(seen.map(({ bytes, total }) => [bytes, total])).toEqual([
      [400_000, undefined],
      [800_000, undefined],
      [1_000_000, undefined],
    ]);
    seen.length = 0;
    await fs.put(new Blob([DATA]), { onProgress });
    expect(seen.at(-1)).toEqual({ bytes: 1_000_000, total: 1_000_000 });
  });

  it('stores nothing where the callback throws', async () => {
    const onProgress = (): never => {
      throw new Error('no more');
    };
    expect(await refused(fs.put(pieces(), { onProgress }))).toMatchObject({ message: 'no more' });
    expect(await stored()).toEqual([0, 0]);
  });

  it('takes exactly maxBytes, and not one more', async () => {
    await fs.put(pieces(), { maxBytes: 1_000_000 });
    await files.deleteMany({});
    await chunks.deleteMany({});
    let taken = 0;
    const counting = async function* (): AsyncGenerator<Buffer> {
      for await (const piece of pieces()) {
        taken += piece.length;
        yield piece;
      }
    };
    const error = await refused(fs.put(counting(), { maxBytes: 499_999, chunkSize: 1000 }));
    expect(error).toBeInstanceOf(UploadError);
    expect(error).toMatchObject({
      code: 'UPLOAD_TOO_LARGE',
      status: 413,
      statusCode: 413,
      maxBytes: 499_999,
      received: 500_000,
    });
    expect(taken).toBe(500_000);
    expect(await stored()).toEqual([0, 0]);
  });

  it('refuses what is known to be too large before it reads anything', async () => {
    const source = Readable.from(pieces());
    expect(await refused(fs.put(source, { maxBytes: 10, contentLength: 11 }))).toMatchObject({
      status: 413,
      received: 0,
      expected: 11,
    });
    expect(source.readableDidRead).toBe(false);
    expect(await refused(fs.put('too long', { maxBytes: 7 }))).toMatchObject({ status: 413 });
    expect(await stored()).toEqual([0, 0]);
  });

  it.each([
    [999_999, 'more than 999999'],
    [1_000_001, 'only 1000000'],
  ])('refuses another length than the announced %p', async (contentLength, message) => {
    const error = await refused(fs.put(pieces(), { contentLength, chunkSize: 1000 }));
    expect(error).toMatchObject({ code: 'UPLOAD_INCOMPLETE', status: 400, expected: contentLength });
    expect(error.message).toContain(message);
    expect(await stored()).toEqual([0, 0]);
  });

  it('ends by a signal, before, while it waits for its source and while it writes', async () => {
    expect(await refused(fs.put(pieces(), { signal: AbortSignal.abort(new Error('early')) }))).toMatchObject({
      message: 'early',
    });
    const signal = AbortSignal.timeout(50);
    const stuck = async function* (): AsyncGenerator<Buffer> {
      yield DATA;
      await new Promise(() => undefined);
    };
    expect(await refused(fs.put(stuck(), { signal, chunkSize: 1000 }))).toBe(signal.reason);
    const stop = new AbortController();
    const onProgress = ({ bytes }: UploadProgress): void => {
      if (bytes > 500_000) stop.abort(new Error('half-way'));
    };
    expect(await refused(fs.put(pieces(), { signal: stop.signal, onProgress, chunkSize: 1000 }))).toMatchObject({
      message: 'half-way',
    });
    expect(await stored()).toEqual([0, 0]);
  });

  it.each<[string, UploadOptions]>([
    ['maxBytes', { maxBytes: -1 }],
    ['contentLength', { contentLength: 0.5 }],
    ['onProgress', { onProgress: 5 as never }],
    ['sniffContentType', { sniffContentType: 'yes' as never }],
  ])('refuses a wrong %s', async (name, options) => {
    expect(await refused(fs.put('x', options))).toMatchObject({
      name: 'TypeError',
      message: expect.stringContaining(name),
    });
  });
});

describe('receive', () => {
  describe('of node:http', () => {
    let options: UploadOptions;
    let outcome: Promise<GridFSFile | Error>;
    let heard: () => void;
    const server = createServer((request, response) => {
      outcome = fs.receive(request, options);
      outcome.then(
        () => response.writeHead(201).end('stored'),
        (error) => response.writeHead(error.status ?? 500, error.headers).end(error.message),
      );
      heard();
    });
    let port: number;

    beforeAll(async () => {
      await once(server.listen(0, '127.0.0.1'), 'listening');
      port = (server.address() as AddressInfo).port;
    });

    beforeEach(() => {
      options = { chunkSize: 10_000 };
    });

    afterAll(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });

    /** Sends the head of a request over a plain socket, and resolves when the server has got it. */
    async function open(...headers: string[]): Promise<Socket> {
      const socket = connect(port, '127.0.0.1');
      const arrived = new Promise<void>((resolve) => {
        heard = resolve;
      });
      socket.write(
        ['PUT / HTTP/1.1', 'Host: localhost', 'Content-Type: image/x-test', ...headers, '', ''].join('\r\n'),
      );
      await arrived;
      return socket;
    }

    it('stores the body, of a known length and of none', async () => {
      heard = () => undefined;
      const url = `http://127.0.0.1:${port}/`;
      options = { filename: 'a', maxBytes: 1_000_000 };
      expect((await fetch(url, { method: 'PUT', body: DATA, headers: { 'content-type': 'a/b' } })).status).toBe(201);
      expect(await outcome).toMatchObject({ length: 1_000_000, filename: 'a', contentType: 'a/b' });
      options = { contentType: 'c/d' };
      const body = Readable.toWeb(Readable.from(pieces())) as BodyInit;
      expect((await fetch(url, { method: 'PUT', body, duplex: 'half' } as RequestInit)).status).toBe(201);
      const { _id, contentType } = (await outcome) as GridFSFile;
      expect(contentType).toBe('c/d');
      expect((await (await fs.get(_id)).read()).equals(DATA)).toBe(true);
    });

    it('answers 413 by Content-Length alone', async () => {
      options.maxBytes = 999_999;
      const socket = await open('Content-Length: 1000000');
      expect(await text(socket)).toMatch(/^HTTP\/1.1 413 [\s\S]*connection: close/i);
      expect(await stored()).toEqual([0, 0]);
    });

    it('answers 413 to a body without a length that grows too long', async () => {
      let taken = 0;
      const onProgress = ({ bytes }: UploadProgress): number => (taken = bytes);
      options = { ...options, maxBytes: 60_000, onProgress };
      const socket = await open('Transfer-Encoding: chunked');
      for (let sent = 0; sent < 6; sent++) socket.write(`2710\r\n${'x'.repeat(10_000)}\r\n`);
      // Bytes that nobody has read make the system reset the connection, which may overtake the answer.
      await until('as much has been taken as may be', () => taken === 60_000);
      socket.write('1\r\nx\r\n');
      expect(await text(socket)).toMatch(/^HTTP\/1.1 413 /);
      expect(await stored()).toEqual([0, 0]);
    });

    it.each([
      ['ends before its Content-Length', (socket: Socket) => socket.end()],
      ['breaks off half-way', (socket: Socket) => socket.resetAndDestroy()],
    ])('stores nothing of an upload that %s', async (_what, end) => {
      const socket = await open('Content-Length: 1000000');
      socket.on('error', () => undefined);
      await new Promise<void>((resolve) => socket.write(DATA.subarray(0, 500_000), () => resolve()));
      await until('there are chunks', async () => (await chunks.countDocuments({})) > 0);
      end(socket);
      const error = await refused(outcome);
      expect(error).toBeInstanceOf(UploadError);
      expect(error).toMatchObject({ code: 'UPLOAD_INCOMPLETE', status: 400, cause: { code: 'ECONNRESET' } });
      expect(await stored()).toEqual([0, 0]);
    });

    it('stores nothing of chunks that break off', async () => {
      const socket = await open('Transfer-Encoding: chunked');
      socket.end(`2710\r\n${'x'.repeat(10_000)}\r\n2710\r\nxxx`);
      expect(await refused(outcome)).toMatchObject({ code: 'UPLOAD_INCOMPLETE', received: 10_003 });
      expect(await stored()).toEqual([0, 0]);
    });

    it('stores nothing of a body that is longer than its Content-Length', async () => {
      const socket = await open('Content-Length: 500000');
      // Bytes that nobody reads make the system reset the connection, which may overtake the answer.
      const answer = text(socket).catch(({ code }) => code);
      socket.write(DATA.subarray(0, 600_000));
      expect(await refused(outcome)).toMatchObject({ code: 'UPLOAD_INCOMPLETE', status: 400, received: 500_000 });
      expect(await answer).toMatch(/^(HTTP\/1.1 400 |ECONNRESET)/);
      expect(await stored()).toEqual([0, 0]);
    });

    it('takes another request behind the body for what it is', async () => {
      const socket = await open('Content-Length: 5');
      socket.write('12345GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
      expect(await text(socket)).toMatch(/^HTTP\/1.1 201 [\s\S]*HTTP\/1.1 201 /);
      expect((await files.find().sort({ length: 1 }).toArray()).map(({ length }) => length)).toEqual([0, 5]);
    });

    it('ends by a signal while the client says nothing', async () => {
      options.signal = AbortSignal.timeout(50);
      const socket = await open('Content-Length: 1000000');
      expect(await refused(outcome)).toBe(options.signal.reason);
      socket.destroy();
      expect(await stored()).toEqual([0, 0]);
    });

    it.each([
      ['a form', 'Content-Type: multipart/form-data; boundary=x'],
      ['compressed data', 'Content-Encoding: gzip'],
    ])('refuses %s with 415', async (_what, header) => {
      heard = () => undefined;
      const socket = connect(port, '127.0.0.1');
      socket.write(`PUT / HTTP/1.1\r\nHost: localhost\r\n${header}\r\nContent-Length: 10\r\n\r\n`);
      expect(await text(socket)).toMatch(/^HTTP\/1.1 415 /);
      expect(await stored()).toEqual([0, 0]);
    });
  });

  describe('of fetch', () => {
    const request = (body: BodyInit | null, headers: Record<string, string> = {}, signal?: AbortSignal): Request =>
      new Request('http://localhost/', { method: 'PUT', body, headers, duplex: 'half', signal } as RequestInit);

    it('stores the body, and none', async () => {
      const file = await fs.receive(request(DATA, { 'content-type': 'a/b', 'content-length': '1000000' }), {
        author: 'Ada',
      });
      expect(file).toMatchObject({ length: 1_000_000, contentType: 'a/b', author: 'Ada' });
      expect((await (await fs.get(file._id)).read()).equals(DATA)).toBe(true);
      expect(await fs.receive(request(null))).toMatchObject({ length: 0 });
    });

    it.each([
      ['10', 'more than 10'],
      ['2000000', 'only 1000000'],
      ['many', 'Content-Length'],
    ])('refuses a Content-Length of %s that lies', async (length, message) => {
      const error = await refused(fs.receive(request(DATA, { 'content-length': length })));
      expect(error).toMatchObject({ code: 'UPLOAD_INCOMPLETE', message: expect.stringContaining(message) });
      expect(await stored()).toEqual([0, 0]);
    });

    it('stores nothing of a body that fails, or whose client goes away', async () => {
      const failing = async function* (): AsyncGenerator<Buffer> {
        yield DATA;
        throw new Error('cut');
      };
      const body = (source: AsyncIterable<Buffer>): BodyInit => Readable.toWeb(Readable.from(source)) as BodyInit;
      expect(await refused(fs.receive(request(body(failing()))))).toMatchObject({
        code: 'UPLOAD_INCOMPLETE',
        cause: { message: 'cut' },
      });
      const gone = new AbortController();
      const onProgress = (): void => gone.abort(new Error('gone'));
      expect(await refused(fs.receive(request(body(pieces()), {}, gone.signal), { onProgress }))).toMatchObject({
        message: expect.stringContaining('gone'),
      });
      expect(await stored()).toEqual([0, 0]);
    });

    it('refuses a body that has been read, and what is no request', async () => {
      const used = request(DATA);
      await used.text();
      expect(await refused(fs.receive(used))).toBeInstanceOf(InvalidOperationError);
      expect(await refused(fs.receive({} as never))).toBeInstanceOf(TypeError);
    });
  });
});
