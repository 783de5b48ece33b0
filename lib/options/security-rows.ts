import type { OptionRow } from './option-row.js';
import { ANY_TEXT, BOOLEAN, DATA, FUNCTION, OBJECT, oneOf, PROPERTIES, TEXT } from './option-type.js';

const USER_INFORMATION = ['username', 'password'];

/** Who the client is. What belongs to which mechanism is checked in credential.ts. */
const AUTH_ROWS: readonly OptionRow[] = [
  { name: 'username', type: ANY_TEXT, inCodeOnly: true },
  { name: 'password', type: ANY_TEXT, inCodeOnly: true, secret: true },
  {
    name: 'auth',
    type: { ...OBJECT, expected: '{ username, password }', check: isUserInformation },
    inCodeOnly: true,
    secret: true,
    spread: ({ username, password }) => ({ username, password }),
  },
  { name: 'authSource', type: TEXT, strict: true },
  {
    name: 'authMechanism',
    type: {
      ...oneOf(
        'DEFAULT',
        'SCRAM-SHA-1',
        'SCRAM-SHA-256',
        'PLAIN',
        'MONGODB-X509',
        'MONGODB-AWS',
        'MONGODB-OIDC',
        'GSSAPI',
      ),
      formerly: (value) =>
        value === 'MONGODB-CR'
          ? 'MONGODB-CR is no mechanism any more: MongoDB 4.0 removed it; leave the option out for SCRAM'
          : undefined,
    },
    strict: true,
  },
  { name: 'authMechanismProperties', type: PROPERTIES, strict: true, secret: true },
];

/** Under another name either would be missed only when the server misses it. */
function isUserInformation(value: unknown): boolean {
  return OBJECT.check(value) && Object.keys(value as object).every((name) => USER_INFORMATION.includes(name));
}

// ssl.CERT_NONE, CERT_OPTIONAL and CERT_REQUIRED of Python, by name and by number.
const CERT_REQS = ['CERT_NONE', 'CERT_OPTIONAL', 'CERT_REQUIRED', 0, 1, 2];

/** TLS: whether, with whom, and with which material. Any tls option but `tls` itself implies `tls: true`. */
const TLS_ROWS: readonly OptionRow[] = [
  // An invalid value must not leave the connection in plain text.
  { name: 'tls', type: BOOLEAN, aliases: ['ssl'], strict: true },
  { name: 'tlsInsecure', type: BOOLEAN },
  { name: 'tlsAllowInvalidCertificates', type: BOOLEAN },
  { name: 'tlsAllowInvalidHostnames', type: BOOLEAN },
  { name: 'tlsDisableOCSPEndpointCheck', type: BOOLEAN },
  { name: 'tlsDisableCertificateRevocationCheck', type: BOOLEAN },
  { name: 'tlsCAFile', type: TEXT, aliases: ['sslCACerts', 'sslCA'] },
  { name: 'tlsCRLFile', type: TEXT, aliases: ['sslCRLFile'] },
  { name: 'tlsCertificateKeyFile', type: TEXT },
  { name: 'tlsCertificateKeyFilePassword', type: TEXT, aliases: ['sslPEMPassphrase'], secret: true },
  { name: 'sslCertFile', type: TEXT },
  { name: 'sslKeyFile', type: TEXT },
  {
    name: 'sslCertReqs',
    type: {
      expected: 'CERT_NONE, CERT_OPTIONAL or CERT_REQUIRED',
      read: (text) => text,
      check: (value) => CERT_REQS.includes(value as string),
    },
    spread: (value) => ({ tlsAllowInvalidCertificates: value === 'CERT_NONE' || value === 0 }),
  },
  { name: 'sslMatchHostname', type: BOOLEAN, spread: (value) => ({ tlsAllowInvalidHostnames: !value }) },
];

/** The names of `tls.connect` of Node.js, for material that is in memory. */
const TLS_MEMORY_ROWS: readonly OptionRow[] = [
  { name: 'ca', type: DATA, inCodeOnly: true },
  { name: 'cert', type: DATA, inCodeOnly: true },
  { name: 'key', type: DATA, inCodeOnly: true, secret: true },
  { name: 'passphrase', type: TEXT, inCodeOnly: true, secret: true },
  { name: 'pfx', type: DATA, inCodeOnly: true, secret: true },
  { name: 'crl', type: DATA, inCodeOnly: true },
  { name: 'secureContext', type: OBJECT, inCodeOnly: true },
  { name: 'checkServerIdentity', type: FUNCTION, inCodeOnly: true },
  {
    name: 'rejectUnauthorized',
    type: BOOLEAN,
    inCodeOnly: true,
    spread: (value) => ({ tlsAllowInvalidCertificates: !value }),
  },
  { name: 'servername', type: TEXT, inCodeOnly: true },
  { name: 'ciphers', type: TEXT, inCodeOnly: true },
  { name: 'ecdhCurve', type: TEXT, inCodeOnly: true },
  { name: 'minVersion', type: oneOf('TLSv1.2', 'TLSv1.3'), inCodeOnly: true },
  { name: 'maxVersion', type: oneOf('TLSv1.2', 'TLSv1.3'), inCodeOnly: true },
];

/** Names of the options whose presence turns TLS on where `tls` is not given. */
export const TLS_IMPLIED_BY: readonly string[] = Object.freeze(
  [...TLS_ROWS, ...TLS_MEMORY_ROWS].filter((row) => row.name !== 'tls' && !row.spread).map((row) => row.name),
);

/** The options about who may talk to whom. */
export const SECURITY_ROWS: readonly OptionRow[] = Object.freeze([...AUTH_ROWS, ...TLS_ROWS, ...TLS_MEMORY_ROWS]);
