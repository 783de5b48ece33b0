import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { InvalidOperationError } from '../../lib/errors/usage-errors.js';
import { openRequestBody, type UploadRequest } from '../../lib/gridfs/request-body.js';

function node(headers: Record<string, string> = {}, socket = new Socket()): IncomingMessage {
  return Object.assign(new IncomingMessage(socket), { headers });
}

function fetchRequest(body: BodyInit | null = 'body', headers: Record<string, string> = {}): Request {
  return new Request('http://localhost/', { method: 'PUT', body, headers, duplex: 'half' } as RequestInit);
}

describe('openRequestBody', () => {
  it('reads a request of node:http, and does not destroy it', async () => {
    const request = node({ 'content-length': '6', 'content-type': 'a/b' });
    request.push('abc');
    const { source, ...rest } = openRequestBody(request);
    expect(rest).toEqual({ contentLength: 6, contentType: 'a/b', signal: undefined });
    for await (const bytes of source) {
      expect(bytes.toString()).toBe('abc');
      break;
    }
    expect(request.destroyed).toBe(false);
  });

  it('reads a request of fetch, and does not cancel it', async () => {
    const request = fetchRequest('abc', { 'content-type': 'a/b' });
    const { source, contentType, contentLength, signal } = openRequestBody(request);
    expect([contentType, contentLength, signal]).toEqual(['a/b', undefined, request.signal]);
    expect((await buffer(source)).toString()).toBe('abc');
    expect(await buffer(openRequestBody(fetchRequest(null)).source)).toHaveLength(0);
  });

  it.each<[string, UploadRequest, object]>([
    ['a form', node({ 'content-type': 'multipart/form-data; boundary=x' }), { code: 'UPLOAD_UNSUPPORTED' }],
    ['a form of fetch', fetchRequest(new FormData()), { code: 'UPLOAD_UNSUPPORTED' }],
    ['compressed data', node({ 'content-encoding': 'br' }), { code: 'UPLOAD_UNSUPPORTED' }],
    ['a length that is none', fetchRequest('x', { 'content-length': '1e3' }), { code: 'UPLOAD_INCOMPLETE' }],
    ['what is no request', {} as never, { name: 'TypeError' }],
    ['nothing', undefined as never, { name: 'TypeError' }],
  ])('refuses %s', (_what, request, error) => {
    expect(() => openRequestBody(request)).toThrow(expect.objectContaining(error));
  });

  it('takes data that say they are not compressed', () => {
    expect(openRequestBody(node({ 'content-encoding': 'identity' })).contentLength).toBeUndefined();
  });

  it('refuses a body that has been read', async () => {
    const request = node();
    request.push('abc');
    request.read();
    expect(() => openRequestBody(request)).toThrow(InvalidOperationError);
    const used = fetchRequest();
    await used.text();
    expect(() => openRequestBody(used)).toThrow(InvalidOperationError);
  });

  it('says how much came before it broke off', async () => {
    const request = node();
    request.push('abc');
    const reading = buffer(openRequestBody(request).source);
    setImmediate(() => request.destroy(new Error('gone')));
    await expect(reading).rejects.toMatchObject({ code: 'UPLOAD_INCOMPLETE', received: 3, cause: { message: 'gone' } });
  });

  it('refuses a body behind which there is something that is no request', async () => {
    const errored = Object.assign(new Error('Parse Error'), { code: 'HPE_INVALID_METHOD' });
    const request = node({ 'content-length': '3' }, { errored } as unknown as Socket);
    request.push('abc');
    request.push(null);
    await expect(buffer(openRequestBody(request).source)).rejects.toMatchObject({
      code: 'UPLOAD_INCOMPLETE',
      received: 3,
    });
  });
});
