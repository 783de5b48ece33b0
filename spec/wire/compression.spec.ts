import { ProtocolError } from '../../lib/errors/connection-errors.js';
import { Compression, compressionOf, compressRequest, loadCompression } from '../../lib/wire/compression.js';
import { type Compressor, zlibCompressor } from '../../lib/wire/compressors.js';
import { readCompressed, wrapCompressed } from '../../lib/wire/op-compressed.js';
import { opMsg, withInt32At } from '../support/reply-bytes.js';

const zlib = zlibCompressor(-1);
/** Turns bytes around, later. */
const later: Compressor = {
  name: 'zstd',
  id: 3,
  compress: async (content) => Buffer.from(content).reverse(),
  decompress: async (bytes) => Buffer.from(bytes).reverse(),
};
const compression = new Compression([later, zlib]);
const message = opMsg({ find: 'a', text: 'x'.repeat(500) }, { requestId: 5 });
const content = message.subarray(16);

describe('the choice', () => {
  it("is the client's first that the server has, too", () => {
    expect(compression.offer).toEqual({ compression: ['zstd', 'zlib'] });
    expect(new Compression([]).offer).toBeUndefined();
    expect(compression.choose(['snappy', 'zlib', 'zstd'])).toBe(later);
    expect(compression.choose(['snappy', 'zlib'])).toBe(zlib);
  });

  it.each([[undefined], [[]], [['snappy']], ['zlib'], [null], [{ zlib: 1 }]])('is none for %j', (offered) => {
    expect(compression.choose(offered)).toBeUndefined();
  });
});

describe('requests', () => {
  it('are compressed, at once or later', async () => {
    for (const compressor of [zlib, later]) {
      const sent = await compressRequest(message, compressor);
      const { compressorId, uncompressedSize, bytes } = readCompressed(sent);
      expect([compressorId, uncompressedSize]).toEqual([compressor.id, content.length]);
      expect(await compressor.decompress(bytes, uncompressedSize)).toEqual(content);
      expect(sent.readInt32LE(4)).toBe(5);
    }
  });

  it('whose command must not be, are not', () => {
    const hello = opMsg({ hello: 1 });
    expect(compressRequest(hello, zlib)).toBe(hello);
  });
});

describe('replies', () => {
  it.each([0, 2, 3])('of compressor %d are restored', async (id) => {
    const compressor = { 0: undefined, 2: zlib, 3: later }[id];
    const bytes = (await compressor?.compress(content)) ?? content;
    expect(await compression.restore(wrapCompressed(message, id, bytes))).toEqual(content);
  });

  const packed = wrapCompressed(message, 2, zlib.compress(content) as Buffer);
  const flipped = wrapCompressed(message, 3, Buffer.from(content).reverse());

  it.each<[string, Buffer, string]>([
    [
      'of a compressor that was not offered',
      wrapCompressed(message, 1, content),
      'compressed by number 1, which was not offered',
    ],
    ['of no known compressor', wrapCompressed(message, 200, content), 'compressed by number 200'],
    ['that hold more than they claim', withInt32At(packed, 20, 10), 'cannot be decompressed by zlib'],
    ['that hold less', withInt32At(packed, 20, 1000), `holds ${content.length} bytes, and claims to hold 1000`],
    ['that hold less, and are decompressed later', withInt32At(flipped, 20, 1000), 'claims to hold 1000'],
    ['that are not compressed', wrapCompressed(message, 2, content), 'cannot be decompressed by zlib'],
    ['that are sent as they are and lie', withInt32At(wrapCompressed(message, 0, content), 20, 3), 'claims to hold 3'],
    ['that claim too much', withInt32At(packed, 20, 48_000_001), 'claims to hold 48000001'],
  ])('%s are refused', async (_name, bytes, reason) => {
    const error = await (async () => compression.restore(bytes))().catch((refused: Error) => refused);
    expect(error).toBeInstanceOf(ProtocolError);
    expect((error as Error).message).toContain(reason);
  });

  it('that a compressor refuses later, too', async () => {
    const broken = { ...later, decompress: () => Promise.reject(new Error('not mine')) };
    const restored = new Compression([broken]).restore(flipped);
    await expect(restored).rejects.toBeInstanceOf(ProtocolError);
    await expect(restored).rejects.toThrow('a reply cannot be decompressed by zstd: not mine');
  });
});

describe('loading', () => {
  it('is not even offered without compressors', () => {
    expect(compressionOf({ compressors: [], zlibCompressionLevel: -1 })).toBeUndefined();
  });

  it('happens once', async () => {
    const load = compressionOf({ compressors: ['snappy', 'zlib'], zlibCompressionLevel: 9 })!;
    const loaded = await load();
    expect(loaded.offer).toEqual({ compression: ['snappy', 'zlib'] });
    expect(await load()).toBe(loaded);
  });

  it('leaves out what is not installed, and warns once', async () => {
    jest.doMock('snappy', () => {
      throw new Error('no such package');
    });
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const options = { compressors: ['snappy', 'zlib'] as const, zlibCompressionLevel: -1 };
    for (let i = 0; i < 2; i++) {
      expect((await loadCompression(options)).offer).toEqual({ compression: ['zlib'] });
    }
    expect(warn.mock.calls).toEqual([
      [
        'the compressor snappy is left out, as it needs the optional package snappy, which cannot be loaded',
        { type: 'RotorWarning', code: 'ROTOR_URI_OPTION' },
      ],
    ]);
    warn.mockRestore();
    jest.dontMock('snappy');
  });
});
