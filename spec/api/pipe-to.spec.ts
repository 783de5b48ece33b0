import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import http2 from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import { PassThrough, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { pipeTo } from '../../lib/api/pipe-to.js';
import { InvalidOperationError, ResultTooLargeError } from '../../lib/errors/usage-errors.js';
import { until } from '../support/until.js';
import { AWAITING, FINITE, ListedRows, rows } from './listed-rows.js';
import { rejection } from './scripted-client.js';

const numbers = [[{ a: 1 }, { a: 2 }], [{ a: 3 }]];
const LINES = '{"a":1}\n{"a":2}\n{"a":3}\n';

let server: Server;
let url: string;
let answer: (request: IncomingMessage, response: ServerResponse) => Promise<unknown>;
/** What the last answer came to. */
let answered: Promise<any>;

beforeEach(async () => {
  server = createServer((request, response) => {
    answered = answer(request, response).catch((error) => error);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
});

describe('a response', () => {
  it('gets the documents, the status and the headers', async () => {
    answer = (_, response) => {
      response.setHeader('X-Mine', 'kept');
      response.setHeader('Cache-Control', 'no-store');
      const headers = [
        ['cache-control', 'max-age=5'],
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
      ] as const;
      return pipeTo(new ListedRows(numbers), FINITE, response, { status: 202, headers });
    };
    const response = await fetch(url);
    expect([response.status, await response.text()]).toEqual([202, LINES]);
    expect(response.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    expect(response.headers.get('x-mine')).toBe('kept');
    expect(response.headers.get('cache-control')).toBe('max-age=5');
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(await answered).toEqual({ rows: 3, bytes: LINES.length, truncated: false });
  });

  it('keeps the status and the content type that have been set', async () => {
    answer = (_, response) => {
      response.statusCode = 418;
      response.setHeader('content-type', 'text/plain');
      return pipeTo(new ListedRows([]), FINITE, response, { format: 'array' });
    };
    const response = await fetch(url);
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      418,
      'text/plain',
      '[]',
    ]);
  });

  it('has a length where one slice is all', async () => {
    answer = (_, response) => pipeTo(new ListedRows([[{ a: 1 }]]), FINITE, response, { format: 'array' });
    const response = await fetch(url);
    expect([response.headers.get('content-length'), await response.text()]).toEqual(['9', '[{"a":1}]']);
  });

  it('has headers alone for HEAD', async () => {
    const cursor = new ListedRows(numbers);
    answer = (_, response) => pipeTo(cursor, FINITE, response);
    const response = await fetch(url, { method: 'HEAD' });
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'application/x-ndjson; charset=utf-8',
    ]);
    expect(await answered).toEqual({ rows: 0, bytes: 0, truncated: false });
    expect([cursor.fetches, cursor.closed]).toEqual([1, true]);
  });

  it('has its headers before a tailable cursor has documents', async () => {
    const cursor = new ListedRows([], true);
    answer = (_, response) => pipeTo(cursor, AWAITING, response);
    const reader = (await fetch(url)).body!.getReader();
    cursor.add({ a: 1 });
    expect(String(Buffer.from((await reader.read()).value!))).toBe('{"a":1}\n');
    await cursor.close();
    expect(await reader.read()).toMatchObject({ done: true });
  });

  it('is untouched where the first documents fail', async () => {
    const failure = new Error('no');
    answer = async (_, response) => {
      const error = await rejection(pipeTo(new ListedRows([failure]), FINITE, response, { headers: { 'x-a': 'b' } }));
      const sent = response.headersSent;
      response.writeHead(503).end('sorry');
      return [error, sent, response.hasHeader('x-a'), response.hasHeader('content-type')];
    };
    const response = await fetch(url);
    expect([response.status, await response.text()]).toEqual([503, 'sorry']);
    expect(await answered).toEqual([failure, false, false, false]);
  });

  it('is broken off where later documents fail', async () => {
    const failure = new Error('no');
    answer = (_, response) => pipeTo(new ListedRows([rows(10), failure]), FINITE, response);
    const response = await fetch(url);
    await expect(response.text()).rejects.toThrow('terminated');
    expect(await answered).toBe(failure);
  });

  it('is broken off by the signal, and where the result is too large', async () => {
    const controller = new AbortController();
    answer = (_, response) =>
      pipeTo(new ListedRows([rows(10)], true), AWAITING, response, { signal: controller.signal });
    const first = await fetch(url);
    controller.abort(new Error('enough'));
    await expect(first.text()).rejects.toThrow('terminated');
    expect(await answered).toEqual(new Error('enough'));
    answer = (_, response) => pipeTo(new ListedRows([rows(10), rows(10)]), FINITE, response, { maxRows: 15 });
    await expect((await fetch(url)).text()).rejects.toThrow('terminated');
    expect(await answered).toBeInstanceOf(ResultTooLargeError);
  });

  it('asks for no more than the receiver takes, and closes the cursor when it goes away', async () => {
    const cursor = new ListedRows(Array.from({ length: 500 }, () => rows(1000)));
    answer = (_, response) => pipeTo(cursor, FINITE, response);
    const request = httpRequest(url).end();
    const [response] = await once(request, 'response');
    response.pause();
    // 50 MB are there; what the system's buffers hold is taken, however long a busy machine needs for it.
    let fetches = -1;
    while (cursor.fetches !== fetches && cursor.fetches < 250) {
      ({ fetches } = cursor);
      await sleep(300);
    }
    expect(fetches).toBeLessThan(250);
    request.destroy();
    expect(await answered).toMatchObject({
      name: 'AbortError',
      message: 'the receiver went away before the body was whole',
    });
    expect(cursor.closed).toBe(true);
  });

  it('that waits behind another one on its connection closes the cursor when that is closed', async () => {
    const cursors: ListedRows[] = [];
    const outcomes: Promise<any>[] = [];
    answer = (_, response) => {
      const cursor = new ListedRows(Array.from({ length: 500 }, () => rows(1000)));
      cursors.push(cursor);
      outcomes.push(rejection(pipeTo(cursor, FINITE, response)));
      return outcomes.at(-1)!;
    };
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(2));
    await until('both have begun', () => cursors.length === 2 && cursors.every(({ fetches }) => fetches > 0));
    socket.destroy();
    for (const error of await Promise.all(outcomes)) expect(error).toMatchObject({ name: 'AbortError' });
    expect(cursors.map(({ closed }) => closed)).toEqual([true, true]);
  });

  it('of HTTP/2 gets the documents, and closes the cursor when the receiver goes away', async () => {
    let cursor = new ListedRows(numbers);
    const second = http2.createServer((_, response) => {
      const sink = response as unknown as ServerResponse;
      answered = pipeTo(cursor, FINITE, sink).catch((error) => error);
    });
    await once(second.listen(0, '127.0.0.1'), 'listening');
    const session = http2.connect(`http://127.0.0.1:${(second.address() as AddressInfo).port}`);
    try {
      expect(await text(session.request({ ':path': '/' }))).toBe(LINES);
      expect(await answered).toMatchObject({ rows: 3 });
      cursor = new ListedRows(Array.from({ length: 500 }, () => rows(1000)));
      const request = session.request({ ':path': '/' }).on('error', () => undefined);
      await once(request, 'response');
      request.close(http2.constants.NGHTTP2_CANCEL);
      expect(await answered).toMatchObject({ name: 'AbortError' });
      expect(cursor.closed).toBe(true);
    } finally {
      session.destroy();
      await new Promise((closed) => second.close(closed));
    }
  });

  it('does not wait for the server once the receiver has gone away', async () => {
    const cursor = new ListedRows([]);
    cursor.fetchNext = () => new Promise(() => undefined);
    let arrived = (): void => undefined;
    const asked = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    answer = (_, response) => {
      arrived();
      return pipeTo(cursor, FINITE, response);
    };
    const request = httpRequest(url)
      .end()
      .on('error', () => undefined);
    await asked;
    request.destroy();
    expect(await answered).toMatchObject({ name: 'AbortError' });
    expect(cursor.closed).toBe(true);
  });

  it('that has been begun elsewhere is refused, also meanwhile', async () => {
    const cursor = new ListedRows(numbers);
    answer = async (_, response) => {
      const meanwhile = rejection(pipeTo(new ListedRows(numbers), FINITE, response));
      response.writeHead(503).end('late');
      return [await meanwhile, await rejection(pipeTo(cursor, FINITE, response))];
    };
    expect(await (await fetch(url)).text()).toBe('late');
    const error = new InvalidOperationError('the response has been begun elsewhere: its headers are sent');
    expect(await answered).toEqual([error, error]);
    expect([cursor.started, cursor.closed]).toEqual([false, false]);
  });
});

describe('another writable stream', () => {
  it('gets the documents, is waited for and ended', async () => {
    const got: string[] = [];
    const sink = new Writable({
      highWaterMark: 10,
      write: (chunk, _encoding, done) =>
        void setImmediate(() => {
          got.push(String(chunk));
          done();
        }),
    });
    expect(await pipeTo(new ListedRows(numbers), FINITE, sink)).toMatchObject({ rows: 3 });
    expect([got.join(''), sink.writableFinished]).toEqual([LINES, true]);
    expect(sink.eventNames()).toEqual([]);
  });

  it('that fails ends it with its error, and the cursor is closed', async () => {
    const failure = new Error('disk full');
    const cursor = new ListedRows(numbers);
    const sink = new Writable({ write: (_chunk, _encoding, done) => done(failure) });
    expect(await rejection(pipeTo(cursor, FINITE, sink))).toBe(failure);
    expect([cursor.closed, sink.destroyed]).toEqual([true, true]);
    expect(await rejection(pipeTo(new ListedRows(numbers), FINITE, sink))).toMatchObject({ name: 'AbortError' });
  });

  it('has no status and no headers', async () => {
    await expect(pipeTo(new ListedRows([]), FINITE, new PassThrough(), { status: 200 })).rejects.toThrow(
      'status and headers go with a response of node:http: this writable stream has none',
    );
    await expect(pipeTo(new ListedRows([]), FINITE, {} as Writable)).rejects.toThrow(
      'pipeTo takes a response or a writable stream, not {}',
    );
  });
});

describe('a cursor that is refused', () => {
  it('stays as it is', async () => {
    const cursor = new ListedRows(numbers);
    cursor.started = true;
    await expect(pipeTo(cursor, FINITE, new PassThrough())).rejects.toThrow('the cursor has started');
    expect(cursor.closed).toBe(false);
  });
});
