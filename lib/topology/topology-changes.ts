import { type ServerDescription, sameDescription, unknownServer } from './server-description.js';
import type { TopologyDescription } from './topology-description.js';

/** What is different in a topology after news of its servers. */
export interface TopologyChanges {
  /** Servers that are new, by address. */
  readonly opened: readonly string[];
  /** Servers that are gone, by address. */
  readonly closed: readonly string[];
  /** Servers of which something else is known now, new ones among them. */
  readonly updated: readonly { readonly previous: ServerDescription; readonly next: ServerDescription }[];
  /** Whether anything is different at all that anybody has to be told of. */
  readonly any: boolean;
}

/**
 * Compares two descriptions of a topology, as `sameDescription` compares servers.
 *
 * @example
 * const { opened, closed, updated } = topologyChanges(before, after);
 */
export function topologyChanges(before: TopologyDescription, after: TopologyDescription): TopologyChanges {
  const opened = [...after.servers.keys()].filter((address) => !before.servers.has(address));
  const closed = [...before.servers.keys()].filter((address) => !after.servers.has(address));
  const updated = [...after.servers.values()]
    .map((next) => ({ previous: before.servers.get(next.address) ?? unknownServer(next.address), next }))
    .filter(({ previous, next }) => !sameDescription(previous, next));
  const any =
    opened.length + closed.length + updated.length > 0 ||
    before.type !== after.type ||
    before.setName !== after.setName;
  return { opened, closed, updated, any };
}
