import { Topology, type TopologyOptions } from '../../lib/topology/topology.js';
import { type FakeNetwork, FakeSelector, TOPOLOGY } from './fake-network.js';

export const END = new Error('the client was closed');

/** Writes down the events of a topology, by name and address. */
export class Listener {
  readonly told: string[] = [];
  hearsTopology = true;
  onEvent: ((name: string, event: any) => void) | undefined;

  tell(name: string, event: any): void {
    this.told.push(event.address === undefined ? name : `${name} ${event.address}`);
    this.onEvent?.(name, event);
  }

  take(): string[] {
    return this.told.splice(0).filter((line) => !line.startsWith('serverHeartbeat'));
  }
}

export function topologyOn(
  network: FakeNetwork,
  options: Partial<TopologyOptions> = {},
  listener = new Listener(),
): Topology {
  return new Topology({ ...TOPOLOGY, seeds: network.addresses, ...options }, network.connectTo, listener as never);
}

export function select(topology: Topology, wanted: ConstructorParameters<typeof FakeSelector>[0] = {}): FakeSelector {
  const selector = new FakeSelector(wanted);
  topology.select(selector);
  return selector;
}
