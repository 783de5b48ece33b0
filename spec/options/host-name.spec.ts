import { domainSuffix, normalizeHostName } from '../../lib/options/host-name.js';

test.each([
  ['DB.Example.com.', 'db.example.com'],
  ['Bücher.example', 'xn--bcher-kva.example'],
  ['xn--BCHER-kva.example', 'xn--bcher-kva.example'],
  ['my_host.example', 'my_host.example'],
  ['1.2', '1.2'],
  ['localhost', 'localhost'],
])('%s is %s to DNS', (name, normal) => {
  expect(normalizeHostName(name)).toBe(normal);
});

test.each([
  ['mydomain.net', '.mydomain.net'],
  ['.MyDomain.net.', '.mydomain.net'],
  ['..hosts.example.com', '.hosts.example.com'],
  ['.bücher.example', '.xn--bcher-kva.example'],
  ['net', undefined],
  ['.', undefined],
  ['', undefined],
  ['a..b', undefined],
  ['a b.example', undefined],
])('the suffix %s means %s', (text, suffix) => {
  expect(domainSuffix(text)).toBe(suffix);
});
