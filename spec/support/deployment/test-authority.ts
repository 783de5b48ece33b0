import 'reflect-metadata';
import { createPrivateKey, webcrypto } from 'node:crypto';
import { X509Certificate, X509CrlGenerator } from '@peculiar/x509';
import { generate } from 'selfsigned';

/** Elliptic-curve keys: they are made in a few milliseconds, where RSA takes tenths of a second. */
const KIND = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' } as const;
const SIGNING = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;

/** A certificate and its key, in PEM. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

export interface Subject {
  /** Default: a common name alone. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Default: `localhost`. */
  readonly names?: readonly string[];
  /** Default: `127.0.0.1` and `::1`. */
  readonly addresses?: readonly string[];
  readonly isClient?: boolean;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

/** A certificate authority of a test's own. */
export class TestAuthority {
  readonly cert: string;
  readonly #key: string;

  private constructor({ cert, key }: Pair) {
    this.cert = cert;
    this.#key = key;
  }

  static async make(name = 'Test authority'): Promise<TestAuthority> {
    const made = await generate([{ name: 'commonName', value: name }], {
      ...KIND,
      extensions: [
        { name: 'basicConstraints', cA: true, critical: true },
        { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
      ],
    });
    return new TestAuthority({ cert: made.cert, key: made.private });
  }

  /** Certifies a server, or a client. */
  certify(subject: Subject = {}): Promise<Pair> {
    return certificate(subject, { key: this.#key, cert: this.cert });
  }

  /** The list that revokes these certificates. */
  async revoke(pairs: readonly Pair[], nextUpdate = new Date(Date.now() + DAY_MS)): Promise<string> {
    const der = createPrivateKey(this.#key).export({ type: 'pkcs8', format: 'der' });
    const signingKey = await webcrypto.subtle.importKey('pkcs8', new Uint8Array(der), SIGNING, false, ['sign']);
    const revocationDate = new Date(Date.now() - DAY_MS);
    const crl = await X509CrlGenerator.create(
      {
        issuer: new X509Certificate(this.cert).subject,
        thisUpdate: revocationDate,
        nextUpdate,
        entries: pairs.map(({ cert }) => ({ serialNumber: serialOf(cert), revocationDate })),
        signingKey,
        signingAlgorithm: SIGNING,
      },
      webcrypto as never,
    );
    return `${crl.toString('pem').replace(/(BEGIN|END) CRL/g, '$1 X509 CRL')}\n`;
  }
}

/** In hexadecimal. Node.js leaves the zero out without which a number that begins with a set bit would be negative. */
function serialOf(cert: string): string {
  const { serialNumber } = new X509Certificate(cert);
  return /^[89A-F]/i.test(serialNumber) ? `00${serialNumber}` : serialNumber;
}

/** A server that vouches for itself. */
export function selfSigned(subject: Subject = {}): Promise<Pair> {
  return certificate(subject, undefined);
}

async function certificate(subject: Subject, ca: { key: string; cert: string } | undefined): Promise<Pair> {
  const { fields = { CN: 'server' }, names = ['localhost'], addresses = ['127.0.0.1', '::1'], isClient } = subject;
  const made = await generate(
    Object.entries(fields).map(([shortName, value]) => ({ shortName, value })),
    {
      ...KIND,
      ...(ca && { ca }),
      ...(subject.notBefore && { notBeforeDate: subject.notBefore }),
      ...(subject.notAfter && { notAfterDate: subject.notAfter }),
      extensions: [
        { name: 'basicConstraints', cA: false },
        // The members of a replica set are clients of each other.
        { name: 'extKeyUsage', serverAuth: isClient !== true, clientAuth: true },
        ...(isClient ? [] : [{ name: 'subjectAltName' as const, altNames: altNames(names, addresses) }]),
      ],
    },
  );
  return { cert: made.cert, key: made.private };
}

function altNames(names: readonly string[], addresses: readonly string[]) {
  return [...names.map((value) => ({ type: 2 as const, value })), ...addresses.map((ip) => ({ type: 7 as const, ip }))];
}
