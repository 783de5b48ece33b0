// Files of any size in MongoDB, in the style of Motor: `npx tsx examples/gridfs.ts`.
//
// MONGODB_URI names the server; without it one is started for the run. In your own project the first import is from
// 'rotor-mongodb'. Recognizing what a file is takes the optional package file-type.
import { createReadStream } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { AsyncClient, AsyncGridFS, FileExistsError, NoFileError, ObjectId, UploadError } from '../lib/index.js';
import { startDeployment } from '../spec/support/deployment/start-deployment.js';

const MAX_UPLOAD_BYTES = 1_000_000;

/** A picture of one pixel. */
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
);

async function main(): Promise<void> {
  const server = await startDeployment();
  const client = new AsyncClient(server.uri, { appName: 'gridfs-example' });
  const database = client.db(`rotor_gridfs_${process.pid}`);
  const fs = new AsyncGridFS(database);
  try {
    await putAndGet(fs);
    await writeInPieces(fs);
    await readInPieces(fs);
    await keepVersions(fs);
    await serve(fs);
    await giveUp(fs);
  } finally {
    await database.dropDatabase();
    await client.close();
    await server.stop();
  }
}

async function putAndGet(fs: AsyncGridFS): Promise<void> {
  const id = await fs.put('Contents', { filename: 'notes.txt', contentType: 'text/plain' });
  const gridOut = await fs.get(id);
  console.log(`put and get: ${gridOut.name}, ${gridOut.length} bytes: ${await gridOut.read()}`);

  // Anything that gives bytes can be put: streams of Node.js and the web, Blobs, generators, other files.
  await fs.put(createReadStream(new URL(import.meta.url)), { filename: 'gridfs.ts' });

  await fs.put('Contents', { _id: 42 });
  const again = await fs.put('Other contents', { _id: 42 }).catch((error) => error);
  if (again instanceof FileExistsError) console.log(`twice the same _id: ${again.message}`);
}

async function writeInPieces(fs: AsyncGridFS): Promise<void> {
  const gridIn = await fs.newFile({ filename: 'log.txt', chunkSize: 1024 });
  await gridIn.write('First part\n');
  await gridIn.writelines(['second ', 'part\n']);
  await gridIn.set('content_type', 'text/plain');
  // Readers find the file from here on.
  await gridIn.close();
  await gridIn.set('my_field', 'my_value');
  console.log(`newFile: ${gridIn.length} bytes, ${gridIn.contentType}, my_field is ${gridIn.get('my_field')}`);
}

async function readInPieces(fs: AsyncGridFS): Promise<void> {
  const gridOut = await fs.getLastVersion({ filename: 'log.txt' });
  for (let line = await gridOut.readline(); line.length > 0; line = await gridOut.readline()) {
    console.log(`line up to byte ${gridOut.tell()}: ${line.toString().trimEnd()}`);
  }
  gridOut.seek(-5, 2);
  console.log(`the last five bytes: ${JSON.stringify((await gridOut.read()).toString())}`);

  let content = Buffer.alloc(0);
  gridOut.seek(0);
  while (content.length < gridOut.length) content = Buffer.concat([content, await gridOut.read(gridOut.chunkSize)]);

  let bytes = 0;
  for await (const chunk of await fs.getLastVersion('gridfs.ts')) bytes += chunk.length;
  console.log(`for await: ${bytes} bytes of this example`);
}

async function keepVersions(fs: AsyncGridFS): Promise<void> {
  for (const text of ['draft', 'final']) {
    await fs.put(text, { filename: 'paper', author: 'Ada' });
    // Versions are told apart by their time, in milliseconds.
    await sleep(5);
  }
  const first = await fs.getVersion('paper', 0);
  const last = await fs.getLastVersion({ filename: 'paper', author: 'Ada' });
  console.log(`versions of paper: first ${await first.read()}, last ${await last.read()}`);
  console.log(
    `names: ${(await fs.list()).toSorted().join(', ')}; is there a poem? ${await fs.exists({ filename: 'poem' })}`,
  );
  for await (const file of fs.find({ author: 'Ada' }).sort({ uploadDate: 1 })) await fs.delete(file._id);
}

/** PUT stores the body of the request, GET serves it. */
async function serve(fs: AsyncGridFS): Promise<void> {
  const server = createServer((request, response) => void answer(fs, request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const put = (body: BodyInit): Promise<Response> => fetch(url, { method: 'PUT', body });

  const stored: { id: string; contentType: string } = await (await put(PIXEL)).json();
  const served = await fetch(`${url}/${stored.id}`);
  const { byteLength } = await served.arrayBuffer();
  console.log(`upload: found out that it is ${stored.contentType}; served ${byteLength} bytes of it`);

  const refused = await put(new Uint8Array(MAX_UPLOAD_BYTES + 1));
  console.log(`an upload that is too large: ${refused.status} ${await refused.text()}`);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

/** Never rejects: whatever goes wrong becomes an answer. */
async function answer(fs: AsyncGridFS, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    if (request.method === 'PUT') {
      const onProgress = ({ bytes, total }: { bytes: number; total: number | undefined }): void =>
        console.log(`  received ${bytes} of ${total} bytes`);
      const options = { maxBytes: MAX_UPLOAD_BYTES, sniffContentType: true, onProgress };
      const { _id, contentType } = await fs.receive(request, options);
      response.writeHead(201).end(JSON.stringify({ id: _id, contentType }));
    } else {
      const gridOut = await fs.get(new ObjectId(request.url!.slice(1)));
      response.setHeader('content-type', gridOut.contentType ?? 'application/octet-stream');
      response.setHeader('content-length', gridOut.length);
      // As fast as the client takes it; when it goes away, reading stops. See GridFSHandler for ranges and caching.
      await gridOut.streamToHandler(response);
    }
  } catch (error) {
    if (response.headersSent) response.destroy();
    else if (error instanceof UploadError) response.writeHead(error.status, error.headers).end(error.message);
    else response.writeHead(error instanceof NoFileError ? 404 : 500).end();
  }
}

async function giveUp(fs: AsyncGridFS): Promise<void> {
  const gridIn = await fs.newFile({ filename: 'never finished' });
  await gridIn.write(Buffer.alloc(2_000_000));
  await gridIn.abort();
  const left = await fs.collection.sub('chunks').countDocuments({ files_id: gridIn._id });
  console.log(`an upload that was given up: ${left} chunks are left over`);
  // What a process leaves that ended in the middle of an upload is for a job that runs once in a while.
  const { files, chunks } = await fs.sweepOrphans({ olderThan: 24 * 3600 * 1000, dryRun: true });
  console.log(`orphans that are older than a day: ${chunks} chunks of ${files} files`);
}

await main();
console.log('Dropped the database and closed the client: nothing keeps the process alive.');
