import { unknownServer } from '../../lib/topology/server-description.js';
import { initialTopology } from '../../lib/topology/topology-description.js';

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
