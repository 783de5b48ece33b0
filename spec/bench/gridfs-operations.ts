// A file of 50 MB through GridFS, by Rotor and by the official driver: the same lines drive both.

import { once } from 'node:events';
import { BUCKET, DATABASE } from './documents.js';
import type { Client } from './driver-operations.js';
import type { Job } from './job.js';
import type { BulkOperation } from './measure.js';

interface Upload extends NodeJS.WritableStream {
  readonly id: unknown;
}

export interface Bucket {
  openUploadStream(filename: string): Upload;
  openDownloadStream(id: unknown): AsyncIterable<Uint8Array>;
  openDownloadStreamByName(filename: string): NodeJS.ReadableStream;
  delete(id: unknown): Promise<void>;
}

const MEGABYTES = 50;
export const MB = 1024 * 1024;
/** What a stream of a file or of a request gives at a time. */
const PIECE = Buffer.alloc(64 * 1024, 'GridFS ');

export async function openBucket(client: Client, job: Job): Promise<Bucket> {
  const { GridFSBucket } = await import(job.driver === 'mongodb' ? 'mongodb' : job.rotor);
  return new GridFSBucket(client.db(DATABASE), { bucketName: BUCKET });
}

/** Resolves with the file's id. */
export async function uploadFile(bucket: Bucket, megabytes: number, name = 'file'): Promise<unknown> {
  const stream = bucket.openUploadStream(name);
  for (let left = megabytes * MB; left > 0; left -= PIECE.length) if (!stream.write(PIECE)) await once(stream, 'drain');
  const finished = once(stream, 'finish');
  stream.end();
  await finished;
  return stream.id;
}

async function download(bucket: Bucket, id: unknown): Promise<void> {
  let length = 0;
  for await (const bytes of bucket.openDownloadStream(id)) length += bytes.length;
  if (length !== MEGABYTES * MB) throw new Error(`Expected ${MEGABYTES} MB, got ${length} bytes`);
}

/** Counted in megabytes. */
export async function gridfsBulk(client: Client, job: Job): Promise<BulkOperation | null> {
  if (job.operation !== 'gridfsUpload' && job.operation !== 'gridfsDownload') return null;
  const bucket = await openBucket(client, job);
  let last: unknown = await uploadFile(bucket, MEGABYTES);
  if (job.operation === 'gridfsDownload')
    return { documents: MEGABYTES, prepare: () => null, run: () => download(bucket, last) };
  return {
    documents: MEGABYTES,
    // The server keeps one file at a time.
    prepare: () => bucket.delete(last),
    run: async () => {
      last = await uploadFile(bucket, MEGABYTES);
    },
  };
}
