import { InvalidURIError } from '../../lib/errors/usage-errors.js';
import { isURI, parseOptions, parseURI } from '../../lib/options/uri.js';

test('all parts are taken apart and decoded', () => {
  const uri =
    'mongodb://us%40er:p%3Ass@A.example:1,[::1],%2Ftmp%2Fx.sock/my%3Ddb?W=1&readPreferenceTags=a:1&readpreferencetags=';
  const parsed = parseURI(uri);
  expect(parsed).toMatchObject({ srv: false, username: 'us@er', password: 'p:ss', database: 'my=db' });
  expect(parsed.hosts.map(String)).toEqual(['a.example:1', '[::1]:27017', '/tmp/x.sock']);
  expect([...parsed.options]).toEqual([
    ['w', ['1']],
    ['readpreferencetags', ['a:1', '']],
  ]);
});

test.each([
  ['mongodb://a', undefined, undefined, undefined],
  ['mongodb://a/', undefined, undefined, undefined],
  ['mongodb://a?w=1', undefined, undefined, undefined],
  ['mongodb://alice@a', 'alice', undefined, undefined],
  ['mongodb://alice:@a/x.y', 'alice', '', 'x.y'],
  ['mongodb://@a', '', undefined, undefined],
])('%s: what is missing is undefined', (uri, username, password, database) => {
  expect(parseURI(uri)).toMatchObject({ username, password, database });
});

test('the default port is for hosts without one', () => {
  expect(parseURI('mongodb://a,b:2', 9).hosts.map(String)).toEqual(['a:9', 'b:2']);
});

test('mongodb+srv has one host name and no port', () => {
  expect(parseURI('mongodb+srv://u:p@cluster.example.com/db')).toMatchObject({ srv: true, database: 'db' });
});

test('values keep what follows their first "=", an @ and a plus sign', () => {
  const { options } = parseURI('mongodb://a/?replicaSet=my@set&appName=a+b=c%26');
  expect(options.get('replicaset')).toEqual(['my@set']);
  expect(options.get('appname')).toEqual(['a+b=c&']);
});

test.each([
  ['', 'must start with'],
  ['mongo://a', 'must start with'],
  ['mongodb://', 'names no host'],
  ['mongodb:///tmp/x.sock', 'percent-encoded'],
  ['mongodb://a,', 'host name is empty'],
  ['mongodb://a:0', 'port'],
  ['mongodb://a::1', 'square brackets'],
  ['mongodb://%zz', 'percent sign'],
  ['mongodb://%2Ftmp%2Fx', '.sock'],
  ['mongodb://a/b$c', 'must not contain'],
  ['mongodb://a/b%2Fc', 'must not contain'],
  ['mongodb://a/b%20c', 'must not contain'],
  ['mongodb://a/%00', 'must not contain'],
  ['mongodb://a/%ff', 'percent sign'],
  ['mongodb://a/?w', 'key=value'],
  ['mongodb://a/?=1', 'key=value'],
  ['mongodb://a/?appName=100%', 'percent sign'],
  ['mongodb+srv://a,b', 'exactly one'],
  ['mongodb+srv://a:1', 'no port'],
  ['mongodb+srv://127.0.0.1', 'not an address'],
  ['mongodb+srv://[::1]', 'not an address'],
  ['mongodb+srv://%2Ftmp%2Fx.sock', 'not an address'],
])('%j is refused', (uri, reason) => {
  expect(() => parseURI(uri)).toThrow(InvalidURIError);
  expect(() => parseURI(uri)).toThrow(reason);
});

test.each([
  'mongodb://alice:sec:ret@a',
  'mongodb://alice:sec@ret@a',
  'mongodb://alice:sec/ret@a/db',
  'mongodb://alice:sec?ret@a/db',
  'mongodb://alice:sec%ret@a/db',
  'mongodb://alice:sec%FFret@a/db',
  'mongodb://alice:sec ret@a b/db',
  'mongodb://alice:sec@ret?x@a',
  'mongodb://alice:secret@a:0',
])('%s is refused without showing the password', (uri) => {
  let message = '';
  try {
    parseURI(uri);
  } catch (error) {
    message = `${error} ${(error as Error).cause}`;
  }
  expect(message).toContain('invalid connection string');
  expect(message).not.toMatch(/sec|ret/);
  expect(message).not.toContain('alice');
});

test('URIs are told from hosts', () => {
  expect(isURI('mongodb://a')).toBe(true);
  expect(isURI('a:27017')).toBe(false);
});

test('parseOptions reads a TXT record too', () => {
  const fail = (reason: string): never => {
    throw new Error(reason);
  };
  expect([...parseOptions('authSource=x&&replicaSet=y', fail)]).toEqual([
    ['authsource', ['x']],
    ['replicaset', ['y']],
  ]);
  expect(() => parseOptions('authSource', fail)).toThrow('key=value');
  expect(parseOptions('', fail).size).toBe(0);
});

test('an ampersand in a secret that was not escaped shows nothing of what follows it', () => {
  for (const query of ['proxyPassword=sec&ret', 'w=1&tlsCertificateKeyFilePassword=sec&ret&j=true']) {
    expect(() => parseURI(`mongodb://a/?${query}`)).toThrow('option "***" must have the form key=value');
    expect(() => parseURI(`mongodb://a/?${query}`)).not.toThrow('ret"');
  }
});
