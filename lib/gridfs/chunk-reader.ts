import type { ByteRange } from './byte-range.js';
import { type Chunk, ChunkCursor } from './chunk-cursor.js';
import type { GridFSCollections } from './gridfs-collections.js';
import { chunkCount, type GridFSFile } from './gridfs-file.js';

/**
 * The bytes of a part of a file, one Buffer for each chunk that it touches. The buffers share the memory of the server's
 * replies: whoever keeps one for long keeps up to 4 MiB.
 *
 * One batch is read ahead. Leaving the loop early closes the cursor on the server.
 *
 * @param range within the file: `0 <= start <= end <= file.length`
 * @throws CorruptGridFileError where a chunk is missing, too many or of the wrong size; what the find and getMore commands
 *   throw; the reason of `signal`
 * @see MongoDB GridFS specification, "File Download"
 */
export async function* readChunks(
  collections: GridFSCollections,
  file: GridFSFile,
  { start, end }: ByteRange,
  options: { readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<Buffer, void, void> {
  // "When downloading a zero length stored file the driver MUST NOT issue a query against the chunks collection."
  if (start >= end) return;
  const { chunkSize } = file;
  const count = chunkCount(file);
  const first = Math.floor(start / chunkSize);
  const behind = Math.ceil(end / chunkSize);
  // Of the whole file one chunk more than there should be, so that one too many is seen.
  const cursor = new ChunkCursor(collections, file, first, behind === count ? count + 1 : behind, options.signal);
  try {
    for (let n = first; n < behind; n++) {
      const chunk = await cursor.next(n);
      // Before the last bytes are handed out: whoever has got all of them takes the file for whole.
      const extra = n === count - 1 ? await cursor.next(count) : undefined;
      const problem = problemOf(file, chunk, n) ?? (extra && problemOfExtra(file, extra));
      if (problem !== undefined) throw await collections.corrupt(file, problem);
      const data = chunk!.data!;
      const from = Math.max(start - n * chunkSize, 0);
      const to = Math.min(end - n * chunkSize, chunkSize);
      yield from === 0 && to === data.length ? data : data.subarray(from, to);
    }
  } finally {
    await cursor.close();
  }
}

/** "They MUST check that each chunk received is the next expected chunk and that the data field is of the expected length." */
function problemOf(file: GridFSFile, chunk: Chunk | undefined, n: number): string | undefined {
  if (chunk === undefined) return `chunk ${n} of ${chunkCount(file)} is missing`;
  if (chunk.n !== n) return `chunk ${n} of ${chunkCount(file)} is missing; the next one is ${chunk.n}`;
  if (chunk.data === undefined) return `chunk ${n} has no binary data`;
  const expected = Math.min(file.chunkSize, file.length - n * file.chunkSize);
  return chunk.data.length === expected ? undefined : `chunk ${n} has ${chunk.data.length} bytes; expected ${expected}`;
}

function problemOfExtra({ length, chunkSize }: GridFSFile, { n }: Chunk): string {
  const last = Math.ceil(length / chunkSize) - 1;
  return `there is a chunk ${n} behind the last, ${last}; expected ${length} bytes in chunks of ${chunkSize}`;
}
