import { ObjectId } from '../../lib/bson/codec.js';
import { fileETag, isETag, matchesStrongly, matchesWeakly, parseETags } from '../../lib/gridfs/http-etag.js';
import { FakeFile } from './fake-file.js';

const MD5 = 'd41d8cd98f00b204e9800998ecf8427e';

describe('fileETag', () => {
  const of = (others: object): string => fileETag(new FakeFile(Buffer.from('abc'), others));

  it('is the MD5 where the file has one', () => {
    expect(of({ md5: MD5.toUpperCase() })).toBe(`"${MD5}"`);
  });

  it.each([undefined, null, '', 'x"\r\nSet-Cookie: a=b', 7])('is a hash where the MD5 is %j', (md5) => {
    expect(of({ md5 })).toMatch(/^"[0-9a-f]{64}"$/);
  });

  it('differs with _id, length and uploadDate, and with nothing else', () => {
    const _id = new ObjectId();
    const same = [of({ _id }), of({ _id: new ObjectId(_id.toHexString()) }), of({ _id, filename: 'other' })];
    expect(new Set(same).size).toBe(1);
    const others = [of({ _id: _id.toHexString() }), of({ _id, length: 4 }), of({ _id, uploadDate: new Date(0) })];
    expect(new Set([...same, ...others]).size).toBe(4);
  });

  it('does not fail for what cannot be an uploadDate', () => {
    expect(of({ uploadDate: undefined })).toMatch(/^"[0-9a-f]{64}"$/);
  });
});

describe('comparison', () => {
  // The table of RFC 9110, 8.8.3.2.
  it.each([
    ['W/"1"', 'W/"1"', false, true],
    ['W/"1"', 'W/"2"', false, false],
    ['W/"1"', '"1"', false, true],
    ['"1"', '"1"', true, true],
  ])('of %s and %s: strongly %s, weakly %s', (first, second, strongly, weakly) => {
    expect([matchesStrongly(first, second), matchesWeakly(first, second)]).toEqual([strongly, weakly]);
  });
});

describe('parseETags', () => {
  it.each<[string, '*' | string[]]>([
    ['*', '*'],
    [' * ', '*'],
    ['"a"', ['"a"']],
    ['"a", W/"b","c,d" , ,""', ['"a"', 'W/"b"', '"c,d"', '""']],
    ['', []],
    ['a', []],
    ['"a", b', []],
    ['"a', []],
    ['w/"a"', []],
    ['*, "a"', []],
    ['"a b"', []],
  ])('reads %j as %j', (field, tags) => expect(parseETags(field)).toEqual(tags));
});

describe('isETag', () => {
  it('knows one from anything else', () => {
    expect(['"a"', 'W/"a"', '""'].every(isETag)).toBe(true);
    expect(['', 'a', '"a", "b"', '"a\n"', '*', "'a'"].some(isETag)).toBe(false);
  });
});
