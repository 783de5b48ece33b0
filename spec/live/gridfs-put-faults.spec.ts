/** Connections that break at every stage of `put` and `get`, on a real server behind the proxy. */
import { randomBytes } from 'node:crypto';
import { AsyncClient, AsyncGridFS, ConnectionFailureError } from '../../lib/index.js';
import { testUri, uniqueDatabase } from '../support/live.js';
import type { CutPoint } from '../support/proxy/fault.js';
import { startProxy, type WireProxy } from '../support/proxy/start-proxy.js';
import { uncompressed } from '../support/uncompressed.js';
import { readableTraffic } from './requires.js';

const { describe, it } = readableTraffic();

const DATA = randomBytes(3_000_000);
const CUTS: readonly CutPoint[] = ['before request', 'after request', 'inside reply', 'after reply'];

let proxy: WireProxy;
let fs: AsyncGridFS;
let client: AsyncClient;
/** Not through the proxy. */
const witness = new AsyncClient(testUri());
const db = witness.db(uniqueDatabase('putfaults'));

beforeAll(async () => {
  proxy = await startProxy({ uri: uncompressed(testUri()) });
  // With second tries none of this is noticed on a replica set: gridfs-faults.spec.ts.
  const options = { serverSelectionTimeoutMS: 5_000, retryReads: false, retryWrites: false };
  client = new AsyncClient(proxy.uri, options);
  fs = new AsyncGridFS(client.db(db.name));
  await fs.open();
});

afterAll(async () => {
  await client.close();
  await proxy.stop();
  await db.dropDatabase();
  await witness.close();
});

afterEach(() => proxy.clearFaults());

const counts = (): Promise<number[]> =>
  Promise.all(['files', 'chunks'].map((kind) => db.collection(`fs.${kind}`).countDocuments({})));

describe.each(CUTS)('a connection that is cut %s', (at) => {
  // Four insert messages for the chunks, of 1, 2, 4 and 5 chunks; then that of the file.
  it.each([
    ['the first chunks', 0],
    ['the last chunks', 3],
    ['the file itself', 4],
  ])('at %s of an upload leaves nothing, or the whole file', async (_what, skip) => {
    const fault = proxy.fault({ kind: 'cut', at, command: 'insert', skip, times: 1 });
    const failed = await fs.put(DATA).then(
      () => undefined,
      (error) => error,
    );
    expect(fault.hits).toBe(1);
    // A connection that is cut behind the reply carried everything.
    if (failed === undefined) expect([at, ...(await counts())]).toEqual(['after reply', 1, 12]);
    else {
      expect(failed).toBeInstanceOf(ConnectionFailureError);
      expect(await counts()).toEqual([0, 0]);
    }
    await db.collection('fs.files').deleteMany({});
    await db.collection('fs.chunks').deleteMany({});
  });

  it('breaks a read, which can be repeated from where it was', async () => {
    const id = await fs.put(DATA);
    const gridOut = await fs.get(id);
    await gridOut.read(10);
    proxy.fault({ kind: 'cut', at, command: 'getMore', times: 1 });
    const rest = await gridOut.read().catch((error) => error);
    if (rest instanceof Error) {
      expect(rest).toBeInstanceOf(ConnectionFailureError);
      expect(gridOut.tell()).toBe(10);
      gridOut.seek(10);
    }
    const again = rest instanceof Error ? await gridOut.read() : (rest as Buffer);
    expect(again.equals(DATA.subarray(10))).toBe(true);
    // Not through the connections that were cut.
    await new AsyncGridFS(db).delete(id);
  });
});
