import { ConfigurationError } from '../../lib/errors/usage-errors.js';
import { sniffContentType } from '../../lib/gridfs/sniff-content-type.js';

// The package itself is in play where no test runner changes how modules are loaded: see examples/gridfs.ts.
const fileTypeFromBuffer = jest.fn();
jest.mock('file-type', () => ({ fileTypeFromBuffer }), { virtual: true });

beforeEach(() => {
  fileTypeFromBuffer.mockReset();
});

async function* pieces(...sizes: number[]): AsyncGenerator<Uint8Array> {
  for (const [index, size] of sizes.entries()) yield Buffer.alloc(size, index);
}

async function lengths(source: AsyncIterable<Uint8Array>): Promise<number[]> {
  const found: number[] = [];
  for await (const bytes of source) found.push(bytes.length);
  return found;
}

describe('sniffContentType', () => {
  it('looks at the first 4100 bytes, and gives all of them on', async () => {
    fileTypeFromBuffer.mockResolvedValue({ mime: 'image/png', ext: 'png' });
    const { contentType, source } = await sniffContentType(pieces(4000, 4000, 5));
    expect(contentType).toBe('image/png');
    expect(fileTypeFromBuffer.mock.calls[0][0]).toHaveLength(4100);
    expect(await lengths(source)).toEqual([4000, 4000, 5]);
  });

  it.each([[[]], [[3, 4]]])('takes less, such as %p, and knows no type', async (sizes) => {
    fileTypeFromBuffer.mockResolvedValue(undefined);
    const { contentType, source } = await sniffContentType(pieces(...sizes));
    expect(contentType).toBeUndefined();
    expect(await lengths(source)).toEqual(sizes);
  });

  it('ends a source that is left early', async () => {
    let ended = false;
    const source = async function* (): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield Buffer.alloc(5000);
      } finally {
        ended = true;
      }
    };
    for await (const _ of (await sniffContentType(source())).source) break;
    expect(ended).toBe(true);
  });

  it('passes on what the source throws', async () => {
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(5);
      throw new Error('broken');
    };
    await expect(sniffContentType(failing())).rejects.toThrow('broken');
  });

  it('names the package where it is not installed, before anything is read', async () => {
    jest.resetModules();
    jest.doMock('file-type', () => {
      throw Object.assign(new Error("Cannot find package 'file-type'"), { code: 'ERR_MODULE_NOT_FOUND' });
    });
    const fresh: typeof import('../../lib/gridfs/sniff-content-type.js') = require('../../lib/gridfs/sniff-content-type.js');
    const next = jest.fn();
    const failing = fresh.sniffContentType({ [Symbol.asyncIterator]: () => ({ next }) });
    await expect(failing).rejects.toMatchObject({
      name: ConfigurationError.name,
      message: expect.stringContaining('npm install file-type'),
    });
    expect(next).not.toHaveBeenCalled();
  });
});
