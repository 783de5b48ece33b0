import { CorruptGridFileError } from '../errors/gridfs-errors.js';
import type { ByteRange } from './byte-range.js';
import type { Segment } from './http-byteranges.js';
import type { FileBytes } from './http-served-file.js';

/** Bytes of a response as they come. Whoever stops early calls `return`, which kills the cursor. */
export interface Body extends AsyncIterableIterator<Uint8Array, void, void> {
  return(): Promise<IteratorResult<Uint8Array, void>>;
}

/**
 * Opens the body of a response: its first bytes have been read when this resolves, so that a file without chunks is found
 * out while there still can be an error in place of a response.
 *
 * @param segments what the body consists of
 * @param signal ends the reading
 * @returns undefined for no segments; nothing is read then
 * @throws CorruptGridFileError, also while it is read: never are there fewer or more bytes than planned without an error
 */
export async function openBody(
  file: FileBytes,
  segments: readonly Segment[],
  signal: AbortSignal,
): Promise<Body | undefined> {
  if (segments.length === 0) return undefined;
  const bytes = bytesOf(file, segments, signal);
  return new StartedBody(bytes, await bytes.next());
}

/**
 * A generator whose first value is known. It is no generator itself: one that is left before its first `next` runs
 * nothing, and the cursor behind it would stay open.
 */
class StartedBody implements Body {
  readonly #bytes: AsyncGenerator<Uint8Array, void, void>;
  #first: IteratorResult<Uint8Array, void> | undefined;

  constructor(bytes: AsyncGenerator<Uint8Array, void, void>, first: IteratorResult<Uint8Array, void>) {
    this.#bytes = bytes;
    this.#first = first;
  }

  async next(): Promise<IteratorResult<Uint8Array, void>> {
    const first = this.#first;
    this.#first = undefined;
    return first ?? this.#bytes.next();
  }

  return(): Promise<IteratorResult<Uint8Array, void>> {
    this.#first = undefined;
    return this.#bytes.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

async function* bytesOf(
  file: FileBytes,
  segments: readonly Segment[],
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  // The head of a part waits for the part's first chunk, as a head alone proves nothing about the file.
  let head: Uint8Array | undefined;
  for (const segment of segments) {
    if (segment instanceof Uint8Array) {
      head = segment;
      continue;
    }
    for await (const chunk of exactly(file, segment, signal)) {
      if (head !== undefined) yield head;
      head = undefined;
      yield chunk;
    }
  }
  if (head !== undefined) yield head;
}

/** A range of the file, and not a byte more or less, as the length has been promised by then. */
async function* exactly(
  file: FileBytes,
  { start, end }: ByteRange,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  let at = start;
  for await (const chunk of file.range(start, end, { signal })) {
    at += chunk.byteLength;
    if (at > end) throw new CorruptGridFileError(`the file has more bytes than its length says: ${at} before ${end}`);
    yield chunk;
  }
  if (at < end) throw new CorruptGridFileError(`the file ends at byte ${at}, not ${end}`);
}
