import { createPrivateKey } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import { ConfigurationError } from '../../lib/errors/usage-errors.js';
import { TLSMaterial } from '../../lib/net/tls-material.js';
import type { ClientOptions } from '../../lib/options/client-options.js';
import { resolveOptions } from '../../lib/options/resolve.js';
import { type Pair, TestAuthority } from '../support/deployment/test-authority.js';
import { CLIENT_PFX } from './client-pfx.js';

let folder: string;
let authority: TestAuthority;
let pair: Pair;
let other: Pair;
let crl: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rotor-tls-'));
  authority = await TestAuthority.make();
  pair = await authority.certify();
  other = await authority.certify();
  crl = await authority.revoke([]);
});
afterAll(() => rm(folder, { recursive: true }));

const load = (options: ClientOptions): Promise<SecureContext> =>
  new TLSMaterial(resolveOptions('mongodb://a/?tls=true', options).tls!).load();

let files = 0;
async function file(...texts: string[]): Promise<string> {
  const path = join(folder, `${++files}.pem`);
  await writeFile(path, texts.join('\n'));
  return path;
}

const encrypted = (key: string): string =>
  createPrivateKey(key).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'sesame' }) as string;

async function failureOf(options: ClientOptions): Promise<Error> {
  const error = await load(options).then(
    () => new Error('nothing failed'),
    (reason: Error) => reason,
  );
  expect(error).toBeInstanceOf(ConfigurationError);
  expect(error.message).not.toContain('sesame');
  expect(error.message).not.toContain('PRIVATE KEY');
  return error;
}

describe('material', () => {
  it('comes from files', async () => {
    const certificateKeyFile = await file(pair.cert, pair.key);
    await load({ tlsCAFile: await file(authority.cert), tlsCRLFile: await file(crl) });
    await load({ tlsCertificateKeyFile: certificateKeyFile });
    await load({ sslCertFile: await file(pair.cert), sslKeyFile: await file(pair.key) });
    await load({ sslCertFile: certificateKeyFile });
    await load({
      tlsCertificateKeyFile: await file(encrypted(pair.key), pair.cert),
      tlsCertificateKeyFilePassword: 'sesame',
    });
  });

  it('comes from memory, as text, bytes, or several', async () => {
    await load({ ca: authority.cert, cert: pair.cert, key: pair.key, crl });
    await load({ ca: [authority.cert, Buffer.from(authority.cert)], cert: Buffer.from(pair.cert), key: pair.key });
    await load({ cert: pair.cert, key: encrypted(pair.key), passphrase: 'sesame' });
    await load({ pfx: CLIENT_PFX, passphrase: 'sesame' });
    await load({ ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256', ecdhCurve: 'P-256', maxVersion: 'TLSv1.2' });
  });

  it('in memory goes before a file, which is then not read', async () => {
    await load({ ca: authority.cert, tlsCAFile: '/does/not/exist' });
  });

  it('is a context that the application has made', async () => {
    const secureContext = createSecureContext({ ca: authority.cert });
    expect(await load({ secureContext })).toBe(secureContext);
  });

  it('is loaded once', async () => {
    const material = new TLSMaterial(resolveOptions('mongodb://a/?tls=true', { ca: authority.cert }).tls!);
    const [first, second] = await Promise.all([material.load(), material.load()]);
    expect(second).toBe(first);
    expect(await material.load()).toBe(first);
  });

  it('is looked for again when it was not there', async () => {
    const tlsCAFile = join(folder, 'late.pem');
    const material = new TLSMaterial(resolveOptions('mongodb://a/', { tlsCAFile }).tls!);
    await expect(material.load()).rejects.toThrow('late.pem');
    await writeFile(tlsCAFile, authority.cert);
    await material.load();
  });

  it('leaves the list of revoked certificates out where nobody is to look at it', async () => {
    await load({ tlsCRLFile: '/does/not/exist', tlsDisableCertificateRevocationCheck: true });
  });
});

describe('what is wrong with it is said with the option and the path', () => {
  it.each(['tlsCAFile', 'tlsCRLFile', 'tlsCertificateKeyFile', 'sslCertFile'] as const)(
    '%s is missing',
    async (name) => {
      const { message } = await failureOf({ [name]: '/does/not/exist.pem' });
      expect(message).toBe(`option ${name}: cannot read the file "/does/not/exist.pem": ENOENT`);
    },
  );

  it.each([
    ['tlsCAFile', 'expected PEM with a certificate, found none'],
    ['tlsCRLFile', 'expected PEM with a list of revoked certificates (X509 CRL), found none'],
    ['tlsCertificateKeyFile', 'no start line'],
  ] as const)('%s holds something else', async (name, reason) => {
    const path = await file('hello');
    const { message } = await failureOf({ [name]: path });
    expect(message).toContain(`option ${name}, file ${JSON.stringify(path)}: `);
    expect(message).toContain(reason);
  });

  it('the key of another certificate', async () => {
    const path = await file(pair.cert, other.key);
    const { message } = await failureOf({ tlsCertificateKeyFile: path });
    expect(message).toContain(`option tlsCertificateKeyFile, file ${JSON.stringify(path)}: `);
    expect(message).toContain('mismatch');
  });

  it('a key without its passphrase, and with a wrong one', async () => {
    const path = await file(pair.cert, encrypted(pair.key));
    expect((await failureOf({ tlsCertificateKeyFile: path })).message).toContain(
      'the key is encrypted, and no tlsCertificateKeyFilePassword (or passphrase) was given',
    );
    const wrong = await failureOf({ tlsCertificateKeyFile: path, tlsCertificateKeyFilePassword: 'guess' });
    expect(wrong.message).toContain('tlsCertificateKeyFilePassword (or passphrase) does not open it');
    expect(wrong.message).not.toContain('guess');
    expect((await failureOf({ pfx: CLIENT_PFX, passphrase: 'guess' })).message).toContain('option pfx: ');
  });

  it('material in memory', async () => {
    expect((await failureOf({ ca: 'hello' })).message).toContain('option ca: ');
    expect((await failureOf({ cert: pair.cert, key: 'hello' })).message).toContain('option key: ');
    expect((await failureOf({ ciphers: 'NONE-AT-ALL' })).message).toContain('the TLS options (ciphers, minVersion)');
  });
});
