/**
 * Connections that break at every stage of an upload and of a download, on a real server behind the proxy: without second
 * tries, where each cut fails what is under way, and with them, on a replica set.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AsyncClient,
  AsyncGridFS,
  AsyncGridFSBucket,
  ConnectionFailureError,
  type RotorError,
} from '../../lib/index.js';
import type { Deployment } from '../support/deployment/deployment.js';
import { ownServers } from '../support/deployment/own-servers.js';
import { testUri, uniqueDatabase } from '../support/live.js';
import type { CutPoint, Fault } from '../support/proxy/fault.js';
import { startProxy, type WireProxy } from '../support/proxy/start-proxy.js';
import { startSet } from '../support/proxy/start-set.js';
import { uncompressed } from '../support/uncompressed.js';
import { until } from '../support/until.js';
import { readableTraffic } from './requires.js';

const { describe, it } = readableTraffic();

const MB = 1024 * 1024;
/** Six insert messages for the chunks, of 1, 2, 4, 8, 16 and 2 chunks; then that of the file. */
const LENGTH = 8 * MB;
const data = randomBytes(LENGTH);
const CUTS: readonly CutPoint[] = ['before request', 'after request', 'inside reply', 'after reply'];

let proxy: WireProxy;
let client: AsyncClient;
/** Not through the proxy. */
const witness = new AsyncClient(testUri());
const name = uniqueDatabase('gfsfaults');
const stored = witness.db(name);
let made = 0;
/** Connections of the client that it has closed since the last cut was set. */
let closed = 0;

beforeAll(async () => {
  proxy = await startProxy({ uri: uncompressed(testUri()) });
  const options = { serverSelectionTimeoutMS: 5_000, retryReads: false, retryWrites: false };
  client = new AsyncClient(proxy.uri, options);
  client.on('connectionClosed', () => closed++);
});
afterAll(async () => {
  await client.close();
  await proxy.stop();
  await stored.dropDatabase();
  await witness.close();
});
afterEach(() => proxy.clearFaults());

/** A bucket that is empty: its first upload makes the indexes. */
function fresh(): { bucket: AsyncGridFSBucket; counts: () => Promise<number[]> } {
  const bucketName = `b${made++}`;
  const counts = (): Promise<number[]> =>
    Promise.all(['files', 'chunks'].map((kind) => stored.collection(`${bucketName}.${kind}`).countDocuments({})));
  return { bucket: new AsyncGridFSBucket(client.db(name), { bucketName }), counts };
}

async function read(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function outcome(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error) => error,
  );
}

function cut(at: CutPoint, command: string, skip: number): Fault {
  closed = 0;
  return proxy.fault({ kind: 'cut', at, command, skip, times: 1 });
}

/** The client has noticed that the connection is gone: behind a reply, nothing but its end tells of that. */
async function settled(): Promise<void> {
  await until('a connection has been closed', () => closed > 0);
  await sleep(20);
  await client.admin.command({ ping: 1 });
}

const ALL_CHUNKS = Math.ceil(LENGTH / (255 * 1024));

describe.each(CUTS)('an upload whose connection is cut %s', (at) => {
  const stages: [string, string, number][] = [
    ['at the look for files', 'find', 0],
    ['at the look for indexes', 'listIndexes', 0],
    ['at the first index', 'createIndexes', 0],
    ['at the second index', 'createIndexes', 1],
    ['at the first chunks', 'insert', 0],
    ['at the second chunks', 'insert', 1],
    ['at later chunks', 'insert', 3],
    ['at the last chunks', 'insert', 5],
    ['at the file itself', 'insert', 6],
  ];
  it.each(stages)('%s', async (_, command, skip) => {
    const { bucket, counts } = fresh();
    const fault = cut(at, command, skip);
    const upload = bucket.openUploadStream('cut');
    const failed = new Promise((resolve) => upload.once('close', resolve).once('error', () => undefined));
    upload.end(data);
    await failed;
    expect(fault.hits).toBe(1);
    if (upload.gridFSFile !== null) {
      expect(at).toBe('after reply');
      await settled();
      expect(await counts()).toEqual([1, ALL_CHUNKS]);
      expect((await read(bucket.openDownloadStream(upload.id))).equals(data)).toBe(true);
      return;
    }
    expect(upload.errored).toBeInstanceOf(ConnectionFailureError);
    // A connection that is cut behind a reply may be found broken by the next request.
    if (at !== 'after reply') expect((upload.errored as RotorError).command).toBe(command);
    await settled();
    await upload.abort();
    expect(await counts()).toEqual([0, 0]);
    // The bucket is as good as new.
    const id = await bucket.uploadFromStream('again', data);
    expect((await read(bucket.openDownloadStream(id))).equals(data)).toBe(true);
  });
});

describe.each(CUTS)('a download whose connection is cut %s', (at) => {
  const stages: [string, string, number][] = [
    ['at the file', 'find', 0],
    ['at the first chunks', 'find', 1],
    ['at the second chunks', 'getMore', 0],
    ['at the last chunks', 'getMore', 1],
  ];
  let bucket: AsyncGridFSBucket;
  let id: unknown;
  beforeAll(async () => {
    ({ bucket } = fresh());
    id = await bucket.uploadFromStream('whole', data);
  });

  it.each(stages)('%s', async (_, command, skip) => {
    const fault = cut(at, command, skip);
    const got: Uint8Array[] = [];
    const reading = async (): Promise<void> => {
      for await (const piece of bucket.openDownloadStream(id)) got.push(piece);
    };
    const error = await outcome(reading());
    expect(fault.hits).toBe(1);
    const bytes = Buffer.concat(got);
    expect(bytes.equals(data.subarray(0, bytes.length))).toBe(true);
    // Never short without an error.
    if (error === undefined) expect(bytes).toHaveLength(LENGTH);
    else expect(error).toBeInstanceOf(ConnectionFailureError);
    if (at !== 'after reply') expect(error).toBeDefined();
    await settled();
    expect((await read(bucket.openDownloadStream(id))).equals(data)).toBe(true);
  });
});

it('a source that fails on a slow line leaves nothing', async () => {
  const { bucket, counts } = fresh();
  proxy.fault({ kind: 'delay', ms: 30, command: 'insert' });
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield data.subarray(0, 5 * MB);
    throw new Error('half-way');
  }
  await expect(bucket.uploadFromStream('f', failing())).rejects.toThrow('half-way');
  expect(await counts()).toEqual([0, 0]);
});

it('a slow line delays a download and does not spoil it', async () => {
  const { bucket } = fresh();
  const id = await bucket.uploadFromStream('f', data);
  proxy.fault({ kind: 'throttle', bytesPerSecond: 40 * MB, command: ['find', 'getMore'] });
  expect((await read(bucket.openDownloadStream(id))).equals(data)).toBe(true);
});

it('a delete that is cut can be repeated', async () => {
  for (const skip of [0, 1])
    for (const at of CUTS) {
      const { bucket, counts } = fresh();
      const id = await bucket.uploadFromStream('f', data.subarray(0, MB));
      const fault = cut(at, 'delete', skip);
      const failure = await outcome(bucket.delete(id));
      expect(fault.hits).toBe(1);
      if (at !== 'after reply') expect(failure).toBeInstanceOf(ConnectionFailureError);
      await settled();
      // The second time the file may be gone already, of which an error tells; its chunks go in any case.
      await outcome(bucket.delete(id));
      expect([skip, at, ...(await counts())]).toEqual([skip, at, 0, 0]);
    }
});

it('an abort that cannot reach the server says so', async () => {
  const { bucket, counts } = fresh();
  const upload = bucket.openUploadStream('f');
  upload.write(data.subarray(0, 2 * MB));
  await until('there are chunks', async () => (await counts())[1]! > 0);
  proxy.fault({ kind: 'cut', at: 'before request', command: 'delete' });
  expect(await outcome(upload.abort())).toBeInstanceOf(ConnectionFailureError);
  expect(upload.destroyed).toBe(true);
});

ownServers('where operations are tried again, on a replica set', () => {
  let set: Deployment;
  let front: WireProxy;
  let patient: AsyncClient;
  let bucket: AsyncGridFSBucket;

  beforeAll(async () => {
    set = await startSet(1);
    front = await startProxy(set);
    patient = new AsyncClient(front.uri);
    bucket = new AsyncGridFSBucket(patient.db(name));
    // Indexes are made once, and not tried again: the specification counts createIndexes among neither.
    await bucket.uploadFromStream('first', data.subarray(0, MB));
  }, 40_000);
  afterAll(async () => {
    await patient?.close();
    await front?.stop();
    await set?.stop();
  });

  it.each(CUTS)(
    'a connection that is cut %s is not noticed',
    async (at) => {
      const files = patient.db(name).collection('fs.files');
      const chunks = patient.db(name).collection('fs.chunks');
      const met = (fault: Fault): void => {
        expect(fault.hits).toBe(1);
        fault.clear();
      };
      for (const skip of [0, 5, 6]) {
        const fault = front.fault({ kind: 'cut', at, command: 'insert', skip, times: 1 });
        const id = await bucket.uploadFromStream('file', data);
        met(fault);
        expect(await chunks.countDocuments({ files_id: id })).toBe(ALL_CHUNKS);
        // The cursor's connection must last: a getMore is not tried again, and neither is the delete of many chunks.
        for (const skipped of at === 'after reply' ? [0] : [0, 1]) {
          const broken = front.fault({ kind: 'cut', at, command: 'find', skip: skipped, times: 1 });
          expect((await read(bucket.openDownloadStream(id))).equals(data)).toBe(true);
          met(broken);
        }
        const removal = front.fault({
          kind: 'cut',
          at,
          command: 'delete',
          skip: at === 'after reply' ? 1 : 0,
          times: 1,
        });
        await bucket.delete(id);
        met(removal);
        expect([await files.countDocuments({ _id: id }), await chunks.countDocuments({ files_id: id })]).toEqual([
          0, 0,
        ]);
      }
    },
    60_000,
  );

  it('an upload that fails within a transaction leaves nothing when that is committed', async () => {
    const chunks = patient.db(name).collection('fs.chunks');
    const before = await chunks.countDocuments({});
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield data;
      throw new Error('half-way');
    }
    await using session = patient.startSession();
    session.startTransaction();
    await expect(bucket.uploadFromStream('f', failing(), { session })).rejects.toThrow('half-way');
    const fs = new AsyncGridFS(patient.db(name));
    await expect(fs.put(failing(), { session })).rejects.toThrow('half-way');
    const id = await fs.put('whole', { session });
    await session.commitTransaction();
    expect(await chunks.countDocuments({})).toBe(before + 1);
    expect(String(await (await fs.get(id)).read())).toBe('whole');
  });
});
