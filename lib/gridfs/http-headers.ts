import { contentDispositionOf, type Disposition } from './http-content-disposition.js';
import { contentTypeOf } from './http-content-type.js';
import { formatHttpDate, parseHttpDate } from './http-date.js';
import { fileETag, isETag } from './http-etag.js';
import type { ServedFile } from './http-served-file.js';

/** What of a header is written by whoever frames the response, and by nobody else. */
const FRAMING = [
  'connection',
  'content-length',
  'content-range',
  'keep-alive',
  'trailer',
  'transfer-encoding',
  'upgrade',
];
/** RFC 9110, 5.5: field-content is visible ASCII, obs-text, spaces and tabs. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** Seconds; RFC 9111, 1.2.2: what a cache takes for a value that is too large for it. */
const MAX_AGE = 2 ** 31;

/**
 * The headers that a file has on its own: what it is, and which version of it.
 *
 * @param path what was asked for
 * @param now milliseconds since 1970
 */
export async function fileHeaders(
  file: ServedFile,
  path: string,
  { now, disposition }: { readonly now: number; readonly disposition: Disposition },
): Promise<Headers> {
  const headers = new Headers({
    'Content-Type': await contentTypeOf(file, path),
    'X-Content-Type-Options': 'nosniff',
    'Accept-Ranges': 'bytes',
    ETag: fileETag(file),
  });
  const named = contentDispositionOf(file.filename, disposition);
  if (named !== undefined) headers.set('Content-Disposition', named);
  const modified = lastModified(file, now);
  if (modified !== undefined) headers.set('Last-Modified', formatHttpDate(modified.getTime()));
  return headers;
}

/**
 * When a file was stored, in whole seconds as HTTP counts them; undefined where its files document does not say.
 *
 * "An origin server with a clock MUST NOT generate a Last-Modified date that is later than the server's time of message
 * origination" (RFC 9110, 8.8.2.1): the clock of another machine may be ahead.
 */
export function lastModified({ uploadDate }: Pick<ServedFile, 'uploadDate'>, now: number): Date | undefined {
  const time = uploadDate instanceof Date ? uploadDate.getTime() : Number.NaN;
  return Number.isNaN(time) ? undefined : new Date(Math.floor(Math.min(time, now) / 1000) * 1000);
}

/**
 * Says how long caches may keep the response.
 *
 * @param seconds more than 0: without asking again; 0: they decide themselves when they ask again (RFC 9111, 4.2.2)
 * @param now milliseconds since 1970
 * @throws TypeError for anything else than a number of seconds
 */
export function setCacheTime(headers: Headers, seconds: unknown, now: number): void {
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds < 0) {
    throw new TypeError(`getCacheTime: expected seconds, 0 or more, not ${String(seconds)}`);
  }
  const age = Math.min(Math.floor(seconds), MAX_AGE);
  headers.set('Cache-Control', age > 0 ? `max-age=${age}` : 'public');
  if (age > 0) headers.set('Expires', formatHttpDate(now + age * 1000));
}

/**
 * Checks headers that may have been changed by `setExtraHeaders`. `Headers` itself has refused line breaks by then, but
 * no other control characters.
 *
 * @param now milliseconds since 1970
 * @throws TypeError that names the header
 */
export function checkHeaders(headers: Headers, now: number): void {
  for (const [name, value] of headers) {
    if (FRAMING.includes(name)) throw new TypeError(`setExtraHeaders: ${name} is not for it to set`);
    if (!FIELD_VALUE.test(value)) {
      throw new TypeError(`setExtraHeaders: ${name} has characters that no header may have: ${JSON.stringify(value)}`);
    }
  }
  const etag = headers.get('ETag');
  if (etag !== null && !isETag(etag)) throw new TypeError(`setExtraHeaders: expected an entity tag, not ${etag}`);
  const modified = headers.get('Last-Modified');
  if (modified !== null && parseHttpDate(modified, now) === undefined) {
    throw new TypeError(`setExtraHeaders: expected a date of HTTP as Last-Modified, not ${modified}`);
  }
}
