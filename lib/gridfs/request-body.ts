import type { IncomingMessage } from 'node:http';
import { inspect } from 'node:util';
import { UploadError } from '../errors/upload-error.js';
import { InvalidOperationError } from '../errors/usage-errors.js';

/** A request of `node:http` (and so of Express, Koa's `ctx.req`, Fastify's `request.raw`), or of a fetch-style framework. */
export type UploadRequest = IncomingMessage | Request;

/** The file that a request brings. */
export interface RequestBody {
  readonly source: AsyncIterable<Uint8Array>;
  /** By the header Content-Length; undefined where the request has none, as its length was not known. */
  readonly contentLength: number | undefined;
  readonly contentType: string | undefined;
  /** Aborts when the client goes away, where the framework says so. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Opens the body of a request. Leaving it early neither destroys nor cancels the request: its connection carries the answer.
 *
 * @throws TypeError for what is no request; InvalidOperationError for a body that has been read already; UploadError for a form,
 *   for compressed data, and for a Content-Length that is none. Reading throws UploadError where the request breaks off
 */
export function openRequestBody(request: UploadRequest): RequestBody {
  const isFetch = isFetchRequest(request);
  if (!isFetch && !isNodeRequest(request))
    throw new TypeError(`request must be an IncomingMessage or a Request, not ${inspect(request, { depth: 0 })}`);
  if (isFetch ? request.bodyUsed : request.readableDidRead)
    throw new InvalidOperationError('the body of the request has been read already, perhaps by a body parser');
  const header = (name: string): string | undefined =>
    isFetch ? (request.headers.get(name) ?? undefined) : (request.headers[name] as string | undefined);
  const contentType = header('content-type');
  refuseUnlessFile(contentType, header('content-encoding'));
  return {
    source: whole(isFetch ? fetchBody(request) : nodeBody(request)),
    contentLength: lengthOf(header('content-length')),
    contentType,
    signal: isFetch ? request.signal : undefined,
  };
}

/** A part of a body is no file: whatever breaks it off is the same to the application. */
async function* whole(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  let received = 0;
  try {
    for await (const bytes of body) {
      received += bytes.length;
      yield bytes;
    }
  } catch (cause) {
    throw new UploadError(`the upload broke off after ${received} bytes`, {
      code: 'UPLOAD_INCOMPLETE',
      received,
      cause,
    });
  }
}

async function* nodeBody(request: IncomingMessage): AsyncGenerator<Uint8Array, void, void> {
  yield* request.iterator({ destroyOnReturn: false });
  // Node.js takes what is behind the announced length for another request, and breaks the connection where it is none.
  const { errored } = request.socket as { errored?: (Error & { code?: string }) | null };
  if (errored?.code?.startsWith('HPE_'))
    throw new Error('more bytes came than Content-Length announced', { cause: errored });
}

async function* fetchBody(request: Request): AsyncGenerator<Uint8Array, void, void> {
  if (request.body !== null) yield* request.body.values({ preventCancel: true });
}

function refuseUnlessFile(contentType: string | undefined, contentEncoding: string | undefined): void {
  const refuse = (problem: string): never => {
    throw new UploadError(problem, { code: 'UPLOAD_UNSUPPORTED' });
  };
  if (contentType !== undefined && /^\s*multipart\//i.test(contentType))
    refuse('the body is a form: it has to be the file itself, or a parser of forms has to give its part to fs.put');
  if (contentEncoding !== undefined && !/^\s*(identity\s*)?$/i.test(contentEncoding))
    refuse(`the body is encoded with ${contentEncoding}: it has to be the file as it is`);
}

function lengthOf(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const length = /^\d+$/.test(header) ? Number(header) : Number.NaN;
  if (Number.isSafeInteger(length)) return length;
  throw new UploadError(`Content-Length must be a number of bytes, not ${inspect(header)}`, {
    code: 'UPLOAD_INCOMPLETE',
  });
}

function isFetchRequest(request: UploadRequest): request is Request {
  return typeof (request as Partial<Request> | null | undefined)?.headers?.get === 'function';
}

function isNodeRequest(request: UploadRequest): request is IncomingMessage {
  const { headers, iterator } = (request ?? {}) as Partial<IncomingMessage>;
  return typeof headers === 'object' && typeof iterator === 'function';
}
