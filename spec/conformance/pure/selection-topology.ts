import type { ServerDescription } from '../../../lib/topology/server-description.js';
import type { TopologyDescription } from '../../../lib/topology/topology-description.js';
import { describedServer, describedTopology } from '../../topology/described.js';
import { Difference } from './pure-test.js';

const FIELDS = ['address', 'type', 'avg_rtt_ms', 'tags', 'lastUpdateTime', 'lastWrite', 'maxWireVersion'];

/** The topology that a test of server selection describes. */
export function topologyOf(json: any): TopologyDescription {
  return describedTopology(json.type, json.servers.map(serverOf));
}

function serverOf(json: any): ServerDescription {
  const unknown = Object.keys(json).find((field) => !FIELDS.includes(field));
  if (unknown !== undefined) throw new Difference(`the test cannot be read: unknown field ${unknown} of a server`);
  const { address, type, avg_rtt_ms = -1, tags = {}, lastUpdateTime = 0, lastWrite } = json;
  const lastWriteDate = lastWrite && Number(lastWrite.lastWriteDate.$numberLong);
  return describedServer(address, type, { roundTripTime: avg_rtt_ms, tags, lastUpdateTime, lastWriteDate });
}
