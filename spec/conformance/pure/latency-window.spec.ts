import { latencyWindowFormat } from './latency-window.js';
import { runPure } from './pure-context.js';

const router = (address: string, avg_rtt_ms: number) => ({ address, type: 'Mongos', avg_rtt_ms });

const run = (expected_frequencies: object, tolerance = 0.05) =>
  runPure(latencyWindowFormat, {
    topology_description: { type: 'Sharded', servers: [router('a', 5), router('b', 5), router('far', 500)] },
    mocked_topology_state: ['a', 'b', 'far'].map((address) => ({ address, operation_count: 3 })),
    iterations: 1000,
    outcome: { tolerance, expected_frequencies },
  });

describe('choices within the latency window', () => {
  it('pass as they are expected', async () => {
    expect(await run({ a: 0.5, b: 0.5, far: 0 })).toEqual(['passed']);
  });

  it('fail where they are too far off, and where something never happens or always', async () => {
    expect((await run({ a: 0.6, b: 0.4 }))[0]).toMatch(/^failed: frequency of a: expected 0.6, found 0\.\d+\n.* b: /);
    expect((await run({ a: 1 }, 0.9))[0]).toMatch(/^failed: frequency of a: expected 1, found/);
    expect((await run({ b: 0 }, 0.9))[0]).toMatch(/^failed: frequency of b: expected 0, found/);
  });
});
