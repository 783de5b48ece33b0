import type { ServedFile } from './http-served-file.js';

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const QUOTED = String.raw`"(?:[\t \x21\x23-\x5b\x5d-\x7e]|\\[\t \x21-\x7e])*"`;
/** type "/" subtype *( OWS ";" OWS [ parameter ] ); no more than printable ASCII, so that nothing else gets out. */
const MEDIA_TYPE = new RegExp(`^${TOKEN}/${TOKEN}(?:[ \\t]*;(?:[ \\t]*${TOKEN}=(?:${TOKEN}|${QUOTED}))?)*$`);
/** Characters. Longer ones are nobody's media type. */
const MAX_LENGTH = 255;

/**
 * The Content-Type of a file: that of its files document, or of its metadata, where drivers that no longer know
 * `contentType` keep it; else by the ending of its name. Anyone who uploads decides on what is stored, so that a stored
 * value that is no media type counts for nothing.
 *
 * @param path what was asked for, for files without a name
 * @see RFC 9110, 8.3
 */
export async function contentTypeOf(
  { contentType, metadata, filename }: Pick<ServedFile, 'contentType' | 'metadata' | 'filename'>,
  path: string,
): Promise<string> {
  for (const stored of [contentType, (metadata as { contentType?: unknown } | null | undefined)?.contentType]) {
    if (isMediaType(stored)) return stored;
  }
  const guessed = await typeByName(typeof filename === 'string' && filename !== '' ? filename : path);
  return guessed.startsWith('text/') ? `${guessed}; charset=utf-8` : guessed;
}

function isMediaType(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_LENGTH && MEDIA_TYPE.test(value);
}

/** The table of types is large: it is loaded with the first file that needs it. */
async function typeByName(name: string): Promise<string> {
  const { default: mime } = await import('mime');
  return mime.getType(name) ?? 'application/octet-stream';
}
