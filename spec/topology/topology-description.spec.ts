import { describeServer, loadBalancer, unknownServer } from '../../lib/topology/server-description.js';
import { initialTopology, takesOperations } from '../../lib/topology/topology-description.js';

describe('initialTopology', () => {
  it.each([
    [{}, 'Unknown'],
    [{ directConnection: false }, 'Unknown'],
    [{ replicaSet: 'rs0' }, 'ReplicaSetNoPrimary'],
    [{ directConnection: false, replicaSet: 'rs0' }, 'ReplicaSetNoPrimary'],
    [{ directConnection: true }, 'Single'],
    [{ directConnection: true, replicaSet: 'rs0' }, 'Single'],
    [{ loadBalanced: true }, 'LoadBalanced'],
  ])('with %j is %s', (options, type) => {
    const topology = initialTopology({ seeds: ['a:1'], ...options });
    expect(topology).toMatchObject({ type, setName: (options as { replicaSet?: string }).replicaSet, seedCount: 1 });
    expect(Object.isFrozen(topology)).toBe(true);
  });

  it('knows nothing of its servers', () => {
    const topology = initialTopology({ seeds: ['a:1', 'b:1'] });
    expect([...topology.servers]).toEqual([
      ['a:1', unknownServer('a:1')],
      ['b:1', unknownServer('b:1')],
    ]);
    expect(topology).toMatchObject({
      ...{ seedCount: 2, maxElectionId: undefined, maxSetVersion: undefined },
      ...{ compatibilityError: undefined, logicalSessionTimeoutMinutes: undefined },
    });
  });
});

describe('takesOperations', () => {
  const discovered = initialTopology({ seeds: ['a:1'] });
  const direct = initialTopology({ seeds: ['a:1'], directConnection: true });
  const primary = describeServer('a:1', { ok: 1, setName: 'rs0', ismaster: true });
  const arbiter = describeServer('a:1', { ok: 1, setName: 'rs0', arbiterOnly: true });

  it('is for servers with data, and for any that is addressed directly', () => {
    expect(takesOperations(discovered, primary)).toBe(true);
    expect(takesOperations(discovered, loadBalancer('a:1'))).toBe(true);
    expect(takesOperations(discovered, arbiter)).toBe(false);
    expect(takesOperations(direct, arbiter)).toBe(true);
    expect(takesOperations(direct, unknownServer('a:1'))).toBe(false);
  });
});
