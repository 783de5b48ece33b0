import { once } from 'node:events';
import type { Document } from '../../../lib/index.js';
import { allOf } from './cursors.js';
import { hexBytes } from './match-operators.js';
import { documentsRow, type OperationTable, row } from './operation-row.js';
import { MalformedTestError } from './verdicts.js';

const UPLOAD = 'chunkSizeBytes metadata disableMD5 contentType aliases';

/** Operations on a GridFS bucket. @see Unified Test Format specification, "Bucket Operations" */
export const BUCKET_OPERATIONS: OperationTable = {
  delete: row('id', '', (bucket, { id, ...options }) => bucket.delete(id, options)),
  deleteByName: row('filename', '', (bucket, { filename, ...options }) => bucket.deleteByName(filename, options)),
  download: row('id', 'start end', (bucket, { id, ...options }) => read(bucket.openDownloadStream(id, options))),
  downloadByName: row('filename', 'revision start end', (bucket, { filename, ...options }) =>
    read(bucket.openDownloadStreamByName(filename, options)),
  ),
  drop: row('', '', (bucket, options) => bucket.drop(options)),
  find: documentsRow('filter', 'sort skip limit batchSize noCursorTimeout allowDiskUse', (bucket, given) => {
    const { filter, ...options } = given;
    return allOf(bucket.find(filter, options));
  }),
  rename: row('id newFilename', '', (bucket, { id, newFilename, ...options }) =>
    bucket.rename(id, newFilename, options),
  ),
  renameByName: row('filename newFilename', '', (bucket, { filename, newFilename, ...options }) =>
    bucket.renameByName(filename, newFilename, options),
  ),
  upload: row('filename source', UPLOAD, (bucket, { filename, source, ...options }) =>
    write(bucket.openUploadStream(filename, withoutMD5(options)), source),
  ),
  uploadWithId: row('id filename source', UPLOAD, (bucket, { id, filename, source, ...options }) =>
    write(bucket.openUploadStreamWithId(id, filename, withoutMD5(options)), source),
  ),
};

/** The driver computes no MD5 unless it is told to. */
function withoutMD5({ disableMD5: _, ...options }: Document): Document {
  return options;
}

async function read(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** @returns the file's id */
async function write(stream: any, source: Document): Promise<unknown> {
  if (Object.keys(source).join() !== '$$hexBytes')
    throw new MalformedTestError('source must be { $$hexBytes: string }');
  stream.end(hexBytes('$$hexBytes', source.$$hexBytes));
  await once(stream, 'finish');
  return stream.id;
}
