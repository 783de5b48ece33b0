import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { ProtocolError } from '../errors/connection-errors.js';
import type { CompressorName } from '../options/client-options.js';

/**
 * A compressor of messages. Both ways give what they can give at once as it is, and else a promise: for small messages
 * the way to a thread and back takes longer than the work.
 */
export interface Compressor {
  readonly name: CompressorName;
  /** Its number in OP_COMPRESSED. */
  readonly id: number;
  compress(content: Buffer): Uint8Array | Promise<Uint8Array>;
  /**
   * Never allocates more than `size` bytes for the result, as far as the compressor lets it know before.
   *
   * @throws ProtocolError, or any other error, for what is not compressed so
   */
  decompress(bytes: Buffer, size: number): Buffer | Promise<Buffer>;
}

/** From these sizes on they block the event loop for more than a millisecond: then a thread does the work. */
const THREADED_ZLIB_SIZE = 64 * 1024;
const THREADED_ZSTD_SIZE = 256 * 1024;
const THREADED_SNAPPY_SIZE = 1024 * 1024;

const deflate = promisify<zlib.InputType, zlib.ZlibOptions, Buffer>(zlib.deflate);
const inflate = promisify<zlib.InputType, zlib.ZlibOptions, Buffer>(zlib.inflate);

export function zlibCompressor(level: number): Compressor {
  const options = { level };
  return {
    name: 'zlib',
    id: 2,
    compress: (content) =>
      content.length < THREADED_ZLIB_SIZE ? zlib.deflateSync(content, options) : deflate(content, options),
    decompress(bytes, size) {
      const limit = { maxOutputLength: leastOne(size) };
      return size < THREADED_ZLIB_SIZE ? zlib.inflateSync(bytes, limit) : inflate(bytes, limit);
    },
  };
}

export async function snappyCompressor(): Promise<Compressor> {
  const { compress, compressSync, uncompress, uncompressSync } = await import('snappy');
  const asBuffer = { asBuffer: true };
  return {
    name: 'snappy',
    id: 1,
    compress: (content) => (content.length < THREADED_SNAPPY_SIZE ? compressSync(content) : compress(content)),
    decompress(bytes, size) {
      checkClaim(snappyLength(bytes), size);
      const content = size < THREADED_SNAPPY_SIZE ? uncompressSync(bytes, asBuffer) : uncompress(bytes, asBuffer);
      return content as Buffer | Promise<Buffer>;
    },
  };
}

/** The uncompressed length stands first: 7 bits a byte, the lowest first. The package allocates as much as it says. */
function snappyLength(bytes: Buffer): number | undefined {
  let length = 0;
  for (let at = 0; at < 5; at++) {
    const byte = bytes[at];
    if (byte === undefined) return undefined;
    length += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) return length;
  }
  return undefined;
}

/** What Node.js has since 22.15 and 23.8, and its types do not know yet. */
interface ZstdOfNode {
  zstdCompress(content: Buffer, done: (error: Error | null, result: Buffer) => void): void;
  zstdCompressSync(content: Buffer): Buffer;
  zstdDecompress(bytes: Buffer, options: Limit, done: (error: Error | null, result: Buffer) => void): void;
  zstdDecompressSync(bytes: Buffer, options: Limit): Buffer;
}

interface Limit {
  readonly maxOutputLength: number;
}

/** Node.js's own where it has it, else the optional package. */
export async function zstdCompressor(): Promise<Compressor> {
  const own = zlib as unknown as Partial<ZstdOfNode>;
  return own.zstdDecompressSync === undefined ? zstdOfPackage() : zstdOfNode(own as ZstdOfNode);
}

function zstdOfNode({ zstdCompress, zstdCompressSync, zstdDecompress, zstdDecompressSync }: ZstdOfNode): Compressor {
  const compress = promisify(zstdCompress);
  const decompress = promisify(zstdDecompress);
  return {
    name: 'zstd',
    id: 3,
    compress: (content) => (content.length < THREADED_ZSTD_SIZE ? zstdCompressSync(content) : compress(content)),
    decompress(bytes, size) {
      const limit = { maxOutputLength: leastOne(size) };
      return size < THREADED_ZSTD_SIZE ? zstdDecompressSync(bytes, limit) : decompress(bytes, limit);
    },
  };
}

/** It works in threads only. */
async function zstdOfPackage(): Promise<Compressor> {
  // Not among the project's own packages: its native part is fetched by an install script.
  const name: string = '@mongodb-js/zstd';
  const { compress, decompress } = await import(name);
  return {
    name: 'zstd',
    id: 3,
    compress,
    decompress(bytes, size) {
      checkClaim(zstdLength(bytes), size);
      return decompress(bytes);
    },
  };
}

/**
 * The content size that stands in a frame's head, as servers write it: the package has no limit of its own.
 *
 * @see RFC 8878, section 3.1.1.1
 */
function zstdLength(bytes: Buffer): number | undefined {
  if (bytes.length < 14 || bytes.readUInt32LE(0) !== 0xfd2fb528) return undefined;
  const descriptor = bytes.readUInt8(4);
  const isSingle = (descriptor & 0x20) !== 0;
  const at = 5 + (isSingle ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]!;
  switch (descriptor >> 6) {
    case 0:
      return isSingle ? bytes.readUInt8(at) : undefined;
    case 1:
      return bytes.readUInt16LE(at) + 256;
    case 2:
      return bytes.readUInt32LE(at);
    default:
      return Number(bytes.readBigUInt64LE(at));
  }
}

/** Node.js takes no limit of 0. */
function leastOne(size: number): number {
  return Math.max(size, 1);
}

function checkClaim(length: number | undefined, size: number): void {
  if (length === size) return;
  throw new ProtocolError(`a compressed reply says of itself that it holds ${length} bytes; its header says ${size}`);
}
