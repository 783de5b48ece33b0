import { isClientListener } from '../events/event-listeners.js';
import { isLogPath, isLogSeverities } from '../events/log-settings.js';
import { isTracingOptions, TRACING_EXPECTED } from '../events/tracing-settings.js';
import { domainSuffix } from './host-name.js';
import type { OptionRow } from './option-row.js';
import {
  ANY_TEXT,
  BOOLEAN,
  COMPRESSOR_LIST,
  FUNCTION,
  HOSTS,
  integer,
  LIST,
  MILLISECONDS,
  matching,
  milliseconds,
  OBJECT,
  type OptionType,
  oneOf,
  shortText,
  TEXT,
} from './option-type.js';

/** Where the servers are and how they are found. */
const TOPOLOGY_ROWS: readonly OptionRow[] = [
  // A connection string among the hosts has passwords.
  { name: 'host', type: HOSTS, inCodeOnly: true, secret: true },
  { name: 'port', type: integer(1, 65535), inCodeOnly: true, isArgument: true },
  { name: 'directConnection', type: BOOLEAN },
  { name: 'loadBalanced', type: BOOLEAN, default: false },
  { name: 'replicaSet', type: TEXT },
  { name: 'srvMaxHosts', type: integer(0), default: 0 },
  {
    name: 'srvServiceName',
    // RFC 6335 without its limit of 15 characters: the underscore and the name fill a DNS label of 63.
    type: matching(
      /^(?=.*[a-z])(?!.*--)[a-z0-9](?:[a-z0-9-]{0,60}[a-z0-9])?$/i,
      'a service name of at most 62 letters, digits and single hyphens',
    ),
    default: 'mongodb',
  },
  {
    name: 'srvAllowedHostsSuffix',
    type: {
      expected: 'a domain of at least two labels, such as ".example.com"',
      read: (text) => text,
      check: (value) => typeof value === 'string' && domainSuffix(value) !== undefined,
      tidy: domainSuffix,
    },
    // It decides which hosts are trusted.
    strict: true,
  },
  { name: 'srvHostValidator', type: FUNCTION, inCodeOnly: true },
  {
    name: 'resolver',
    type: { ...OBJECT, expected: 'an object with the functions resolveSrv and resolveTxt', check: isResolver },
    inCodeOnly: true,
  },
  { name: 'serverSelector', type: FUNCTION, inCodeOnly: true },
];

/** The pool of connections of each server. */
const POOL_ROWS: readonly OptionRow[] = [
  { name: 'maxPoolSize', type: integer(0), default: 100, aliases: ['maxConcurrent'] },
  { name: 'minPoolSize', type: integer(0), default: 0 },
  { name: 'maxConnecting', type: integer(1), default: 2 },
  { name: 'maxIdleTimeMS', type: MILLISECONDS, default: 0 },
  { name: 'waitQueueTimeoutMS', type: MILLISECONDS, default: 0, aliases: ['maxWaitTime'] },
  { name: 'waitQueueMultiple', type: integer(1) },
];

/** Durations in milliseconds, and what monitors a server. */
const TIMEOUT_ROWS: readonly OptionRow[] = [
  { name: 'timeoutMS', type: milliseconds(0, Number.MAX_SAFE_INTEGER) },
  { name: 'killOnAbort', type: BOOLEAN, default: false, inCodeOnly: true },
  { name: 'connectTimeoutMS', type: MILLISECONDS, default: 20_000 },
  { name: 'socketTimeoutMS', type: MILLISECONDS, default: 0 },
  { name: 'serverSelectionTimeoutMS', type: MILLISECONDS, default: 30_000 },
  { name: 'heartbeatFrequencyMS', type: milliseconds(500), default: 10_000 },
  { name: 'minHeartbeatFrequencyMS', type: MILLISECONDS, default: 500, inCodeOnly: true },
  { name: 'localThresholdMS', type: MILLISECONDS, default: 15, aliases: ['secondaryAcceptableLatencyMS'] },
  { name: 'serverMonitoringMode', type: oneOf('auto', 'stream', 'poll'), default: 'auto' },
  // Single-threaded drivers alone scan the topology in a selection; the option is taken for the sake of shared URIs.
  { name: 'serverSelectionTryOnce', type: BOOLEAN },
  { name: 'socketKeepAlive', type: BOOLEAN, ignored: 'sockets are always kept alive' },
];

/** SOCKS5 Support specification: "Drivers MUST ignore this option if it specifies a zero-length string." */
const TEXT_OR_NONE: OptionType = { ...ANY_TEXT, ignoresEmpty: true };

/** The socket under a connection, and what passes through it. */
const SOCKET_ROWS: readonly OptionRow[] = [
  { name: 'compressors', type: COMPRESSOR_LIST, default: Object.freeze([]) },
  { name: 'zlibCompressionLevel', type: integer(-1, 9), default: -1 },
  { name: 'family', type: { ...integer(4, 4, 6), expected: '4 or 6' }, inCodeOnly: true },
  { name: 'localAddress', type: TEXT, inCodeOnly: true },
  { name: 'lookup', type: FUNCTION, inCodeOnly: true },
  { name: 'autoSelectFamily', type: BOOLEAN, inCodeOnly: true },
  { name: 'keepAliveInitialDelay', type: MILLISECONDS, inCodeOnly: true },
  { name: 'proxyHost', type: TEXT },
  { name: 'proxyPort', type: integer(0, 65535) },
  { name: 'proxyUsername', type: TEXT_OR_NONE, spread: (text) => ({ proxyUsername: text || undefined }) },
  { name: 'proxyPassword', type: TEXT_OR_NONE, secret: true, spread: (text) => ({ proxyPassword: text || undefined }) },
];

/** What a client says of itself and tells its owner. */
const CLIENT_ROWS: readonly OptionRow[] = [
  { name: 'connect', type: BOOLEAN, default: false, inCodeOnly: true },
  { name: 'requireOpen', type: BOOLEAN, default: false, inCodeOnly: true },
  // Handshake specification: a longer name is an error when it is set, as a server would refuse each connection.
  { name: 'appName', type: shortText(128), strict: true },
  { name: 'driverInfo', type: OBJECT, aliases: ['driver'], inCodeOnly: true },
  {
    name: 'serverApi',
    type: { ...OBJECT, expected: '"1" or { version: "1", strict, deprecationErrors }', check: isServerAPI },
    inCodeOnly: true,
  },
  { name: 'monitorCommands', type: BOOLEAN, default: false, inCodeOnly: true },
  {
    name: 'eventListeners',
    type: {
      ...LIST,
      expected: 'a list of objects with methods named after events, such as commandStarted',
      check: (value) => Array.isArray(value) && value.every(isClientListener),
    },
    inCodeOnly: true,
  },
  {
    name: 'tracing',
    type: { ...OBJECT, expected: TRACING_EXPECTED, check: isTracingOptions },
    inCodeOnly: true,
  },
  {
    name: 'mongodbLogComponentSeverities',
    type: {
      ...OBJECT,
      expected: 'an object of components and severities, such as { command: "debug", default: "off" }',
      check: isLogSeverities,
    },
    inCodeOnly: true,
  },
  {
    name: 'mongodbLogPath',
    type: {
      ...OBJECT,
      expected: '"stderr", "stdout", the path of a file, a function or an object with a function write',
      check: isLogPath,
    },
    inCodeOnly: true,
  },
  { name: 'mongodbLogMaxDocumentLength', type: integer(0), inCodeOnly: true },
  { name: 'autoEncryption', type: OBJECT, aliases: ['autoEncryptionOpts'], inCodeOnly: true },
  { name: 'ioLoop', type: OBJECT, inCodeOnly: true, isArgument: true },
];

/** Options of the systems that Rotor's users come from, which have no meaning any more. */
const FORMER_ROWS: readonly OptionRow[] = [
  { name: 'autoStartRequest', type: BOOLEAN, ignored: true },
  { name: 'useNewUrlParser', type: BOOLEAN, ignored: 'there is one parser' },
  { name: 'useUnifiedTopology', type: BOOLEAN, ignored: 'there is one topology' },
  { name: 'noDelay', type: BOOLEAN, ignored: 'sockets always send at once' },
  { name: 'useGreenlets', type: BOOLEAN, ignored: 'Node.js has no greenlets' },
  { name: 'safe', type: BOOLEAN, refused: 'use w: 1 or w: 0' },
  { name: 'slaveOkay', type: BOOLEAN, aliases: ['slaveOk'], refused: 'use readPreference: "secondaryPreferred"' },
];

function isResolver(value: unknown): boolean {
  const { resolveSrv, resolveTxt } = Object(value);
  return typeof resolveSrv === 'function' && typeof resolveTxt === 'function';
}

function isServerAPI(value: unknown): boolean {
  const {
    version,
    strict = false,
    deprecationErrors = false,
  } = Object(typeof value === 'string' ? { version: value } : value);
  return version === '1' && typeof strict === 'boolean' && typeof deprecationErrors === 'boolean';
}

/** The options about servers, sockets, pools, time and the client itself. */
export const CONNECTION_ROWS: readonly OptionRow[] = Object.freeze([
  ...TOPOLOGY_ROWS,
  ...POOL_ROWS,
  ...TIMEOUT_ROWS,
  ...SOCKET_ROWS,
  ...CLIENT_ROWS,
  ...FORMER_ROWS,
]);
