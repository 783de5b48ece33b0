// A file of 1 GB goes over HTTP to a client, in a process of its own, that takes its time: what memory does the server of
// the response need?

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { BUCKET, DATABASE, LARGE_FILE, LARGE_FILE_MB } from './documents.js';
import type { Client } from './driver-operations.js';
import { MB, openBucket } from './gridfs-operations.js';
import type { Job, Measurement } from './job.js';

const SLOW_CLIENT = fileURLToPath(new URL('./slow-client-process.js', import.meta.url));
const PACE = 64 * MB;
/** Until so much has been sent, what grows is what any start needs. */
const START = 100 * MB;
const LOOK_MS = 20;

interface Handlers {
  GridFSHandler: new (options: object) => { readonly handle: RequestListener };
}

/** What Rotor has for this, and what one writes with the official driver. */
async function handler(client: Client, job: Job): Promise<RequestListener> {
  if (job.driver === 'mongodb') {
    const bucket = await openBucket(client, job);
    return (_request, response) => bucket.openDownloadStreamByName(LARGE_FILE).pipe(response);
  }
  const { GridFSHandler } = (await import(job.rotor)) as Handlers;
  return new GridFSHandler({ database: client.db(DATABASE), rootCollection: BUCKET }).handle;
}

/** Counted in megabytes; both percentiles are the time of the whole response. */
export async function measureSlowClient(client: Client, job: Job): Promise<Measurement> {
  let sent = (): number => 0;
  const handle = await handler(client, job);
  const server = createServer((request, response) => {
    sent = () => response.socket?.bytesWritten ?? 0;
    handle(request, response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  let startedWith = 0;
  let most = 0;
  const look = setInterval(() => {
    const rss = process.memoryUsage.rss();
    if (startedWith === 0 && sent() >= START) startedWith = rss;
    most = Math.max(most, rss);
    if (startedWith === 0) most = 0;
  }, LOOK_MS);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${LARGE_FILE}`;
  const startedAt = performance.now();
  const before = process.cpuUsage();
  const child = spawn(process.execPath, [SLOW_CLIENT, url, String(PACE)], { stdio: ['ignore', 2, 2, 'ipc'] });
  const [bytes] = await once(child, 'message');
  const { user, system } = process.cpuUsage(before);
  const elapsedMS = performance.now() - startedAt;
  clearInterval(look);
  server.close();
  server.closeAllConnections();
  if (bytes !== LARGE_FILE_MB * MB) throw new Error(`The client got ${bytes} bytes, expected ${LARGE_FILE_MB} MB`);
  const rssGrowthKB = (most - startedWith) / 1024;
  return { cpuUS: user + system, elapsedMS, units: LARGE_FILE_MB, p50MS: elapsedMS, p99MS: elapsedMS, rssGrowthKB };
}
