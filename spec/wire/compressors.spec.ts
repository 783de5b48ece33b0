import { createRequire } from 'node:module';
import zlib from 'node:zlib';
import { type Compressor, snappyCompressor, zlibCompressor, zstdCompressor } from '../../lib/wire/compressors.js';

const hasZstd = 'zstdCompressSync' in zlib;
const SIZES = [0, 1, 100, 20_000, 70_000, 300_000];

/** Half of it repeats itself. */
function sample(size: number): Buffer {
  const bytes = Buffer.alloc(size, 'abcabd');
  for (let i = 0; i < size / 2; i++) bytes[i] = (i * i * 31) % 251;
  return bytes;
}

function roundTrips(make: () => Compressor | Promise<Compressor>): void {
  it.each(SIZES)('%d bytes, there and back', async (size) => {
    const compressor = await make();
    const compressed = Buffer.from(await compressor.compress(sample(size)));
    expect(await compressor.decompress(compressed, size)).toEqual(sample(size));
    if (size > 1000) expect(compressed.length).toBeLessThan(size);
  });

  it('what holds more than it claims is refused before it is all there', async () => {
    const compressor = await make();
    const bomb = Buffer.from(await compressor.compress(Buffer.alloc(40_000_000)));
    expect(bomb.length).toBeLessThan(4_000_000);
    for (const claim of [0, 1, 1_000, 39_999_999]) {
      // At once, or by its promise.
      await expect((async () => compressor.decompress(bomb, claim))()).rejects.toThrow();
    }
  });

  it('large messages alone are left to a thread', async () => {
    const compressor = await make();
    for (const size of [1_000, 2_000_000]) {
      const isSmall = size < 2_000_000;
      const compressed = compressor.compress(sample(size));
      expect(compressed instanceof Uint8Array).toBe(isSmall);
      const restored = compressor.decompress(Buffer.from(await compressed), size);
      expect(Buffer.isBuffer(restored)).toBe(isSmall);
      expect((await restored).equals(sample(size))).toBe(true);
    }
  });

  it('what is not compressed so is refused', async () => {
    const compressor = await make();
    const compressed = Buffer.from(await compressor.compress(sample(20_000)));
    for (const bytes of [Buffer.alloc(0), Buffer.alloc(50, 0xff), compressed.subarray(0, compressed.length / 2)]) {
      const restored = await (async () => compressor.decompress(bytes, 20_000))().catch(() => undefined);
      // Node.js's zstd gives what it has of a message that is cut off: then its size is what is wrong.
      expect(restored?.length).not.toBe(20_000);
    }
  });
}

describe('zlib', () => {
  roundTrips(() => zlibCompressor(-1));

  it('takes its level', async () => {
    const size = async (level: number) => (await zlibCompressor(level).compress(sample(50_000))).length;
    expect(await size(0)).toBeGreaterThan(50_000);
    expect(await size(9)).toBeLessThanOrEqual(await size(1));
  });
});

describe('snappy', () => roundTrips(snappyCompressor));

(hasZstd ? describe : describe.skip)("zstd of Node.js's own (22.15 and later)", () => roundTrips(zstdCompressor));

describe('zstd of the optional package', () => {
  const own = zlib as unknown as { zstdDecompressSync?: unknown };
  const kept = own.zstdDecompressSync;

  afterEach(() => {
    if (kept !== undefined) own.zstdDecompressSync = kept;
    jest.dontMock('@mongodb-js/zstd').resetModules();
  });

  /** A frame's head as the format has it, with what follows left out. */
  const frame = (descriptor: number, ...rest: number[]): Buffer =>
    Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, descriptor, ...rest]), Buffer.alloc(20)]);

  it.each<[string, Buffer, number]>([
    ['one byte', frame(0x20, 200), 200],
    ['two bytes', frame(0x60, 0xe8, 3), 1000 + 256],
    ['two bytes behind a window', frame(0x40, 0x58, 0xe8, 3), 1000 + 256],
    ['four bytes', frame(0xa0, 0, 0, 0, 2), 2 ** 25],
    ['four bytes behind a dictionary', frame(0xa2, 9, 9, 0, 0, 0, 2), 2 ** 25],
    ['eight bytes', frame(0xe0, 0, 0, 0, 0, 1, 0, 0, 0), 2 ** 32],
  ])('is asked only for what the frame says in %s', async (_name, bytes, size) => {
    delete own.zstdDecompressSync;
    const asked: Buffer[] = [];
    const decompress = async (given: Buffer) => {
      asked.push(given);
      return Buffer.alloc(3);
    };
    jest.doMock('@mongodb-js/zstd', () => ({ compress: async () => Buffer.alloc(1), decompress }), { virtual: true });
    const compressor = await zstdCompressor();
    expect(compressor).toMatchObject({ name: 'zstd', id: 3 });
    expect(await compressor.decompress(bytes, size)).toHaveLength(3);
    const claim = `says of itself that it holds ${size} bytes; its header says ${size - 1}`;
    expect(() => compressor.decompress(bytes, size - 1)).toThrow(claim);
    expect(() => compressor.decompress(Buffer.from('what is this thing'), 3)).toThrow('holds undefined bytes');
    expect(asked).toEqual([bytes]);
  });

  it('is missing here', async () => {
    delete own.zstdDecompressSync;
    const isThere = (): unknown => createRequire(__filename).resolve('@mongodb-js/zstd');
    expect(isThere).toThrow();
    await expect(zstdCompressor()).rejects.toThrow();
  });
});
