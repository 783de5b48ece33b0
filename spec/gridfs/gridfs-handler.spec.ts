import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AsyncClient } from '../../lib/api/async-client.js';
import { NoFileError } from '../../lib/errors/gridfs-errors.js';
import type { AsyncGridOut } from '../../lib/gridfs/async-grid-out.js';
import type { AsyncGridFS } from '../../lib/gridfs/async-gridfs.js';
import { GridFSHandler, type GridFSHandlerOptions } from '../../lib/gridfs/gridfs-handler.js';
import { FakeFile } from './fake-file.js';

// Nothing is asked of this client: the files are in memory.
const database = new AsyncClient('mongodb://localhost:1').db('media');
const BYTES = Buffer.from('0123456789');
const failures: unknown[] = [];

beforeEach(() => failures.splice(0));

const asGridOut = (file: FakeFile): AsyncGridOut => file as unknown as AsyncGridOut;

function handlerOf(file: FakeFile | undefined, options: Partial<GridFSHandlerOptions> = {}): GridFSHandler {
  return new GridFSHandler({
    database,
    getGridFSFile: () => {
      if (file === undefined) throw new NoFileError('no file has this name');
      return asGridOut(file);
    },
    onError: (error) => failures.push(error),
    ...options,
  });
}

const ask = (url = '/a.txt', init: RequestInit = {}): Request => new Request(new URL(url, 'http://host'), init);

describe('GridFSHandler.fetch', () => {
  it('gives the file', async () => {
    const response = await handlerOf(new FakeFile(BYTES)).fetch(ask());
    expect(response.status).toBe(200);
    expect(response.headers.get('content-length')).toBe('10');
    expect(await response.text()).toBe('0123456789');
  });

  it('reads no chunk for HEAD, 304, 412 and 416', async () => {
    const file = new FakeFile(BYTES);
    const { fetch } = handlerOf(file);
    const statuses = [
      await fetch(ask('/a', { method: 'HEAD' })),
      await fetch(ask('/a', { headers: { 'If-None-Match': '*' } })),
      await fetch(ask('/a', { headers: { 'If-Match': '"other"' } })),
      await fetch(ask('/a', { headers: { Range: 'bytes=10-' } })),
    ].map(({ status }) => status);
    expect(statuses).toEqual([200, 304, 412, 416]);
    expect(file.read).toBe(0);
  });

  it('is 405 for other methods, 404 for no file, 400 for a malformed path, and looks for none then', async () => {
    const getGridFSFile = jest.fn(() => null);
    const { fetch } = handlerOf(undefined, { getGridFSFile, prefix: '/files' });
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const response = await fetch(ask('/files/a', { method }));
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    }
    expect((await fetch(ask('/files/%ff'))).status).toBe(400);
    expect((await fetch(ask('/elsewhere'))).status).toBe(404);
    expect(getGridFSFile).not.toHaveBeenCalled();
    expect((await fetch(ask('/files/a%20b'))).status).toBe(404);
    expect(getGridFSFile).toHaveBeenCalledWith(expect.anything(), 'a b', expect.any(Request));
    expect(failures).toEqual([]);
  });

  it('says nothing about a file that is not there', async () => {
    const response = await handlerOf(undefined).fetch(ask('/secret'));
    expect([response.status, await response.text()]).toEqual([404, 'Not Found\n']);
    expect(failures).toEqual([]);
  });

  it('is 500 where the first chunk cannot be read', async () => {
    const broken = new FakeFile(BYTES);
    broken.fault = { at: 0, error: new Error('chunk 0 is missing') };
    const response = await handlerOf(broken).fetch(ask());
    expect([response.status, await response.text()]).toEqual([500, 'Internal Server Error\n']);
    expect(failures).toEqual([broken.fault.error]);
  });
});

describe('the hooks', () => {
  it('are options', async () => {
    const getCacheTime = jest.fn(() => 60);
    const handler = handlerOf(new FakeFile(BYTES), {
      getCacheTime,
      setExtraHeaders: (headers, gridOut) => headers.set('X-Name', gridOut.filename as string),
      disposition: 'attachment',
    });
    const { headers } = await handler.fetch(ask('/some/path', { method: 'HEAD' }));
    expect(headers.get('cache-control')).toBe('max-age=60');
    expect(Date.parse(headers.get('expires')!)).toBeGreaterThan(Date.now() + 50_000);
    expect(headers.get('x-name')).toBe('a.txt');
    expect(headers.get('content-disposition')).toBe('attachment; filename=a.txt');
    const modified = new Date('2024-05-06T07:08:09Z');
    expect(getCacheTime).toHaveBeenCalledWith('some/path', modified, 'text/plain; charset=utf-8');
  });

  it('are methods of a subclass, which win and can call the options', async () => {
    class Mine extends GridFSHandler {
      override async getGridFSFile(_: AsyncGridFS, path: string): Promise<AsyncGridOut> {
        return asGridOut(new FakeFile(Buffer.from(path)));
      }
      override async getCacheTime(path: string, modified: Date, mimeType: string): Promise<number> {
        return 2 * (await super.getCacheTime(path, modified, mimeType));
      }
      override async setExtraHeaders(headers: Headers): Promise<void> {
        headers.set('X-Mine', '1');
      }
    }
    const { handle, fetch } = new Mine({ database, getCacheTime: () => 30 });
    const response = await fetch(ask('/the-path'));
    expect(await response.text()).toBe('the-path');
    expect(response.headers.get('cache-control')).toBe('max-age=60');
    expect(response.headers.get('x-mine')).toBe('1');
    expect(typeof handle).toBe('function');
  });

  it('come before conditions: extra headers are on a 304, and their ETag counts', async () => {
    const handler = handlerOf(new FakeFile(BYTES), {
      setExtraHeaders: (headers) => {
        headers.set('ETag', '"mine"');
        headers.set('Access-Control-Allow-Origin', '*');
      },
    });
    const response = await handler.fetch(ask('/a', { headers: { 'If-None-Match': '"mine"' } }));
    expect(response.status).toBe(304);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
  });

  it.each<[string, Partial<GridFSHandlerOptions>]>([
    ['path', { path: () => fail() }],
    ['getGridFSFile', { getGridFSFile: () => fail() }],
    ['getGridFSFile', { getGridFSFile: async () => fail() }],
    ['getCacheTime', { getCacheTime: () => fail() }],
    ['getCacheTime', { getCacheTime: async () => fail() }],
    ['setExtraHeaders', { setExtraHeaders: () => fail() }],
    ['setExtraHeaders', { setExtraHeaders: async () => fail() }],
  ])('may throw or reject: %s is a 500, and onError is told', async (_, hook) => {
    const request = ask();
    const onError = jest.fn();
    const response = await handlerOf(new FakeFile(BYTES), { ...hook, onError }).fetch(request);
    expect([response.status, await response.text()]).toEqual([500, 'Internal Server Error\n']);
    expect(onError).toHaveBeenCalledWith(new Error('hook'), request);
    expect(response.headers.get('etag')).toBeNull();
  });

  it.each<[string, (headers: Headers) => void]>([
    ['a line break', (headers) => headers.set('X-Any', 'a\r\nb: c')],
    ['a control character', (headers) => headers.set('X-Any', 'a\u0001b')],
    ['what is beyond Latin-1', (headers) => headers.set('X-Any', '€')],
    ['a length', (headers) => headers.set('Content-Length', '3')],
  ])('cannot set %s', async (_, setExtraHeaders) => {
    expect((await handlerOf(new FakeFile(BYTES), { setExtraHeaders }).fetch(ask())).status).toBe(500);
    expect(failures).toEqual([expect.objectContaining({ name: 'TypeError' })]);
  });

  it('are warned of where there is no onError, or it throws itself', async () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const broken = { getCacheTime: () => fail() };
    await new GridFSHandler({ database, getGridFSFile: () => asGridOut(new FakeFile(BYTES)), ...broken }).fetch(ask());
    expect(warn).toHaveBeenCalledTimes(1);
    const onError = (): void => {
      throw new Error('onError');
    };
    expect((await handlerOf(new FakeFile(BYTES), { ...broken, onError }).fetch(ask())).status).toBe(500);
    expect(warn.mock.calls.map(([text]) => /Error: \w+/.exec(String(text))![0])).toEqual([
      'Error: hook',
      'Error: hook',
      'Error: onError',
    ]);
    await handlerOf(new FakeFile(BYTES), { ...broken, onError: async () => onError() }).fetch(ask());
    expect(warn).toHaveBeenCalledTimes(5);
    warn.mockRestore();
  });
});

describe('GridFSHandler.get and head', () => {
  it('answer for a path that is known', async () => {
    const getGridFSFile = jest.fn(() => asGridOut(new FakeFile(BYTES)));
    const handler = handlerOf(undefined, { getGridFSFile });
    expect(await (await handler.get('a/b')).text()).toBe('0123456789');
    const part = await handler.get('a/b', ask('/elsewhere', { method: 'POST', headers: { Range: 'bytes=-3' } }));
    expect([part.status, await part.text()]).toEqual([206, '789']);
    const head = await handler.head('a/b');
    expect([head.status, head.headers.get('content-length'), head.body]).toEqual([200, '10', null]);
    expect(getGridFSFile).toHaveBeenLastCalledWith(expect.anything(), 'a/b', expect.anything());
  });
});

describe('GridFSHandler.handle', () => {
  it('serves by node:http, with the path from a route', async () => {
    const getGridFSFile = jest.fn(() => asGridOut(new FakeFile(BYTES)));
    const path = (request: { url: string }): string | undefined => new URL(request.url, 'http://x').hash || undefined;
    const byUrl = handlerOf(undefined, { getGridFSFile });
    const byRoute = handlerOf(undefined, { getGridFSFile, path });
    const server = createServer((request, response) =>
      (request.headers['x-route'] ? byRoute : byUrl).handle(request, response),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a%20b.txt?c=d`;
    try {
      const response = await fetch(url, { headers: { Range: 'bytes=2-4' } });
      expect([response.status, await response.text()]).toEqual([206, '234']);
      expect(getGridFSFile).toHaveBeenCalledWith(
        expect.anything(),
        'a b.txt',
        expect.objectContaining({ method: 'GET' }),
      );
      expect((await fetch(url, { headers: { 'X-Route': '1' } })).status).toBe(404);
      expect((await fetch(url, { method: 'DELETE' })).status).toBe(405);
    } finally {
      server.closeAllConnections();
      server.close();
    }
    expect(failures).toEqual([]);
  });
});

describe('the options', () => {
  it.each<[string, object]>([
    ['prefix', { prefix: 'files/' }],
    ['prefix', { prefix: 7 }],
    ['disposition', { disposition: 'save' }],
    ['path', { path: '/files' }],
    ['getGridFSFile', { getGridFSFile: 1 }],
    ['onError', { onError: true }],
  ])('are checked: %s', (name, options) => {
    expect(() => new GridFSHandler({ database, ...options } as never)).toThrow(new RegExp(`^${name}: expected`));
  });

  it('need a database', () => {
    expect(() => new GridFSHandler({ database: undefined as never })).toThrow(TypeError);
    expect(() => new GridFSHandler({ database: 'media' as never })).toThrow(TypeError);
  });
});

function fail(): never {
  throw new Error('hook');
}
