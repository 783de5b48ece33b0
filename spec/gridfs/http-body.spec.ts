import { CorruptGridFileError } from '../../lib/errors/gridfs-errors.js';
import { openBody } from '../../lib/gridfs/http-body.js';
import { FakeFile } from './fake-file.js';

const BYTES = Buffer.from('0123456789abcdefghij');
const idle = new AbortController().signal;

async function text(body: AsyncIterable<Uint8Array> | undefined): Promise<string> {
  const read: Uint8Array[] = [];
  for await (const bytes of body ?? []) read.push(bytes);
  return Buffer.concat(read).toString();
}

describe('openBody', () => {
  it('is nothing for no segments', async () => {
    const file = new FakeFile(BYTES);
    expect(await openBody(file, [], idle)).toBeUndefined();
    expect(file.read).toBe(0);
  });

  it('gives literal bytes and ranges in their order', async () => {
    const file = new FakeFile(BYTES);
    const segments = [Buffer.from('<'), { start: 2, end: 9 }, Buffer.from('|'), { start: 0, end: 1 }, Buffer.from('>')];
    expect(await text(await openBody(file, segments, idle))).toBe('<2345678|0>');
    expect(file.reading).toBe(0);
    expect(await text(await openBody(file, [Buffer.from('alone')], idle))).toBe('alone');
  });

  it('has read the first chunk when it resolves, and no more', async () => {
    const file = new FakeFile(BYTES);
    const body = await openBody(file, [Buffer.from('head'), { start: 0, end: 20 }], idle);
    expect(file.read).toBe(1);
    await body!.next();
    await body!.next();
    expect(file.read).toBe(1);
    await body!.return();
    expect(file.reading).toBe(0);
  });

  it('rejects where the first chunk cannot be read', async () => {
    const file = new FakeFile(BYTES);
    file.fault = { at: 0, error: new CorruptGridFileError('chunk 0 is missing') };
    await expect(openBody(file, [Buffer.from('head'), { start: 0, end: 20 }], idle)).rejects.toThrow('chunk 0');
    expect(file.reading).toBe(0);
  });

  it('closes what it reads when it is left before anything was taken', async () => {
    const file = new FakeFile(BYTES);
    const body = await openBody(file, [{ start: 0, end: 20 }], idle);
    expect(file.reading).toBe(1);
    await body!.return();
    expect(file.reading).toBe(0);
    expect(await body!.next()).toEqual({ done: true, value: undefined });
  });

  it('never ends early or late without an error', async () => {
    const short = new FakeFile(BYTES);
    short.fault = { at: 8 };
    await expect(openBody(short, [{ start: 0, end: 20 }], idle).then(text)).rejects.toThrow('ends at byte 8, not 20');
    const long = new FakeFile(BYTES);
    const range = long.range.bind(long);
    long.range = (start, end) => range(start, end! + 4);
    await expect(openBody(long, [{ start: 0, end: 8 }], idle).then(text)).rejects.toThrow(CorruptGridFileError);
    expect(short.reading + long.reading).toBe(0);
  });

  it('hands its signal to the file', async () => {
    const file = new FakeFile(BYTES);
    const gone = new AbortController();
    const body = await openBody(file, [{ start: 0, end: 20 }], gone.signal);
    gone.abort();
    await expect(text(body)).rejects.toThrow('aborted');
    expect(file.reading).toBe(0);
  });
});
