import { copyFile, rename } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { dirname, join } from 'node:path';
import { DryMongoBinary, MongoBinary } from 'mongodb-memory-server';
import { MongoBinaryDownloadUrl } from 'mongodb-memory-server-core/lib/util/MongoBinaryDownloadUrl.js';
import { DEFAULT_VERSION } from 'mongodb-memory-server-core/lib/util/resolveConfig.js';
import { type NoServer, noServer, type ServerBinary } from './choose-server.js';
import { mongodName, type ServerCache } from './server-cache.js';

/** How long the download's host may take to answer before there counts as being no network. Milliseconds. */
const PROBE_TIMEOUT_MS = 3000;

/**
 * Takes mongodb-memory-server's own download of a current MongoDB: one that it made before, else a new one into the
 * cache. Where its host does not answer within three seconds, nothing is tried.
 *
 * @param say prints one line for the user.
 */
export async function downloadMongod(
  cache: ServerCache,
  say: (line: string) => void,
): Promise<ServerBinary | NoServer> {
  const version = process.env.MONGOMS_VERSION || DEFAULT_VERSION;
  const origin = `mongodb-memory-server's download of MongoDB ${version}`;
  try {
    const earlier = await DryMongoBinary.locateBinary({ version });
    if (earlier !== undefined) return { kind: 'binary', path: earlier, origin };
    const options = await DryMongoBinary.generateOptions({ version });
    const url = await new MongoBinaryDownloadUrl(options).getDownloadUrl();
    const obstacle = await downloadObstacle(new URL(url), PROBE_TIMEOUT_MS);
    if (obstacle !== undefined) return noServer(obstacle);
    say(`Downloading MongoDB ${version} into ${cache.folder} ...`);
    // The library checks certificates only when npm's own setting tells it to; this is a program that will be run.
    process.env.npm_config_strict_ssl ??= 'true';
    const path = await cache.add(`mongodb-${version}`, (folder) => downloadInto(folder, version));
    return { kind: 'binary', path, origin };
  } catch (error) {
    return noServer(`the download failed: ${(error as Error).message}`);
  }
}

async function downloadInto(folder: string, version: string): Promise<void> {
  const path = await MongoBinary.getPath({ version, downloadDir: folder });
  const target = join(folder, mongodName);
  // With MONGOMS_DOWNLOAD_DIR set, the library downloads there: that copy is the user's and stays.
  if (dirname(path) === folder) await rename(path, target);
  else await copyFile(path, target);
}

/**
 * Asks whether a file can be downloaded, without downloading it.
 *
 * @param timeoutMS for the whole question, name resolution and handshakes included.
 * @returns undefined when it can, else the reason in words.
 */
export async function downloadObstacle(url: URL, timeoutMS: number): Promise<string | undefined> {
  const proxy = proxyFromEnvironment();
  const signal = AbortSignal.timeout(timeoutMS);
  try {
    const status = proxy === undefined ? await headStatus(url, signal) : await tunnelStatus(proxy, url, signal);
    return status < 400 ? undefined : `${url.host} answers with HTTP status ${status} for this system's file`;
  } catch (error) {
    const why = signal.aborted ? `no answer within ${timeoutMS / 1000} s` : (error as Error).message;
    return `${url.host} cannot be reached (${why})`;
  }
}

/** The variables that mongodb-memory-server's download obeys, in its order. */
function proxyFromEnvironment(): URL | undefined {
  const { env } = process;
  const proxy =
    env['npm_config_https-proxy'] ||
    env.npm_config_proxy ||
    env.https_proxy ||
    env.http_proxy ||
    env.HTTPS_PROXY ||
    env.HTTP_PROXY;
  return proxy ? new URL(proxy) : undefined;
}

function headStatus(url: URL, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const client = url.protocol === 'http:' ? http : https;
    client
      .request(url, { method: 'HEAD', signal, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      })
      .on('error', reject)
      .end();
  });
}

/** A proxy that opens a tunnel to the host has reached it; what the host says is left to the download. */
function tunnelStatus(proxy: URL, url: URL, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const client = proxy.protocol === 'https:' ? https : http;
    const path = `${url.hostname}:${url.port || (url.protocol === 'http:' ? 80 : 443)}`;
    const credentials = decodeURIComponent(`${proxy.username}:${proxy.password}`);
    const headers: Record<string, string> = { host: path };
    if (proxy.username) headers['proxy-authorization'] = `Basic ${Buffer.from(credentials).toString('base64')}`;
    client
      .request({ host: proxy.hostname, port: proxy.port, method: 'CONNECT', path, headers, signal, agent: false })
      .on('connect', (response, socket) => {
        socket.destroy();
        resolve(response.statusCode ?? 0);
      })
      .on('response', (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      })
      .on('error', reject)
      .end();
  });
}
