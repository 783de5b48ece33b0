import { Fault, type FaultSpec } from './fault.js';
import { Gateway } from './gateway.js';
import { helloAddresses } from './hello-addresses.js';
import type { Layer } from './layer.js';
import { type Origin, type OriginServers, originOf, uriOf } from './origin.js';

export interface ProxyOptions {
  /** Takes the compressors out of the handshake: compressed messages hide their names from faults. Default false. */
  readonly stripCompression?: boolean;
  /** Further layers around every member, from the outside inwards. */
  readonly layers?: readonly Layer[];
}

export interface ProxyMember {
  /** `127.0.0.1:port` of the proxy, which clients connect to. */
  readonly address: string;
  /** Address of the server behind it. */
  readonly serverAddress: string;
  /** Connections that clients have opened so far. */
  readonly accepted: number;
}

/** A proxy in front of every member of a deployment. */
export interface WireProxy extends AsyncDisposable {
  readonly uri: string;
  readonly members: readonly ProxyMember[];
  /** Sets a fault, until it has struck as often as it says or is cleared. */
  fault(spec: FaultSpec): Fault;
  /** Clears all faults. */
  clearFaults(): void;
  /**
   * Keeps back every byte between clients and this member (index, its address or that of its proxy) until `heal`. The
   * system still accepts new connections, which then hear nothing: a lost SYN cannot be imitated.
   */
  partition(member: number | string): void;
  /** Ends all partitions; what was kept back goes on. */
  heal(): void;
  stop(): Promise<void>;
}

/**
 * Puts a proxy in front of each member, so that clients see only proxies.
 *
 * @throws Error when a port cannot be listened on.
 * @example
 * await using proxy = await startProxy(deployment);
 * const fault = proxy.fault({ kind: 'cut', at: 'inside reply', command: 'find', times: 1 });
 */
export async function startProxy(servers: OriginServers, options: ProxyOptions = {}): Promise<WireProxy> {
  const origin = originOf(servers);
  const faults = new Set<Fault>();
  const byServer = new Map<string, Promise<Gateway>>();
  const gateways: Gateway[] = [];
  const members: ProxyMember[] = [];
  const open = async (serverAddress: string): Promise<Gateway> => {
    const gateway = await Gateway.listen({
      ...{ index: gateways.length, server: () => serverAddress, layers: () => layers, faults },
    });
    gateways.push(gateway);
    members.push(memberOf(gateway, serverAddress));
    return gateway;
  };
  // A member that joins the set later gets its proxy when hello first names it.
  const seen = async (address: string): Promise<string> => {
    const key = address.toLowerCase();
    const gateway = byServer.get(key) ?? open(address);
    byServer.set(key, gateway);
    return (await gateway).address;
  };
  const stripCompression = options.stripCompression ?? false;
  const layers = [...(options.layers ?? []), helloAddresses({ seen, stripCompression })];
  for (const address of origin.addresses) await seen(address);
  return proxyOf(origin, gateways, members, faults);
}

function memberOf(gateway: Gateway, serverAddress: string): ProxyMember {
  return {
    address: gateway.address,
    serverAddress,
    get accepted() {
      return gateway.accepted;
    },
  };
}

function proxyOf(
  origin: Origin,
  gateways: readonly Gateway[],
  members: readonly ProxyMember[],
  faults: Set<Fault>,
): WireProxy {
  const find = (member: number | string): Gateway => {
    const isIt = ({ address, serverAddress }: ProxyMember): boolean => address === member || serverAddress === member;
    const gateway = gateways[typeof member === 'number' ? member : members.findIndex(isIt)];
    if (gateway !== undefined) return gateway;
    const known = members.map(({ address }) => address).join(', ');
    throw new Error(`member: expected an index or one of ${known}, got ${JSON.stringify(member)}`);
  };
  const stop = async (): Promise<void> => {
    await Promise.all(gateways.map((gateway) => gateway.stop()));
  };
  return {
    uri: uriOf(
      origin,
      members.map(({ address }) => address),
    ),
    members,
    fault: (spec) => {
      if (spec.member !== undefined) find(spec.member); // a fault that can never strike is a mistake
      const fault = new Fault(spec, (gone) => void faults.delete(gone));
      faults.add(fault);
      return fault;
    },
    clearFaults: () => faults.clear(),
    partition: (member) => find(member).partition(),
    heal: () => {
      for (const gateway of gateways) gateway.heal();
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
