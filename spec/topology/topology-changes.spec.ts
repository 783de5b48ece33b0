import { describeServer, unknownServer } from '../../lib/topology/server-description.js';
import { topologyChanges } from '../../lib/topology/topology-changes.js';
import { initialTopology } from '../../lib/topology/topology-description.js';
import { applySeeds, applyServer } from '../../lib/topology/transitions.js';

const before = initialTopology({ seeds: ['a:1', 'b:1'] });
const primary = describeServer('a:1', { ok: 1, setName: 'rs0', ismaster: true, hosts: ['a:1', 'c:1'] });

it('finds the servers that are new, gone and different', () => {
  expect(topologyChanges(before, applyServer(before, primary))).toEqual({
    opened: ['c:1'],
    closed: ['b:1'],
    updated: [{ previous: unknownServer('a:1'), next: primary }],
    any: true,
  });
});

it('finds nothing where only times have changed', () => {
  const known = applyServer(before, primary);
  const later = applyServer(known, { ...primary, roundTripTime: 50, lastUpdateTime: 1e6 });
  expect(later).not.toBe(known);
  expect(topologyChanges(known, later)).toEqual({ opened: [], closed: [], updated: [], any: false });
});

it('finds a server that is known from the start', () => {
  const error = new Error('gone');
  const next = unknownServer('d:1', error);
  const after = applyServer(applySeeds(before, ['a:1', 'b:1', 'd:1']), next);
  expect(topologyChanges(before, after)).toMatchObject({ opened: ['d:1'], updated: [{ next }], any: true });
});

it('finds another type or name of the topology itself', () => {
  expect(topologyChanges(before, { ...before, type: 'Sharded' }).any).toBe(true);
  expect(topologyChanges(before, { ...before, setName: 'rs0' }).any).toBe(true);
});
