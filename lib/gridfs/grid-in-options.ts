import { inspect, isDeepStrictEqual } from 'node:util';
import type { ClientSession } from '../api/client-session.js';
import { type Document, newObjectId } from '../bson/codec.js';
import { ConfigurationError, InvalidOperationError } from '../errors/usage-errors.js';
import { checkChunkSize, DEFAULT_CHUNK_SIZE_BYTES } from './chunk-writer.js';

/** How a file is stored. Everything that is not named here becomes a field of the files document, as in Motor. */
export interface GridInOptions {
  /** Default: a new ObjectId. */
  _id?: unknown;
  filename?: string | undefined;
  contentType?: string | undefined;
  /** Motor's name for `contentType`. */
  content_type?: string | undefined;
  /** Bytes of each chunk but the last. Default 255 KiB. */
  chunkSize?: number | undefined;
  /** Motor's name for `chunkSize`. */
  chunk_size?: number | undefined;
  /** The GridFS specification's name for `chunkSize`. */
  chunkSizeBytes?: number | undefined;
  /** Of strings that are written. Default `utf8`. */
  encoding?: BufferEncoding | undefined;
  /** Store the MD5 digest of the bytes as `md5`, which the GridFS specification has given up. Default false. */
  computeMd5?: boolean | undefined;
  /**
   * Ends the upload: what waits for it rejects with the signal's reason, once its chunks have been removed.
   * An insert that is under way is waited for; where `killOnAbort` holds, it is ended on the server.
   */
  signal?: AbortSignal | undefined;
  /**
   * Whether what is under way ends on the server too when the signal aborts, or the time is over without the server being told
   * of that. Default: that of the database.
   */
  killOnAbort?: boolean | undefined;
  /**
   * Milliseconds from now until the upload is closed: whatever is sent to a server later fails, and the upload with it. 0 for
   * no limit. Default: that of the database.
   */
  timeoutMS?: number | undefined;
  /** The session of all that is written: with a transaction, the file is there when that is committed. `null` means none. */
  session?: ClientSession | null | undefined;
  metadata?: Document | undefined;
  aliases?: string[] | undefined;
  [field: string]: unknown;
}

/** `GridInOptions` when they have been read. */
export interface GridInSettings {
  readonly _id: unknown;
  readonly chunkSizeBytes: number;
  readonly encoding: BufferEncoding;
  readonly computeMd5: boolean;
  readonly signal: AbortSignal | undefined;
  readonly killOnAbort: boolean | undefined;
  readonly timeoutMS: number | undefined;
  readonly session: ClientSession | null | undefined;
  /** Fields of the files document. */
  readonly fields: Document;
}

/** Other spellings of the fields of a files document. */
const SPELLINGS: Readonly<Record<string, string>> = {
  content_type: 'contentType',
  chunk_size: 'chunkSize',
  chunkSizeBytes: 'chunkSize',
  upload_date: 'uploadDate',
};

/** What only the upload itself can know. */
const MADE_BY_CLOSE: ReadonlySet<string> = new Set(['length', 'uploadDate', 'md5']);
const FIXED: ReadonlySet<string> = new Set(['_id', 'chunkSize', ...MADE_BY_CLOSE]);

/** Options of operations elsewhere, which must not end up in the files document. */
const NOT_TAKEN: ReadonlySet<string> = new Set(['writeConcern']);

/** The name that a files document has for a field, such as `contentType` for `content_type`. */
export function fieldNameOf(name: string): string {
  return Object.hasOwn(SPELLINGS, name) ? SPELLINGS[name]! : name;
}

/**
 * The field that `set` changes.
 *
 * @throws TypeError for a name that no field at the root of a document can have, InvalidOperationError for one that is fixed
 */
export function changeableField(name: string): string {
  const field = checkFieldName(fieldNameOf(name));
  if (FIXED.has(field)) throw new InvalidOperationError(`${name} cannot be set: the upload decides it`);
  return field;
}

/**
 * @throws TypeError or RangeError for an option of the wrong type, ConfigurationError for two spellings with different values
 *   and for options that an upload cannot heed
 */
export function readGridInOptions(options: GridInOptions): GridInSettings {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`options must be an object, not ${inspect(options, { depth: 0 })}`);
  const { _id, encoding = 'utf8', computeMd5 = false, signal, killOnAbort, timeoutMS, session, ...others } = options;
  if (!Buffer.isEncoding(encoding)) throw new TypeError(`encoding must be one of Node.js, not ${inspect(encoding)}`);
  if (typeof computeMd5 !== 'boolean')
    throw new TypeError(`computeMd5 must be true or false, not ${inspect(computeMd5)}`);
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw new TypeError(`signal must be an AbortSignal, not ${inspect(signal, { depth: 0 })}`);
  const { chunkSize = DEFAULT_CHUNK_SIZE_BYTES, ...fields } = underOneName(others);
  for (const name of Object.keys(fields)) {
    if (MADE_BY_CLOSE.has(checkFieldName(name))) throw new TypeError(`${name} is no option: the upload decides it`);
    if (NOT_TAKEN.has(name))
      throw new ConfigurationError(`${name}: an upload takes none; it can be set on the database`);
  }
  for (const name of ['filename', 'contentType']) {
    const value = fields[name];
    if (value !== undefined && typeof value !== 'string')
      throw new TypeError(`${name} must be a string, not ${inspect(value)}`);
  }
  return {
    _id: _id === undefined ? newObjectId() : _id,
    chunkSizeBytes: checkChunkSize(chunkSize, 'chunkSize'),
    encoding,
    computeMd5,
    signal,
    killOnAbort,
    timeoutMS,
    session,
    fields,
  };
}

function underOneName(options: Document): Document {
  // Without a prototype, whose names are fields like any other.
  const fields: Document = Object.create(null);
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const field = fieldNameOf(name);
    if (field in fields && !isDeepStrictEqual(fields[field], value))
      throw new ConfigurationError(`${name} is another spelling of ${field}, which is given with a different value`);
    fields[field] = value;
  }
  return fields;
}

function checkFieldName(name: string): string {
  if (typeof name === 'string' && /^[^$.\0][^.\0]*$/.test(name)) return name;
  throw new TypeError(`a field's name must be without dots and NUL, and not start with $: ${inspect(name)}`);
}
