import { ReadPreference } from '../../../lib/options/read-preference.js';
import { leastBusy, suitableServers } from '../../../lib/topology/select-server.js';
import type { Format } from '../format.js';
import { Comparison, nameOfFile, runPureTest } from './pure-test.js';
import { topologyOf } from './selection-topology.js';

/** Server Selection: how often each server within the latency window is chosen, by what they have to do already. */
export const latencyWindowFormat: Format = {
  name: 'latency window',
  accepts: ({ json }) => typeof json?.topology_description === 'object' && Array.isArray(json.mocked_topology_state),
  async run(file, context) {
    runPureTest(file, context, nameOfFile(file), () => check(file.json));
  },
};

function check({ topology_description, mocked_topology_state, iterations, outcome }: any): void {
  const candidates = suitableServers(topologyOf(topology_description), {
    ...{ readPreference: ReadPreference.NEAREST, writable: false, localThresholdMS: 15, heartbeatFrequencyMS: 10_000 },
  });
  const counts = new Map<string, number>();
  for (const { address, operation_count } of mocked_topology_state) counts.set(address, operation_count);
  const chosen = new Map<string, number>();
  const random = seededRandom();
  for (let iteration = 0; iteration < iterations; iteration++) {
    const { address } = leastBusy(candidates, (server) => counts.get(server.address)!, random);
    chosen.set(address, (chosen.get(address) ?? 0) + 1);
  }
  const comparison = new Comparison();
  for (const [address, expected] of Object.entries<number>(outcome.expected_frequencies)) {
    // "If the expected frequency for a given server is 1 or 0, then the observed frequency MUST be exactly equal".
    const tolerance = expected === 0 || expected === 1 ? 0 : outcome.tolerance;
    const near = (found: number): boolean => Math.abs(found - expected) <= tolerance;
    comparison.same(`frequency of ${address}`, () => (chosen.get(address) ?? 0) / iterations, expected, near);
  }
  comparison.end();
}

/** The same numbers in every run (a linear congruential generator), so that a test does not fail by chance. */
function seededRandom(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
