import { Scope } from '../commands/scope.js';
import { ConfigurationError } from '../errors/usage-errors.js';
import { ClientEmitter } from '../events/emitter.js';
import { clientMetadata } from '../net/client-metadata.js';
import { tcpConnect } from '../net/tcp.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { SingleTopology } from '../topology/single-topology.js';
import { IoCore } from './io-core.js';

/**
 * The core of a client with these options. Does no I/O.
 *
 * @throws ConfigurationError for a deployment that this version cannot talk to
 */
export function createCore(
  options: ResolvedOptions,
  events = new ClientEmitter(),
): { readonly core: IoCore; readonly scope: Scope } {
  refuseUnsupported(options);
  const scope = Scope.root(options);
  const address = options.hosts[0]!;
  const client = clientMetadata(options.appName, options.driverInfo);
  const core = new IoCore(scope, events, () => {
    return new SingleTopology(address.toString(), tcpConnect(address), {
      ...options,
      client,
      serverApiFields: scope.serverApi,
    });
  });
  return { core, scope };
}

/** What the options may ask for and this version does not have: said at once, not by a failure later. */
function refuseUnsupported(options: ResolvedOptions): void {
  const refuse = (what: string, instead: string): never => {
    throw new ConfigurationError(`this version of Rotor does not support ${what} yet: ${instead}`);
  };
  const direct = 'connect to one server, with directConnection=true';
  if (options.srv) refuse('mongodb+srv:// connection strings', direct);
  if (options.loadBalanced) refuse('load balancers (loadBalanced=true)', direct);
  if (options.hosts.length > 1) refuse(`several hosts (${options.hosts.join(', ')})`, direct);
  if (options.replicaSet !== undefined && options.directConnection !== true) {
    refuse(`replica sets (replicaSet=${options.replicaSet})`, direct);
  }
  if (options.credential !== undefined) refuse('authentication', 'use a server without access control');
  if (options.tls !== undefined) refuse('TLS', 'use a server that takes plain connections');
  if (options.proxy !== undefined) refuse('SOCKS5 proxies (proxyHost)', 'connect without one');
  if (options.timeoutMS !== undefined) refuse('timeoutMS', 'use maxTimeMS, or an AbortSignal on the operation');
  if (options.autoEncryption !== undefined) refuse('client-side encryption (autoEncryption)', 'leave the option out');
}
