import { STATUS_CODES } from 'node:http';
import type { ByteRange } from './byte-range.js';
import { byteranges, bytesIn, contentRange, type Segment } from './http-byteranges.js';
import { evaluateConditions, type RequestFields, rangeApplies, type Validators } from './http-conditions.js';
import { parseHttpDate } from './http-date.js';
import { parseRange } from './http-range.js';

/** A response before any byte of the file has been read. */
export interface ResponsePlan {
  readonly status: number;
  readonly headers: Headers;
  /** Empty for HEAD and 304, whatever Content-Length says. */
  readonly body: readonly Segment[];
}

/** What of a request matters. */
export interface RequestFacts {
  readonly method: 'GET' | 'HEAD';
  readonly fields: RequestFields;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** For several ranges; must not be in the file. */
  readonly boundary: string;
}

/** What describes a representation that is not sent. */
const OF_CONTENT = ['Content-Type', 'Content-Disposition', 'Content-Encoding', 'Content-Language'];
const OF_FILE = [...OF_CONTENT, 'ETag', 'Last-Modified', 'Cache-Control', 'Expires'];

/**
 * Decides on the response for a file that is there: 200, 206, 304, 412 or 416.
 *
 * @param headers those of the whole file, checked; its ETag and Last-Modified are what conditions are compared with
 * @param length bytes of the file
 * @see RFC 9110, 13.2 and 14.2
 */
export function planFile(request: RequestFacts, headers: Headers, length: number): ResponsePlan {
  const { method, fields, now } = request;
  const validators = validatorsIn(headers, now);
  const outcome = evaluateConditions(fields, validators, now);
  if (outcome === 'precondition-failed') return planStatus(412, method, without(headers, OF_FILE));
  if (outcome === 'not-modified') return { status: 304, headers: without(headers, OF_CONTENT), body: [] };
  // RFC 9110, 14.2: "GET is the only method for which range handling is defined"
  const range = method === 'GET' ? fields('range') : undefined;
  const wanted = range !== undefined && rangeApplies(fields, validators, now) ? parseRange(range, length) : 'whole';
  if (wanted === 'whole') return planBody(200, method, headers, [{ start: 0, end: length }]);
  if (wanted === 'unsatisfiable') {
    const forError = without(headers, OF_FILE);
    forError.set('Content-Range', `bytes */${length}`);
    return planStatus(416, method, forError);
  }
  return planRanges(request, headers, wanted, length);
}

function planRanges(
  { method, boundary }: RequestFacts,
  headers: Headers,
  ranges: readonly ByteRange[],
  length: number,
): ResponsePlan {
  const [only, second] = ranges;
  if (second === undefined) {
    headers.set('Content-Range', contentRange(only!, length));
    return planBody(206, method, headers, [only!]);
  }
  const contentType = headers.get('Content-Type') ?? undefined;
  headers.set('Content-Type', `multipart/byteranges; boundary=${boundary}`);
  return planBody(206, method, headers, byteranges(ranges, { length, contentType, boundary }));
}

/** A response that has no more to say than its status. */
export function planStatus(status: number, method: string, headers: Headers = new Headers()): ResponsePlan {
  headers.set('Content-Type', 'text/plain; charset=utf-8');
  headers.set('X-Content-Type-Options', 'nosniff');
  return planBody(status, method, headers, [Buffer.from(`${STATUS_CODES[status]}\n`)]);
}

function planBody(status: number, method: string, headers: Headers, body: readonly Segment[]): ResponsePlan {
  headers.set('Content-Length', String(bytesIn(body)));
  return { status, headers, body: method === 'HEAD' ? [] : body.filter((segment) => bytesIn([segment]) > 0) };
}

function validatorsIn(headers: Headers, now: number): Validators {
  const modified = headers.get('Last-Modified');
  return {
    etag: headers.get('ETag') ?? undefined,
    lastModified: modified === null ? undefined : parseHttpDate(modified, now),
  };
}

function without(headers: Headers, names: readonly string[]): Headers {
  for (const name of names) headers.delete(name);
  return headers;
}
