import { inspect } from 'node:util';
import type {
  BSONOptions,
  ClientOptions,
  CompressorName,
  DriverInfo,
  ServerAPI,
  TLSOptions,
} from './client-options.js';
import type { Credential } from './credential.js';
import { MASK } from './hidden-secrets.js';
import type { HostAddress } from './host-address.js';
import type { OptionWarning } from './option-warning.js';
import type { ReadConcern } from './read-concern.js';
import type { ReadPreference } from './read-preference.js';
import type { WriteConcern } from './write-concern.js';

/** TLS as sockets need it. Files are paths: reading them is the transport's part. */
export interface TLSSettings {
  readonly caFile: string | undefined;
  readonly crlFile: string | undefined;
  readonly certificateKeyFile: string | undefined;
  readonly certificateFile: string | undefined;
  readonly keyFile: string | undefined;
  /** Password of the client's key. */
  readonly passphrase: string | undefined;
  readonly allowInvalidCertificates: boolean;
  readonly allowInvalidHostnames: boolean;
  /** Whether `crlFile`, `crl` and stapled OCSP answers count. */
  readonly checkRevocation: boolean;
  /** Material in memory and settings for `tls.connect`, by its own names. Only what was given. */
  readonly memory: Readonly<
    Pick<
      TLSOptions,
      | 'ca'
      | 'cert'
      | 'key'
      | 'pfx'
      | 'crl'
      | 'secureContext'
      | 'checkServerIdentity'
      | 'servername'
      | 'ciphers'
      | 'ecdhCurve'
      | 'minVersion'
      | 'maxVersion'
    >
  >;
}

/** A SOCKS5 proxy. */
export interface ProxySettings {
  readonly host: string;
  readonly port: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

/** The codec's settings, complete. One frozen object per client. */
export type BSONSettings = Readonly<
  Required<Omit<BSONOptions, 'documentClass' | 'typeRegistry' | 'fieldsAsRaw'>> &
    Pick<BSONOptions, 'documentClass' | 'typeRegistry' | 'fieldsAsRaw'>
>;

type Given<Name extends keyof ClientOptions> = { readonly [K in Name]: NonNullable<ClientOptions[K]> };
type Maybe<Name extends keyof ClientOptions> = { readonly [K in Name]: ClientOptions[K] | undefined };

/** Options that always have a value, as they are or by default. */
type WithDefault = Given<
  | 'maxPoolSize'
  | 'minPoolSize'
  | 'maxConnecting'
  | 'maxIdleTimeMS'
  | 'waitQueueTimeoutMS'
  | 'connectTimeoutMS'
  | 'socketTimeoutMS'
  | 'serverSelectionTimeoutMS'
  | 'heartbeatFrequencyMS'
  | 'minHeartbeatFrequencyMS'
  | 'localThresholdMS'
  | 'serverMonitoringMode'
  | 'loadBalanced'
  | 'srvMaxHosts'
  | 'srvServiceName'
  | 'zlibCompressionLevel'
  | 'retryReads'
  | 'retryWrites'
  | 'maxAdaptiveRetries'
  | 'enableOverloadRetargeting'
  | 'killOnAbort'
  | 'connect'
  | 'requireOpen'
  | 'monitorCommands'
  | 'forceServerObjectId'
>;

/** Options without a default. */
type WithoutDefault = Maybe<
  | 'timeoutMS'
  | 'waitQueueMultiple'
  | 'directConnection'
  | 'replicaSet'
  | 'srvAllowedHostsSuffix'
  | 'srvHostValidator'
  | 'resolver'
  | 'serverSelector'
  | 'family'
  | 'localAddress'
  | 'lookup'
  | 'autoSelectFamily'
  | 'keepAliveInitialDelay'
  | 'appName'
  | 'eventListeners'
  | 'mongodbLogComponentSeverities'
  | 'tracing'
  | 'mongodbLogPath'
  | 'mongodbLogMaxDocumentLength'
  | 'autoEncryption'
  | 'ioLoop'
  | 'pkFactory'
>;

/** All that a client works with. Frozen; every default is applied, and nobody applies one again. */
export interface ResolvedOptions extends WithDefault, WithoutDefault {
  /** True for `mongodb+srv://`: `hosts` has the name to look up. */
  readonly srv: boolean;
  /** The seeds, without repetitions. */
  readonly hosts: readonly HostAddress[];
  /** The client's default database. */
  readonly database: string | undefined;
  /** Undefined where the client does not authenticate. */
  readonly credential: Credential | undefined;
  /** Undefined for plain text. */
  readonly tls: TLSSettings | undefined;
  readonly proxy: ProxySettings | undefined;
  readonly compressors: readonly CompressorName[];
  readonly readPreference: ReadPreference;
  readonly readConcern: ReadConcern;
  readonly writeConcern: WriteConcern;
  readonly bson: BSONSettings;
  readonly driverInfo: Readonly<DriverInfo> | undefined;
  readonly serverApi: Readonly<ServerAPI> | undefined;
  /** What was ignored or deprecated in connection strings; shown already through `process.emitWarning`. */
  readonly warnings: readonly OptionWarning[];
}

/**
 * What may be shown of the options: those with a value, hosts as text, secrets as `***`. `util.inspect` and
 * `JSON.stringify` of resolved options give the same.
 */
export function describeOptions(options: ResolvedOptions): Readonly<Record<string, unknown>> {
  const described: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || name === 'warnings') continue;
    // The settings of encryption hold the keys of key management services at any depth.
    if (name === 'autoEncryption') described[name] = MASK;
    else described[name] = name === 'hosts' ? options.hosts.map(String) : value;
  }
  return described;
}

/** Freezes resolved options and gives them their description. */
export function sealOptions(options: ResolvedOptions): ResolvedOptions {
  const describe = (): unknown => describeOptions(options);
  Object.defineProperty(options, inspect.custom, { value: describe });
  Object.defineProperty(options, 'toJSON', { value: describe });
  return Object.freeze(options);
}
