import type { AsyncGridOut } from './async-grid-out.js';

/** What of a stored file it takes to serve it. */
export type ServedFile = Pick<
  AsyncGridOut,
  '_id' | 'filename' | 'length' | 'uploadDate' | 'contentType' | 'metadata' | 'md5' | 'range'
>;

/** What a body is read from. */
export type FileBytes = Pick<ServedFile, 'range'>;
