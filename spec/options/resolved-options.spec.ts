import { inspect } from 'node:util';
import { resolveOptions } from '../../lib/options/resolve.js';
import { describeOptions, sealOptions } from '../../lib/options/resolved-options.js';

const options = resolveOptions('mongodb://alice:geheim@a,[::1]:2/?authMechanism=PLAIN', {
  tlsCertificateKeyFilePassword: 'geheim',
  key: 'geheim',
  proxyHost: 'p',
  proxyUsername: 'u',
  proxyPassword: 'geheim',
  autoEncryption: { kmsProviders: { local: { key: 'geheim' } } },
});

test('no form of showing the options shows a secret', () => {
  const texts = [
    inspect(options, { depth: 9, showHidden: true }),
    inspect({ options }, { depth: 9 }),
    JSON.stringify(options),
    inspect(options.credential),
    inspect(options.tls, { depth: 9 }),
    inspect(options.proxy),
    JSON.stringify(describeOptions(options)),
  ];
  for (const text of texts) {
    expect(text).not.toContain('geheim');
    expect(text).toContain('***');
  }
  expect(options.credential?.password).toBe('geheim');
});

test('the description has what is set, with hosts as text', () => {
  const described = describeOptions(options);
  expect(described).toMatchObject({ hosts: ['a:27017', '[::1]:2'], maxPoolSize: 100, autoEncryption: '***' });
  expect(described).not.toHaveProperty('timeoutMS');
  expect(described).not.toHaveProperty('warnings');
});

test('sealed options are frozen, and their description is no field', () => {
  const sealed = sealOptions({ ...options });
  expect(Object.isFrozen(sealed)).toBe(true);
  expect(Object.keys(sealed)).toEqual(Object.keys(options));
});
