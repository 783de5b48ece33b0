import { contentDispositionOf } from '../../lib/gridfs/http-content-disposition.js';

describe('contentDispositionOf', () => {
  it.each([
    ['a.txt', 'inline; filename=a.txt'],
    ['my photo.png', 'inline; filename="my photo.png"'],
    ['a"b\\"c.txt', 'inline; filename="\\"c.txt"'],
    ['folder/sub/a.txt', 'inline; filename=a.txt'],
    ['C:\\folder\\a.txt', 'inline; filename=a.txt'],
    ['€ rates.txt', 'inline; filename="? rates.txt"; filename*=UTF-8\'\'%E2%82%AC%20rates.txt'],
    ['日本.txt', 'inline; filename="??.txt"; filename*=UTF-8\'\'%E6%97%A5%E6%9C%AC.txt'],
    ['a\r\nSet-Cookie: b=c', 'inline; filename="a__Set-Cookie: b=c"'],
    ['a\u0000\u007f\u0085b', 'inline; filename=a___b'],
    ['photo\u202egnp.exe', 'inline; filename=photo_gnp.exe'],
    ['half \ud83d.txt', 'inline; filename="half _.txt"'],
  ])('of %j is %s', (name, header) => expect(contentDispositionOf(name, 'inline')).toBe(header));

  it('says nothing of an inline file without a name', () => {
    for (const name of ['', 'folder/', undefined, null, 7]) {
      expect(contentDispositionOf(name, 'inline')).toBeUndefined();
      expect(contentDispositionOf(name, 'attachment')).toBe('attachment');
    }
  });

  it('keeps the end of a name that is too long for a header', () => {
    const header = contentDispositionOf(`${'日'.repeat(5000)}.png`, 'attachment')!;
    expect(header.length).toBeLessThan(4096);
    expect(header).toMatch(/^attachment; .*\.png$/);
  });

  it('never has a control character, whatever the name', () => {
    for (let code = 0; code < 0x3000; code++) {
      const header = contentDispositionOf(`a${String.fromCharCode(code)}b`, 'inline')!;
      expect(/^[\x20-\x7e]+$/.test(header)).toBe(true);
    }
  });
});
