import zlib from 'node:zlib';
import { AsyncClient, type ClientOptions } from '../../lib/index.js';
import { adminClient } from '../support/admin-client.js';
import type { Deployment } from '../support/deployment/deployment.js';
import { ownServers } from '../support/deployment/own-servers.js';
import { startDeployment } from '../support/deployment/start-deployment.js';
import { uniqueDatabase } from '../support/live.js';

const hasZstd = 'zstdCompressSync' in zlib;
const quiet = { say: () => {} };

/** Bytes that the server has decompressed, by compressor. */
async function decompressed(deployment: Deployment): Promise<Record<string, number>> {
  const admin = adminClient(deployment.uri);
  try {
    const { network } = await admin.db('admin').command({ serverStatus: 1 });
    const compression: Record<string, { decompressor: { bytesIn: unknown } }> = network.compression;
    return Object.fromEntries(
      Object.entries(compression).map(([name, { decompressor }]) => [name, Number(decompressor.bytesIn)]),
    );
  } finally {
    await admin.close();
  }
}

async function store(uri: string, options: ClientOptions): Promise<void> {
  await using client = new AsyncClient(uri, options);
  const things = client.db(uniqueDatabase('compression')).collection('things');
  const sizes = [1, 1_000, 70_000, 300_000, 14_000_000];
  // Unacknowledged, in several messages, and many at a time.
  await things.insertOne({ _id: -1 }, { writeConcern: { w: 0 } });
  await things.insertMany(sizes.map((size, _id) => ({ _id, text: 'compress me '.repeat(size / 12) })));
  const found = await Promise.all(sizes.map((_, _id) => things.findOne({ _id })));
  expect(found.map((document) => (document!.text as string).length)).toEqual(
    sizes.map((size) => 12 * Math.floor(size / 12)),
  );
}

ownServers('compression', () => {
  let deployment: Deployment;

  beforeAll(async () => {
    deployment = await startDeployment(quiet);
  }, 60_000);
  afterAll(() => deployment.stop());

  const compressors = ['zlib', 'snappy', ...(hasZstd ? ['zstd'] : [])];

  it.each(compressors)(
    'by %s, in both directions',
    async (name) => {
      const before = await decompressed(deployment);
      await store(deployment.uri, { compressors: name });
      const after = await decompressed(deployment);
      expect(after[name]! - before[name]!).toBeGreaterThan(1_000);
      for (const other of compressors.filter((candidate) => candidate !== name)) {
        expect(after[other]).toBe(before[other]);
      }
    },
    60_000,
  );

  it("uses the first of the client's that the server has, too", async () => {
    await using other = await startDeployment({ ...quiet, compressors: ['zlib'] });
    await store(other.uri, { compressors: ['snappy', 'zlib'], zlibCompressionLevel: 9 });
    expect((await decompressed(other)).zlib).toBeGreaterThan(1_000);
  }, 60_000);

  it('goes without where the server has none of them', async () => {
    await using bare = await startDeployment({ ...quiet, compressors: [] });
    await store(bare.uri, { compressors: ['zlib'] });
  }, 60_000);

  it('goes without where a compressor is unknown, and warns', async () => {
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    await store(`${deployment.uri}?compressors=gzip`, {});
    expect(warned.mock.calls.flat().join('\n')).toContain('gzip');
    warned.mockRestore();
  }, 60_000);
});
