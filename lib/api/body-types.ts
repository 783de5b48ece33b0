import type { Abortable } from './operation-options.js';

/**
 * How the documents are written, as relaxed Extended JSON: one per line (`ndjson`), or all in one JSON array, which has
 * to be read to its end before any of it can be parsed.
 */
export type BodyFormat = 'ndjson' | 'array';

/** What `cursor.toResponse` and `cursor.pipeTo` take. The signal ends the body visibly broken. */
export interface BodyOptions extends Abortable {
  /** Default `ndjson`. */
  format?: BodyFormat | undefined;
  /** How many documents the body may hold. Default: no limit. */
  maxRows?: number | undefined;
  /** How many bytes the body may have. Default: no limit. */
  maxBytes?: number | undefined;
  /**
   * What happens where the result is larger than `maxRows` or `maxBytes` allow. By default that is an error: the receiver
   * never takes a part for the whole. `true` ends the body properly before the first document that is too much, and the
   * outcome says `truncated`.
   */
  truncate?: boolean | undefined;
  /** The status of the response, from 200. Default 200, or what `res.statusCode` is. */
  status?: number | undefined;
  /** Further headers. `content-type` is set unless it is given. */
  headers?: Headers | Iterable<readonly [string, string]> | Readonly<Record<string, string>> | undefined;
}

/** What `cursor.toResponse` takes. */
export interface ResponseOptions extends BodyOptions {
  /** Called once, when the last of the body has been handed over, or nothing more of it will be. */
  onEnd?: ((outcome: BodyOutcome & { readonly error?: unknown }) => void) | undefined;
}

/** What a body came to. Of one that was broken off, it counts what was made, not what arrived. */
export interface BodyOutcome {
  /** Documents. */
  readonly rows: number;
  readonly bytes: number;
  /** Whether documents were left out, as the options allow. */
  readonly truncated: boolean;
}
