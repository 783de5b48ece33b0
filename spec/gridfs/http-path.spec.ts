import { pathWithin } from '../../lib/gridfs/http-path.js';

describe('pathWithin', () => {
  it.each([
    ['/a.txt', '/', 'a.txt'],
    ['/a/b/c.txt', '/', 'a/b/c.txt'],
    ['/files/a.txt', '/files/', 'a.txt'],
    ['/files/a.txt', '/files', 'a.txt'],
    ['/files', '/files/', ''],
    ['/', '/', ''],
    ['/a.txt?size=full#top', '/', 'a.txt'],
    ['/a%20b%2Fc%3F.txt', '/', 'a b/c?.txt'],
    ['/%E2%82%AC', '/', '€'],
    ['/€', '/', '€'],
    ['/../a', '/', '../a'],
    ['/%2e%2e/a', '/', '../a'],
    ['//a', '/', '/a'],
    ['http://host:80/files/a.txt', '/files/', 'a.txt'],
    ['http://host', '/', ''],
    ['/http://host/a', '/', 'http://host/a'],
  ])('takes %s below %s for %j', (url, prefix, path) => expect(pathWithin(url, prefix)).toEqual({ path }));

  it.each([
    ['/a.txt', '/files/'],
    ['/filesystem', '/files'],
    ['*', '/'],
    ['', '/files/'],
  ])('takes %j not to be below %s', (url, prefix) => expect(pathWithin(url, prefix)).toBe('elsewhere'));

  it.each(['/%', '/%zz', '/%ff', '/%c0%ae', '/%ed%a0%80', '/a%00b', '/a%0d%0aSet-Cookie:b', '/a%7f', '/a%c2%85'])(
    'refuses %s',
    (url) => expect(pathWithin(url, '/')).toBe('malformed'),
  );
});
