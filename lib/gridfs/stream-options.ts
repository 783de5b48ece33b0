import type { ClientSession } from '../api/client-session.js';
import type { Abortable, Killable } from '../api/operation-options.js';
import type { Document } from '../bson/codec.js';
import type { WriteConcernLike } from '../options/write-concern.js';

/** What every operation on a bucket takes. */
export interface GridFSOperationOptions extends Abortable {
  /**
   * Milliseconds that the operation may take as a whole; for a stream, from its opening to its end, as far as the driver
   * works: it does not end the waiting of a source or a consumer. Default: the bucket's.
   */
  timeoutMS?: number | undefined;
  /** The session of all commands; see `OperationOptions`. */
  session?: ClientSession | null | undefined;
}

/** What an upload may set for its file. */
export interface GridFSUploadOptions<Metadata extends object = Document> extends GridFSOperationOptions, Killable {
  /** Bytes per chunk, from 1 to 16 MiB less 16 KiB. Default: the bucket's. */
  chunkSizeBytes?: number | undefined;
  /** Any document, stored with the file. */
  metadata?: Metadata | undefined;
  /** A MIME type. Deprecated by the specification, in favour of `metadata`; Rotor's HTTP handler reads it. */
  contentType?: string | undefined;
  /** Deprecated by the specification, in favour of `metadata`. */
  aliases?: readonly string[] | undefined;
  /** Which acknowledgement the writes wait for. Default: the bucket's. */
  writeConcern?: WriteConcernLike | undefined;
}

/** Which bytes of a file are read. */
export interface GridFSDownloadOptions extends GridFSOperationOptions {
  /** The first byte, from 0. Default 0. */
  start?: number | undefined;
  /** The byte behind the last. Default: the length of the file. */
  end?: number | undefined;
}

export interface GridFSDownloadByNameOptions extends GridFSDownloadOptions {
  /** 0 for the first file that was stored under the name, 1 for the next ...; -1 for the newest (default), -2 ... */
  revision?: number | undefined;
}
