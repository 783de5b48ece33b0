import { inspect } from 'node:util';
import { hideSecrets, maskURI } from '../../lib/options/hidden-secrets.js';

test('secrets are hidden from inspect and JSON and stay readable', () => {
  const object = hideSecrets({ user: 'alice', password: 'secret', token: undefined }, ['password', 'token']);
  for (const text of [inspect(object), inspect({ deep: { object } }), JSON.stringify([object])]) {
    expect(text).toContain('alice');
    expect(text).not.toContain('secret');
    expect(text).toContain('***');
  }
  expect(object.password).toBe('secret');
  expect(Object.keys(object)).toEqual(['user']);
  expect([structuredClone(object), { ...object }]).toEqual([{ user: 'alice' }, { user: 'alice' }]);
  expect(Object.isFrozen(object)).toBe(true);
});

test.each([
  ['mongodb://localhost/db', 'mongodb://localhost/db'],
  ['mongodb://alice:secret@a,b/db?w=1', 'mongodb://***@a,b/db?w=1'],
  ['mongodb+srv://alice:secret@a', 'mongodb+srv://***@a'],
  ['mongodb://alice:se@cret@a', 'mongodb://***@a'],
  ['mongodb://alice:sec/ret@a/db', 'mongodb://***@a/db'],
  ['mongodb://alice:sec?ret@a/db', 'mongodb://***'],
  ['mongodb://alice:s@ec?ret@a/db', 'mongodb://***'],
  ['alice:secret@a', '***@a'],
  ['http://alice:secret@a', 'http://***@a'],
  ['mongodb://a/?proxyPassword=secret&w=1', 'mongodb://a/?proxyPassword=***&w=1'],
  ['mongodb://a/?w=1&tlsCertificateKeyFilePassword=secret', 'mongodb://a/?w=1&tlsCertificateKeyFilePassword=***'],
  ['mongodb://a/?ssl_pem_passphrase=secret', 'mongodb://a/?ssl_pem_passphrase=***'],
  ['mongodb://a/?authMechanismProperties=AWS_SESSION_TOKEN:secret', 'mongodb://a/?authMechanismProperties=***'],
  ['mongodb://a/?auth_mechanism_properties=a:secret&w=1', 'mongodb://a/?auth_mechanism_properties=***&w=1'],
  ['mongodb://a/?proxy%50assword=secret&w=1', 'mongodb://a/?proxy%50assword=***&w=1'],
  ['mongodb://a/?proxyPassword=sec&ret&secret&w=1&x', 'mongodb://a/?proxyPassword=***&w=1&x'],
  ['mongodb://a/?proxyPassword=sec&ret', 'mongodb://a/?proxyPassword=***'],
  ['mongodb://a/?%zz=1&w&j=1', 'mongodb://a/?%zz=1&w&j=1'],
])('%s is shown as %s', (uri, shown) => {
  expect(maskURI(uri)).toBe(shown);
});
