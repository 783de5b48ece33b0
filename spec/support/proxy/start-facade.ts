import { ObjectId } from 'bson';
import { FailCommand } from './fail-command.js';
import { Fault, type FaultSpec } from './fault.js';
import { findPrimary } from './find-primary.js';
import { Gateway, type GatewayOptions } from './gateway.js';
import { helloAddresses } from './hello-addresses.js';
import type { Layer } from './layer.js';
import { loadBalanced } from './load-balancer.js';
import { ModernLayer } from './modern-layer.js';
import { Mongos } from './mongos.js';
import { OIDCUsers } from './oidc-users.js';
import { type Origin, type OriginServers, originOf, uriOf } from './origin.js';
import { VersionLayer } from './version-layer.js';
import { SERVER_WIRE_VERSION, type VersionProfile, versionProfile } from './version-profile.js';

export interface FacadeOptions {
  /** So many mongos in front of the primary. With `loadBalanced`: behind the load balancer, 1 where not given. */
  readonly mongos?: number;
  /** One address, behind which the mongos stand. */
  readonly loadBalanced?: boolean;
  /** What the servers pretend to be: 4.0, 4.2, 4.4, 5.0, 6.0, 7.0, 8.0 or 8.2. Default: what they are. */
  readonly version?: string;
  /** The servers have users, all of whom show this access token (MONGODB-OIDC). The ones behind have none. */
  readonly accessToken?: string;
  /** First of the ports to listen on. Default: free ones. */
  readonly port?: number;
}

/** Servers that pretend to be something else. */
export interface Facade extends AsyncDisposable {
  readonly uri: string;
  readonly addresses: readonly string[];
  /** Sets a fault, as a proxy does; its member is the index or the address of a listener. */
  fault(spec: FaultSpec): Fault;
  stop(): Promise<void>;
}

/**
 * Presents a deployment as mongos, as a load balancer, as another version, or as a combination of these.
 *
 * @throws Error for a version without a profile and for a number of mongos below 1.
 * @example
 * await using facade = await startFacade(deployment, { mongos: 2, version: '4.2' });
 */
export async function startFacade(servers: OriginServers, options: FacadeOptions = {}): Promise<Facade> {
  const origin = originOf(servers);
  const { mongos = options.loadBalanced ? 1 : 0 } = options;
  if (!Number.isInteger(mongos) || mongos < 0) throw new Error(`mongos: expected an integer from 0, got ${mongos}`);
  const profile = options.version === undefined ? undefined : versionProfile(options.version);
  const faults = new Set<Fault>();
  const seen = new Map<string, string>(); // the server's address to the façade's; filled below
  const plan = mongos > 0 ? routers(origin, mongos, profile, options) : members(origin, profile, seen, options);
  const gateways: Gateway[] = [];
  for (const [index, listener] of plan.entries()) {
    const port = options.port === undefined ? {} : { port: options.port + index };
    const gateway = await Gateway.listen({ index, ...listener, faults, ...port });
    if (mongos === 0) seen.set((origin.addresses[index] as string).toLowerCase(), gateway.address);
    gateways.push(gateway);
  }
  const addresses = gateways.map(({ address }) => address);
  const routed = { replicaSet: undefined, directConnection: undefined };
  const changes =
    mongos === 0
      ? { replicaSet: origin.setName, ...(options.accessToken === undefined ? {} : OIDC) }
      : { ...routed, ...(options.loadBalanced ? { loadBalanced: 'true' } : {}) };
  const stop = async (): Promise<void> => {
    await Promise.all(gateways.map((gateway) => gateway.stop()));
  };
  const fault = (spec: FaultSpec): Fault => {
    const set = new Fault(spec, (gone) => void faults.delete(gone));
    faults.add(set);
    return set;
  };
  return { uri: uriOf(origin, addresses, changes), addresses, fault, stop, [Symbol.asyncDispose]: stop };
}

/** As the tests of drivers have it: the token is in the file that OIDC_TOKEN_FILE names. */
const OIDC = { authMechanism: 'MONGODB-OIDC', authMechanismProperties: 'ENVIRONMENT:test' };

type Listener = Pick<GatewayOptions, 'server' | 'layers'>;

/** The members as they are, in another version. */
function members(
  origin: Origin,
  profile: VersionProfile | undefined,
  addresses: ReadonlyMap<string, string>,
  { accessToken }: FacadeOptions,
): Listener[] {
  const seen = (address: string): string => addresses.get(address.toLowerCase()) ?? address;
  return origin.addresses.map((address) => {
    const { outer, inner } = versionLayers(profile, { isMongos: false });
    const users = accessToken === undefined ? [] : [new FailCommand(['saslStart']), new OIDCUsers(accessToken)];
    const layers = [...users, ...outer, ...inner, helloAddresses({ seen, stripCompression: true })];
    return { server: () => address, layers: () => layers };
  });
}

/** Several mongos, each with a listener of its own; or one listener of a load balancer in front of all. */
function routers(
  origin: Origin,
  count: number,
  profile: VersionProfile | undefined,
  { loadBalanced: isBalanced = false }: FacadeOptions,
): Listener[] {
  const server = (): Promise<string> => findPrimary(origin.addresses);
  const compressors = helloAddresses({ stripCompression: true });
  const each = Array.from({ length: count }, () => {
    const { outer, inner } = versionLayers(profile, { isMongos: true, ownFailPoints: count > 1 });
    const layers = [...outer, new Mongos(), ...inner, compressors];
    return isBalanced ? [loadBalanced(new ObjectId()), ...layers] : layers;
  });
  if (!isBalanced) return each.map((layers) => ({ server, layers: () => layers }));
  // Round robin, as load balancers do.
  return [{ server, layers: (connection) => each[(connection - 1) % count] as readonly Layer[] }];
}

/**
 * From the outside inwards: what the version is, (what a mongos is,) fail points of its own, what 6.0 has to be taught.
 *
 * @param ownFailPoints where several mongos share a server, each needs its own; else the server's are truer.
 */
function versionLayers(
  profile: VersionProfile | undefined,
  { isMongos, ownFailPoints = false }: { readonly isMongos: boolean; readonly ownFailPoints?: boolean },
): { readonly outer: readonly Layer[]; readonly inner: readonly Layer[] } {
  const inner: Layer[] = [];
  const wireVersion = profile?.wireVersion ?? SERVER_WIRE_VERSION;
  if (ownFailPoints) inner.push(new FailCommand());
  else if (wireVersion > SERVER_WIRE_VERSION) inner.push(new FailCommand(['bulkWrite']));
  if (wireVersion > SERVER_WIRE_VERSION) inner.push(new ModernLayer(wireVersion, isMongos));
  return { outer: profile === undefined ? [] : [new VersionLayer(profile)], inner };
}
