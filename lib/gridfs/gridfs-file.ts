import { inspect } from 'node:util';
import { bsonTypeOf, type Document } from '../bson/codec.js';
import { CorruptGridFileError } from '../errors/gridfs-errors.js';

/**
 * The document of a stored file, in the collection `<bucket>.files`.
 *
 * @see MongoDB GridFS specification, "Files collection document"
 */
export interface GridFSFile<Metadata extends object = Document> {
  /** An ObjectId, unless the application gave another value. */
  readonly _id: any;
  /** Bytes. */
  readonly length: number;
  /** Bytes of each chunk but the last. */
  readonly chunkSize: number;
  /** When the upload was complete. */
  readonly uploadDate: Date;
  /** Not unique: files of one name are its revisions. */
  readonly filename: string;
  /** What the application stored with the file. */
  readonly metadata?: Metadata;
  /** Deprecated by the specification, in favour of `metadata`. */
  readonly contentType?: string;
  /** Deprecated by the specification, in favour of `metadata`. */
  readonly aliases?: string[];
  /** Deprecated by the specification. */
  readonly md5?: string;
  /** Files of older applications may have further fields. */
  readonly [field: string]: any;
}

/** What an upload stores of a file beside its bytes. */
export interface GridFSFileFields {
  /** Only files in Motor's style may be without. */
  readonly filename?: string | undefined;
  readonly metadata?: object | undefined;
  readonly contentType?: string | undefined;
  readonly aliases?: readonly string[] | undefined;
  readonly md5?: string | undefined;
  /** Other fields at the root; for Motor's `put(data, { anyField })`. */
  readonly [field: string]: unknown;
}

/** The document of a file that has just been stored. Fields that are undefined are left out. */
export function newGridFSFile(
  _id: unknown,
  length: number,
  chunkSize: number,
  { filename, ...fields }: GridFSFileFields,
): GridFSFile {
  const given = Object.entries({ filename, ...fields }).filter(([, value]) => value !== undefined);
  return { _id, length, chunkSize, uploadDate: new Date(), ...Object.fromEntries(given) } as GridFSFile;
}

/**
 * A files document as it was read, with `length` and `chunkSize` as numbers: they may have been stored as any numeric
 * type, and the client's options may keep these types.
 *
 * @throws CorruptGridFileError where one of them is no number of bytes
 */
export function readGridFSFile<Metadata extends object = Document>(document: Document): GridFSFile<Metadata> {
  const length = byteCount(document, 'length', 0);
  const chunkSize = byteCount(document, 'chunkSize', length === 0 ? 0 : 1);
  if (length === document.length && chunkSize === document.chunkSize) return document as GridFSFile<Metadata>;
  return { ...document, length, chunkSize } as GridFSFile<Metadata>;
}

/** How many chunks hold the file. */
export function chunkCount({ length, chunkSize }: GridFSFile): number {
  return length === 0 ? 0 : Math.ceil(length / chunkSize);
}

function byteCount(document: Document, field: string, least: number): number {
  const value = numberOf(document[field]);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new CorruptGridFileError(
    `the file ${inspect(document._id)} is corrupt: its ${field} is ${inspect(document[field])}, not a whole number from ${least}`,
  );
}

function numberOf(value: unknown): number {
  const isNumeric = ['Long', 'Int32', 'Double'].includes(bsonTypeOf(value) ?? typeof value);
  return isNumeric || typeof value === 'number' || typeof value === 'bigint' ? Number(value) : Number.NaN;
}
