import { loggedTopology } from '../../lib/events/logged-topology.js';
import { unknownServer } from '../../lib/topology/server-description.js';
import { initialTopology } from '../../lib/topology/topology-description.js';

const description = initialTopology({ seeds: ['a:1', 'b:2'], replicaSet: 'rs0' });

it('has the servers of the deployment', () => {
  expect(JSON.parse(loggedTopology(description, 0))).toEqual({
    type: 'ReplicaSetNoPrimary',
    setName: 'rs0',
    servers: [
      { address: 'a:1', type: 'Unknown' },
      { address: 'b:2', type: 'Unknown' },
    ],
  });
});

it('has the last error of each, and is cut', () => {
  const servers = new Map([['a:1', { ...unknownServer('a:1'), error: new Error('connect ECONNREFUSED') }]]);
  const text = loggedTopology({ ...description, servers }, 0);
  expect(JSON.parse(text).servers).toEqual([{ address: 'a:1', type: 'Unknown', error: 'connect ECONNREFUSED' }]);
  expect(loggedTopology({ ...description, servers }, 7)).toBe('{"type"...');
});

it('has what a known server says of itself', () => {
  const known = { ...unknownServer('a:1'), type: 'RSPrimary', roundTripTime: 1.23456, setName: 'rs0' } as const;
  const text = loggedTopology({ ...description, servers: new Map([['a:1', known]]) }, 0);
  expect(JSON.parse(text).servers).toMatchObject([{ type: 'RSPrimary', roundTripTime: 1.235, setName: 'rs0' }]);
});
