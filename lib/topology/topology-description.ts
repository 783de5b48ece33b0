import type { TopologyDescription, TopologyType } from '../events/topology-descriptions.js';
import { unknownServer } from './server-description.js';

export type { TopologyDescription, TopologyType } from '../events/topology-descriptions.js';

/** What a client is told of a deployment. */
export interface TopologyStart {
  /** `host:port` of each server, in lower case. */
  readonly seeds: readonly string[];
  readonly replicaSet?: string | undefined;
  readonly directConnection?: boolean | undefined;
  readonly loadBalanced?: boolean | undefined;
}

/**
 * A deployment of which nothing has been heard yet. Where it is load-balanced, `applyServer(topology, loadBalancer(...))`
 * is what follows.
 *
 * @see MongoDB Server Discovery and Monitoring specification, "Initial TopologyType"
 */
export function initialTopology(start: TopologyStart): TopologyDescription {
  return Object.freeze({
    type: initialType(start),
    setName: start.replicaSet,
    servers: new Map(start.seeds.map((address) => [address, unknownServer(address)])),
    removals: new Map(),
    seedCount: start.seeds.length,
    maxElectionId: undefined,
    maxSetVersion: undefined,
    compatibilityError: undefined,
    logicalSessionTimeoutMinutes: undefined,
  });
}

function initialType({ replicaSet, directConnection, loadBalanced }: TopologyStart): TopologyType {
  if (loadBalanced === true) return 'LoadBalanced';
  if (directConnection === true) return 'Single';
  return replicaSet === undefined ? 'Unknown' : 'ReplicaSetNoPrimary';
}
