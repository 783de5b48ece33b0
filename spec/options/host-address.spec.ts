import { ConfigurationError } from '../../lib/errors/usage-errors.js';
import { HostAddress } from '../../lib/options/host-address.js';

test.each([
  ['localhost', 'localhost', 27017, 'localhost:27017'],
  ['DB.Example.COM:27018', 'db.example.com', 27018, 'db.example.com:27018'],
  ['127.0.0.1:1', '127.0.0.1', 1, '127.0.0.1:1'],
  ['[::1]', '::1', 27017, '[::1]:27017'],
  ['[FE80::1]:65535', 'fe80::1', 65535, '[fe80::1]:65535'],
])('%s is a TCP address', (text, host, port, key) => {
  const address = HostAddress.parse(text);
  expect(address).toMatchObject({ host, port, path: undefined, key });
  expect(String(address)).toBe(key);
  expect(JSON.stringify({ address })).toBe(JSON.stringify({ address: key }));
  expect(Object.isFrozen(address)).toBe(true);
});

test('a path with a slash is a unix socket, absolute or relative', () => {
  expect(HostAddress.parse('/tmp/Mongo-27017.sock')).toMatchObject({ path: '/tmp/Mongo-27017.sock', host: undefined });
  expect(HostAddress.parse('rel/x.sock').toString()).toBe('rel/x.sock');
  expect(HostAddress.unix('/x.sock').port).toBeUndefined();
});

test('the default port is for addresses without one', () => {
  expect(HostAddress.parse('a', 5).port).toBe(5);
  expect(HostAddress.parse('a:6', 5).port).toBe(6);
  expect(HostAddress.parse('[::1]', 5).port).toBe(5);
});

test('equality is by address', () => {
  expect(HostAddress.of('A').equals(HostAddress.parse('a:27017'))).toBe(true);
  expect(HostAddress.of('a').equals(HostAddress.of('a', 1))).toBe(false);
});

test.each([
  ['', 'the host name is empty'],
  [':27017', 'the host name is empty'],
  ['a:', 'port'],
  ['a:0', 'port'],
  ['a:65536', 'port'],
  ['a:-1', 'port'],
  ['a:1e3', 'port'],
  ['::1', 'square brackets'],
  ['a::1', 'square brackets'],
  ['[::1', 'not an IPv6 address'],
  ['[localhost]', 'not an IPv6 address'],
  ['[::1]27017', 'expected ":port"'],
  ['a b', 'not a host name'],
  ['/tmp/socket', '.sock'],
])('%j is refused', (text, reason) => {
  expect(() => HostAddress.parse(text)).toThrow(ConfigurationError);
  expect(() => HostAddress.parse(text)).toThrow(reason);
});

test('a message never shows what stands before an @', () => {
  expect(() => HostAddress.parse('alice:secret@db')).toThrow(/^host "\*\*\*@db"/);
});
