import { once } from 'node:events';
import { mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Db, GridFSBucket } from 'mongodb';
import send from 'send';
import { type AsyncDatabase, GridFSHandler } from '../../../lib/index.js';
import { MotorHandler } from '../../support/motor-handler/motor-handler.js';
import { type Column, DAMAGED } from './cases.js';
import { FILES, HALF, LARGE } from './files.js';

/** Stores the files by the official driver, and damages the one that is to be damaged. */
export async function storeFiles(db: Db): Promise<void> {
  const bucket = new GridFSBucket(db);
  for (const { name, bytes } of FILES) await pipeline([bytes], bucket.openUploadStream(name));
  const { _id } = (await db.collection('fs.files').findOne({ filename: HALF.name }))!;
  await db.collection('fs.chunks').deleteOne({ files_id: _id, n: 1 });
}

/** The servers that run in this process. What they leave is undone by `close`. */
export class LocalColumns {
  readonly columns: Column[] = [];
  readonly #servers: Server[] = [];
  readonly #db: Db;
  #folder: string | undefined;

  constructor(db: Db) {
    this.#db = db;
  }

  async open(database: AsyncDatabase): Promise<void> {
    const openReaders = (): Promise<number> => this.openCursors();
    const rotor = new GridFSHandler({ database, onError: () => undefined });
    this.columns.push({ name: 'Rotor', url: await this.#listen(rotor.handle), openReaders });
    this.columns.push(await this.#static());
    this.columns.push({ name: 'official driver', url: await this.#listen(this.#official()), openReaders });
  }

  /** The cursors over chunks that the server holds. */
  async openCursors(): Promise<number> {
    const ns = `${this.#db.databaseName}.fs.chunks`;
    const stages = [{ $currentOp: { idleCursors: true } }, { $match: { type: 'idleCursor', ns } }];
    return (await this.#db.client.db('admin').aggregate(stages).toArray()).length;
  }

  async close(): Promise<void> {
    for (const server of this.#servers) server.close().closeAllConnections();
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true });
  }

  /** The package `send`, with the same files in a folder. */
  async #static(): Promise<Column> {
    const root = await mkdtemp(join(tmpdir(), 'rotor-send-'));
    this.#folder = root;
    for (const { name, bytes } of FILES) await writeFile(join(root, name), bytes);
    const openFiles = async (): Promise<number> => {
      const links = (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ''));
      return (await Promise.all(links)).filter((path) => path === join(root, LARGE.name)).length;
    };
    const url = await this.#listen((request, response) => send(request, request.url!, { root }).pipe(response));
    return { name: 'send', url, openReaders: openFiles, without: { [DAMAGED]: 'no chunks' } };
  }

  /** What the official driver's documentation has for a download: a stream, piped. It says nothing of requests. */
  #official(): RequestListener {
    const bucket = new GridFSBucket(this.#db);
    return (request, response) => {
      const name = decodeURIComponent(request.url!.slice(1));
      bucket
        .openDownloadStreamByName(name)
        .on('error', () => {
          // Without a listener, a missing file would end the process.
          if (!response.headersSent) response.statusCode = 404;
          response.end();
        })
        .pipe(response);
    };
  }

  async #listen(listener: RequestListener): Promise<string> {
    const server = createServer((request, response) => {
      try {
        listener(request, response);
      } catch {
        // It would have ended the process.
        response.destroy();
      }
    }).listen(0, '127.0.0.1');
    this.#servers.push(server);
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
}

/** Motor's handler, in a process of Python. */
export async function startMotor(
  folder: string,
  uri: string,
  db: Db,
  openReaders: () => Promise<number>,
): Promise<{ readonly column: Column; stop(): Promise<void> }> {
  const handler = await MotorHandler.start(folder, uri, db.databaseName);
  return { column: { name: 'Motor', url: handler.url, openReaders }, stop: () => handler.stop() };
}
