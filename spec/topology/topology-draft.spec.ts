import { describeServer, unknownServer } from '../../lib/topology/server-description.js';
import { initialTopology } from '../../lib/topology/topology-description.js';
import { TopologyDraft } from '../../lib/topology/topology-draft.js';

const draftOf = (...seeds: string[]) => new TopologyDraft(initialTopology({ seeds }));

it('is finished as it began where nothing was written', () => {
  const topology = initialTopology({ seeds: ['a:1'], replicaSet: 'rs0' });
  const finished = new TopologyDraft(topology).finish();
  expect(finished).toEqual(topology);
  expect(finished.servers).not.toBe(topology.servers);
});

it('adds servers that are new, and knows whether there is a primary', () => {
  const draft = draftOf('a:1');
  const primary = describeServer('a:1', { ok: 1, setName: 'rs0', ismaster: true, hosts: ['a:1', 'b:1'] });
  expect(draft.hasPrimary).toBe(false);
  draft.set(primary);
  draft.addMembers(primary);
  expect(draft.hasPrimary).toBe(true);
  expect([...draft.finish().servers.values()]).toEqual([primary, unknownServer('b:1')]);
});

it('says of each server that was removed why, until it is back', () => {
  const draft = draftOf('a:1', 'b:1', 'c:1');
  draft.remove('a:1', 'is odd');
  draft.remove('x:1', 'was never there');
  draft.keep(['b:1'], 'is not wanted');
  expect(draft.finish()).toMatchObject({
    removals: new Map([
      ['a:1', 'is odd'],
      ['c:1', 'is not wanted'],
    ]),
  });
  draft.add(['a:1']);
  expect([...draft.finish().removals.keys()]).toEqual(['c:1']);
});

it('forgets the first removals when there are many', () => {
  const addresses = Array.from({ length: 30 }, (_, index) => `h${index}:1`);
  const draft = draftOf(...addresses);
  for (const address of addresses) draft.remove(address, 'is odd');
  expect([...draft.finish().removals.keys()]).toEqual(addresses.slice(-10));
});
