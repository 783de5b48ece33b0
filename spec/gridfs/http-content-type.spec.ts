import { contentTypeOf } from '../../lib/gridfs/http-content-type.js';

const of = (file: object, path = 'path'): Promise<string> =>
  contentTypeOf({ contentType: undefined, metadata: undefined, filename: undefined, ...file } as never, path);

describe('contentTypeOf', () => {
  it.each(['image/png', 'text/plain; charset=utf-8', 'text/x;a="b \\" c"', 'a/b;', 'application/vnd.x+json ; q=1'])(
    'is the stored one: %s',
    async (contentType) => {
      expect(await of({ contentType, filename: 'a.gif' })).toBe(contentType);
      expect(await of({ metadata: { contentType }, filename: 'a.gif' })).toBe(contentType);
    },
  );

  it.each<[unknown]>([
    [null],
    [''],
    [7],
    ['image'],
    ['image/'],
    ['image/png\r\nSet-Cookie: a=b'],
    ['image/png\n'],
    ['image/png\u0000'],
    ['image/png; a="\r\n"'],
    ['text/plain; x=é'],
    ['text/html, image/png'],
    [`a/${'b'.repeat(300)}`],
    [['image/png']],
  ])('is by the name where %j is stored', async (contentType) => {
    expect(await of({ contentType, metadata: { contentType }, filename: 'a.gif' })).toBe('image/gif');
  });

  it('is found in no time, whatever is stored', async () => {
    const started = performance.now();
    await of({ contentType: `a/b${'; '.repeat(126)}\u0000` });
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it.each([
    ['photo.JPG', 'image/jpeg'],
    ['a/b.c/movie.mp4', 'video/mp4'],
    ['page.html', 'text/html; charset=utf-8'],
    ['notes.txt', 'text/plain; charset=utf-8'],
    ['data.json', 'application/json'],
    ['what.is-this', 'application/octet-stream'],
    ['none/at-all', 'application/octet-stream'],
  ])('is by the name: %s', async (filename, type) => {
    expect(await of({ filename })).toBe(type);
    expect(await of({ filename: '' }, filename)).toBe(type);
    expect(await of({ filename: null }, filename)).toBe(type);
  });
});
