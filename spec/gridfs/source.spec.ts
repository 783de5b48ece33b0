import { Readable } from 'node:stream';
import { runInNewContext } from 'node:vm';
import { bytesOf, bytesOfPiece } from '../../lib/gridfs/source.js';

async function read(source: unknown, encoding?: BufferEncoding): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const bytes of bytesOf(source, encoding)) pieces.push(bytes);
  return Buffer.concat(pieces).toString('latin1');
}

const abc = Buffer.from('abc');
async function* slowly(): AsyncGenerator<unknown> {
  yield 'a';
  yield new Uint8Array([98]);
  yield new Uint8Array([99]).buffer;
}

describe('bytesOf', () => {
  it.each<[string, unknown]>([
    ['a string', 'abc'],
    ['a Buffer', abc],
    ['a typed array', new Uint8Array([97, 98, 99])],
    ['a view', new DataView(new Uint8Array([96, 97, 98, 99]).buffer, 1)],
    ['wider numbers', new Uint16Array(new Uint8Array([97, 98]).buffer)],
    ['an ArrayBuffer', new Uint8Array([97, 98, 99]).buffer],
    ['an ArrayBuffer of another realm', runInNewContext('new Uint8Array([97, 98, 99]).buffer')],
    ['a Blob', new Blob(['a', 'bc'])],
    ['a list', ['a', Buffer.from('b'), new Uint8Array([99])]],
    ['a set', new Set(['a', 'bc'])],
    ['an async generator', slowly()],
    ['a stream of Node.js', Readable.from(['a', abc.subarray(1)])],
    ['a stream of the web', new Blob(['abc']).stream()],
    ['an empty list', []],
    ['an empty string', ''],
  ])('reads %s', async (name, source) => {
    const expected = name.includes('empty') ? '' : name === 'wider numbers' ? 'ab' : 'abc';
    expect(await read(source)).toBe(expected);
  });

  it('writes strings in an encoding, everywhere', async () => {
    expect(await read('616263', 'hex')).toBe('abc');
    expect(await read(['YQ==', 'YmM='], 'base64')).toBe('abc');
    expect(await read('é')).toBe('\xc3\xa9');
    expect(() => bytesOf('a', 'utf-7' as BufferEncoding)).toThrow("encoding must be one of Node.js, not 'utf-7'");
  });

  it.each([undefined, null, 7, true, {}, () => undefined, new Date(0), Symbol('s')])('refuses %p at once', (source) => {
    expect(() => bytesOf(source)).toThrow(TypeError);
    expect(() => bytesOf(source)).toThrow(/^the source must be a string, Buffer, .* not /);
  });

  it.each([[[1, 2, 3]], [['a', null]], [Readable.from([{ a: 1 }])]])(
    'refuses items that are no bytes: %p',
    async (source) => {
      await expect(read(source)).rejects.toThrow(/^an item of the source must be/);
    },
  );

  it('reads web streams that cannot be iterated, and lets go of them', async () => {
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue('ab');
        controller.enqueue('c');
        controller.close();
      },
    });
    const bare = { getReader: () => stream.getReader() };
    expect(await read(bare)).toBe('abc');
    expect(stream.locked).toBe(false);
  });

  it('ends a source that is not read to its end', async () => {
    const ended: string[] = [];
    async function* generator(): AsyncGenerator<string> {
      try {
        yield 'a';
        yield 'b';
      } finally {
        ended.push('generator');
      }
    }
    const web = () =>
      new ReadableStream({
        start: (controller) => controller.enqueue('a'),
        cancel: () => void ended.push('web'),
      });
    const unlisted = web();
    const node = Readable.from(['a', 'b']);
    for (const source of [generator(), web(), { getReader: () => unlisted.getReader() }, node])
      for await (const _ of bytesOf(source)) break;
    expect(ended).toEqual(['generator', 'web', 'web']);
    expect(node.destroyed).toBe(true);
  });

  it('hands on what the source throws', async () => {
    async function* failing(): AsyncGenerator<string> {
      yield 'a';
      throw new Error('half-way');
    }
    const web = new ReadableStream({ pull: (controller) => controller.error(new Error('web half-way')) });
    await expect(read(failing())).rejects.toThrow('half-way');
    await expect(read({ getReader: () => web.getReader() })).rejects.toThrow('web half-way');
  });
});

describe('bytesOfPiece', () => {
  it('shares the memory of bytes, and names what it refuses', () => {
    expect(bytesOfPiece(abc)).toBe(abc);
    expect(bytesOfPiece(abc.buffer).buffer).toBe(abc.buffer);
    expect(() => bytesOfPiece(7, 'utf8', 'text')).toThrow(
      new TypeError('text must be a string, Buffer, typed array or ArrayBuffer, not 7'),
    );
  });
});
