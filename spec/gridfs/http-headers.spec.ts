import { checkHeaders, fileHeaders, lastModified, setCacheTime } from '../../lib/gridfs/http-headers.js';
import { FakeFile } from './fake-file.js';

const NOW = Date.UTC(2025, 0, 1);
const file = (others: object = {}): FakeFile => new FakeFile(Buffer.from('abc'), others);

describe('fileHeaders', () => {
  const of = async (others: object, disposition: 'inline' | 'attachment' = 'inline'): Promise<object> =>
    Object.fromEntries(await fileHeaders(file(others), 'path.gif', { now: NOW, disposition }));

  it('say what the file is, and which version of it', async () => {
    expect(await of({ md5: 'd41d8cd98f00b204e9800998ecf8427e' })).toEqual({
      'accept-ranges': 'bytes',
      'content-disposition': 'inline; filename=a.txt',
      'content-type': 'text/plain; charset=utf-8',
      etag: '"d41d8cd98f00b204e9800998ecf8427e"',
      'last-modified': 'Mon, 06 May 2024 07:08:09 GMT',
      'x-content-type-options': 'nosniff',
    });
  });

  it('leave out what the files document does not know', async () => {
    const headers = await of({ filename: undefined, uploadDate: undefined });
    expect(headers).toMatchObject({ 'content-type': 'image/gif' });
    expect(headers).not.toHaveProperty('content-disposition');
    expect(headers).not.toHaveProperty('last-modified');
  });

  it('say on demand that a file is to be saved', async () => {
    expect(await of({}, 'attachment')).toMatchObject({ 'content-disposition': 'attachment; filename=a.txt' });
  });

  it('are fit to be sent, whatever the files document holds', async () => {
    const evil = 'x\r\nSet-Cookie: a=b\r\n\r\n<html>\u0000€';
    const headers = await fileHeaders(file({ filename: evil, contentType: evil, md5: evil }), evil, {
      now: NOW,
      disposition: 'inline',
    });
    for (const [, value] of headers) expect(value).toMatch(/^[\x20-\x7e]*$/);
    expect(headers.get('set-cookie')).toBeNull();
  });
});

describe('lastModified', () => {
  it('is in whole seconds, not in the future, and not made up', () => {
    expect(lastModified(file(), NOW)!.toISOString()).toBe('2024-05-06T07:08:09.000Z');
    expect(lastModified(file({ uploadDate: new Date(NOW + 60_000) }), NOW)).toEqual(new Date(NOW));
    for (const uploadDate of [undefined, 'yesterday', new Date(Number.NaN), 7]) {
      expect(lastModified(file({ uploadDate }), NOW)).toBeUndefined();
    }
  });
});

describe('setCacheTime', () => {
  const of = (seconds: unknown): object => {
    const headers = new Headers();
    setCacheTime(headers, seconds, NOW);
    return Object.fromEntries(headers);
  };

  it('is public without an age for 0', () => {
    expect(of(0)).toEqual({ 'cache-control': 'public' });
    expect(of(0.5)).toEqual({ 'cache-control': 'public' });
  });

  it('has an age and a date for more', () => {
    expect(of(60.9)).toEqual({ 'cache-control': 'max-age=60', expires: 'Wed, 01 Jan 2025 00:01:00 GMT' });
    expect(of(1e300)).toMatchObject({ 'cache-control': 'max-age=2147483648', expires: expect.stringMatching(/GMT$/) });
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, '60', undefined, null])('refuses %p', (seconds) => {
    expect(() => of(seconds)).toThrow(new TypeError(`getCacheTime: expected seconds, 0 or more, not ${seconds}`));
  });
});

describe('checkHeaders', () => {
  const check = (headers: Record<string, string>): void => checkHeaders(new Headers(headers), NOW);

  it('takes what may be sent', () => {
    expect(() =>
      check({ 'X-Any': 'a\tb é', ETag: 'W/"1"', 'Last-Modified': 'Mon, 06 May 2024 07:08:09 GMT', Vary: 'Accept' }),
    ).not.toThrow();
  });

  it.each<[string, string]>([
    ['Content-Length', '5'],
    ['Transfer-Encoding', 'chunked'],
    ['Content-Range', 'bytes 0-1/2'],
    ['Connection', 'close'],
    ['X-Any', 'a\u0001b'],
    ['X-Any', 'a\u007fb'],
    ['ETag', 'abc'],
    ['Last-Modified', 'yesterday'],
  ])('refuses %s: %j', (name, value) => {
    expect(() => check({ [name]: value })).toThrow(TypeError);
  });
});
