import { healthOf } from '../../lib/api/health.js';
import { ConnectionFailureError } from '../../lib/errors/connection-errors.js';
import { describeServer, unknownServer } from '../../lib/topology/server-description.js';
import { initialTopology } from '../../lib/topology/topology-description.js';

const HELLO = { ok: 1, ismaster: true, setName: 'rs0', hosts: ['a:1', 'b:2'], me: 'a:1', maxWireVersion: 17 };

describe('healthOf', () => {
  const primary = describeServer('a:1', HELLO, { average: 3, min: 1 });
  const lost = unknownServer('b:2', new ConnectionFailureError('connect ECONNREFUSED'));
  const topology = {
    ...initialTopology({ seeds: ['a:1', 'b:2'], replicaSet: 'rs0' }),
    type: 'ReplicaSetWithPrimary' as const,
    servers: new Map([primary, lost].map((server) => [server.address, server])),
  };

  it('is plain data that JSON keeps', () => {
    const health = healthOf({ role: 'write', address: 'a:1', latencyMS: 2 }, topology, []);
    expect(health).toEqual({
      ...{ ok: true, role: 'write', address: 'a:1', latencyMS: 2, topologyType: 'ReplicaSetWithPrimary' },
      ...{ setName: 'rs0', primary: 'a:1', pools: [] },
      servers: [
        { address: 'a:1', type: 'RSPrimary', roundTripTimeMS: 3 },
        {
          ...{ address: 'b:2', type: 'Unknown', roundTripTimeMS: null },
          error: { name: 'ConnectionFailureError', code: 'CONNECTION_FAILURE', message: 'connect ECONNREFUSED' },
        },
      ],
    });
    expect(JSON.parse(JSON.stringify(health))).toEqual(health);
  });

  it('says why it is not ok', () => {
    const unknown = initialTopology({ seeds: [] });
    expect(healthOf({ role: 'read', error: new TypeError('no') }, unknown, [])).toMatchObject({
      ...{ ok: false, role: 'read', address: null, latencyMS: null, primary: null, setName: null, servers: [] },
      error: { name: 'TypeError', message: 'no' },
    });
    expect(healthOf({ role: 'read', error: 'odd' }, unknown, []).error).toMatchObject({ message: 'odd' });
  });
});
