import { ConfigurationError } from '../errors/usage-errors.js';
import type { ServerDescription } from './server-description.js';
import type { TopologyDescription } from './topology-description.js';

/** An idle primary writes a no-op this often, in milliseconds: no estimate is finer than that. */
const IDLE_WRITE_PERIOD_MS = 10_000;
/** The specification's smallestMaxStalenessSeconds. */
const SMALLEST_SECONDS = 90;

/**
 * Refuses a maximum staleness that would send each read to the primary, whatever the secondaries' lag.
 *
 * @param seconds - `maxStalenessSeconds` of a read on a replica set
 * @param heartbeatFrequencyMS - milliseconds between two checks of a server
 * @throws ConfigurationError that names the smallest value
 *
 * @see MongoDB Max Staleness specification, "Smallest allowed value for maxStalenessSeconds"
 */
export function checkMaxStaleness(seconds: number, heartbeatFrequencyMS: number): void {
  const least = Math.max(SMALLEST_SECONDS, (heartbeatFrequencyMS + IDLE_WRITE_PERIOD_MS) / 1000);
  if (seconds >= least) return;
  throw new ConfigurationError(
    `maxStalenessSeconds must be at least ${least} on a replica set (90, and heartbeatFrequencyMS plus 10 s), not ${seconds}`,
  );
}

/**
 * How far a server may lag behind the primary until it is checked again, in milliseconds; negative where clocks and
 * checks cross. Infinity for a secondary that does not say when it wrote last.
 *
 * `lastUpdateTime` and `lastWriteDate` are of two clocks: only differences of both between two servers have a meaning.
 *
 * @see MongoDB Server Selection specification, "maxStalenessSeconds"
 */
export function estimatedStaleness(
  topology: TopologyDescription,
  server: ServerDescription,
  heartbeatFrequencyMS: number,
): number {
  if (server.type !== 'RSSecondary') return 0;
  if (server.lastWriteDate === undefined) return Number.POSITIVE_INFINITY;
  const servers = [...topology.servers.values()];
  const primary = servers.find(({ type }) => type === 'RSPrimary');
  if (primary?.lastWriteDate !== undefined) {
    const ofPrimary = primary.lastUpdateTime - primary.lastWriteDate;
    return server.lastUpdateTime - server.lastWriteDate - ofPrimary + heartbeatFrequencyMS;
  }
  const newest = servers.reduce((latest, { type, lastWriteDate }) => {
    return type === 'RSSecondary' ? Math.max(latest, lastWriteDate ?? latest) : latest;
  }, server.lastWriteDate);
  return newest - server.lastWriteDate + heartbeatFrequencyMS;
}
