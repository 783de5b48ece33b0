import type { Format } from '../format.js';
import { TO_BE_BUILT } from '../skips.js';

type Recognise = (json: any) => boolean;

/**
 * Formats of capabilities that Rotor does not have yet. Their files are recognised, so that they are counted and never
 * taken for something else; each moves to a file of its own together with its capability.
 */
export const pendingFormats: readonly Format[] = [
  pending('server discovery and monitoring', TO_BE_BUILT.discovery, has('uri', 'phases')),
  pending('connection pool', TO_BE_BUILT.pool, has('style', 'operations')),
  pending('latency window', TO_BE_BUILT.selection, has('topology_description', 'mocked_topology_state')),
  pending('server selection', TO_BE_BUILT.selection, has('topology_description', 'read_preference')),
  pending('round-trip time', TO_BE_BUILT.selection, has('avg_rtt_ms', 'new_rtt_ms')),
  pending('SRV seed list', TO_BE_BUILT.srv, isSeedList),
];

/** Each of these files is one test. Few have a description: then the path below the suite's tests names it. */
function pending(name: string, reason: string, recognise: Recognise): Format {
  return {
    name,
    accepts: ({ json }) => typeof json === 'object' && json !== null && recognise(json),
    async run({ suite, path, json }, context) {
      const test = json.description ?? path.replace(/^.*\/tests\//, '').replace(/\.json$/, '');
      if (!context.selects(test)) return;
      const about = { suite, file: path, test, deployment: 'none', durationMS: 0 };
      context.report({ ...about, status: 'skipped by us', message: reason });
    },
  };
}

function has(...fields: readonly string[]): Recognise {
  return (json) => fields.every((field) => field in json);
}

/** A name to ask DNS for, with what must come of it: servers, or an error. */
function isSeedList(json: any): boolean {
  const isSRV = typeof json.uri === 'string' && /^mongodb\+srv:/.test(json.uri);
  return isSRV && ['seeds', 'hosts', 'numSeeds', 'numHosts', 'error', 'options'].some((field) => field in json);
}
