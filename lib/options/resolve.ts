import { ConfigurationError, InvalidURIError } from '../errors/usage-errors.js';
import type { ClientOptions } from './client-options.js';
import {
  composeBSON,
  composeProxy,
  composeReadConcern,
  composeReadPreference,
  composeServerAPI,
  composeTLS,
  composeWriteConcern,
} from './compose.js';
import { checkConflicts } from './conflicts.js';
import { credentialOf } from './credential.js';
import { DEFAULT_PORT, HostAddress } from './host-address.js';
import { layerOfCode, layerOfURI, type OptionLayer, overlay } from './option-layer.js';
import { emitOptionWarnings, type OptionWarning } from './option-warning.js';
import { type ResolvedOptions, sealOptions } from './resolved-options.js';
import { OPTION_TABLE } from './table.js';
import { isURI, parseOptions, parseURI } from './uri.js';

/** Where to connect to, before options are settled. */
interface Target {
  srv: boolean;
  readonly hosts: HostAddress[];
  database: string | undefined;
  /** The options of the connection strings; a later string goes before an earlier one. */
  layer: OptionLayer;
}

/** What resolved options were made of, kept to settle them again when DNS has answered. */
interface Inputs {
  readonly target: Target;
  readonly code: OptionLayer;
}

const inputsOf = new WeakMap<ResolvedOptions, Inputs>();

/**
 * Makes a client's arguments into its options: reads connection strings, checks everything, applies each default once.
 *
 * An option in code goes before the same option in a connection string. Of several connection strings, the last one's
 * database, username, password and options win; the hosts add up. A port inside of a host goes before `port`.
 *
 * @param host - a host, a unix socket's path, a connection string, or a list of them; `localhost` where none is given
 * @param portOrOptions - the port of hosts that name none, or the options
 * @param options - the options, where a port is given
 * @throws InvalidURIError, ConfigurationError for what is wrong; TypeError for a port that is no port
 *
 * @example
 * resolveOptions('mongodb://localhost/shop?maxPoolSize=5', { maxPoolSize: 20 }).maxPoolSize; // 20
 * resolveOptions('localhost', 27018).hosts[0].toString(); // 'localhost:27018'
 */
export function resolveOptions(
  host?: string | readonly string[],
  portOrOptions?: number | ClientOptions,
  options?: ClientOptions,
): ResolvedOptions {
  const [port, given] = argumentsOf(portOrOptions, options);
  const warnings: OptionWarning[] = [];
  const code = layerOfCode(given as Readonly<Record<string, unknown>>, warnings);
  const explicit = (port ?? code.get('port')) as number | undefined;
  const hosts = (host ?? code.get('host') ?? 'localhost') as string | readonly string[];
  const target = readTarget(hosts, explicit, warnings);
  const resolved = settle({ target, code }, new Map(), target.hosts, warnings);
  emitOptionWarnings(warnings);
  return resolved;
}

/**
 * The options of a `mongodb+srv://` client when DNS has answered: its hosts are the servers', and the TXT record's
 * options apply where neither the connection string nor code gives them.
 *
 * @param options - from `resolveOptions`, with `srv` true
 * @param hosts - the servers of the SRV records
 * @param txt - the text of the TXT record, its strings joined
 * @throws InvalidURIError for an option that a TXT record must not have, ConfigurationError for contradictions
 */
export function withSeedlist(options: ResolvedOptions, hosts: readonly HostAddress[], txt = ''): ResolvedOptions {
  const inputs = inputsOf.get(options);
  if (!inputs?.target.srv) throw new TypeError('withSeedlist: the options must be of a mongodb+srv:// client');
  const fail = (reason: string): never => {
    throw new InvalidURIError(`TXT record of ${inputs.target.hosts[0]?.host}: ${reason}`);
  };
  const parsed = parseOptions(txt, fail);
  for (const name of parsed.keys()) {
    // "A Client MUST only support the authSource, replicaSet, and loadBalanced options through a TXT record."
    if (!['authsource', 'replicaset', 'loadbalanced'].includes(name)) fail(`option "${name}" is not allowed there`);
  }
  const warnings: OptionWarning[] = [];
  const layer = layerOfURI(parsed, warnings);
  emitOptionWarnings(warnings);
  return settle(inputs, layer, hosts, [...options.warnings, ...warnings]);
}

function argumentsOf(
  portOrOptions: number | ClientOptions | undefined,
  options: ClientOptions | undefined,
): [number | undefined, ClientOptions] {
  const isOptions = typeof portOrOptions === 'object' && portOrOptions !== null;
  const port = isOptions ? undefined : portOrOptions;
  const given = (isOptions ? portOrOptions : options) ?? {};
  if (isOptions && options !== undefined) throw new TypeError('options were given twice');
  if (typeof given !== 'object') throw new TypeError(`options must be an object, not ${typeof given}`);
  if (port !== undefined && port !== null && !(Number.isInteger(port) && port >= 1 && port <= 65535)) {
    throw new TypeError(`port must be an integer from 1 to 65535, not ${String(port)}`);
  }
  return [port ?? undefined, given];
}

function readTarget(given: string | readonly string[], port: number | undefined, warnings: OptionWarning[]): Target {
  const texts = typeof given === 'string' ? [given] : given;
  if (!Array.isArray(texts) || texts.length === 0 || texts.some((text) => typeof text !== 'string')) {
    throw new TypeError('host must be a host, a connection string, or a list of them that is not empty');
  }
  const target: Target = { srv: false, hosts: [], database: undefined, layer: new Map() };
  for (const text of texts) {
    if (isURI(text)) addURI(target, text, port, warnings);
    else for (const part of text.split(',')) target.hosts.push(HostAddress.parse(part.trim(), port ?? DEFAULT_PORT));
  }
  if (target.srv && texts.length > 1) throw new ConfigurationError('mongodb+srv:// must be the only host');
  if (target.srv && port !== undefined) throw new ConfigurationError('mongodb+srv:// takes no port, as DNS gives it');
  return target;
}

function addURI(target: Target, uri: string, port: number | undefined, warnings: OptionWarning[]): void {
  const parsed = parseURI(uri, port ?? DEFAULT_PORT);
  target.hosts.push(...parsed.hosts);
  target.srv ||= parsed.srv;
  target.database = parsed.database ?? target.database;
  target.layer = overlay(target.layer, layerOfURI(parsed.options, warnings));
  if (parsed.username === undefined) return;
  target.layer.set('username', parsed.username);
  if (parsed.password === undefined) target.layer.delete('password');
  else target.layer.set('password', parsed.password);
}

/** Lays the sources over each other, checks them together, and fills in the defaults. */
function settle(
  inputs: Inputs,
  txt: OptionLayer,
  seeds: readonly HostAddress[],
  warnings: readonly OptionWarning[],
): ResolvedOptions {
  const { target, code } = inputs;
  const given = overlay(overlay(txt, target.layer), code);
  const hosts = [...new Map(seeds.map((address) => [address.key, address])).values()];
  checkConflicts({ given, srv: target.srv, hosts: hosts.length });
  // A namespace may stand where a database does; what follows the first period is a collection.
  const database = target.database?.split('.')[0];
  const values = new Map<string, any>();
  for (const row of OPTION_TABLE) values.set(row.name, given.has(row.name) ? given.get(row.name) : row.default);
  const resolved = sealOptions({
    ...plainValues(values),
    srv: target.srv,
    hosts: Object.freeze(hosts),
    database,
    credential: credentialOf(given, database),
    tls: composeTLS(given, target.srv),
    proxy: composeProxy(given),
    compressors: Object.freeze([...values.get('compressors')]),
    readPreference: composeReadPreference(values),
    readConcern: composeReadConcern(values),
    writeConcern: composeWriteConcern(values),
    bson: composeBSON(values),
    driverInfo: values.get('driverInfo') && Object.freeze({ ...values.get('driverInfo') }),
    serverApi: composeServerAPI(values.get('serverApi')),
    warnings: Object.freeze(warnings),
  });
  inputsOf.set(resolved, inputs);
  return resolved;
}

/** Options that are passed on as they are; the others are parts of what is composed. */
const PLAIN_NAMES = [
  'maxPoolSize',
  'minPoolSize',
  'maxConnecting',
  'maxIdleTimeMS',
  'waitQueueTimeoutMS',
  'waitQueueMultiple',
  'timeoutMS',
  'connectTimeoutMS',
  'socketTimeoutMS',
  'serverSelectionTimeoutMS',
  'heartbeatFrequencyMS',
  'minHeartbeatFrequencyMS',
  'localThresholdMS',
  'serverMonitoringMode',
  'directConnection',
  'loadBalanced',
  'replicaSet',
  'srvMaxHosts',
  'srvServiceName',
  'srvAllowedHostsSuffix',
  'srvHostValidator',
  'resolver',
  'serverSelector',
  'zlibCompressionLevel',
  'family',
  'localAddress',
  'lookup',
  'autoSelectFamily',
  'keepAliveInitialDelay',
  'retryReads',
  'retryWrites',
  'maxAdaptiveRetries',
  'enableOverloadRetargeting',
  'killOnAbort',
  'connect',
  'requireOpen',
  'appName',
  'monitorCommands',
  'eventListeners',
  'mongodbLogComponentSeverities',
  'tracing',
  'mongodbLogPath',
  'mongodbLogMaxDocumentLength',
  'autoEncryption',
  'ioLoop',
  'pkFactory',
  'forceServerObjectId',
] as const satisfies readonly (keyof ResolvedOptions)[];

type PlainOptions = Pick<ResolvedOptions, (typeof PLAIN_NAMES)[number]>;

function plainValues(values: ReadonlyMap<string, any>): PlainOptions {
  return Object.fromEntries(PLAIN_NAMES.map((name) => [name, values.get(name)])) as unknown as PlainOptions;
}
