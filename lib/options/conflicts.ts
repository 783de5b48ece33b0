import { ConfigurationError } from '../errors/usage-errors.js';

/** What the rules look at: the options that were given, and where the client connects to. */
export interface GivenOptions {
  /** Options that were given, by canonical name; defaults are not among them. */
  readonly given: ReadonlyMap<string, unknown>;
  readonly srv: boolean;
  readonly hosts: number;
}

/**
 * Options that exclude each other. Within one source they are a contradiction; an option in code takes the place of those in a
 * connection string that it excludes.
 */
export const EXCLUSIVE: readonly (readonly [string, string])[] = [
  ['tlsInsecure', 'tlsAllowInvalidCertificates'],
  ['tlsInsecure', 'tlsAllowInvalidHostnames'],
  ['tlsInsecure', 'tlsDisableOCSPEndpointCheck'],
  ['tlsInsecure', 'tlsDisableCertificateRevocationCheck'],
  ['tlsAllowInvalidCertificates', 'tlsDisableOCSPEndpointCheck'],
  ['tlsAllowInvalidCertificates', 'tlsDisableCertificateRevocationCheck'],
  ['tlsDisableOCSPEndpointCheck', 'tlsDisableCertificateRevocationCheck'],
  ['tlsCertificateKeyFile', 'sslCertFile'],
  ['tlsCertificateKeyFile', 'sslKeyFile'],
];

type Rule = (options: GivenOptions) => string | false;

/** Options of which at most one may be given, whatever their values. */
function exclusive([first, second]: readonly [string, string]): Rule {
  return ({ given }) => given.has(first) && given.has(second) && `${first} and ${second} exclude each other`;
}

/** An option that means nothing without another. */
function needs(name: string, other: string): Rule {
  return ({ given }) => given.has(name) && !given.has(other) && `${name} needs ${other}`;
}

/** URI Options specification, "Conflicting TLS options". A `tls` that contradicts `ssl` is found when they are read. */
const TLS_RULES: readonly Rule[] = [...EXCLUSIVE.map(exclusive), needs('sslKeyFile', 'sslCertFile')];

/** URI Options specification, and "URI Validation" of the Load Balancer and Seedlist Discovery specifications. */
const TOPOLOGY_RULES: readonly Rule[] = [
  ({ given, hosts }) => {
    return given.get('directConnection') === true && hosts > 1 && `directConnection takes one host, not ${hosts}`;
  },
  ({ given, srv }) => given.get('directConnection') === true && srv && 'directConnection excludes mongodb+srv://',
  ({ given, hosts }) => {
    return given.get('loadBalanced') === true && hosts > 1 && `loadBalanced takes one host, not ${hosts}`;
  },
  ({ given }) => {
    return given.get('loadBalanced') === true && given.has('replicaSet') && 'loadBalanced excludes replicaSet';
  },
  ({ given }) => {
    const both = given.get('loadBalanced') === true && given.get('directConnection') === true;
    return both && 'loadBalanced excludes directConnection';
  },
  ({ given, srv }) => given.has('srvMaxHosts') && !srv && 'srvMaxHosts needs mongodb+srv://',
  ({ given, srv }) => given.has('srvServiceName') && !srv && 'srvServiceName needs mongodb+srv://',
  ({ given, srv }) => {
    return given.has('srvAllowedHostsSuffix') && !srv && 'srvAllowedHostsSuffix needs mongodb+srv://';
  },
  ({ given }) => limitsHosts(given) && given.has('replicaSet') && 'srvMaxHosts excludes replicaSet',
  ({ given }) => limitsHosts(given) && given.get('loadBalanced') === true && 'srvMaxHosts excludes loadBalanced',
];

function limitsHosts(given: ReadonlyMap<string, unknown>): boolean {
  return Number(given.get('srvMaxHosts') ?? 0) > 0;
}

/** SOCKS5 Support specification, "MongoClient Configuration". */
const PROXY_RULES: readonly Rule[] = [
  needs('proxyPort', 'proxyHost'),
  needs('proxyUsername', 'proxyHost'),
  needs('proxyPassword', 'proxyHost'),
  needs('proxyUsername', 'proxyPassword'),
  needs('proxyPassword', 'proxyUsername'),
];

const OTHER_RULES: readonly Rule[] = [
  ({ given }) => {
    // Connection Monitoring and Pooling specification: minPoolSize must not exceed maxPoolSize; 0 is no maximum.
    const [least, most] = [Number(given.get('minPoolSize') ?? 0), Number(given.get('maxPoolSize') ?? 100)];
    return most > 0 && least > most && `minPoolSize (${least}) exceeds maxPoolSize (${most})`;
  },
  ({ given }) => {
    const hides = given.get('promoteLongs') === false || given.get('promoteValues') === false;
    return given.get('useBigInt64') === true && hides && 'useBigInt64 needs promoteLongs and promoteValues';
  },
  ({ given }) => {
    return (
      given.get('forceServerObjectId') === true && given.has('pkFactory') && 'forceServerObjectId excludes pkFactory'
    );
  },
];

const RULES: readonly Rule[] = [...TLS_RULES, ...TOPOLOGY_RULES, ...PROXY_RULES, ...OTHER_RULES];

/**
 * Checks that a connection string does not contradict itself, whatever goes before it.
 *
 * @throws ConfigurationError
 * @see MongoDB URI Options specification, "Conflicting TLS options"
 */
export function checkExclusive(given: ReadonlyMap<string, unknown>): void {
  for (const [first, second] of EXCLUSIVE) {
    if (given.has(first) && given.has(second)) throw contradictory(`${first} and ${second} exclude each other`);
  }
}

function contradictory(contradiction: string): ConfigurationError {
  return new ConfigurationError(`contradictory options: ${contradiction}`);
}

/**
 * Checks what options say together.
 *
 * @throws ConfigurationError that names the options of the first contradiction
 */
export function checkConflicts(options: GivenOptions): void {
  for (const rule of RULES) {
    const contradiction = rule(options);
    if (contradiction) throw contradictory(contradiction);
  }
}
