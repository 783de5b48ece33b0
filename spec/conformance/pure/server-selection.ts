import { isDeepStrictEqual } from 'node:util';
import { ConfigurationError } from '../../../lib/errors/usage-errors.js';
import { ReadPreference, type ReadPreferenceMode } from '../../../lib/options/read-preference.js';
import { type SelectionRequest, suitableServers } from '../../../lib/topology/select-server.js';
import type { Format } from '../format.js';
import { Comparison, Difference, nameOfFile, runPureTest } from './pure-test.js';
import { topologyOf } from './selection-topology.js';

const FIELDS = [
  'description',
  'topology_description',
  'operation',
  'read_preference',
  'heartbeatFrequencyMS',
  'deprioritized_servers',
  'suitable_servers',
  'in_latency_window',
  'error',
];

/** Server Selection and Max Staleness: which servers suit an operation. */
export const serverSelectionFormat: Format = {
  name: 'server selection',
  accepts: ({ json }) => typeof json?.topology_description === 'object' && 'read_preference' in json,
  async run(file, context) {
    runPureTest(file, context, nameOfFile(file), () => check(file.json));
  },
};

function check(test: any): void {
  const unknown = Object.keys(test).find((field) => !FIELDS.includes(field));
  if (unknown !== undefined) throw new Difference(`the test cannot be read: unknown field ${unknown}`);
  if (test.error === true) checkRefused(test);
  else checkFound(test);
}

function checkRefused(test: any): void {
  let found: string[];
  try {
    found = find(test, 0);
  } catch (error) {
    if (error instanceof ConfigurationError) return;
    throw error;
  }
  throw new Difference(`expected the read preference to be refused, found ${JSON.stringify(found)}`);
}

function checkFound(test: any): void {
  const comparison = new Comparison();
  const addresses = (servers: any[]): string[] => servers.map(({ address }) => address).toSorted();
  // A window as wide as this leaves nobody out.
  comparison.same('suitable', () => find(test, Infinity), addresses(test.suitable_servers), isDeepStrictEqual);
  comparison.same('in the window', () => find(test, 15), addresses(test.in_latency_window), isDeepStrictEqual);
  comparison.end();
}

function find(test: any, localThresholdMS: number): string[] {
  const { mode = 'Primary', tag_sets, maxStalenessSeconds } = test.read_preference;
  const camelCase = `${mode[0].toLowerCase()}${mode.slice(1)}` as ReadPreferenceMode;
  const request: SelectionRequest = {
    readPreference: new ReadPreference(camelCase, tag_sets, { maxStalenessSeconds }),
    writable: test.operation === 'write',
    localThresholdMS,
    heartbeatFrequencyMS: test.heartbeatFrequencyMS ?? 10_000,
    deprioritized: new Set(test.deprioritized_servers?.map(({ address }: any) => address)),
  };
  const servers = suitableServers(topologyOf(test.topology_description), request);
  return servers.map(({ address }) => address).toSorted();
}
