import { inspect } from 'node:util';
import {
  composeBSON,
  composeProxy,
  composeReadConcern,
  composeReadPreference,
  composeServerAPI,
  composeTLS,
  composeWriteConcern,
} from '../../lib/options/compose.js';
import { ReadConcern } from '../../lib/options/read-concern.js';
import { ReadPreference } from '../../lib/options/read-preference.js';
import { WriteConcern } from '../../lib/options/write-concern.js';

const values = (given: Record<string, unknown>): Map<string, any> => new Map(Object.entries(given));

test.each([
  [{}, false, false],
  [{}, true, true],
  [{ tls: false }, true, false],
  [{ tls: true }, false, true],
  [{ tlsCAFile: 'ca.pem' }, false, true],
  [{ tlsAllowInvalidHostnames: false }, false, true],
  [{ ca: 'pem' }, false, true],
  [{ tls: false, tlsCAFile: 'ca.pem' }, false, false],
])('%j with srv %s: TLS is %s', (given, srv, on) => {
  expect(composeTLS(values(given), srv) !== undefined).toBe(on);
});

test('TLS settings are complete, and hide keys', () => {
  const tls = composeTLS(
    values({ tlsInsecure: true, tlsCertificateKeyFilePassword: 'secret', key: 'secret', cert: 'pem', sslKeyFile: 'k' }),
    false,
  );
  expect(tls).toMatchObject({
    allowInvalidCertificates: true,
    allowInvalidHostnames: true,
    passphrase: 'secret',
    keyFile: 'k',
    caFile: undefined,
    memory: { key: 'secret', cert: 'pem' },
  });
  expect(inspect(tls) + JSON.stringify(tls)).not.toContain('secret');
  expect(composeTLS(values({ passphrase: 'p' }), false)?.passphrase).toBe('p');
  // What is in memory goes before a file.
  const both = values({ pfx: 'x', passphrase: 'p', tlsCertificateKeyFile: 'f', tlsCertificateKeyFilePassword: 'q' });
  expect(composeTLS(both, false)?.passphrase).toBe('p');
});

test('the proxy has a default port, and hides its password', () => {
  expect(composeProxy(values({}))).toBeUndefined();
  expect(composeProxy(values({ proxyHost: 'h' }))).toMatchObject({ host: 'h', port: 1080 });
  const proxy = composeProxy(values({ proxyHost: 'h', proxyPort: 1, proxyUsername: 'u', proxyPassword: 'secret' }));
  expect(proxy).toMatchObject({ port: 1, username: 'u', password: 'secret' });
  expect(inspect(proxy)).not.toContain('secret');
});

test('the shared concerns come out where nothing special is asked for', () => {
  expect(composeWriteConcern(values({}))).toBe(WriteConcern.from({}));
  expect(composeReadConcern(values({}))).toBe(ReadConcern.from({}));
  expect(composeReadPreference(values({ readPreference: 'primary' }))).toBe(ReadPreference.PRIMARY);
});

test('single settings make up the concerns', () => {
  const w = { w: 2, wTimeoutMS: 5, journal: true };
  expect(composeWriteConcern(values(w)).toDocument()).toEqual({ w: 2, wtimeout: 5, j: true });
  expect(composeReadConcern(values({ readConcernLevel: 'local' })).level).toBe('local');
  const preference = { readPreference: 'nearest', readPreferenceTags: [{ a: 'b' }], maxStalenessSeconds: 90 };
  expect(composeReadPreference(values(preference)).toDocument()).toEqual({
    mode: 'nearest',
    tags: [{ a: 'b' }],
    maxStalenessSeconds: 90,
  });
});

test('contradictions of single settings are refused', () => {
  expect(() => composeWriteConcern(values({ w: 0, journal: true }))).toThrow('w: 0 asks for no answer');
  expect(() => composeReadPreference(values({ readPreference: 'primary', maxStalenessSeconds: 120 }))).toThrow(
    'maxStalenessSeconds cannot be combined with mode primary',
  );
});

test('the codec settings and the Stable API', () => {
  expect(composeBSON(values({ promoteLongs: true, w: 1 }))).toEqual({ promoteLongs: true });
  expect(composeServerAPI(undefined)).toBeUndefined();
  expect(composeServerAPI('1')).toEqual({ version: '1' });
  expect(composeServerAPI({ version: '1', strict: true })).toEqual({ version: '1', strict: true });
});
