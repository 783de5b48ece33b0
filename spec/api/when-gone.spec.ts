import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import http2 from 'node:http2';
import { type AddressInfo, connect, type Server } from 'node:net';
import { PassThrough, type Writable } from 'node:stream';
import { whenGone } from '../../lib/api/when-gone.js';
import { until } from '../support/until.js';

/** Of each response in turn, whether it is known to be gone. */
let gone: boolean[];
let responses: ServerResponse[];

beforeEach(() => {
  gone = [];
  responses = [];
});

function watch(response: ServerResponse): void {
  const index = responses.push(response) - 1;
  gone[index] = false;
  whenGone(response, () => {
    gone[index] = true;
  });
}

async function listening(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

describe('whenGone', () => {
  it('tells of each response to requests of one connection that is closed, and of none that has been sent', async () => {
    const server = createServer((_, response) => watch(response));
    const socket = connect(await listening(server), '127.0.0.1');
    socket.write('GET /1 HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(3));
    await until('all three are there', () => responses.length === 3);
    responses[0]!.end('first');
    await once(socket, 'data');
    socket.destroy();
    await until('the others are gone', () => gone[1]! && gone[2]!);
    expect(gone[0]).toBe(false);
    await new Promise((closed) => server.close(closed));
  });

  it('leaves no listeners at a connection that goes on', async () => {
    const server = createServer((_, response) => watch(response));
    const socket = connect(await listening(server), '127.0.0.1');
    socket.write('GET /1 HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(3));
    await until('all three are there', () => responses.length === 3);
    const connection = responses[0]!.socket!;
    const before = connection.listenerCount('close');
    for (const response of responses) {
      const closed = once(response, 'close');
      response.end('sent');
      await closed;
    }
    // Node.js's own of the first response, and those of the two that had to wait.
    expect(connection.listenerCount('close')).toBe(before - 3);
    socket.destroy();
    await new Promise((closed) => server.close(closed));
    expect(gone).toEqual([false, false, false]);
  });

  it('tells of a response of HTTP/2 that is closed, or has been before', async () => {
    const server = http2.createServer((_, response) => watch(response as unknown as ServerResponse));
    const session = http2.connect(`http://127.0.0.1:${await listening(server)}`);
    const request = session.request({ ':path': '/' }).on('error', () => undefined);
    await until('it is there', () => responses.length === 1);
    request.close(http2.constants.NGHTTP2_CANCEL);
    await until('it is gone', () => gone[0]!);
    watch(responses[0]!);
    expect(gone).toEqual([true, true]);

    const sent = session.request({ ':path': '/' });
    await until('the next is there', () => responses.length === 3);
    responses[2]!.end('sent');
    await once(sent.resume(), 'close');
    session.destroy();
    await new Promise((closed) => server.close(closed));
    expect(gone[2]).toBe(false);
  });

  it('tells of any other stream, unless it has finished or nobody listens any more', async () => {
    const told: string[] = [];
    const watched = (name: string): [Writable, () => void] => {
      const stream = new PassThrough().resume();
      return [stream, whenGone(stream, () => told.push(name))];
    };
    const [[broken], [finished], [left, leave]] = ['broken', 'finished', 'left'].map(watched) as [
      [Writable, () => void],
      [Writable, () => void],
      [Writable, () => void],
    ];
    leave();
    for (const stream of [broken, left]) stream.destroy();
    finished.end('all');
    await until('all are closed', () => [broken, finished, left].every(({ closed }) => closed));
    expect(told).toEqual(['broken']);
    whenGone(broken, () => told.push('again'));
    expect(told).toEqual(['broken', 'again']);
  });
});
