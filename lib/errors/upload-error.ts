import { GridFSError } from './gridfs-errors.js';
import type { RotorErrorOptions } from './rotor-error.js';

/** What a server answers an upload with that failed for this reason. */
const STATUS = {
  /** More bytes than `maxBytes`. */
  UPLOAD_TOO_LARGE: 413,
  /** Fewer or more bytes than announced, or the client went away. */
  UPLOAD_INCOMPLETE: 400,
  /** A body that is not the file itself, such as a form. */
  UPLOAD_UNSUPPORTED: 415,
} as const;

export type UploadErrorCode = keyof typeof STATUS;

/** What `UploadError` carries. */
export interface UploadErrorFields extends RotorErrorOptions {
  readonly code: UploadErrorCode;
  /** Bytes that had come in. */
  readonly received?: number | undefined;
  /** Bytes that were announced, such as by Content-Length. */
  readonly expected?: number | undefined;
  /** Bytes that are allowed. */
  readonly maxBytes?: number | undefined;
}

/**
 * The client's upload cannot be stored; nothing of it has been left behind. `status` and `headers` are what an HTTP server
 * answers; Express, Koa and Fastify read them off the error.
 *
 * @example
 * catch (error) {
 *   if (!(error instanceof UploadError)) throw error;
 *   response.writeHead(error.status, error.headers).end(error.message);
 * }
 */
export class UploadError extends GridFSError {
  override readonly name: string = 'UploadError';
  override readonly code: UploadErrorCode;
  readonly received: number | undefined;
  readonly expected: number | undefined;
  readonly maxBytes: number | undefined;

  constructor(message: string, fields: UploadErrorFields) {
    super(message, fields);
    this.code = fields.code;
    this.received = fields.received;
    this.expected = fields.expected;
    this.maxBytes = fields.maxBytes;
  }

  /** The HTTP status: 413, 400 or 415. */
  get status(): number {
    return STATUS[this.code];
  }

  /** Fastify's name for `status`. */
  get statusCode(): number {
    return this.status;
  }

  /** The body has not been read to its end, so that nothing else can come over its connection. */
  get headers(): { connection: 'close' } {
    return { connection: 'close' };
  }
}
