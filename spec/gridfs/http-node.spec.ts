import { once } from 'node:events';
import {
  type ClientRequest,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { connect, createServer as createHttp2Server } from 'node:http2';
import { type AddressInfo, connect as connectTcp, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '../../lib/gridfs/http-answer.js';
import { openBody } from '../../lib/gridfs/http-body.js';
import { fieldsOf, goneSignal, sendAnswer } from '../../lib/gridfs/http-node.js';
import { until } from '../support/until.js';
import { FakeFile } from './fake-file.js';

const CHUNK = 64 * 1024;
/** Far more than the buffers of two sockets hold. */
const CHUNKS = 512;
const LENGTH = CHUNKS * CHUNK;
const failures: unknown[] = [];
let file: FakeFile;
let headers: Record<string, string>;
let sent: Promise<void>;

async function serve(response: ServerResponse, source: FakeFile): Promise<void> {
  const gone = goneSignal(response);
  const answer: Answer = {
    status: 200,
    headers: new Headers(headers),
    body: await openBody(source, [{ start: 0, end: source.length }], gone),
    onError: (error) => failures.push(error),
  };
  await sendAnswer(answer, response, gone);
}

const server = createServer((_, response) => {
  sent = serve(response, file);
});

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

beforeEach(() => {
  failures.length = 0;
  file = new FakeFile(Buffer.alloc(LENGTH, 'x'), { chunkSize: CHUNK });
  headers = { 'Content-Length': String(LENGTH) };
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function ask(): ClientRequest {
  return httpRequest({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', agent: false }).end();
}

const responseTo = async (asked: ClientRequest): Promise<IncomingMessage> =>
  (await once(asked, 'response'))[0] as IncomingMessage;

/** Waits until the file is not read on any more, in ten turns with pauses between. */
async function untilStalled(): Promise<void> {
  let read = -1;
  let looks = 0;
  await until('the file is not read on', () => {
    looks = file.read === read ? looks + 1 : 0;
    ({ read } = file);
    return looks === 10;
  });
}

describe('sendAnswer', () => {
  it('sends head and body', async () => {
    headers['X-Any'] = 'é';
    const response = await responseTo(ask());
    expect(response.headers).toMatchObject({ 'x-any': 'é', 'content-length': String(LENGTH) });
    expect((await buffer(response)).equals(file.bytes)).toBe(true);
    await sent;
    expect(file.reading).toBe(0);
  });

  it('sends each cookie by itself', async () => {
    const both = new Headers(headers);
    both.append('Set-Cookie', 'a=1; Expires=Wed, 01 Jan 2025 00:00:00 GMT');
    both.append('Set-Cookie', 'b=2');
    headers = both as never;
    const response = await responseTo(ask());
    response.resume();
    expect(response.headers['set-cookie']).toEqual(['a=1; Expires=Wed, 01 Jan 2025 00:00:00 GMT', 'b=2']);
    await sent;
  });

  it('reads no faster than the client does', async () => {
    const response = await responseTo(ask());
    response.pause();
    // What fits into the buffers of two sockets is taken, which is some megabytes at most.
    await untilStalled();
    expect(file.read).toBeLessThan(CHUNKS);
    expect(file.reading).toBe(1);
    expect((await buffer(response)).length).toBe(LENGTH);
    await sent;
    expect(file.reading).toBe(0);
  });

  it('leaves the file when the client goes away, while it waits for the client', async () => {
    const asked = ask();
    const response = await responseTo(asked);
    response.pause();
    await untilStalled();
    asked.destroy();
    await sent;
    await until('the file is left', () => file.reading === 0);
    expect(file.read).toBeLessThan(CHUNKS);
    expect(failures).toEqual([]);
  });

  it('leaves the file when the client goes away, while it waits for the file', async () => {
    file.beforeChunk = async (signal) => {
      if (file.read === 3) await sleep(60_000, undefined, { signal: signal!, ref: false });
    };
    const asked = ask();
    await responseTo(asked);
    await until('the third chunk has been read', () => file.read === 3);
    asked.destroy();
    await sent;
    expect(file.reading).toBe(0);
    expect(failures).toEqual([]);
  });

  it('leaves the files of all requests that wait on a connection which is closed', async () => {
    const both = [file, new FakeFile(Buffer.alloc(LENGTH, 'y'), { chunkSize: CHUNK })];
    const answers: Promise<void>[] = [];
    const own = createServer((_, response) => answers.push(serve(response, both[answers.length]!)));
    await once(own.listen(0, '127.0.0.1'), 'listening');
    const socket = connectTcp((own.address() as AddressInfo).port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(2));
    await until('both are being read', () => both.every(({ read }) => read > 0));
    socket.destroy();
    await Promise.all(answers);
    expect([...both.map(({ reading }) => reading), failures]).toEqual([0, 0, []]);
    own.close();
  });

  it('breaks the connection where the file fails half-way', async () => {
    file.fault = { at: LENGTH / 2, error: new Error('chunk 256 is missing') };
    const response = await responseTo(ask());
    await expect(buffer(response)).rejects.toThrow('aborted');
    await sent;
    expect(failures).toEqual([new Error('chunk 256 is missing')]);
    expect(file.reading).toBe(0);
  });

  it('breaks the connection where the head cannot be written', async () => {
    headers = { 'X-Any': 'a\u0001b' };
    await expect(responseTo(ask())).rejects.toThrow('socket hang up');
    await sent;
    expect(failures).toEqual([expect.objectContaining({ code: 'ERR_INVALID_CHAR' })]);
    expect(file.reading).toBe(0);
  });

  it('sends nothing to a client that has gone already', async () => {
    let reached: () => void;
    const waiting = new Promise<void>((resolve) => (reached = resolve));
    file.beforeChunk = (signal) => {
      reached();
      return new Promise((resolve) => signal!.addEventListener('abort', () => resolve()));
    };
    const asked = ask();
    asked.on('error', () => undefined);
    await waiting;
    const [socket] = (await Promise.all([asked.socket ?? once(asked, 'socket')])) as [Socket];
    socket.destroy();
    await expect(sent).rejects.toThrow('aborted');
    expect(file.reading).toBe(0);
  });
});

describe('sendAnswer by HTTP/2', () => {
  it('gives the file, and resets the stream where the file fails half-way', async () => {
    const second = createHttp2Server((_, response) => {
      const gone = goneSignal(response);
      const onError = (error: unknown): number => failures.push(error);
      openBody(file, [{ start: 0, end: file.length }], gone)
        .then((body) => sendAnswer({ status: 200, headers: new Headers(headers), body, onError }, response, gone))
        .catch(onError);
    }).listen(0, '127.0.0.1');
    await once(second, 'listening');
    const session = connect(`http://127.0.0.1:${(second.address() as AddressInfo).port}`);
    try {
      expect((await buffer(session.request({ ':path': '/' }))).equals(file.bytes)).toBe(true);
      file.fault = { at: LENGTH / 2, error: new Error('chunk 256 is missing') };
      const broken = session.request({ ':path': '/' }).resume();
      await expect(once(broken, 'close')).rejects.toThrow('NGHTTP2_INTERNAL_ERROR');
      expect(failures).toEqual([file.fault.error]);
      expect(file.reading).toBe(0);
    } finally {
      session.destroy();
      second.close();
    }
  });
});

describe('fieldsOf', () => {
  it('gives each field as one text', () => {
    const fields = fieldsOf({ headers: { range: 'bytes=0-1', 'set-cookie': ['a', 'b'] } } as never);
    expect([fields('range'), fields('set-cookie'), fields('if-match')]).toEqual(['bytes=0-1', 'a, b', undefined]);
  });
});

describe('goneSignal', () => {
  it('is aborted at once for a response that is over', () => {
    expect(goneSignal({ destroyed: true } as never).aborted).toBe(true);
  });
});
