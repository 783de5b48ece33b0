// Pictures and films in MongoDB, and a page to look at them and to upload more: `npx tsx examples/media-server.ts`.
//
//   GET  /          the page, examples/media-page.html         GET  /files      what there is, as JSON
//   GET  /files/ID  a file; browsers ask for parts of films    POST /files?name=NAME  stores the body as a file
//
// PORT is the port to listen on (default 8888). MONGODB_URI names the server and, in its path, the database; without it
// a server for the run is started. In your own project the first import is from 'rotor-mongodb'. Finding out what an upload
// is takes the optional package file-type.
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AsyncClient, AsyncGridFS, GridFSHandler, ObjectId, UploadError } from '../lib/index.js';
import { startDeployment } from '../spec/support/deployment/start-deployment.js';
import { sampleFilm } from './sample-film.js';
import { samplePictures } from './sample-pictures.js';

const PORT = Number(process.env.PORT ?? 8888);
const MAX_UPLOAD_BYTES = 100_000_000;
const MAX_UPLOAD_MS = 3_600_000;
const SHUTDOWN_MS = 5_000;
const YEAR_SECONDS = 365 * 24 * 3600;

const deployment = await startDeployment();
const client = await AsyncClient.open(deployment.uri, { appName: 'media-server' });
const database = client.getDefaultDatabase('media');
const fs = await AsyncGridFS.open(database);
const page = await readFile(new URL('media-page.html', import.meta.url));
const stopping = new AbortController();

if (!(await fs.exists())) {
  for (const [filename, draw] of Object.entries(samplePictures)) {
    await fs.put(draw(), { filename, contentType: 'image/png' });
  }
  // A generator is as good as a stream: the film is never in memory as a whole.
  await fs.put(sampleFilm(), { filename: 'one day.mp4', contentType: 'video/mp4' });
}

const media = new GridFSHandler({
  database,
  prefix: '/files/',
  getGridFSFile: (fs, path) => (ObjectId.isValid(path) ? fs.get(new ObjectId(path)) : null),
  // The bytes of an id never change.
  getCacheTime: () => YEAR_SECONDS,
  // A page that somebody uploads must not act as one of this site.
  setExtraHeaders: (headers) => headers.set('Content-Security-Policy', 'sandbox'),
});

/** Never rejects: whatever goes wrong becomes an answer. */
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname.startsWith('/files/')) return await media.handle(request, response);
    const route = `${request.method} ${pathname}`;
    if (route === 'GET /') response.setHeader('content-type', 'text/html; charset=utf-8').end(page);
    else if (route === 'GET /files') await listFiles(response);
    else if (route === 'POST /files') await storeFile(request, response, searchParams.get('name') ?? 'nameless');
    else response.writeHead(404).end('There is no such page.');
  } catch (error) {
    // There is nobody to answer where the browser has gone away, and nothing to add to what has been sent.
    if (response.headersSent || request.destroyed || response.destroyed) response.destroy();
    else if (error instanceof UploadError) response.writeHead(error.status, error.headers).end(error.message);
    else if (stopping.signal.aborted) response.writeHead(503, { connection: 'close' }).end('The server shuts down.');
    else {
      console.error(`${request.method} ${request.url}:`, error);
      response.writeHead(500, { connection: 'close' }).end('Something went wrong.');
    }
  }
}

/** The newest first, written as they come from the database. */
async function listFiles(response: ServerResponse): Promise<void> {
  const files = fs.collection.sub('files').find({}, { projection: { md5: 0, chunkSize: 0 } });
  response.setHeader('cache-control', 'no-store');
  await files.sort({ uploadDate: -1, _id: -1 }).pipeTo(response, { format: 'array', maxRows: 10_000 });
}

/** Writes into the database what the browser sends, as it comes. Of an upload that breaks off nothing is left. */
async function storeFile(request: IncomingMessage, response: ServerResponse, filename: string): Promise<void> {
  const { _id, length, contentType } = await fs.receive(request, {
    filename,
    maxBytes: MAX_UPLOAD_BYTES,
    // What it is decide its first bytes: browsers go by the ending of the name.
    contentType: 'application/octet-stream',
    sniffContentType: true,
    signal: stopping.signal,
  });
  response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify({ _id, length, contentType }));
}

// Node.js breaks off after 5 minutes what has not been sent by then.
const server = createServer({ requestTimeout: MAX_UPLOAD_MS }, (request, response) => void answer(request, response));

/** Breaks uploads off, which removes what is there of them, lets downloads finish, then lets go of the database. */
async function shutDown(): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  stopping.abort();
  setTimeout(() => server.closeAllConnections(), SHUTDOWN_MS).unref();
  await closed;
  await client.close({ drainMS: SHUTDOWN_MS });
  await deployment.stop();
  console.log('Shut down in order');
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void shutDown());

server.listen(PORT, () => console.log(`Listening on http://localhost:${(server.address() as AddressInfo).port}`));
