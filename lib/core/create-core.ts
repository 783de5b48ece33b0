import { Scope } from '../commands/scope.js';
import { ConfigurationError } from '../errors/usage-errors.js';
import { ClientEmitter } from '../events/emitter.js';
import { attachLogger } from '../events/logger.js';
import { Spans } from '../events/spans.js';
import { Tracer } from '../events/tracer.js';
import { tracingSettings } from '../events/tracing-settings.js';
import { clientMetadata, driverVersion } from '../net/client-metadata.js';
import { tcpConnect } from '../net/tcp.js';
import type { Connect } from '../net/transport.js';
import { HostAddress } from '../options/host-address.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { resolveSeedlist } from '../topology/resolve-seedlist.js';
import type { SeedList } from '../topology/seed-search.js';
import { Topology } from '../topology/topology.js';
import type { TopologyStart } from '../topology/topology-description.js';
import { IoCore } from './io-core.js';
import { countOpenClient } from './open-clients.js';

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
  attachLogger(events, options, options.warnings);
  const scope = Scope.root(options);
  const topologyOptions = {
    ...options,
    ...startOf(options),
    seedList: options.srv ? seedListOf(options) : undefined,
    client: clientMetadata(options.appName, options.driverInfo),
    serverApiFields: scope.serverApi,
    pools: events,
  };
  const connectTo = (address: string): Connect => tcpConnect(HostAddress.parse(address), options);
  const tracing = tracingSettings(options.tracing);
  const tracer = new Tracer(events, tracing && new Spans(tracing, driverVersion));
  const servers = options.hosts.map(String).toSorted().join(',');
  const makeTopology = (): Topology => {
    const topology = new Topology({ ...topologyOptions, authenticator: core.authenticator }, connectTo, events);
    countOpenClient(servers, topology);
    return topology;
  };
  const core = new IoCore(scope, events, options, makeTopology, tracer);
  const { credential } = options;
  if (credential !== undefined) core.authenticator.become(core.authenticator.with(credential));
  return { core, scope };
}

function startOf({ hosts, replicaSet, directConnection, loadBalanced }: ResolvedOptions): TopologyStart {
  return { seeds: hosts.map(String), replicaSet, directConnection, loadBalanced };
}

function seedListOf(options: ResolvedOptions): SeedList {
  const resolve = async (signal: AbortSignal): Promise<TopologyStart> =>
    startOf(await resolveSeedlist(options, signal));
  return { ...options, name: options.hosts[0]!.host!, resolve };
}

/** What the options may ask for and this version does not have: said at once, not by a failure later. */
function refuseUnsupported(options: ResolvedOptions): void {
  const refuse = (what: string, instead: string): never => {
    throw new ConfigurationError(`this version of Rotor does not support ${what} yet: ${instead}`);
  };
  if (options.tls !== undefined) refuse('TLS', 'use a server that takes plain connections');
  if (options.proxy !== undefined) refuse('SOCKS5 proxies (proxyHost)', 'connect without one');
  if (options.autoEncryption !== undefined) refuse('client-side encryption (autoEncryption)', 'leave the option out');
}
