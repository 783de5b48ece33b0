import { parseHttpDate } from './http-date.js';
import { matchesStrongly, matchesWeakly, parseETags } from './http-etag.js';

/** A field of the request by its lower-case name, or undefined where the request has none. */
export type RequestFields = (name: string) => string | undefined;

/** What the response would say of the file. */
export interface Validators {
  readonly etag: string | undefined;
  /** Milliseconds since 1970, in whole seconds. */
  readonly lastModified: number | undefined;
}

export type Outcome = 'proceed' | 'not-modified' | 'precondition-failed';

/**
 * Evaluates the preconditions of a GET or HEAD request for a file that is there, in the order that HTTP demands.
 *
 * @param now milliseconds since 1970
 * @see RFC 9110, 13.2.2, Precedence of Preconditions
 */
export function evaluateConditions(fields: RequestFields, validators: Validators, now: number): Outcome {
  return mayProceed(fields, validators, now) ? needsBody(fields, validators, now) : 'precondition-failed';
}

/** Steps 1 and 2: If-Match, and without it If-Unmodified-Since. */
function mayProceed(fields: RequestFields, { etag, lastModified }: Validators, now: number): boolean {
  const ifMatch = fields('if-match');
  if (ifMatch !== undefined) {
    const wanted = parseETags(ifMatch);
    return wanted === '*' || (etag !== undefined && wanted.some((tag) => matchesStrongly(tag, etag)));
  }
  const since = dateField(fields, 'if-unmodified-since', now);
  return since === undefined || lastModified === undefined || lastModified <= since;
}

/** Steps 3 and 4: If-None-Match, and without it If-Modified-Since. */
function needsBody(fields: RequestFields, { etag, lastModified }: Validators, now: number): Outcome {
  const ifNoneMatch = fields('if-none-match');
  if (ifNoneMatch !== undefined) {
    const known = parseETags(ifNoneMatch);
    const matches = known === '*' || (etag !== undefined && known.some((tag) => matchesWeakly(tag, etag)));
    return matches ? 'not-modified' : 'proceed';
  }
  const since = dateField(fields, 'if-modified-since', now);
  return since !== undefined && lastModified !== undefined && lastModified <= since ? 'not-modified' : 'proceed';
}

/**
 * Step 5: whether a Range field is to be honoured. Without If-Range it is; with it, only where the client's part is of
 * this very file: by strong comparison of tags, or by "an exact match" of the date.
 *
 * @see RFC 9110, 13.1.5
 */
export function rangeApplies(fields: RequestFields, { etag, lastModified }: Validators, now: number): boolean {
  const ifRange = fields('if-range');
  if (ifRange === undefined) return true;
  if (/^(?:W\/)?"/.test(ifRange)) return etag !== undefined && matchesStrongly(ifRange, etag);
  const date = parseHttpDate(ifRange, now);
  return date !== undefined && date === lastModified;
}

/** "A recipient MUST ignore the If-Modified-Since header field if the received field value is not a valid HTTP-date" */
function dateField(fields: RequestFields, name: string, now: number): number | undefined {
  const text = fields(name);
  return text === undefined ? undefined : parseHttpDate(text, now);
}
