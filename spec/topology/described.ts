import { type ServerDescription, unknownServer } from '../../lib/topology/server-description.js';
import { initialTopology, type TopologyDescription } from '../../lib/topology/topology-description.js';

/** A server as a test wants it, whatever hello would have to say for that. */
export function describedServer(
  address: string,
  type: ServerDescription['type'],
  fields: Partial<ServerDescription> = {},
): ServerDescription {
  return { ...unknownServer(address), type, lastUpdateTime: 0, ...fields };
}

/** A replica set is called rs0. */
export function describedTopology(
  type: TopologyDescription['type'],
  servers: readonly ServerDescription[],
  fields: Partial<TopologyDescription> = {},
): TopologyDescription {
  const setName = type.startsWith('ReplicaSet') ? 'rs0' : undefined;
  const known = new Map(servers.map((server) => [server.address, server]));
  return { ...initialTopology({ seeds: [] }), type, setName, servers: known, ...fields };
}
