import { SECURITY_ROWS, TLS_IMPLIED_BY } from '../../lib/options/security-rows.js';

const row = (name: string) => SECURITY_ROWS.find((each) => each.name === name);

test('what decides about security is strict, and secrets are marked', () => {
  for (const name of ['tls', 'authSource', 'authMechanism', 'authMechanismProperties']) {
    expect([name, row(name)?.strict]).toEqual([name, true]);
  }
  for (const name of ['password', 'auth', 'tlsCertificateKeyFilePassword', 'key', 'passphrase', 'pfx']) {
    expect([name, row(name)?.secret]).toEqual([name, true]);
  }
});

test.each([
  ['CERT_NONE', true],
  [0, true],
  ['CERT_OPTIONAL', false],
  ['CERT_REQUIRED', false],
  [2, false],
])('sslCertReqs %j allows invalid certificates: %s', (value, allowed) => {
  expect(row('sslCertReqs')?.type.check(value)).toBe(true);
  expect(row('sslCertReqs')?.spread?.(value)).toEqual({ tlsAllowInvalidCertificates: allowed });
});

test('the inverted names', () => {
  expect(row('sslCertReqs')?.type.check('CERT_MAYBE')).toBe(false);
  expect(row('sslMatchHostname')?.spread?.(false)).toEqual({ tlsAllowInvalidHostnames: true });
  expect(row('rejectUnauthorized')?.spread?.(true)).toEqual({ tlsAllowInvalidCertificates: false });
});

test('TLS is implied by its other options, not by itself', () => {
  expect(TLS_IMPLIED_BY).toEqual(expect.arrayContaining(['tlsCAFile', 'tlsInsecure', 'ca', 'sslCertFile']));
  expect(TLS_IMPLIED_BY).not.toContain('tls');
});
