import { createHash } from 'node:crypto';

export interface StoredFile {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Bytes that look random and are the same in every run. */
function noise(length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, n) => createHash('sha256').update(`${n}`).digest());
  return Buffer.concat(blocks).subarray(0, length);
}

export const PHOTO: StoredFile = { name: 'photo.png', bytes: noise(600_000) };
export const UNICODE_NAME = 'ü 日本.txt';
export const UNICODE: StoredFile = { name: UNICODE_NAME, bytes: Buffer.from('text') };
/** The one whose second chunk of three is taken away. */
export const HALF: StoredFile = { name: 'half.bin', bytes: noise(700_000) };
/** More than sockets and batches hold: reading it is not over when the client goes away. */
export const LARGE: StoredFile = { name: 'large.bin', bytes: Buffer.alloc(56 * 1024 * 1024, 'large file ') };

export const FILES: readonly StoredFile[] = [PHOTO, UNICODE, HALF, LARGE];
