import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { downloadMongod, downloadObstacle } from './download-mongod.js';
import { mongodName, ServerCache } from './server-cache.js';

const PROXY_VARIABLES = /^(npm_config_(https-)?proxy|https?_proxy)$/i;

describe('downloadObstacle', () => {
  const before = { ...process.env };
  let server: net.Server;

  const listen = async (listener: net.Server): Promise<string> => {
    server = listener;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const answering = (status: number): Promise<string> =>
    listen(
      http.createServer((request, response) => response.writeHead(request.method === 'HEAD' ? status : 500).end()),
    );

  beforeEach(() => {
    for (const name of Object.keys(process.env)) if (PROXY_VARIABLES.test(name)) delete process.env[name];
  });
  afterEach(async () => {
    process.env = { ...before };
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  });

  it('is none where the file is there', async () => {
    expect(await downloadObstacle(new URL(await answering(200)), 1000)).toBeUndefined();
  });

  it('is the status where there is no such file', async () => {
    expect(await downloadObstacle(new URL(await answering(403)), 1000)).toMatch(/HTTP status 403/);
  });

  it('is the refusal where nobody listens', async () => {
    const url = await answering(200);
    await new Promise((resolve) => server.close(resolve));
    expect(await downloadObstacle(new URL(url), 1000)).toMatch(/cannot be reached \(.*ECONNREFUSED/);
  });

  it('is the silence of a host that accepts and says nothing', async () => {
    const silent = new Set<net.Socket>();
    const url = await listen(net.createServer((socket) => silent.add(socket)));
    const start = performance.now();
    expect(await downloadObstacle(new URL(url), 100)).toMatch(/no answer within 0.1 s/);
    expect(performance.now() - start).toBeLessThan(1000);
    for (const socket of silent) socket.destroy();
  });

  it.each([
    [200, undefined],
    [502, expect.stringContaining('HTTP status 502')],
  ])('asks a proxy for a tunnel: %i', async (status, obstacle) => {
    const asked: string[] = [];
    const proxy = http.createServer();
    proxy.on('connect', (request, socket) => {
      asked.push(`${request.url} ${request.headers['proxy-authorization']}`);
      socket.end(`HTTP/1.1 ${status} x\r\n\r\n`);
    });
    process.env.https_proxy = (await listen(proxy)).replace('://', '://user:p%40ss@');
    expect(await downloadObstacle(new URL('https://mongodb.example/file.tgz'), 1000)).toEqual(obstacle);
    expect(asked).toEqual([`mongodb.example:443 Basic ${Buffer.from('user:p@ss').toString('base64')}`]);
  });
});

describe('downloadMongod', () => {
  const before = { ...process.env };
  let root: string;
  let mirror: http.Server;
  /** What the mirror answers a GET with: the archive, or the part of it that arrives before the line is cut. */
  let cutAfterBytes: number | undefined;

  beforeEach(async () => {
    cutAfterBytes = undefined;
    root = await mkdtemp(join(tmpdir(), 'rotor-download-'));
    const program = join(root, 'archive', 'bin', mongodName);
    await mkdir(dirname(program), { recursive: true });
    await writeFile(program, randomBytes(100_000));
    await promisify(execFile)('tar', ['-czf', join(root, 'archive.tgz'), '-C', root, 'archive']);
    const archive = await readFile(join(root, 'archive.tgz'));
    mirror = http.createServer((request, response) => {
      response.writeHead(200, { 'content-length': archive.length });
      if (request.method === 'HEAD') response.end();
      else if (cutAfterBytes === undefined) response.end(archive);
      else response.write(archive.subarray(0, cutAfterBytes), () => response.destroy());
    });
    mirror.listen(0, '127.0.0.1');
    await once(mirror, 'listening');
    for (const name of Object.keys(process.env)) if (PROXY_VARIABLES.test(name)) delete process.env[name];
    Object.assign(process.env, {
      MONGOMS_DOWNLOAD_MIRROR: `http://127.0.0.1:${(mirror.address() as AddressInfo).port}`,
      MONGOMS_USE_HTTP: 'true',
      MONGOMS_MD5_CHECK: 'false',
      MONGOMS_MAX_RETRIES: '1',
      MONGOMS_VERSION: '99.0.0',
    });
  });
  afterEach(async () => {
    process.env = { ...before };
    mirror.closeAllConnections();
    await new Promise((resolve) => mirror.close(resolve));
    await rm(root, { recursive: true });
  });

  it('keeps nothing of a download that is cut off, and the program of one that is not', async () => {
    const cache = new ServerCache(join(root, 'cache'));
    const lines: string[] = [];
    const say = (line: string): void => void lines.push(line);
    const progress = jest.spyOn(console, 'log').mockImplementation(() => {});

    cutAfterBytes = 5000;
    expect(await downloadMongod(cache, say)).toMatchObject({
      kind: 'none',
      reason: expect.stringMatching(/^the download failed: /),
    });
    expect(await readdir(cache.folder)).toEqual([]);

    cutAfterBytes = undefined;
    const path = join(cache.folder, 'mongodb-99.0.0', mongodName);
    expect(await downloadMongod(cache, say)).toMatchObject({ kind: 'binary', path });
    expect(await readFile(path)).toEqual(await readFile(join(root, 'archive', 'bin', mongodName)));
    expect(await cache.newest()).toBe(path);
    expect(lines.at(-1)).toBe(`Downloading MongoDB 99.0.0 into ${cache.folder} ...`);
    expect(progress).toHaveBeenCalledWith(expect.stringContaining('100%'));
    progress.mockRestore();
  });
});
