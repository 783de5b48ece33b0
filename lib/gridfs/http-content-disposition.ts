import { create } from 'content-disposition';

export type Disposition = 'inline' | 'attachment';

/** Control characters, marks that turn the direction of text (and so hide an ending), and halves of characters. */
const UNFIT = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\p{Cs}]/gu;
/** Characters; written as percent escapes, these are well below the 16 KB that clients allow for a head. */
const MAX_LENGTH = 255;

/**
 * The Content-Disposition of a file, with the last part of its name; names beyond ASCII get a `filename*` as well.
 *
 * @returns undefined for an inline file without a name, as there is nothing to say of it
 * @see RFC 6266
 */
export function contentDispositionOf(filename: unknown, disposition: Disposition): string | undefined {
  const name = typeof filename === 'string' ? fileNameIn(filename) : '';
  if (name !== '') return create(name, { type: disposition });
  return disposition === 'attachment' ? 'attachment' : undefined;
}

/** The part behind the last slash; its end is kept where it is too long, as the ending says what it is. */
function fileNameIn(path: string): string {
  const characters = [...path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)];
  return characters.slice(-MAX_LENGTH).join('').replace(UNFIT, '_');
}
