import { inspect } from 'node:util';
import { type Document, ObjectId } from '../bson/codec.js';
import { exactly } from './exactly.js';
import type { GridFSCollections } from './gridfs-collections.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Seconds: an ObjectId has 4 bytes for them. */
const MAX_OBJECT_ID_TIME = 0xffffffff;

/** Secondaries may not know of a file yet, and the application may have its documents as bytes. */
const OWN_READS = { readPreference: 'primary', raw: false } as const;

/** The chunks of an upload that was never finished, or of a file whose deletion was. */
export interface OrphanedChunks {
  /** The id that the file would have. */
  readonly filesId: any;
  readonly chunks: number;
  /** When the last of them was made, by its ObjectId. */
  readonly newest: Date;
}

export interface SweepOptions {
  /**
   * Spare what is younger: milliseconds, or a point in time. Must be longer ago than any upload rests between two chunks.
   * Default: one day.
   */
  olderThan?: number | Date | undefined;
  /** Only look, and delete nothing. Default false. */
  dryRun?: boolean | undefined;
  /** Is told of each file, before its chunks are deleted, and waited for. What it throws, or rejects with, ends the sweep. */
  onOrphan?: ((orphan: OrphanedChunks) => unknown) | undefined;
  signal?: AbortSignal | undefined;
}

export interface SweepResult {
  readonly dryRun: boolean;
  /** How many ids of files had chunks and no file. */
  readonly files: number;
  /** How many chunks they had. */
  readonly chunks: number;
  /** How many chunks have been deleted. */
  readonly deletedChunks: number;
}

/**
 * Finds chunks that belong to no file, and deletes them. An upload counts as under way until its newest chunk is older than
 * `olderThan`; none of its chunks are touched before.
 *
 * The ids are read off the index of the chunks, and only chunks without a file are looked at: memory and time do not depend on
 * how large the files are.
 *
 * @throws TypeError or RangeError for a wrong `olderThan`
 * @see MongoDB GridFS specification, "Orphaned chunk"
 */
export async function sweepOrphans(collections: GridFSCollections, options: SweepOptions = {}): Promise<SweepResult> {
  const { dryRun = false, onOrphan, signal } = options;
  const before = boundOf(options.olderThan ?? DAY_MS);
  const sum = { files: 0, chunks: 0, deletedChunks: 0 };
  for await (const { _id: filesId } of idsWithoutFile(collections, signal)) {
    const orphan = await describe(collections, filesId, signal);
    if (orphan === undefined || orphan.newest >= before) continue;
    await onOrphan?.(orphan);
    sum.files++;
    sum.chunks += orphan.chunks;
    if (!dryRun) sum.deletedChunks += await remove(collections, filesId, before, signal);
  }
  return { dryRun, ...sum };
}

/** In whole seconds, as ObjectIds count. */
function boundOf(olderThan: number | Date): Date {
  const bound =
    typeof olderThan === 'number'
      ? Date.now() - olderThan
      : olderThan instanceof Date
        ? olderThan.getTime()
        : Number.NaN;
  if (Number.isNaN(bound)) throw new TypeError(`olderThan must be milliseconds or a Date, not ${inspect(olderThan)}`);
  if (typeof olderThan === 'number' && olderThan < 0)
    throw new RangeError(`olderThan must not be negative, but is ${olderThan}`);
  return new Date(Math.min(Math.max(0, Math.floor(bound / 1000)), MAX_OBJECT_ID_TIME) * 1000);
}

function idsWithoutFile(
  { files, chunks }: GridFSCollections,
  signal: AbortSignal | undefined,
): AsyncIterable<Document> {
  // The first two stages walk the index { files_id: 1, n: 1 } and skip from one id to the next.
  const pipeline = [
    { $sort: { files_id: 1 } },
    { $group: { _id: '$files_id' } },
    { $lookup: { from: files.name, localField: '_id', foreignField: '_id', as: 'file' } },
    { $match: { file: [] } },
    { $project: { _id: 1 } },
  ];
  return chunks.aggregate(pipeline, { ...OWN_READS, allowDiskUse: true, signal });
}

async function describe(
  { chunks }: GridFSCollections,
  filesId: unknown,
  signal: AbortSignal | undefined,
): Promise<OrphanedChunks | undefined> {
  const pipeline = [
    { $match: { files_id: exactly(filesId) } },
    { $group: { _id: null, chunks: { $sum: 1 }, newest: { $max: '$_id' } } },
  ];
  const [found] = await chunks.aggregate(pipeline, { ...OWN_READS, signal }).toArray();
  // Chunks whose age is unknown are nobody's to delete.
  if (!(found?.newest instanceof ObjectId)) return undefined;
  return { filesId, chunks: Number(found.chunks), newest: found.newest.getTimestamp() };
}

/** An upload may have begun, or the file been stored, since the ids were read. */
async function remove(
  collections: GridFSCollections,
  filesId: unknown,
  before: Date,
  signal: AbortSignal | undefined,
): Promise<number> {
  if (await collections.hasFile(filesId)) return 0;
  const isOld = { _id: { $lt: ObjectId.createFromTime(before.getTime() / 1000) } };
  const { deletedCount } = await collections.chunks.deleteMany({ files_id: exactly(filesId), ...isOld }, { signal });
  return deletedCount;
}
