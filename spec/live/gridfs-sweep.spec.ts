import { randomBytes } from 'node:crypto';
import { AsyncClient, AsyncGridFS, ObjectId } from '../../lib/index.js';
import { testUri, uniqueDatabase } from '../support/live.js';

const client = new AsyncClient(testUri());
const db = client.db(uniqueDatabase('sweep'));
const fs = new AsyncGridFS(db);
const files = db.collection('fs.files');
const chunks = db.collection('fs.chunks');
const DATA = randomBytes(1_000_000);

afterAll(async () => {
  await db.dropDatabase();
  await client.close();
});

describe('sweepOrphans', () => {
  const DAY = 24 * 3600;
  const idAt = (secondsAgo: number): ObjectId => {
    const seconds = ObjectId.createFromTime(Math.floor(Date.now() / 1000) - secondsAgo);
    return new ObjectId(seconds.toHexString().slice(0, 8) + new ObjectId().toHexString().slice(8));
  };
  const orphan = (filesId: unknown, ...ages: number[]): Promise<unknown> =>
    chunks.insertMany(ages.map((age, n) => ({ _id: idAt(age), files_id: filesId, n, data: Buffer.from('x') })));

  beforeEach(async () => {
    await files.deleteMany({});
    await chunks.deleteMany({});
    await fs.put(Buffer.alloc(1000), { _id: 'whole', chunkSize: 300 });
    await orphan('abandoned', 3 * DAY, 3 * DAY, 2 * DAY);
    await orphan('slow', 3 * DAY, 2 * DAY, 60);
    await orphan(7, DAY + 60);
  });

  it('deletes what no file and no upload under way needs', async () => {
    // An old file, whose chunks are as old as the orphans.
    await orphan('old file', 5 * DAY);
    await files.insertOne({
      _id: 'old file',
      length: 1,
      chunkSize: 1,
      uploadDate: new Date(),
      filename: 'f',
    } as object);
    const seen: unknown[] = [];
    const result = await fs.sweepOrphans({ onOrphan: ({ filesId, chunks }) => seen.push([filesId, chunks]) });
    expect(result).toEqual({ dryRun: false, files: 2, chunks: 4, deletedChunks: 4 });
    expect(new Set(seen)).toEqual(
      new Set([
        ['abandoned', 3],
        [7, 1],
      ]),
    );
    expect((await chunks.distinct('files_id')).toSorted()).toEqual(['old file', 'slow', 'whole']);
    expect((await (await fs.get('whole')).read()).length).toBe(1000);
    expect(await fs.sweepOrphans()).toEqual({ dryRun: false, files: 0, chunks: 0, deletedChunks: 0 });
  });

  it('only looks on a dry run', async () => {
    expect(await fs.sweepOrphans({ dryRun: true })).toEqual({ dryRun: true, files: 2, chunks: 4, deletedChunks: 0 });
    expect(await chunks.countDocuments({ files_id: 'abandoned' })).toBe(3);
  });

  it.each([
    ['milliseconds', 30_000, 3],
    ['a Date', new Date(Date.now() - 2.5 * DAY * 1000), 0],
    ['a time before all', Number.MAX_SAFE_INTEGER, 0],
  ])('olderThan takes %s', async (_what, olderThan, found) => {
    expect((await fs.sweepOrphans({ olderThan, dryRun: true })).files).toBe(found);
  });

  it('spares an upload that is under way, and its last second', async () => {
    const gridIn = await fs.newFile({ chunkSize: 1000 });
    await gridIn.write(DATA);
    await fs.sweepOrphans({ olderThan: 10_000 });
    await gridIn.close();
    expect((await (await fs.get(gridIn._id)).read()).equals(DATA)).toBe(true);
  });

  it('ends by a signal, and refuses a time that is none', async () => {
    await expect(fs.sweepOrphans({ signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no');
    await expect(fs.sweepOrphans({ olderThan: 'yesterday' as never })).rejects.toThrow(TypeError);
    await expect(fs.sweepOrphans({ olderThan: -1 })).rejects.toThrow(RangeError);
  });

  it('reads the ids off the index', async () => {
    const pipeline = [{ $sort: { files_id: 1 } }, { $group: { _id: '$files_id' } }];
    expect(JSON.stringify(await chunks.aggregate(pipeline).explain('queryPlanner'))).toContain('DISTINCT_SCAN');
  });
});
