import { runPure } from './pure-context.js';
import { serverSelectionFormat } from './server-selection.js';

const SERVERS = [
  { address: 'p', type: 'RSPrimary', avg_rtt_ms: 5, tags: {} },
  { address: 's', type: 'RSSecondary', avg_rtt_ms: 50, tags: { dc: 'ny' } },
];
const TEST = {
  topology_description: { type: 'ReplicaSetWithPrimary', servers: SERVERS },
  operation: 'read',
  read_preference: { mode: 'Nearest' },
  suitable_servers: SERVERS.toReversed(),
  in_latency_window: SERVERS.slice(0, 1),
};
const run = (changes: object) => runPure(serverSelectionFormat, { ...TEST, ...changes });

describe('server selection', () => {
  it('passes as it is expected', async () => {
    expect(await run({})).toEqual(['passed']);
    const [primary] = SERVERS;
    const write = { operation: 'write', suitable_servers: [primary], in_latency_window: [primary] };
    expect(await run(write)).toEqual(['passed']);
    const avoiding = { suitable_servers: [SERVERS[1]], in_latency_window: [SERVERS[1]] };
    expect(await run({ ...avoiding, deprioritized_servers: [primary] })).toEqual(['passed']);
    const tooSmall = { read_preference: { mode: 'Nearest', maxStalenessSeconds: 1 }, error: true };
    expect(await run(tooSmall)).toEqual(['passed']);
  });

  it.each([
    [{ suitable_servers: [] }, 'suitable: expected [], found ["p","s"]'],
    [{ in_latency_window: SERVERS }, 'in the window: expected ["p","s"], found ["p"]'],
    [{ error: true }, 'expected the read preference to be refused, found ["p"]'],
    [{ read_preference: { mode: 'Nowhere' } }, 'ConfigurationError'],
    [{ localThresholdMS: 3 }, 'unknown field localThresholdMS'],
  ])('fails with %j', async (changes, message) => {
    const [status] = await run(changes);
    expect(status).toMatch(/^failed: /);
    expect(status).toContain(message);
  });
});
