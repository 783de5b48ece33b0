import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { GridFSBucket } from 'mongodb';
import { testUri, uniqueDatabase } from '../support/live.js';
import { officialClient } from '../support/official-client.js';

const MB = 1024 * 1024;
const LENGTH = 192 * MB;
const ALLOWED_GROWTH = 64 * MB;
const witness = officialClient(testUri());
const db = witness.db(uniqueDatabase('gridfs-slow'));

/** The server is a process of its own: what it holds is all that its memory grows by. */
const SERVER = `
  import { createServer } from 'node:http';
  import { AsyncClient, GridFSHandler } from ${JSON.stringify(pathToFileURL(`${__dirname}/../../lib/index.ts`).href)};
  const client = new AsyncClient(process.env.URI);
  const files = new GridFSHandler({ database: client.db(process.env.DB) });
  const server = createServer((request, response) =>
    request.url === '/rss' ? response.end(String(process.memoryUsage.rss())) : files.handle(request, response));
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
  process.stdin.resume().on('end', () => process.exit());`;

let server: ChildProcess;
let url: string;

beforeAll(async () => {
  const upload = new GridFSBucket(db).openUploadStream('film.mp4');
  const piece = Buffer.alloc(4 * MB, 'film ');
  for (let left = LENGTH; left > 0; left -= piece.length) if (!upload.write(piece)) await once(upload, 'drain');
  await new Promise<void>((resolve) => upload.end(() => resolve()));
  server = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', SERVER], {
    env: { ...process.env, URI: testUri(), DB: db.databaseName },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [port] = await once(createInterface({ input: server.stdout! }), 'line');
  url = `http://127.0.0.1:${port}`;
}, 60_000);

afterAll(async () => {
  const ended = once(server, 'exit');
  server.stdin!.end();
  await ended;
  await db.dropDatabase();
  await witness.close();
});

const memory = async (): Promise<number> => Number(await (await fetch(`${url}/rss`)).text());

describe('a slow client', () => {
  it(`gets ${LENGTH / MB} MB while the memory of the server grows by at most ${ALLOWED_GROWTH / MB} MB`, async () => {
    await (await fetch(`${url}/film.mp4`, { headers: { Range: `bytes=0-${16 * MB}` } })).arrayBuffer();
    const before = await memory();
    const [response] = (await once(httpRequest(`${url}/film.mp4`, { agent: false }).end(), 'response')) as [
      IncomingMessage,
    ];
    let most = 0;
    let got = 0;
    let look = 0;
    // Nothing at all is taken for a while; then some megabytes at a time.
    await sleep(1000);
    for await (const bytes of response) {
      got += (bytes as Buffer).length;
      if (got < look) continue;
      look = got + 4 * MB;
      await sleep(50);
      most = Math.max(most, await memory());
    }
    expect(got).toBe(LENGTH);
    expect(most).toBeGreaterThan(0);
    expect(most - before).toBeLessThanOrEqual(ALLOWED_GROWTH);
  }, 60_000);
});
