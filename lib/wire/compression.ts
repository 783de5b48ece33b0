import { ProtocolError } from '../errors/connection-errors.js';
import type { CompressorName } from '../options/client-options.js';
import { emitOptionWarnings } from '../options/option-warning.js';
import { type Compressor, snappyCompressor, zlibCompressor, zstdCompressor } from './compressors.js';
import { checkSize, mayBeCompressed, readCompressed, wrapCompressed } from './op-compressed.js';

/** Sent as it is: "realistically only used for testing". */
const NOOP_ID = 0;

/**
 * The compressors of one client: those of its option that are there, in the order of the option.
 *
 * @see MongoDB OP_COMPRESSED specification
 */
export class Compression {
  readonly #compressors: readonly Compressor[];

  constructor(compressors: readonly Compressor[]) {
    this.#compressors = compressors;
  }

  /** What hello says of it; undefined where none of them is there. */
  get offer(): { readonly compression: readonly CompressorName[] } | undefined {
    return this.#compressors.length === 0 ? undefined : { compression: this.#compressors.map(({ name }) => name) };
  }

  /** "Clients MUST use the first compressor in the client's configured compressors list that is also in the server's." */
  choose(offered: unknown): Compressor | undefined {
    return Array.isArray(offered) ? this.#compressors.find(({ name }) => offered.includes(name)) : undefined;
  }

  /**
   * What a compressed message holds behind its header.
   *
   * @throws ProtocolError, at once or by the promise
   */
  restore(message: Buffer): Buffer | Promise<Buffer> {
    const { compressorId, uncompressedSize, bytes } = readCompressed(message);
    if (compressorId === NOOP_ID) return checkSize(bytes, uncompressedSize);
    const compressor = this.#compressors.find(({ id }) => id === compressorId);
    if (compressor === undefined)
      throw new ProtocolError(`a reply is compressed by number ${compressorId}, which was not offered`);
    try {
      const content = compressor.decompress(bytes, uncompressedSize);
      if (Buffer.isBuffer(content)) return checkSize(content, uncompressedSize);
      return content.then(
        (restored) => checkSize(restored, uncompressedSize),
        (error) => refuse(compressor, error),
      );
    } catch (error) {
      return refuse(compressor, error);
    }
  }
}

function refuse({ name }: Compressor, error: unknown): never {
  if (error instanceof ProtocolError) throw error;
  const reason = error instanceof Error ? error.message : String(error);
  throw new ProtocolError(`a reply cannot be decompressed by ${name}: ${reason}`, { cause: error });
}

/** A request as it goes out: compressed, at once or soon; or as it is, where its command must not be. */
export function compressRequest(request: Buffer, compressor: Compressor): Buffer | Promise<Buffer> {
  if (!mayBeCompressed(request)) return request;
  const content = compressor.compress(request.subarray(16));
  if (ArrayBuffer.isView(content)) return wrapCompressed(request, compressor.id, content);
  // The request's memory is read until then; its header is copied only now.
  return content.then((done) => wrapCompressed(request, compressor.id, done));
}

/** What a client with these options offers, loaded when it is asked for; undefined where it compresses nothing. */
export function compressionOf(options: CompressionOptions): (() => Promise<Compression>) | undefined {
  let loading: Promise<Compression> | undefined;
  if (options.compressors.length === 0) return undefined;
  return () => {
    loading ??= loadCompression(options);
    return loading;
  };
}

/** The client's options of these names. */
export interface CompressionOptions {
  readonly compressors: readonly CompressorName[];
  readonly zlibCompressionLevel: number;
}

/**
 * Loads the compressors of an option. One whose package is not installed is left out, with a warning, once per process.
 * Never rejects.
 */
export async function loadCompression(options: CompressionOptions): Promise<Compression> {
  const { compressors, zlibCompressionLevel } = options;
  const makers = {
    zlib: async () => zlibCompressor(zlibCompressionLevel),
    snappy: snappyCompressor,
    zstd: zstdCompressor,
  };
  const found: Compressor[] = [];
  for (const name of compressors) {
    try {
      found.push(await makers[name]());
    } catch {
      // Whatever is wrong with the package, its compressor cannot be used: the next one is, or none.
      const optional = name === 'zstd' ? '@mongodb-js/zstd, or Node.js 22.15' : name;
      const message = `the compressor ${name} is left out, as it needs the optional package ${optional}, which cannot be loaded`;
      emitOptionWarnings([{ key: `compressor:${name}`, message }]);
    }
  }
  return new Compression(found);
}
