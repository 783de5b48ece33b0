import { ConfigurationError } from '../../lib/errors/usage-errors.js';
import { ReadPreference, type ReadPreferenceMode } from '../../lib/options/read-preference.js';
import { leastBusy, type SelectionRequest, suitableServers } from '../../lib/topology/select-server.js';
import type { ServerDescription } from '../../lib/topology/server-description.js';
import { describedServer, describedTopology } from './described.js';

const server = (address: string, type: ServerDescription['type'], roundTripTime = 5, tags = {}): ServerDescription =>
  describedServer(address, type, { roundTripTime, tags });

const NY = { dc: 'ny' };
const P = server('p', 'RSPrimary', 5, NY);
const S = server('s', 'RSSecondary', 5, NY);
const T = server('t', 'RSSecondary', 5, { dc: 'sf', disk: 'ssd' });
const SET = describedTopology('ReplicaSetWithPrimary', [
  P,
  S,
  T,
  server('a', 'RSArbiter'),
  server('u', 'Unknown'),
  server('o', 'RSOther'),
]);
const HEADLESS = describedTopology('ReplicaSetNoPrimary', [S, T, server('pp', 'PossiblePrimary')]);

const READ: SelectionRequest = {
  readPreference: ReadPreference.PRIMARY,
  writable: false,
  localThresholdMS: 15,
  heartbeatFrequencyMS: 10_000,
};

function found(topology: typeof SET, request: Partial<SelectionRequest> = {}): string[] {
  return suitableServers(topology, { ...READ, ...request }).map(({ address }) => address);
}

const reading = (mode: ReadPreferenceMode, ...tags: Record<string, string>[]): Partial<SelectionRequest> => ({
  readPreference: new ReadPreference(mode, tags),
});

describe('suitableServers of a replica set', () => {
  it.each([
    ['primary', ['p'], []],
    ['primaryPreferred', ['p'], ['s', 't']],
    ['secondary', ['s', 't'], ['s', 't']],
    ['secondaryPreferred', ['s', 't'], ['s', 't']],
    ['nearest', ['p', 's', 't'], ['s', 't']],
  ] as const)('%s: %j, without a primary %j', (mode, withPrimary, without) => {
    expect(found(SET, reading(mode))).toEqual(withPrimary);
    expect(found(HEADLESS, reading(mode))).toEqual(without);
  });

  it('gives a write the primary alone, whatever the read preference', () => {
    expect(found(SET, { ...reading('secondary', { dc: 'sf' }), writable: true })).toEqual(['p']);
    expect(found(HEADLESS, { ...reading('secondary'), writable: true })).toEqual([]);
  });

  it('tries tag sets in order, and takes the first that fits anybody', () => {
    expect(found(SET, reading('nearest', { dc: 'tokyo' }, NY, {}))).toEqual(['p', 's']);
    expect(found(SET, reading('secondary', { dc: 'sf', disk: 'ssd' }))).toEqual(['t']);
    expect(found(SET, reading('secondary', { dc: 'ny', disk: 'ssd' }))).toEqual([]);
    expect(found(SET, reading('secondary', { dc: 'tokyo' }, {}))).toEqual(['s', 't']);
  });

  it('falls back on the primary without a look at its tags', () => {
    expect(found(SET, reading('secondaryPreferred', { dc: 'tokyo' }))).toEqual(['p']);
    expect(found(SET, reading('primaryPreferred', { dc: 'tokyo' }))).toEqual(['p']);
    expect(found(HEADLESS, reading('primaryPreferred', { dc: 'tokyo' }))).toEqual([]);
  });

  it('leaves out who is too stale before it looks for tags', () => {
    const stale = { ...S, lastWriteDate: 0 };
    const fresh = { ...T, lastWriteDate: 100_000 };
    const topology = describedTopology('ReplicaSetWithPrimary', [{ ...P, lastWriteDate: 100_000 }, stale, fresh]);
    const within = (seconds: number, tags = [NY, {}]): Partial<SelectionRequest> => ({
      readPreference: new ReadPreference('secondary', tags, { maxStalenessSeconds: seconds }),
    });
    expect(found(topology, within(109))).toEqual(['t']);
    expect(found(topology, within(110))).toEqual(['s']);
    expect(() => found(topology, within(89))).toThrow(ConfigurationError);
    expect(found(topology, { ...within(89), writable: true })).toEqual(['p']);
  });
});

describe('suitableServers of other topologies', () => {
  const SECONDARY = reading('secondary', { dc: 'tokyo' });

  it('takes the one server of a direct connection as it is, if it is there', () => {
    for (const type of ['Standalone', 'RSArbiter', 'RSGhost', 'Mongos', 'RSSecondary'] as const) {
      const topology = describedTopology('Single', [server('x', type)]);
      expect([found(topology, SECONDARY), found(topology, { writable: true })]).toEqual([['x'], ['x']]);
    }
    expect(found(describedTopology('Single', [server('x', 'Unknown', -1)]))).toEqual([]);
  });

  it('takes every mongos, and the load balancer, for reads and writes', () => {
    const sharded = describedTopology('Sharded', [
      server('m', 'Mongos'),
      server('u', 'Unknown'),
      server('n', 'Mongos'),
    ]);
    const balanced = describedTopology('LoadBalanced', [server('l', 'LoadBalancer', -1)]);
    for (const request of [SECONDARY, { writable: true }]) {
      expect([found(sharded, request), found(balanced, request)]).toEqual([['m', 'n'], ['l']]);
    }
  });

  it('has nothing to offer while the topology is unknown', () => {
    expect(found(describedTopology('Unknown', [server('g', 'RSGhost')]), reading('nearest'))).toEqual([]);
  });
});

describe('deprioritized servers', () => {
  const avoiding = (...addresses: string[]): Partial<SelectionRequest> => ({ deprioritized: new Set(addresses) });

  it('are taken where nobody else suits', () => {
    expect(found(SET, { ...reading('secondary'), ...avoiding('s') })).toEqual(['t']);
    expect(found(SET, { ...reading('secondary'), ...avoiding('s', 't') })).toEqual(['s', 't']);
    expect(found(SET, { writable: true, ...avoiding('p') })).toEqual(['p']);
    expect(found(SET, avoiding())).toEqual(['p']);
  });

  it('give way to the second choice of a mode', () => {
    expect(found(SET, { ...reading('primaryPreferred'), ...avoiding('p') })).toEqual(['s', 't']);
    expect(found(SET, { ...reading('secondaryPreferred'), ...avoiding('s', 't') })).toEqual(['p']);
  });

  it('still count for what is stale', () => {
    const lagging = { ...S, lastWriteDate: 0 };
    const topology = describedTopology('ReplicaSetWithPrimary', [{ ...P, lastWriteDate: 200_000 }, lagging]);
    const readPreference = new ReadPreference('nearest', undefined, { maxStalenessSeconds: 90 });
    expect(found(topology, { readPreference, ...avoiding('p') })).toEqual(['p']);
  });
});

describe('serverSelector', () => {
  const NEAREST = reading('nearest');

  it('sees the suitable servers and narrows them down, before latency counts', () => {
    const far = server('far', 'RSSecondary', 500);
    const topology = describedTopology('ReplicaSetNoPrimary', [S, far]);
    const seen: string[][] = [];
    const serverSelector: SelectionRequest['serverSelector'] = (servers) => {
      seen.push(servers.map(({ address }) => address));
      return servers.filter(({ address }) => address === 'far');
    };
    expect(found(topology, { ...NEAREST, serverSelector })).toEqual(['far']);
    expect(seen).toEqual([['s', 'far']]);
    expect(found(describedTopology('ReplicaSetNoPrimary', []), { ...NEAREST, serverSelector })).toEqual([]);
    expect(seen).toHaveLength(1);
  });

  it('cannot bring in servers, nor give something else than a list', () => {
    expect(found(SET, { ...NEAREST, serverSelector: () => [T, server('foreign', 'RSPrimary'), T] })).toEqual(['t']);
    expect(() => found(SET, { ...NEAREST, serverSelector: (() => 'p') as never })).toThrow(
      new TypeError("serverSelector must return a list of server descriptions, not 'p'"),
    );
  });
});

describe('the latency window', () => {
  const near = (...times: number[]): string[] => {
    const servers = times.map((time, index) => server(`${index}`, 'Mongos', time));
    return found(describedTopology('Sharded', servers));
  };

  it('goes from the fastest to localThresholdMS above it', () => {
    expect(near(20, 5, 21)).toEqual(['0', '1']);
    expect(near(20, 5, 20)).toEqual(['0', '1', '2']);
    expect(near(900)).toEqual(['0']);
  });

  it('has room for a server that is not measured yet', () => {
    expect(near(-1, 40, 90)).toEqual(['0', '1']);
    expect(near(-1, -1)).toEqual(['0', '1']);
  });
});

describe('leastBusy', () => {
  const counts = new Map([
    ['a', 3],
    ['b', 6],
    ['c', 20],
  ]);
  const pick = (...random: number[]): string =>
    leastBusy(
      [...counts.keys()],
      (key) => counts.get(key)!,
      () => random.shift()!,
    );

  it('looks at two different ones and takes the one with less to do', () => {
    expect(pick(0, 0)).toBe('a');
    expect(pick(0.34, 0)).toBe('b');
    expect(pick(0.34, 0.99)).toBe('a');
    expect(pick(0.99, 0)).toBe('a');
    expect(pick(0.99, 0.99)).toBe('b');
    expect(pick(0.99999, 0.99999)).toBe('b');
  });

  it('takes the only one, and the first of two that are as busy', () => {
    expect(leastBusy(['x'], () => 7)).toBe('x');
    expect(
      leastBusy(
        ['x', 'y'],
        () => 7,
        () => 0.5,
      ),
    ).toBe('y');
  });
});
