import type { LookupFunction } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { ClientListener } from '../events/event-listeners.js';
import type { LogSeverities } from '../events/log-settings.js';
import type { LogPath } from '../events/log-sink.js';
import type { ServerDescription } from '../events/topology-descriptions.js';
import type { TracingOptions } from '../events/tracing-settings.js';
import type { AuthMechanism } from './credential.js';
import type { ReadConcernLike } from './read-concern.js';
import type { ReadPreferenceLike, TagSet } from './read-preference.js';
import type { W, WriteConcernLike } from './write-concern.js';

/** A compressor of wire messages. */
export type CompressorName = 'snappy' | 'zlib' | 'zstd';

/** What a library on top of Rotor says of itself to the server. */
export interface DriverInfo {
  readonly name?: string;
  readonly version?: string;
  readonly platform?: string;
}

/** The Stable API that commands declare. */
export interface ServerAPI {
  readonly version: '1';
  /** Commands outside of the API fail. */
  readonly strict?: boolean;
  /** Deprecated commands fail. */
  readonly deprecationErrors?: boolean;
}

/** Makes the `_id` of documents that have none. */
export interface PkFactory {
  createPk(): unknown;
}

/** One answer of DNS to the question for a service's servers. */
export interface SRVRecord {
  /** The server's host name. */
  readonly name: string;
  readonly port: number;
  /** Seconds for which the answer holds, where the resolver knows them. */
  readonly ttl?: number | undefined;
}

/** Asks DNS. A `Resolver` of `node:dns/promises` is one. */
export interface SRVResolver {
  resolveSrv(name: string): Promise<readonly SRVRecord[]>;
  /** The strings of each TXT record. */
  resolveTxt(name: string): Promise<readonly (readonly string[])[]>;
}

/** Where the servers are and how they are found. */
export interface TopologyOptions {
  /** Host, connection string, or a list of them; the constructor's first argument goes before it. */
  host?: string | readonly string[];
  /** Port of hosts that name none. Default 27017. */
  port?: number;
  /** Talk to the one given server whatever it is, and look for no others. */
  directConnection?: boolean;
  /** The host is a load balancer. Default false. */
  loadBalanced?: boolean;
  /** Name of the replica set that the servers must belong to. */
  replicaSet?: string;
  /** Most hosts taken from SRV records; 0 takes all. Default 0. */
  srvMaxHosts?: number;
  /** Service name of the SRV records. Default `mongodb`. */
  srvServiceName?: string;
  /**
   * Domain to which the hosts of SRV records must belong, where it is not the domain of the name asked for. A forged
   * answer of DNS can send the client to any host of this domain: the narrowest that covers the servers is the safest.
   */
  srvAllowedHostsSuffix?: string;
  /** Decides on each host of an SRV record, in place of the domain of the name asked for. */
  srvHostValidator?: (host: string) => boolean;
  /** Asks DNS for the servers of a `mongodb+srv://` name. Default: the DNS servers of `node:dns`. */
  resolver?: SRVResolver;
  /** Picks among the servers that suit an operation, before the latency decides; called for each operation. */
  serverSelector?: (servers: readonly ServerDescription[]) => readonly ServerDescription[];
}

/** The pool of connections that a client has for each server. */
export interface PoolOptions {
  /** Most connections per server; 0 is no limit. Default 100. */
  maxPoolSize?: number;
  /** Motor's name for `maxPoolSize`. */
  maxConcurrent?: number;
  /** Connections kept open per server. Default 0. */
  minPoolSize?: number;
  /** Most connections per server that are being opened at a time. Default 2. */
  maxConnecting?: number;
  /** Milliseconds after which an idle connection is closed; 0 is never. Default 0. */
  maxIdleTimeMS?: number;
  /** Milliseconds that an operation waits for a connection; 0 is for ever. Default 0. */
  waitQueueTimeoutMS?: number;
  /** Motor's name for `waitQueueTimeoutMS`, in milliseconds. */
  maxWaitTime?: number;
  /** Most waiting operations, as a multiple of `maxPoolSize`. Default: no limit. */
  waitQueueMultiple?: number;
}

/** Durations in milliseconds, and how servers are monitored. */
export interface TimeoutOptions {
  /** Milliseconds for a whole operation, retries included; 0 is for ever. Default: none. */
  timeoutMS?: number;
  /** Whether an operation that its signal or deadline ends while it is under way ends on the server too. Default false. */
  killOnAbort?: boolean;
  /** Milliseconds for opening a connection; 0 is for ever. Default 20000. */
  connectTimeoutMS?: number;
  /** Milliseconds that a server may be silent within an operation; 0 is for ever. Default 0. */
  socketTimeoutMS?: number;
  /** Milliseconds for finding a suitable server. Default 30000. */
  serverSelectionTimeoutMS?: number;
  /** Milliseconds between two checks of a server, from 500. Default 10000. */
  heartbeatFrequencyMS?: number;
  /** Least milliseconds between two checks of a server. Default 500. */
  minHeartbeatFrequencyMS?: number;
  /** Milliseconds that a server may be slower than the fastest one and still be chosen. Default 15. */
  localThresholdMS?: number;
  /** PyMongo 2's name for `localThresholdMS`. */
  secondaryAcceptableLatencyMS?: number;
  /** Whether servers push changes of their state. Default `auto`. */
  serverMonitoringMode?: 'auto' | 'stream' | 'poll';
  /** Taken without effect. */
  serverSelectionTryOnce?: boolean;
  /** @deprecated Taken without effect: sockets are always kept alive. */
  socketKeepAlive?: boolean;
}

/** The socket under a connection, and what passes through it. */
export interface SocketOptions {
  /** Compressors in order of preference; `snappy` needs the optional package of that name. Default: none. */
  compressors?: readonly CompressorName[] | string;
  /** -1 (the library's default) to 9. Default -1. */
  zlibCompressionLevel?: number;
  /** 4 or 6: the IP version of host names. Default: both. */
  family?: 4 | 6;
  /** Local address that sockets are bound to. */
  localAddress?: string;
  /** Replaces `dns.lookup`. */
  lookup?: LookupFunction;
  /** Whether IPv6 and IPv4 addresses of a name are tried side by side, as `net.connect` does. Default: Node.js's own. */
  autoSelectFamily?: boolean;
  /** Milliseconds without traffic until the kernel asks whether the server is still there. Default 120000. */
  keepAliveInitialDelay?: number;
  /** Host of a SOCKS5 proxy; needs the optional package `socks`. The proxy looks the servers' names up. */
  proxyHost?: string;
  /** Port of the SOCKS5 proxy. Default 1080. */
  proxyPort?: number;
  proxyUsername?: string;
  proxyPassword?: string;
}

/** Who the client is. */
export interface AuthOptions {
  /** Not percent-encoded. */
  username?: string;
  /** Not percent-encoded. */
  password?: string;
  /** Both in one object, as the official driver takes them. */
  auth?: { readonly username?: string; readonly password?: string };
  /** The database that knows the user. Default: the URI's database, else `admin`. */
  authSource?: string;
  /** Default: the best SCRAM that the server has for the user. */
  authMechanism?: AuthMechanism;
  /** Such as `{ SERVICE_NAME: 'mongodb' }`. In a connection string no value may contain a comma. */
  authMechanismProperties?: Readonly<Record<string, any>> | string;
}

/** TLS. Any of these options but `tls` implies `tls: true`, and so does `mongodb+srv://`. */
export interface TLSOptions
  extends Pick<
    ConnectionOptions,
    | 'ca'
    | 'cert'
    | 'key'
    | 'passphrase'
    | 'pfx'
    | 'crl'
    | 'secureContext'
    | 'checkServerIdentity'
    | 'rejectUnauthorized'
    | 'servername'
    | 'ciphers'
    | 'ecdhCurve'
  > {
  /** Default false. */
  tls?: boolean;
  /** The same as `tls`. */
  ssl?: boolean;
  /** Accept any certificate and host name. Default false. */
  tlsInsecure?: boolean;
  /** Accept certificates of unknown authorities, expired ones and those of other hosts. Default false. */
  tlsAllowInvalidCertificates?: boolean;
  /** Accept certificates of other hosts. Default false. */
  tlsAllowInvalidHostnames?: boolean;
  /** Taken without effect: no OCSP endpoint is ever asked. */
  tlsDisableOCSPEndpointCheck?: boolean;
  /** Leave `tlsCRLFile`, `crl` and stapled OCSP answers out of account. Default false. */
  tlsDisableCertificateRevocationCheck?: boolean;
  /** PEM file of the trusted authorities. */
  tlsCAFile?: string;
  /** PEM file of revoked certificates. */
  tlsCRLFile?: string;
  /** PEM file of the client's certificate and key. */
  tlsCertificateKeyFile?: string;
  /** Password of the client's key. */
  tlsCertificateKeyFilePassword?: string;
  /** PEM file of the client's certificate alone. */
  sslCertFile?: string;
  /** PEM file of the client's key alone; needs `sslCertFile`. */
  sslKeyFile?: string;
  minVersion?: 'TLSv1.2' | 'TLSv1.3';
  maxVersion?: 'TLSv1.2' | 'TLSv1.3';
}

/** What reads and writes ask for, where a database, collection or operation does not say otherwise. */
export interface ConcernOptions {
  readConcern?: ReadConcernLike;
  readConcernLevel?: string;
  writeConcern?: WriteConcernLike;
  /** Members that acknowledge a write. */
  w?: W;
  /** Milliseconds for the acknowledgement; 0 is for ever. Default 0. */
  wTimeoutMS?: number;
  /** The official driver's spelling of `wTimeoutMS`. */
  wtimeoutMS?: number;
  wtimeout?: number;
  /** Wait for the journal. */
  journal?: boolean;
  j?: boolean;
  fsync?: boolean;
  /** Default `primary`. */
  readPreference?: ReadPreferenceLike;
  /** Tag sets in order of preference. */
  readPreferenceTags?: readonly TagSet[];
  /** Seconds that a secondary may lag behind, from 90; -1 is no limit. Default -1. */
  maxStalenessSeconds?: number;
  hedge?: { readonly enabled?: boolean };
  /** Try a read again once on another connection. Default true. */
  retryReads?: boolean;
  /** Try a write again once on another connection. Default true. */
  retryWrites?: boolean;
  /** Most retries of an operation that an overloaded server refused. Default 2. */
  maxAdaptiveRetries?: number;
  /** Retries of refused operations go to other servers. Default false. */
  enableOverloadRetargeting?: boolean;
}

/** How documents turn into BSON and back. */
export interface BSONOptions {
  /** Default `standard`. */
  uuidRepresentation?: 'standard' | 'unspecified' | 'pythonLegacy' | 'javaLegacy' | 'csharpLegacy';
  /** Class of the documents that reads return. Default: plain objects. */
  documentClass?: new (
    ...args: any[]
  ) => any;
  /** Kept for PyMongo's sake: a Date is always a point in UTC. Default false. */
  tzAware?: boolean;
  /** Custom codecs by type. */
  typeRegistry?: object;
  /** BSON numbers become JavaScript numbers. Default true. */
  promoteValues?: boolean;
  /** 64-bit integers become numbers where they fit. Default true. */
  promoteLongs?: boolean;
  /** Binary values become Buffers. Default false. */
  promoteBuffers?: boolean;
  /** 64-bit integers become bigints. Default false. */
  useBigInt64?: boolean;
  /** Regular expressions stay BSONRegExp. Default false. */
  bsonRegExp?: boolean;
  /** Leave fields that are undefined out instead of refusing them. Default false. */
  ignoreUndefined?: boolean;
  /** Functions become Code. Default false. */
  serializeFunctions?: boolean;
  /** Refuse keys with a dot or a leading dollar sign. Default false. */
  checkKeys?: boolean;
  /** Refuse strings that are not valid UTF-8. Default true. */
  enableUtf8Validation?: boolean;
  /** Return documents as Buffers. Default false. */
  raw?: boolean;
  /** Fields that stay Buffers, such as `{ payload: true }`. */
  fieldsAsRaw?: Readonly<Record<string, boolean>>;
}

/**
 * Everything that a client can be told, beside its connection string. An option here goes before the same option of the
 * string. Names may also be written as in Python (`max_pool_size`) or in lower case.
 *
 * @example
 * new AsyncClient('mongodb://localhost', { maxPoolSize: 20, appName: 'shop', writeConcern: 'majority' });
 */
export interface ClientOptions
  extends TopologyOptions,
    PoolOptions,
    TimeoutOptions,
    SocketOptions,
    AuthOptions,
    TLSOptions,
    ConcernOptions,
    BSONOptions {
  /** Start connecting at once instead of at the first operation. Default false. */
  connect?: boolean;
  /** Refuse operations before `open()`, as Motor 0.2 did. Default false. */
  requireOpen?: boolean;
  /** At most 128 bytes; servers show it in their logs. */
  appName?: string;
  driverInfo?: DriverInfo;
  /** The Stable API: `'1'` or an object. */
  serverApi?: ServerAPI | '1';
  /** Taken without effect: events of commands are made wherever somebody listens to them. */
  monitorCommands?: boolean;
  /** Listeners in PyMongo's style: objects whose methods are named after the events that they hear of. */
  eventListeners?: readonly ClientListener[];
  /** OpenTelemetry spans of operations and commands. Default: off, unless the environment says otherwise. */
  tracing?: TracingOptions;
  /** The least grave messages that each component logs. Default: those of the variables `MONGODB_LOG_*`, else none. */
  mongodbLogComponentSeverities?: LogSeverities;
  /** Where log messages go. Default: the variable `MONGODB_LOG_PATH`, else `stderr`. */
  mongodbLogPath?: LogPath;
  /** Most code points of a document in a log message; 0 is no limit. Default 1000. */
  mongodbLogMaxDocumentLength?: number;
  /** Client-side encryption; needs its optional package. */
  autoEncryption?: object;
  /** An I/O core to share with other clients. */
  ioLoop?: object;
  /** Makes `_id` values. Default: ObjectIds. */
  pkFactory?: PkFactory;
  /** Leave `_id` to the server. Default false. */
  forceServerObjectId?: boolean;
}
