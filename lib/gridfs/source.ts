import { inspect } from 'node:util';

/** One piece of data: bytes, or text that is encoded. */
export type Piece = string | ArrayBufferView | ArrayBuffer | SharedArrayBuffer;

/**
 * Whatever can be uploaded: one piece of data, a Blob or File, a stream of Node.js or of the web, or any other iterable of
 * pieces, such as an async generator or another stored file.
 */
export type GridFSSource = Piece | Blob | Iterable<Piece> | AsyncIterable<Piece> | ReadableStream<Piece>;

const EXPECTED =
  'a string, Buffer, typed array, ArrayBuffer, Blob, stream, or an (async) iterable of strings and bytes';

/**
 * The bytes of one piece, in the memory of the piece itself, except for strings.
 *
 * @param encoding of strings
 * @throws TypeError for what is neither text nor bytes
 */
export function bytesOfPiece(piece: unknown, encoding: BufferEncoding = 'utf8', name = 'data'): Uint8Array {
  const bytes = pieceBytes(piece, encoding);
  if (bytes !== undefined) return bytes;
  throw new TypeError(`${name} must be a string, Buffer, typed array or ArrayBuffer, not ${shown(piece)}`);
}

/**
 * The bytes of anything that can be uploaded. Leaving the loop early ends the source: a Node.js stream is destroyed, a web
 * stream is cancelled, a generator returns.
 *
 * @param encoding of strings, also of those that a stream or iterable gives
 * @throws TypeError, before anything is read, for what is no source; during iteration for an item that is no piece; what the
 *   source itself throws
 * @example
 * for await (const bytes of bytesOf(createReadStream('film.mp4'))) await writer.write(bytes);
 */
export function bytesOf(source: unknown, encoding: BufferEncoding = 'utf8'): AsyncIterable<Uint8Array> {
  if (!Buffer.isEncoding(encoding)) throw new TypeError(`encoding must be one of Node.js, not ${inspect(encoding)}`);
  const single = pieceBytes(source, encoding);
  if (single !== undefined) return once(single);
  if (source instanceof Blob) return pieces(source.stream() as AsyncIterable<unknown>, encoding);
  if (isAsyncIterable(source) || isIterable(source)) return pieces(source, encoding);
  if (isWebStream(source)) return pieces(readWebStream(source), encoding);
  throw new TypeError(`the source must be ${EXPECTED}, not ${shown(source)}`);
}

function pieceBytes(piece: unknown, encoding: BufferEncoding): Uint8Array | undefined {
  if (piece instanceof Uint8Array) return piece;
  if (typeof piece === 'string') return Buffer.from(piece, encoding);
  if (ArrayBuffer.isView(piece)) return new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength);
  if (isArrayBuffer(piece)) return new Uint8Array(piece);
  return undefined;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes;
}

async function* pieces(
  source: AsyncIterable<unknown> | Iterable<unknown>,
  encoding: BufferEncoding,
): AsyncGenerator<Uint8Array, void, void> {
  for await (const piece of source) yield bytesOfPiece(piece, encoding, 'an item of the source');
}

/** Web streams of polyfills and of older browsers' libraries cannot be iterated. */
async function* readWebStream(stream: ReadableStream<unknown>): AsyncGenerator<unknown, void, void> {
  const reader = stream.getReader();
  let isDone = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      isDone = done;
      if (done) return;
      yield value;
    }
  } catch (error) {
    isDone = true;
    throw error;
  } finally {
    if (!isDone) await reader.cancel();
    reader.releaseLock();
  }
}

/** By name: those of another realm, such as a `vm` context, are no instances of ours. */
function isArrayBuffer(value: unknown): value is ArrayBuffer {
  const tag = Object.prototype.toString.call(value);
  return tag === '[object ArrayBuffer]' || tag === '[object SharedArrayBuffer]';
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof (value as Partial<AsyncIterable<unknown>> | null | undefined)?.[Symbol.asyncIterator] === 'function';
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof (value as Partial<Iterable<unknown>> | null | undefined)?.[Symbol.iterator] === 'function';
}

function isWebStream(value: unknown): value is ReadableStream<unknown> {
  return typeof (value as Partial<ReadableStream> | null | undefined)?.getReader === 'function';
}

function shown(value: unknown): string {
  return inspect(value, { depth: 0, maxArrayLength: 3, maxStringLength: 40, breakLength: Number.POSITIVE_INFINITY });
}
