import { inspect } from 'node:util';
import { UploadError } from '../errors/upload-error.js';
import { AsyncGridIn } from './async-grid-in.js';
import type { GridInOptions } from './grid-in-options.js';
import type { GridFSCollections } from './gridfs-collections.js';
import type { GridFSFile } from './gridfs-file.js';
import { openRequestBody, type UploadRequest } from './request-body.js';
import { sniffContentType } from './sniff-content-type.js';
import { bytesOf, bytesOfPiece, type GridFSSource } from './source.js';
import { untilAborted } from './until-aborted.js';

/** How far an upload is. */
export interface UploadProgress {
  /** Taken so far. */
  readonly bytes: number;
  /** Where it is known. */
  readonly total: number | undefined;
}

/** How an upload is received and stored. What is not named here or in `GridInOptions` becomes a field of the files document. */
export interface UploadOptions extends GridInOptions {
  /** Refuse more bytes than these: by the announced length before anything is read, else as soon as they have come in. */
  maxBytes?: number | undefined;
  /** Refuse any other number of bytes. Default: what the source or the request's Content-Length says. */
  contentLength?: number | undefined;
  /** Find out the content type by the first bytes, which decide over any other. Needs the package `file-type`. */
  sniffContentType?: boolean | undefined;
  /** Is told after each piece that has been taken, and waited for. What it throws, or rejects with, ends the upload. */
  onProgress?: ((progress: UploadProgress) => unknown) | undefined;
}

interface Limits {
  readonly maxBytes: number;
  readonly expected: number | undefined;
}

/**
 * Stores a source as one file, or nothing of it.
 *
 * @throws UploadError for too many or too few bytes; what the source and `AsyncGridIn` throw
 */
export async function upload(
  collections: GridFSCollections,
  source: GridFSSource,
  options: UploadOptions = {},
): Promise<GridFSFile> {
  const { maxBytes, contentLength, sniffContentType: sniff = false, onProgress, ...file } = options;
  const gridIn = new AsyncGridIn(collections, file);
  // Text as bytes: how many those are that base64 or hex stands for is known when it has been decoded.
  const data = typeof source === 'string' ? bytesOfPiece(source, file.encoding) : source;
  const expected = checkBytes(contentLength, 'contentLength') ?? lengthOf(data);
  const limits = { maxBytes: checkBytes(maxBytes, 'maxBytes') ?? Number.POSITIVE_INFINITY, expected };
  if (typeof sniff !== 'boolean') throw new TypeError(`sniffContentType must be true or false, not ${inspect(sniff)}`);
  if (onProgress !== undefined && typeof onProgress !== 'function')
    throw new TypeError(`onProgress must be a function, not ${inspect(onProgress)}`);
  const bytes = within(bytesOf(data, file.encoding), limits);
  if (expected !== undefined && expected > limits.maxBytes) throw tooLarge(limits, 0);
  try {
    const typed = sniff ? await withType(gridIn, bytes, file.signal) : bytes;
    await gridIn.write(onProgress === undefined ? typed : reporting(typed, expected, onProgress));
    await gridIn.close();
  } catch (error) {
    // It has removed what was there of the file, unless the source failed before anything was written.
    await gridIn.abort().catch(() => undefined);
    throw error;
  }
  return gridIn.file;
}

/**
 * Stores the body of a request as one file, or nothing of it. The content type is the request's, unless `options` have one.
 *
 * @throws UploadError for what the client did wrong; what `upload` throws
 */
export async function receive(
  collections: GridFSCollections,
  request: UploadRequest,
  options: UploadOptions = {},
): Promise<GridFSFile> {
  const { source, contentLength, contentType, signal } = openRequestBody(request);
  const ownType = options.contentType ?? options.content_type ?? contentType;
  const signals = [options.signal, signal].filter((given) => given !== undefined);
  return upload(collections, source, {
    ...options,
    contentLength: options.contentLength ?? contentLength,
    contentType: ownType,
    signal: signals.length > 0 ? AbortSignal.any(signals) : undefined,
  });
}

async function withType(
  gridIn: AsyncGridIn,
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<AsyncIterable<Uint8Array>> {
  const { contentType, source } = await sniffContentType(signal === undefined ? bytes : untilAborted(bytes, signal));
  if (contentType !== undefined) await gridIn.set('contentType', contentType);
  return source;
}

/** Counts, and refuses what is too much or not as much as was announced. */
async function* within(source: AsyncIterable<Uint8Array>, limits: Limits): AsyncGenerator<Uint8Array, void, void> {
  const { maxBytes, expected } = limits;
  let received = 0;
  for await (const bytes of source) {
    received += bytes.length;
    if (received > maxBytes) throw tooLarge(limits, received);
    if (expected !== undefined && received > expected) throw otherLength(limits, received, 'more');
    yield bytes;
  }
  if (expected !== undefined && received < expected) throw otherLength(limits, received, 'only');
}

async function* reporting(
  source: AsyncIterable<Uint8Array>,
  total: number | undefined,
  onProgress: (progress: UploadProgress) => unknown,
): AsyncGenerator<Uint8Array, void, void> {
  let bytes = 0;
  for await (const piece of source) {
    yield piece;
    bytes += piece.length;
    await onProgress({ bytes, total });
  }
}

function tooLarge({ maxBytes, expected }: Limits, received: number): UploadError {
  const announced = expected === undefined ? '' : `; ${expected} were announced`;
  return new UploadError(`the upload has more than the ${maxBytes} bytes that are allowed${announced}`, {
    code: 'UPLOAD_TOO_LARGE',
    maxBytes,
    received,
    expected,
  });
}

function otherLength({ expected }: Limits, received: number, problem: 'more' | 'only'): UploadError {
  const came = problem === 'more' ? `more than ${expected}` : `only ${received}`;
  return new UploadError(`${expected} bytes were announced, but ${came} came`, {
    code: 'UPLOAD_INCOMPLETE',
    received,
    expected,
  });
}

/** How many bytes a source will have, where that can be told without reading it. */
function lengthOf(source: GridFSSource): number | undefined {
  if (source instanceof Blob) return source.size;
  return ArrayBuffer.isView(source) || source instanceof ArrayBuffer ? source.byteLength : undefined;
}

function checkBytes(value: number | undefined, name: string): number | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 0)) return value;
  if (value === Number.POSITIVE_INFINITY && name === 'maxBytes') return value;
  throw new TypeError(`${name} must be a whole number of bytes from 0, not ${inspect(value)}`);
}
