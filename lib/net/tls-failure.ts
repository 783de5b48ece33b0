import { ConnectionFailureError } from '../errors/connection-errors.js';
import { ConfigurationError } from '../errors/usage-errors.js';

const UNKNOWN_AUTHORITY = 'no trusted authority has signed its certificate: name the one that has in tlsCAFile';
/** What a server of MongoDB does not say, but shows by hanging up. */
export const NEEDS_CERTIFICATE = "it demands a certificate of the client's: give tlsCertificateKeyFile";
const REFUSES_CERTIFICATE = "it refuses the client's certificate (tlsCertificateKeyFile)";
const NO_VERSION = 'it has no version of TLS that the client allows (minVersion, maxVersion; TLS 1.2 is the lowest)';
const PLAIN_TEXT = 'it answers in plain text: it does not speak TLS, which the option tls (or mongodb+srv://) asks for';

const TAKES_ONLY_TLS = 'ROTOR_TAKES_ONLY_TLS';
const SPEAKS_NO_TLS = 'ROTOR_SPEAKS_NO_TLS';
/** Of errors by which the application's own checkServerIdentity refuses a server. */
export const REFUSED_IDENTITY = 'ROTOR_REFUSED_IDENTITY';
/** Of a stapled answer that says that the certificate was revoked. */
export const REVOKED_STAPLE = 'ROTOR_REVOKED_STAPLE';

/** What errors of Node.js, OpenSSL and our own mean, by their code. The subject of each sentence is the server. */
const MEANINGS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it has signed its certificate itself: to trust it, name that certificate in tlsCAFile',
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  CERT_UNTRUSTED: UNKNOWN_AUTHORITY,
  CERT_SIGNATURE_FAILURE: 'the signature of its certificate is wrong',
  CERT_REJECTED: 'its certificate is rejected',
  CERT_CHAIN_TOO_LONG: 'the chain of its certificate is too long',
  INVALID_CA: 'its certificate is signed by one that may not sign',
  INVALID_PURPOSE: 'its certificate is not made for servers',
  CERT_REVOKED: 'its certificate has been revoked (tlsCRLFile)',
  [REVOKED_STAPLE]: 'its certificate has been revoked, as the OCSP answer says that it has stapled',
  UNABLE_TO_GET_CRL: 'tlsCRLFile has no list of the authority that has signed its certificate',
  CRL_HAS_EXPIRED: 'the list in tlsCRLFile has expired',
  CRL_NOT_YET_VALID: 'the list in tlsCRLFile is not valid yet',
  CRL_SIGNATURE_FAILURE: 'the signature of the list in tlsCRLFile is wrong',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for other hosts',
  HOSTNAME_MISMATCH: 'its certificate is for other hosts',
  [REFUSED_IDENTITY]: 'checkServerIdentity refuses it',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: NEEDS_CERTIFICATE,
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: `it refuses the handshake; perhaps ${NEEDS_CERTIFICATE}`,
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: REFUSES_CERTIFICATE,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: `${REFUSES_CERTIFICATE}: that has expired`,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED: `${REFUSES_CERTIFICATE}: that was revoked`,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: REFUSES_CERTIFICATE,
  ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE: REFUSES_CERTIFICATE,
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: `${REFUSES_CERTIFICATE}: it does not know the authority that has signed that`,
  ERR_SSL_TLSV1_ALERT_ACCESS_DENIED: REFUSES_CERTIFICATE,
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: NO_VERSION,
  ERR_SSL_UNSUPPORTED_PROTOCOL: NO_VERSION,
  ERR_SSL_NO_PROTOCOLS_AVAILABLE: NO_VERSION,
  ERR_SSL_WRONG_VERSION_NUMBER: PLAIN_TEXT,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: PLAIN_TEXT,
  [SPEAKS_NO_TLS]: PLAIN_TEXT,
  [TAKES_ONLY_TLS]: 'it takes only TLS connections: set the option tls',
};

/** Errors have causes, of which one may have the code; a chain longer than this is no chain. */
const MOST_CAUSES = 8;

function causesOf(error: unknown): readonly { readonly code?: unknown }[] {
  const causes = [];
  for (let cause = Object(error); causes.length < MOST_CAUSES; cause = Object(cause.cause)) causes.push(cause);
  return causes;
}

function meaningOf(error: unknown): string | undefined {
  for (const { code } of causesOf(error)) {
    if (typeof code !== 'string') continue;
    // OpenSSL 3.5 has renamed what alerts of SSL 3.0 are called.
    const name = code.replace('_SSL/TLS_ALERT_', '_SSLV3_ALERT_');
    if (Object.hasOwn(MEANINGS, name)) return MEANINGS[name];
  }
  return undefined;
}

/** The text of an error of TLS: what it means, where that is known, and what it says itself. */
export function explainFailure(error: Error): string {
  const meaning = meaningOf(error);
  return meaning === undefined || error.message === meaning ? error.message : `${meaning} (${error.message})`;
}

/** The error of a connection of which one side expects TLS and the other does not. */
export function mismatch(what: 'takesOnlyTLS' | 'speaksNoTLS', cause: Error | undefined): Error {
  const code = what === 'takesOnlyTLS' ? TAKES_ONLY_TLS : SPEAKS_NO_TLS;
  return Object.assign(new Error(MEANINGS[code], { cause }), { code });
}

/**
 * Whether a connection that has failed so will fail again and again until somebody changes an option, a file, a package
 * or a certificate: waiting does not help.
 */
export function isLasting(error: Error): boolean {
  if (!(error instanceof ConnectionFailureError)) return false;
  return meaningOf(error) !== undefined || misconfiguration(error) !== undefined;
}

/** What is wrong with the options themselves, if that is why a connection has failed. */
export function misconfiguration(error: Error): ConfigurationError | undefined {
  return causesOf(error).find((cause) => cause instanceof ConfigurationError) as ConfigurationError | undefined;
}
