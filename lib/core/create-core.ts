import { inspect } from 'node:util';
import { Scope } from '../commands/scope.js';
import { ConfigurationError } from '../errors/usage-errors.js';
import { ClientEmitter } from '../events/emitter.js';
import { attachLogger } from '../events/logger.js';
import { Spans } from '../events/spans.js';
import { Tracer } from '../events/tracer.js';
import { tracingSettings } from '../events/tracing-settings.js';
import { ClientMetadata, driverVersion } from '../net/client-metadata.js';
import { connectTo } from '../net/connect-to.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { resolveSeedlist } from '../topology/resolve-seedlist.js';
import type { SeedList } from '../topology/seed-search.js';
import { Topology } from '../topology/topology.js';
import type { TopologyStart } from '../topology/topology-description.js';
import { compressionOf } from '../wire/compression.js';
import { IoCore } from './io-core.js';
import { countOpenClient } from './open-clients.js';

/**
 * The core of a client with these options. Does no I/O.
 *
 * @throws ConfigurationError for a deployment that this version cannot talk to; TypeError for an `ioLoop` that is none
 */
export function createCore(
  options: ResolvedOptions,
  events = new ClientEmitter(),
): { readonly core: IoCore; readonly scope: Scope; readonly metadata: ClientMetadata } {
  refuseUnsupported(options);
  attachLogger(events, options, options.warnings);
  const scope = Scope.root(options);
  const metadata = new ClientMetadata(options.appName, options.driverInfo);
  const topologyOptions = {
    ...options,
    ...startOf(options),
    seedList: options.srv ? seedListOf(options) : undefined,
    get client() {
      return metadata.document;
    },
    serverApiFields: scope.serverApi,
    compression: compressionOf(options),
    pools: events,
  };
  const connect = connectTo(options);
  const tracing = tracingSettings(options.tracing);
  const tracer = new Tracer(events, tracing && new Spans(tracing, driverVersion));
  const servers = options.hosts.map(String).toSorted().join(',');
  const makeTopology = (): Topology => {
    const topology = new Topology({ ...topologyOptions, authenticator: core.authenticator }, connect, events);
    countOpenClient(servers, topology);
    return topology;
  };
  const core = new IoCore(scope, events, options, makeTopology, tracer);
  const { credential } = options;
  if (credential !== undefined) core.authenticator.adopt(core.authenticator.with(credential));
  return { core, scope, metadata };
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
  if (options.autoEncryption !== undefined) {
    const instead =
      'it needs the package mongodb-client-encryption, which this version cannot use; leave the option out';
    refuse('client-side encryption (autoEncryption)', instead);
  }
  if (options.ioLoop !== undefined && !((options.ioLoop as unknown) instanceof IoCore))
    throw new TypeError(`ioLoop must be an IoCore, as client.ioLoop is, not ${inspect(options.ioLoop, { depth: 0 })}`);
}
