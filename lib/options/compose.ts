import type { ServerAPI } from './client-options.js';
import { BSON_NAMES } from './data-rows.js';
import { hideSecrets } from './hidden-secrets.js';
import { ReadConcern } from './read-concern.js';
import { ReadPreference } from './read-preference.js';
import type { BSONSettings, ProxySettings, TLSSettings } from './resolved-options.js';
import { TLS_IMPLIED_BY } from './security-rows.js';
import { WriteConcern } from './write-concern.js';

/** Options by canonical name. Their types were checked by the table. */
type Values = ReadonlyMap<string, any>;

const IN_MEMORY = [
  'ca',
  'cert',
  'key',
  'pfx',
  'crl',
  'secureContext',
  'checkServerIdentity',
  'servername',
  'ciphers',
  'ecdhCurve',
  'minVersion',
  'maxVersion',
];

function pick(values: Values, names: readonly string[]): Record<string, any> {
  const present = names.filter((name) => values.get(name) !== undefined);
  return Object.fromEntries(present.map((name) => [name, values.get(name)]));
}

/**
 * The TLS settings, or undefined for plain text. TLS is on where `tls` says so, and where it says nothing, for
 * `mongodb+srv://` and with any other option about TLS.
 */
export function composeTLS(values: Values, srv: boolean): TLSSettings | undefined {
  const isOn = values.get('tls') ?? (srv || TLS_IMPLIED_BY.some((name) => values.has(name)));
  if (!isOn) return undefined;
  const insecure = values.get('tlsInsecure') === true;
  const settings: TLSSettings = {
    caFile: values.get('tlsCAFile'),
    crlFile: values.get('tlsCRLFile'),
    certificateKeyFile: values.get('tlsCertificateKeyFile'),
    certificateFile: values.get('sslCertFile'),
    keyFile: values.get('sslKeyFile'),
    passphrase: values.get('passphrase') ?? values.get('tlsCertificateKeyFilePassword'),
    allowInvalidCertificates: insecure || values.get('tlsAllowInvalidCertificates') === true,
    allowInvalidHostnames: insecure || values.get('tlsAllowInvalidHostnames') === true,
    checkRevocation: values.get('tlsDisableCertificateRevocationCheck') !== true,
    memory: hideSecrets(pick(values, IN_MEMORY), ['key', 'pfx']),
  };
  return hideSecrets(settings, ['passphrase']);
}

/** The SOCKS5 proxy, or undefined. Port 1080 is the default of the SOCKS5 Support specification. */
export function composeProxy(values: Values): ProxySettings | undefined {
  const host = values.get('proxyHost');
  if (host === undefined) return undefined;
  const settings: ProxySettings = {
    host,
    port: values.get('proxyPort') ?? 1080,
    username: values.get('proxyUsername'),
    password: values.get('proxyPassword'),
  };
  return hideSecrets(settings, ['password']);
}

/** @throws ConfigurationError for `w: 0` with a durable write */
export function composeWriteConcern(values: Values): WriteConcern {
  return WriteConcern.from({
    w: values.get('w'),
    wtimeoutMS: values.get('wTimeoutMS'),
    journal: values.get('journal'),
    fsync: values.get('fsync'),
  });
}

export function composeReadConcern(values: Values): ReadConcern {
  const level = values.get('readConcernLevel');
  return ReadConcern.from(level === undefined ? {} : { level });
}

/** @throws ConfigurationError for mode primary with tags, staleness or hedge */
export function composeReadPreference(values: Values): ReadPreference {
  return ReadPreference.from({
    mode: values.get('readPreference'),
    tags: values.get('readPreferenceTags'),
    maxStalenessSeconds: values.get('maxStalenessSeconds'),
    hedge: values.get('hedge'),
  });
}

/** The codec's settings. */
export function composeBSON(values: Values): BSONSettings {
  return Object.freeze(pick(values, BSON_NAMES)) as BSONSettings;
}

/** The Stable API in its long form. */
export function composeServerAPI(value: ServerAPI | '1' | undefined): Readonly<ServerAPI> | undefined {
  if (value === undefined) return undefined;
  return Object.freeze(typeof value === 'string' ? { version: value } : { ...value });
}
