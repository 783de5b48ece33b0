import { boundedJSON } from './bounded-json.js';
import type { ServerDescription, TopologyDescription } from './topology-descriptions.js';

/**
 * What is known of a deployment as Extended JSON, with the last error of each server; cut as all documents.
 *
 * @param limit - the most code points; 0 for no limit
 */
export function loggedTopology(description: TopologyDescription, limit: number): string {
  const { type, setName, servers, compatibilityError, removals } = description;
  const shown = {
    type,
    setName,
    servers: [...servers.values()].map(loggedServer),
    compatibilityError,
    removals: removals.size === 0 ? undefined : Object.fromEntries(removals),
  };
  return boundedJSON(given(shown), limit);
}

function loggedServer(server: ServerDescription): object {
  const { address, type, roundTripTime, setName, primary, tags, maxWireVersion, error } = server;
  if (type === 'Unknown') return given({ address, type, error: error?.message });
  return given({
    address,
    type,
    roundTripTime: roundTripTime < 0 ? undefined : Math.round(roundTripTime * 1000) / 1000,
    setName,
    primary,
    tags: Object.keys(tags).length === 0 ? undefined : tags,
    maxWireVersion,
    error: error?.message,
  });
}

function given(fields: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
