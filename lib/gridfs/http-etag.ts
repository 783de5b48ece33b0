import { createHash } from 'node:crypto';
import { EJSON } from '../bson/extended-json.js';
import type { ServedFile } from './http-served-file.js';

/** The characters of an entity tag between its quotes: %x21, %x23-7E and %x80-FF. */
const TAG = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/;
const TAG_IN_LIST = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/y;
const MD5 = /^[0-9a-f]{32}$/i;

/**
 * The strong entity tag of a file: its MD5 where the files document has one, else a hash of `_id`, `length` and
 * `uploadDate`, so that no byte of the file has to be read. Files of GridFS do not change once they are stored, so that
 * both stand for the bytes.
 *
 * @see RFC 9110, 8.8.3
 */
export function fileETag({ _id, length, uploadDate, md5 }: ServedFile): string {
  if (typeof md5 === 'string' && MD5.test(md5)) return `"${md5.toLowerCase()}"`;
  const identity = EJSON.stringify([_id, length, uploadDate], undefined, undefined, { relaxed: false });
  return `"${createHash('sha256').update(identity).digest('hex')}"`;
}

/** Whether a text is one entity tag, weak or strong. */
export function isETag(text: string): boolean {
  return TAG.test(text);
}

/** "two entity tags are equivalent if both are not weak and their opaque-tags match character-by-character" */
export function matchesStrongly(first: string, second: string): boolean {
  return first === second && first.startsWith('"');
}

/** "two entity tags are equivalent if their opaque-tags match character-by-character, regardless of [weakness]" */
export function matchesWeakly(first: string, second: string): boolean {
  return opaque(first) === opaque(second);
}

function opaque(tag: string): string {
  return tag.startsWith('W/') ? tag.slice(2) : tag;
}

/**
 * The entity tags of an If-Match or If-None-Match field.
 *
 * @returns `'*'`, or the tags; none at all where the field is written wrongly, as nothing is known to match then
 * @see RFC 9110, 13.1.1
 */
export function parseETags(field: string): '*' | readonly string[] {
  if (field.trim() === '*') return '*';
  const tags: string[] = [];
  for (let at = 0; at < field.length; ) {
    // A comma may stand within a tag, so that the list cannot just be split; empty elements are allowed.
    if (/[\s,]/.test(field[at]!)) {
      at++;
      continue;
    }
    TAG_IN_LIST.lastIndex = at;
    const tag = TAG_IN_LIST.exec(field)?.[0];
    if (tag === undefined) return [];
    tags.push(tag);
    at += tag.length;
  }
  return tags;
}
