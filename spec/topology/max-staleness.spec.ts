import { ConfigurationError } from '../../lib/errors/usage-errors.js';
import { checkMaxStaleness, estimatedStaleness } from '../../lib/topology/max-staleness.js';
import { describedServer, describedTopology } from './described.js';

const PRIMARY = describedServer('p:1', 'RSPrimary', { lastUpdateTime: 60_000, lastWriteDate: 10_000 });
const SECONDARY = describedServer('s:1', 'RSSecondary', { lastUpdateTime: 60_000, lastWriteDate: 0 });

describe('checkMaxStaleness', () => {
  it('wants 90 seconds, and a heartbeat with an idle write', () => {
    expect(checkMaxStaleness(90, 10_000)).toBeUndefined();
    expect(checkMaxStaleness(130, 120_000)).toBeUndefined();
    expect(() => checkMaxStaleness(89, 10_000)).toThrow(ConfigurationError);
    expect(() => checkMaxStaleness(129, 120_000)).toThrow(/at least 130 on a replica set .*, not 129$/);
  });
});

describe('estimatedStaleness', () => {
  it('compares with the primary: the example of the specification', () => {
    const topology = describedTopology('ReplicaSetWithPrimary', [PRIMARY, SECONDARY]);
    expect(estimatedStaleness(topology, SECONDARY, 10_000)).toBe(20_000);
    expect(estimatedStaleness(topology, PRIMARY, 10_000)).toBe(0);
  });

  it('does not depend on the clock by which updates are told', () => {
    const early = (server: typeof PRIMARY) => ({ ...server, lastUpdateTime: server.lastUpdateTime - 1e12 });
    const topology = describedTopology('ReplicaSetWithPrimary', [early(PRIMARY), early(SECONDARY)]);
    expect(estimatedStaleness(topology, early(SECONDARY), 10_000)).toBe(20_000);
  });

  it('compares with the secondary that wrote last where there is no primary, or one that says nothing', () => {
    const newest = describedServer('n:1', 'RSSecondary', { lastWriteDate: 20_000 });
    const older = describedServer('o:1', 'RSSecondary', { lastWriteDate: 5_000 });
    const silent = describedServer('p:1', 'RSPrimary', {});
    for (const others of [[], [silent]]) {
      const topology = describedTopology('ReplicaSetNoPrimary', [newest, older, ...others]);
      expect(estimatedStaleness(topology, newest, 10_000)).toBe(10_000);
      expect(estimatedStaleness(topology, older, 10_000)).toBe(25_000);
    }
  });

  it('takes a secondary that does not say when it wrote for endlessly stale', () => {
    const silent = describedServer('s:2', 'RSSecondary');
    const topology = describedTopology('ReplicaSetWithPrimary', [PRIMARY, silent]);
    expect(estimatedStaleness(topology, silent, 10_000)).toBe(Number.POSITIVE_INFINITY);
  });
});
