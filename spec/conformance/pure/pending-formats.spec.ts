import { pendingFormats } from './pending-formats.js';
import { outcomesOf } from './pure-context.js';

const accepting = (json: unknown) =>
  pendingFormats.filter((format) => format.accepts({ suite: 's', path: 's/tests/a.json', absolute: '', json }));

describe('formats to come', () => {
  it.each([
    ['server discovery and monitoring', { uri: 'mongodb://a', phases: [] }],
    ['connection pool', { version: 1, style: 'unit', operations: [] }],
    ['server selection', { topology_description: {}, read_preference: {}, operation: 'read' }],
    ['server selection', { topology_description: {}, read_preference: {}, error: true }],
    ['latency window', { topology_description: {}, mocked_topology_state: [], iterations: 1 }],
    ['round-trip time', { avg_rtt_ms: 'NULL', new_rtt_ms: 1, new_avg_rtt: 1 }],
    ['SRV seed list', { uri: 'mongodb+srv://a.example/', seeds: [] }],
    ['SRV seed list', { uri: 'mongodb+srv://a.example/', error: true }],
  ])('%s: recognises %j, alone', (name, json) => {
    expect(accepting(json).map((format) => format.name)).toEqual([name]);
  });

  it.each([null, 1, 'text', [], {}, { uri: 'mongodb://a', hosts: [] }, { tests: [] }])('leave %j alone', (json) => {
    expect(accepting(json)).toEqual([]);
  });

  it('count a file as one test, by its description or its path', async () => {
    const [rtt] = accepting({ avg_rtt_ms: 1, new_rtt_ms: 1 });
    const json = { avg_rtt_ms: 1, new_rtt_ms: 1 };
    expect(await outcomesOf(rtt!, json, 's/tests/rtt/first.json')).toMatchObject([
      { test: 'rtt/first', status: 'skipped by us', message: expect.stringContaining('still to be built') },
    ]);
    expect(await outcomesOf(rtt!, { ...json, description: 'named' }, 's/tests/a.json')).toMatchObject([
      { test: 'named' },
    ]);
  });
});
