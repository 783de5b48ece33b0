import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { GridFSBucket, type GridFSBucketWriteStreamOptions } from 'mongodb';
import { AsyncClient, type CommandStartedEvent, GridFSHandler } from '../../lib/index.js';
import { testUri, uniqueDatabase } from '../support/live.js';
import { officialClient } from '../support/official-client.js';
import { OpenCursors } from '../support/open-cursors.js';

const MB = 1024 * 1024;
const client = new AsyncClient(testUri());
const database = client.db(uniqueDatabase('gridfs-http'));
/** Files are stored by the official driver: what is served has not been written by the code under test. */
const witness = officialClient(testUri());
const bucket = new GridFSBucket(witness.db(database.name));
const chunks = witness.db(database.name).collection('fs.chunks');
const cursors = new OpenCursors(client, `${database.name}.fs.chunks`);
const failures: unknown[] = [];
const files = new GridFSHandler({ database, onError: (error) => failures.push(error) });
const servers: Server[] = [];
const agent = new Agent({ keepAlive: true, maxSockets: 4 });
const BYTES = randomBytes(3 * MB + 12_345);
/** Far more than sockets and batches hold, so that it is not over when the client goes away. */
const LARGE = Buffer.alloc(56 * MB, 'large file ');
let url: string;

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function store(name: string, bytes: Uint8Array, options: GridFSBucketWriteStreamOptions = {}): Promise<unknown> {
  const upload = bucket.openUploadStream(name, options);
  await pipeline([Buffer.from(bytes)], upload);
  return upload.id;
}

beforeAll(async () => {
  await store('a.png', BYTES);
  await store('large.bin', LARGE);
  url = await listen(files.handle);
}, 60_000);

beforeEach(() => failures.splice(0));

afterAll(async () => {
  agent.destroy();
  for (const server of servers) server.close().closeAllConnections();
  await database.dropDatabase();
  await witness.close();
  await client.close();
});

/** A response whose body has not been read. */
async function open(path: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  const [response] = await once(httpRequest(url + path, { headers, agent: false }).end(), 'response');
  return response;
}

async function part(range: string): Promise<{ status: number; range: string | null; bytes: Buffer }> {
  const request = httpRequest(`${url}/a.png`, { headers: { range }, agent }).end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return {
    status: response.statusCode!,
    range: response.headers['content-range'] ?? null,
    bytes: await buffer(response),
  };
}

describe('ranges', () => {
  it('give the very bytes, 200 at random', async () => {
    const at = (): number => Math.floor(Math.random() * BYTES.length);
    const one = async (index: number): Promise<void> => {
      const [first, last] = [at(), at()].toSorted((a, b) => a - b) as [number, number];
      const forms: [string, number, number][] = [
        [`bytes=${first}-${last}`, first, last],
        [`bytes=${first}-`, first, BYTES.length - 1],
        [`bytes=-${BYTES.length - first}`, first, BYTES.length - 1],
        [
          `bytes=${first}-${Math.min(first + (index % 3), BYTES.length - 1)}`,
          first,
          Math.min(first + (index % 3), BYTES.length - 1),
        ],
      ];
      const [asked, from, to] = forms[index % forms.length]!;
      const { status, range, bytes } = await part(asked);
      expect({ asked, status, range }).toEqual({ asked, status: 206, range: `bytes ${from}-${to}/${BYTES.length}` });
      expect(bytes.equals(BYTES.subarray(from, to + 1))).toBe(true);
    };
    for (let done = 0; done < 200; done += 4) await Promise.all([0, 1, 2, 3].map((next) => one(done + next)));
    await cursors.untilNone();
  }, 60_000);

  it('give the bytes around the borders of chunks', async () => {
    const chunk = 255 * 1024;
    for (const [first, last] of [
      [chunk - 1, chunk],
      [chunk, chunk],
      [chunk - 1, chunk - 1],
      [0, 2 * chunk - 1],
    ] as const) {
      const { bytes } = await part(`bytes=${first}-${last}`);
      expect(bytes.equals(BYTES.subarray(first, last + 1))).toBe(true);
    }
  });

  it('several at once are a multipart body', async () => {
    const response = await fetch(`${url}/a.png`, { headers: { Range: 'bytes=0-99,1000000-1000099,-50' } });
    const body = Buffer.from(await response.arrayBuffer());
    expect(response.status).toBe(206);
    expect(response.headers.get('content-length')).toBe(String(body.length));
    const boundary = /boundary=(\S+)$/.exec(response.headers.get('content-type')!)![1]!;
    const parts = body.toString('latin1').split(`--${boundary}`);
    expect([parts[0], parts.at(-1)]).toEqual(['', '--\r\n']);
    const bodies = parts.slice(1, -1).map((one) => one.slice(one.indexOf('\r\n\r\n') + 4, -2));
    expect(bodies.map((one) => Buffer.from(one, 'latin1').equals(BYTES.subarray(0, 100)))).toEqual([
      true,
      false,
      false,
    ]);
    expect(Buffer.from(bodies[1]!, 'latin1').equals(BYTES.subarray(1_000_000, 1_000_100))).toBe(true);
    expect(Buffer.from(bodies[2]!, 'latin1').equals(BYTES.subarray(-50))).toBe(true);
  });

  it('of a file of 1 GB cost two round trips', async () => {
    const [chunkSize, n, _id] = [255 * 1024, 4000, 'gigabyte'];
    const length = 1024 * MB;
    // The rest of it is not there: whoever asked for it would fail.
    await witness
      .db(database.name)
      .collection('fs.files')
      .insertOne({
        _id: _id as never,
        length,
        chunkSize,
        uploadDate: new Date(),
        filename: 'gigabyte.bin',
      });
    await chunks.insertOne({ files_id: _id, n, data: Buffer.alloc(chunkSize, 'x') });
    const sent: string[] = [];
    const watch = ({ commandName, command }: CommandStartedEvent): void => {
      sent.push(`${commandName} ${(command as Record<string, unknown>)[commandName]}`);
    };
    client.on('commandStarted', watch);
    const range = `bytes=${n * chunkSize + 10}-${n * chunkSize + 19}`;
    const response = await fetch(`${url}/gigabyte.bin`, { headers: { Range: range } });
    expect([response.status, await response.text()]).toEqual([206, 'x'.repeat(10)]);
    client.off('commandStarted', watch);
    expect(sent).toEqual(['find fs.files', 'find fs.chunks']);
  });
});

describe('conditions', () => {
  it('compare with what the first response said', async () => {
    const { headers } = await fetch(`${url}/a.png`, { method: 'HEAD' });
    const [etag, modified] = [headers.get('etag')!, headers.get('last-modified')!];
    const status = async (conditions: Record<string, string>): Promise<number> => {
      const response = await fetch(`${url}/a.png`, { headers: conditions });
      await response.arrayBuffer();
      return response.status;
    };
    expect(etag).toMatch(/^"[0-9a-f]{64}"$/);
    expect(await status({ 'If-None-Match': etag })).toBe(304);
    expect(await status({ 'If-None-Match': `"x", W/${etag}` })).toBe(304);
    expect(await status({ 'If-None-Match': '"x"', 'If-Modified-Since': modified })).toBe(200);
    expect(await status({ 'If-Modified-Since': modified })).toBe(304);
    expect(await status({ 'If-Match': '"x"' })).toBe(412);
    expect(await status({ 'If-Match': etag, Range: 'bytes=0-0' })).toBe(206);
    expect(await status({ 'If-Range': modified, Range: 'bytes=0-0' })).toBe(206);
    expect(await status({ 'If-Range': '"x"', Range: 'bytes=0-0' })).toBe(200);
  });

  it('tell versions of one name apart', async () => {
    await store('versions.txt', Buffer.from('one'));
    const first = await fetch(`${url}/versions.txt`);
    expect(await first.text()).toBe('one');
    await sleep(5);
    await store('versions.txt', Buffer.from('two'));
    const headers = { 'If-None-Match': first.headers.get('etag')! };
    const second = await fetch(`${url}/versions.txt`, { headers });
    expect([second.status, await second.text()]).toEqual([200, 'two']);
  });
});

describe('a request for no bytes', () => {
  it('reads no chunk: HEAD and 304', async () => {
    const namespaces: unknown[] = [];
    const watch = ({ command }: CommandStartedEvent): void => void namespaces.push((command as { find?: string }).find);
    client.on('commandStarted', watch);
    const head = await fetch(`${url}/large.bin`, { method: 'HEAD' });
    expect(head.headers.get('content-length')).toBe(String(LARGE.length));
    expect((await fetch(`${url}/large.bin`, { headers: { 'If-None-Match': '*' } })).status).toBe(304);
    client.off('commandStarted', watch);
    expect(namespaces).toEqual(['fs.files', 'fs.files']);
  });

  it('is one for an empty file', async () => {
    await store('empty.txt', Buffer.alloc(0));
    const response = await fetch(`${url}/empty.txt`);
    expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([200, '0', '']);
    expect((await fetch(`${url}/empty.txt`, { headers: { Range: 'bytes=0-' } })).status).toBe(416);
  });
});

describe('the path', () => {
  it('is what a mounting framework leaves in the URL', async () => {
    // Express and Connect take the mount path off `req.url`.
    const base = await listen((request, response) => {
      if (!request.url!.startsWith('/files/')) return response.writeHead(418).end();
      request.url = request.url!.slice('/files'.length);
      return files.handle(request, response);
    });
    const response = await fetch(`${base}/files/a.png`);
    expect(Buffer.from(await response.arrayBuffer()).equals(BYTES)).toBe(true);
    expect((await fetch(`${base}/a.png`)).status).toBe(418);
  });

  it('is what stands behind the prefix, or what a route says', async () => {
    const behind = new GridFSHandler({ database, prefix: '/files' });
    const routed = new GridFSHandler({ database, path: ({ params }) => params.name });
    const base = await listen((request, response) => {
      if (request.url!.startsWith('/files')) return behind.handle(request, response);
      return routed.handle(Object.assign(request, { params: { name: 'a.png' } }), response);
    });
    for (const path of ['/files/a.png', '/route']) {
      const response = await fetch(base + path);
      expect(Buffer.from(await response.arrayBuffer()).equals(BYTES)).toBe(true);
    }
  });

  it('may have any name, and what is no text is refused', async () => {
    for (const name of ['folder/ü 日本?#%.txt', '../up', 'a"b;c,d\\e']) {
      await store(name, Buffer.from(name));
      const escaped = httpRequest(`${url}/`, { path: `/${encodeURIComponent(name)}`, agent: false }).end();
      const [response] = (await once(escaped, 'response')) as [IncomingMessage];
      expect([response.statusCode, await text(response)]).toEqual([200, name]);
    }
    expect((await fetch(`${url}/%ff`)).status).toBe(400);
    expect((await fetch(`${url}/a%0d%0ab`)).status).toBe(400);
    expect((await fetch(`${url}/nobody`)).status).toBe(404);
    expect((await fetch(`${url}/`)).status).toBe(404);
    expect(failures).toEqual([]);
  });

  it('is never a way to a header of its own, nor is anything in the files document', async () => {
    const evil = 'evil"\r\nSet-Cookie: session=stolen\r\n\r\n<script>';
    const _id = await store(evil, Buffer.from('x'), { metadata: { contentType: `text/html\r\n${evil}` } });
    await witness
      .db(database.name)
      .collection('fs.files')
      .updateOne({ _id: _id as never }, { $set: { contentType: evil, md5: evil } });
    const byId = new GridFSHandler({ database, getGridFSFile: (fs) => fs.get(_id) });
    const base = await listen(byId.handle);
    for (const response of [await fetch(`${base}/x`), await byId.fetch(new Request('http://host/x'))]) {
      expect([response.status, await response.text()]).toEqual([200, 'x']);
      expect(response.headers.get('set-cookie')).toBeNull();
      expect(response.headers.get('content-type')).toBe('application/octet-stream');
      expect(response.headers.get('content-disposition')).toMatch(/^inline; filename="/);
    }
  });
});

describe('GridFSHandler.fetch', () => {
  it('gives the file and its parts', async () => {
    const whole = await files.fetch(new Request('http://host/a.png'));
    expect(whole.headers.get('content-type')).toBe('image/png');
    expect(Buffer.from(await whole.arrayBuffer()).equals(BYTES)).toBe(true);
    const headers = { Range: 'bytes=300000-300099' };
    const one = await files.fetch(new Request('http://host/a.png', { headers }));
    expect(Buffer.from(await one.arrayBuffer()).equals(BYTES.subarray(300_000, 300_100))).toBe(true);
    expect((await files.fetch(new Request('http://host/nobody'))).status).toBe(404);
    await cursors.untilNone();
  });
});

describe('a client that goes away', () => {
  afterEach(() => cursors.untilNone());

  it('by node:http: the cursor is gone, and no error is told', async () => {
    const response = await open('/large.bin');
    await once(response, 'readable');
    try {
      await cursors.untilOne();
    } finally {
      response.destroy();
    }
    await cursors.untilNone();
    expect(failures).toEqual([]);
  });

  it('by node:http at any moment', async () => {
    for (let after = 0; after < 30; after += 3) {
      const request = httpRequest(`${url}/large.bin`, { agent: false })
        .on('error', () => undefined)
        .end();
      await sleep(after);
      request.destroy();
    }
    await cursors.untilNone();
    expect(failures).toEqual([]);
  });

  it('by fetch: cancelled, aborted, and aborted before it is read', async () => {
    const response = await files.fetch(new Request('http://host/large.bin'));
    const reader = response.body!.getReader();
    await reader.read();
    await cursors.untilOne();
    await reader.cancel();
    await cursors.untilNone();
    for (const chunksRead of [0, 3]) {
      const left = new AbortController();
      const { body } = await files.fetch(new Request('http://host/large.bin', { signal: left.signal }));
      const second = body!.getReader();
      for (let more = chunksRead; more > 0; more--) await second.read();
      left.abort();
      await expect(second.read()).rejects.toThrow('aborted');
      await cursors.untilNone();
    }
    expect(failures).toEqual([]);
  });
});

describe('a damaged file', () => {
  const damaged = async (name: string, n: number): Promise<void> => {
    const _id = await store(name, BYTES);
    await chunks.deleteOne({ files_id: _id as never, n });
  };
  afterEach(() => cursors.untilNone());

  it('is a 500 where the first chunk is missing, and its HEAD does not know', async () => {
    await damaged('headless.bin', 0);
    const response = await fetch(`${url}/headless.bin`);
    expect([response.status, await response.text()]).toEqual([500, 'Internal Server Error\n']);
    expect((await fetch(`${url}/headless.bin`, { method: 'HEAD' })).status).toBe(200);
    expect(failures).toEqual([expect.objectContaining({ code: 'CORRUPT_GRID_FILE' })]);
  });

  it('breaks the response where a later one is', async () => {
    await damaged('half.bin', 6);
    await expect(fetch(`${url}/half.bin`).then((response) => response.arrayBuffer())).rejects.toThrow();
    const response = await files.fetch(new Request('http://host/half.bin'));
    expect(response.status).toBe(200);
    await expect(response.arrayBuffer()).rejects.toMatchObject({ code: 'CORRUPT_GRID_FILE' });
    expect(failures).toHaveLength(2);
    const { status } = await fetch(`${url}/half.bin`, { headers: { Range: 'bytes=0-99' } });
    expect(status).toBe(206);
  });

  it('breaks the response where it is deleted while it is served', async () => {
    const id = await store('doomed.bin', LARGE);
    const response = await open('/doomed.bin');
    await once(response, 'readable');
    await bucket.delete(id as never);
    await expect(buffer(response)).rejects.toThrow('aborted');
    expect(failures).toEqual([expect.objectContaining({ code: 'CORRUPT_GRID_FILE' })]);
    expect((await fetch(`${url}/doomed.bin`)).status).toBe(404);
  }, 30_000);
});
