import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import http2 from 'node:http2';
import { type AddressInfo, connect, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, type Writable } from 'node:stream';
import { breakOff } from '../../lib/api/break-off.js';

/** Sends half of an answer, then breaks it off. */
function half(response: ServerResponse): void {
  response.write('half');
  setTimeout(() => breakOff(response as Writable), 20);
}

/** What a client of HTTP/1.0 or 1.1 gets to see, as bytes. */
async function ask(
  server: Server,
  version: string,
  path?: string,
): Promise<{ got: string; error: string | undefined }> {
  await once(path === undefined ? server.listen(0, '127.0.0.1') : server.listen(path), 'listening');
  const socket = path === undefined ? connect((server.address() as AddressInfo).port, '127.0.0.1') : connect(path);
  const chunks: string[] = [];
  let error: string | undefined;
  socket.on('data', (chunk) => chunks.push(String(chunk))).on('error', (failure) => (error = (failure as any).code));
  socket.write(`GET / HTTP/${version}\r\nHost: a\r\n\r\n`);
  await once(socket, 'close').catch(() => undefined);
  await new Promise((closed) => server.close(closed));
  return { got: chunks.join(''), error };
}

describe('breakOff', () => {
  it('leaves a body in chunks without its last one', async () => {
    const { got } = await ask(
      createServer((_, response) => half(response)),
      '1.1',
    );
    expect(got).toContain('4\r\nhalf\r\n');
    expect(got).not.toContain('\r\n0\r\n');
  });

  it('resets the connection of HTTP/1.0, where its end would be the end of the body', async () => {
    const { got, error } = await ask(
      createServer((_, response) => half(response)),
      '1.0',
    );
    expect(got).toMatch(/\r\n\r\nhalf$/);
    expect(error).toBe('ECONNRESET');
  });

  it('closes a unix socket, which cannot be reset', async () => {
    const path = join(tmpdir(), `rotor-break-off-${process.pid}.sock`);
    const { got } = await ask(
      createServer((_, response) => half(response)),
      '1.0',
      path,
    );
    expect(got).toMatch(/\r\n\r\nhalf$/);
  });

  it('ends a stream of HTTP/2 with an error', async () => {
    const server = http2.createServer((_, response) => half(response as unknown as ServerResponse));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const session = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const request = session.request({ ':path': '/' });
    request.resume();
    const [error] = await once(request, 'error');
    expect([error.code, request.rstCode]).toEqual(['ERR_HTTP2_STREAM_ERROR', http2.constants.NGHTTP2_INTERNAL_ERROR]);
    session.close();
    await new Promise((closed) => server.close(closed));
  });

  it('destroys another stream without an event that would end the process', async () => {
    const stream = new PassThrough();
    breakOff(stream);
    stream.write('late');
    await once(stream, 'close');
    expect([stream.destroyed, stream.listenerCount('error')]).toEqual([true, 1]);
  });
});
