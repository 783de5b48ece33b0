import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContext } from 'node:tls';
import { ConfigurationError } from '../errors/usage-errors.js';
import type { TLSSettings } from '../options/resolved-options.js';

/** Where a piece of material came from, for errors. Never its contents. */
interface Piece<Data = unknown> {
  readonly option: string;
  readonly path: string | undefined;
  readonly data: Data | Buffer;
}

const PEM_CERTIFICATE = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/;
const PEM_REVOCATIONS = /-----BEGIN X509 CRL-----/;
const ENCRYPTED_KEY = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m;

/**
 * Whom a client trusts and by what it shows itself: the files of its options, read once, at its first connection, and
 * what was given in memory, which goes before a file.
 */
export class TLSMaterial {
  readonly #settings: TLSSettings;
  #loading: Promise<SecureContext> | undefined;

  constructor(settings: TLSSettings) {
    this.#settings = settings;
  }

  /**
   * Tries again after a failure: a file may have come meanwhile.
   *
   * @throws ConfigurationError that names the option and the path
   */
  load(): Promise<SecureContext> {
    this.#loading ??= makeContext(this.#settings).catch((error) => {
      this.#loading = undefined;
      throw error;
    });
    return this.#loading;
  }
}

async function makeContext(settings: TLSSettings): Promise<SecureContext> {
  const { memory, passphrase, checkRevocation } = settings;
  if (memory.secureContext !== undefined) return memory.secureContext;
  const [ca, crl, cert, key] = await Promise.all([
    pieceOf('ca', memory.ca, 'tlsCAFile', settings.caFile),
    checkRevocation ? pieceOf('crl', memory.crl, 'tlsCRLFile', settings.crlFile) : undefined,
    pieceOf('cert', memory.cert, ...certificateFile(settings)),
    pieceOf('key', memory.key, ...keyFile(settings)),
  ]);
  expectPEM(ca, PEM_CERTIFICATE, 'certificate');
  expectPEM(crl, PEM_REVOCATIONS, 'list of revoked certificates (X509 CRL)');
  const pfx = memory.pfx === undefined ? undefined : { option: 'pfx', path: undefined, data: memory.pfx };
  const { ciphers, ecdhCurve, minVersion = 'TLSv1.2', maxVersion } = memory;
  // Each part by itself first, so that an error tells which it is.
  tryPart(ca, (data) => ({ ca: data }));
  tryPart(crl, (data) => ({ crl: data }));
  tryPart(cert, (data) => ({ cert: data }));
  tryPart(key, (data) => ({ cert: cert?.data, key: data, passphrase }), passphrase);
  tryPart(pfx, (data) => ({ pfx: data, passphrase }), passphrase);
  const given = { ciphers, ecdhCurve, minVersion, maxVersion };
  try {
    const parts = { ca: ca?.data, crl: crl?.data, cert: cert?.data, key: key?.data, pfx: pfx?.data };
    return createSecureContext(withoutUndefined({ ...parts, ...given, passphrase }));
  } catch (cause) {
    const names = Object.keys(withoutUndefined(given)).join(', ');
    throw new ConfigurationError(`the TLS options (${names}) cannot be used: ${reasonOf(cause)}`, { cause });
  }
}

function certificateFile({ certificateKeyFile, certificateFile: alone }: TLSSettings): [string, string | undefined] {
  return alone === undefined ? ['tlsCertificateKeyFile', certificateKeyFile] : ['sslCertFile', alone];
}

/** A file of one certificate may hold its key, too. */
function keyFile(settings: TLSSettings): [string, string | undefined] {
  return settings.keyFile === undefined ? certificateFile(settings) : ['sslKeyFile', settings.keyFile];
}

async function pieceOf<Data>(
  name: string,
  data: Data | undefined,
  option: string,
  path: string | undefined,
): Promise<Piece<Data> | undefined> {
  if (data !== undefined) return { option: name, path: undefined, data };
  if (path === undefined) return undefined;
  try {
    return { option, path, data: await readFile(path) };
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'it cannot be read';
    throw new ConfigurationError(`option ${option}: cannot read the file ${JSON.stringify(path)}: ${code}`, { cause });
  }
}

function placeOf({ option, path }: Piece): string {
  return path === undefined ? `option ${option}` : `option ${option}, file ${JSON.stringify(path)}`;
}

/** Node.js takes authorities that are none, and then trusts nobody. */
function expectPEM(piece: Piece | undefined, pattern: RegExp, what: string): void {
  if (piece === undefined || [piece.data].flat().every((data) => pattern.test(String(data)))) return;
  throw new ConfigurationError(`${placeOf(piece)}: expected PEM with a ${what}, found none`);
}

function tryPart<Data>(
  piece: Piece<Data> | undefined,
  options: (data: Data | Buffer) => object,
  passphrase: string | undefined = undefined,
): void {
  if (piece === undefined) return;
  try {
    createSecureContext(withoutUndefined(options(piece.data)));
  } catch (cause) {
    const isLocked = passphrase === undefined && ENCRYPTED_KEY.test(String(piece.data));
    const reason = isLocked
      ? 'the key is encrypted, and no tlsCertificateKeyFilePassword (or passphrase) was given'
      : reasonOf(cause, passphrase !== undefined);
    throw new ConfigurationError(`${placeOf(piece)}: ${reason}`, { cause });
  }
}

/** What OpenSSL says ends in the one part that tells something: `error:1C800064:Provider routines::bad decrypt`. */
function reasonOf(error: unknown, hasPassphrase = false): string {
  const { message = String(error), code } = Object(error);
  const words = String(message).split(':').at(-1)!.trim();
  if (hasPassphrase && /decrypt|mac verify|interrupted/i.test(String(message))) {
    return `tlsCertificateKeyFilePassword (or passphrase) does not open it (${words})`;
  }
  return code === undefined || words.includes(code) ? words : `${words} (${code})`;
}

function withoutUndefined<T extends object>(object: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as never;
}
