import { ObjectId } from 'bson';
import { describeServer, type ServerType, unknownServer } from '../../lib/topology/server-description.js';
import {
  initialTopology,
  type TopologyDescription,
  type TopologyType,
} from '../../lib/topology/topology-description.js';
import { applySeeds, applyServer } from '../../lib/topology/transitions.js';

const MEMBERS = { setName: 'rs0', hosts: ['a:1', 'b:1'], maxWireVersion: 21 };
const HELLOS: Readonly<Partial<Record<ServerType, object>>> = {
  Standalone: {},
  Mongos: { msg: 'isdbgrid' },
  RSPrimary: { ...MEMBERS, isWritablePrimary: true },
  RSSecondary: { ...MEMBERS, secondary: true },
  RSArbiter: { ...MEMBERS, arbiterOnly: true },
  RSOther: MEMBERS,
  RSGhost: { isreplicaset: true },
};

const hello = (address: string, fields: object) => describeServer(address, { ok: 1, maxWireVersion: 21, ...fields });
const server = (address: string, type: ServerType) =>
  type === 'Unknown' ? unknownServer(address, new Error('gone')) : hello(address, HELLOS[type]!);
const of = (...seeds: string[]) => initialTopology({ seeds });
const set = (...seeds: string[]) => initialTopology({ seeds, replicaSet: 'rs0' });
const types = ({ servers }: TopologyDescription) =>
  Object.fromEntries([...servers.values()].map((s) => [s.address, s.type]));
const learn = (topology: TopologyDescription, ...news: Parameters<typeof applyServer>[1][]) =>
  news.reduce(applyServer, topology);
const electionId = (number: number) => ObjectId.createFromTime(number);

/** A topology of each type with the server a:1, which the news are of, and b:1. */
const TOPOLOGIES: Readonly<Record<string, () => TopologyDescription>> = {
  Unknown: () => of('a:1', 'b:1'),
  Sharded: () => learn(of('a:1', 'b:1'), server('b:1', 'Mongos')),
  ReplicaSetNoPrimary: () => set('a:1', 'b:1'),
  ReplicaSetWithPrimary: () => learn(set('a:1', 'b:1'), server('b:1', 'RSPrimary')),
};

describe('the table of the specification', () => {
  const gone = 'gone';
  const NO = 'ReplicaSetNoPrimary';
  const WITH = 'ReplicaSetWithPrimary';
  const rows: [ServerType, ...[TopologyType, string][]][] = [
    ['Unknown', ['Unknown', 'Unknown'], ['Sharded', 'Unknown'], [NO, 'Unknown'], [WITH, 'Unknown']],
    ['Standalone', ['Unknown', gone], ['Sharded', gone], [NO, gone], [WITH, gone]],
    ['Mongos', ['Sharded', 'Mongos'], ['Sharded', 'Mongos'], [NO, gone], [WITH, gone]],
    ['RSPrimary', [WITH, 'RSPrimary'], ['Sharded', gone], [WITH, 'RSPrimary'], [WITH, 'RSPrimary']],
    ['RSSecondary', [NO, 'RSSecondary'], ['Sharded', gone], [NO, 'RSSecondary'], [WITH, 'RSSecondary']],
    ['RSArbiter', [NO, 'RSArbiter'], ['Sharded', gone], [NO, 'RSArbiter'], [WITH, 'RSArbiter']],
    ['RSOther', [NO, 'RSOther'], ['Sharded', gone], [NO, 'RSOther'], [WITH, 'RSOther']],
    ['RSGhost', ['Unknown', 'RSGhost'], ['Sharded', gone], [NO, 'RSGhost'], [WITH, 'RSGhost']],
  ];

  it.each(rows)('%s', (type, ...expected) => {
    Object.values(TOPOLOGIES).forEach((topology, index) => {
      const next = applyServer(topology(), server('a:1', type));
      expect([next.type, types(next)['a:1'] ?? gone]).toEqual(expected[index]);
      expect(Object.isFrozen(next)).toBe(true);
    });
  });

  it.each(Object.keys(HELLOS) as ServerType[])('a server that is addressed directly may be %s', (type) => {
    const next = applyServer(initialTopology({ seeds: ['a:1'], directConnection: true }), server('a:1', type));
    expect([next.type, types(next)]).toEqual(['Single', { 'a:1': type }]);
  });

  it('a load balancer stays one', () => {
    const balanced = initialTopology({ seeds: ['a:1'], loadBalanced: true });
    const known = applyServer(balanced, { ...unknownServer('a:1'), type: 'LoadBalancer' });
    expect([known.type, types(known)]).toEqual(['LoadBalanced', { 'a:1': 'LoadBalancer' }]);
    for (const type of Object.keys(HELLOS)) expect(applyServer(known, server('a:1', type as ServerType))).toBe(known);
    expect(applyServer(known, server('a:1', 'Unknown'))).toBe(known);
    expect(applyServer(of('a:1'), known.servers.get('a:1')!)).toMatchObject({ type: 'Unknown' });
  });
});

describe('news that change nothing', () => {
  const topologyVersion = (counter: number) => ({ processId: electionId(1), counter });

  it('of servers that are not there', () => {
    const topology = of('a:1');
    expect(applyServer(topology, server('x:1', 'Standalone'))).toBe(topology);
  });

  it('that are older than what is known; errors without a version are not', () => {
    const known = learn(of('a:1'), hello('a:1', { topologyVersion: topologyVersion(5) }));
    expect(applyServer(known, hello('a:1', { topologyVersion: topologyVersion(4) }))).toBe(known);
    expect(applyServer(known, hello('a:1', { topologyVersion: topologyVersion(5), setVersion: 9 }))).not.toBe(known);
    expect(types(applyServer(known, server('a:1', 'Unknown')))).toEqual({ 'a:1': 'Unknown' });
  });

  it('do not change the description that they are applied to', () => {
    const topology = set('a:1', 'x:1');
    applyServer(topology, server('a:1', 'RSPrimary'));
    expect([topology.type, types(topology)]).toEqual(['ReplicaSetNoPrimary', { 'a:1': 'Unknown', 'x:1': 'Unknown' }]);
  });
});

describe('standalones', () => {
  it('make a topology of one seed Single, for ever', () => {
    const single = learn(of('a:1'), server('a:1', 'Standalone'));
    expect(single.type).toBe('Single');
    expect(learn(single, server('a:1', 'RSPrimary'))).toMatchObject({ type: 'Single' });
  });

  it('are left out among several seeds, also the last of them', () => {
    const topology = learn(of('a:1', 'b:1'), server('a:1', 'Standalone'), server('b:1', 'Standalone'));
    expect([topology.type, topology.servers.size]).toEqual(['Unknown', 0]);
    expect([...topology.removals]).toEqual([
      ['a:1', 'is a standalone, but one of 2 seeds'],
      ['b:1', 'is a standalone, but one of 2 seeds'],
    ]);
  });
});

describe('a wrong set name', () => {
  const direct = initialTopology({ seeds: ['a:1'], directConnection: true, replicaSet: 'other' });

  it.each([
    ['RSPrimary', "a:1 is a member of replica set 'rs0', 'other' was expected"],
    ['Standalone', "a:1 is no member of a replica set, 'other' was expected"],
  ] as const)('makes a %s that is addressed directly unknown', (type, message) => {
    const topology = applyServer(direct, server('a:1', type));
    expect([topology.type, types(topology)]).toEqual(['Single', { 'a:1': 'Unknown' }]);
    expect(topology.servers.get('a:1')!.error).toMatchObject({ name: 'ConfigurationError', message });
  });

  it('does not hide the error of a check', () => {
    const failed = server('a:1', 'Unknown');
    expect(applyServer(direct, failed).servers.get('a:1')).toBe(failed);
  });

  it.each(['RSPrimary', 'RSSecondary'] as const)('leaves a %s out', (type) => {
    const topology = learn(initialTopology({ seeds: ['a:1', 'b:1'], replicaSet: 'other' }), server('a:1', type));
    expect([topology.type, types(topology)]).toEqual(['ReplicaSetNoPrimary', { 'b:1': 'Unknown' }]);
    expect(topology.removals.get('a:1')).toBe("is a member of replica set 'rs0', 'other' was expected");
  });
});

describe('members of a set', () => {
  it('add those that they know, and take none away', () => {
    const topology = learn(of('a:1', 'x:1'), hello('a:1', { ...MEMBERS, secondary: true, arbiters: ['c:1'] }));
    expect(topology).toMatchObject({ type: 'ReplicaSetNoPrimary', setName: 'rs0' });
    expect(types(topology)).toEqual({ 'a:1': 'RSSecondary', 'b:1': 'Unknown', 'c:1': 'Unknown', 'x:1': 'Unknown' });
  });

  it('under another name are left out', () => {
    const alias = hello('x:1', { ...MEMBERS, secondary: true, me: 'a:1' });
    const topology = learn(of('x:1'), alias);
    expect(types(topology)).toEqual({ 'a:1': 'Unknown', 'b:1': 'Unknown' });
    expect(topology.removals.get('x:1')).toBe('is known to its replica set as a:1');
    const withPrimary = learn(set('a:1', 'b:1'), server('b:1', 'RSPrimary'), hello('a:1', { ...MEMBERS, me: 'c:1' }));
    expect([withPrimary.type, types(withPrimary)]).toEqual(['ReplicaSetWithPrimary', { 'b:1': 'RSPrimary' }]);
  });

  it('may have been the primary', () => {
    const topology = learn(set('a:1', 'b:1'), server('a:1', 'RSPrimary'), server('a:1', 'RSSecondary'));
    expect(topology.type).toBe('ReplicaSetNoPrimary');
  });
});

describe('a primary', () => {
  it('decides who is a member', () => {
    const topology = learn(set('x:1', 'a:1'), server('a:1', 'RSPrimary'));
    expect(types(topology)).toEqual({ 'a:1': 'RSPrimary', 'b:1': 'Unknown' });
    expect(topology.removals.get('x:1')).toBe('is not among the members that the primary a:1 knows');
  });

  it('under a name that its set does not know is left out itself', () => {
    const topology = learn(set('x:1'), server('x:1', 'RSPrimary'));
    expect([topology.type, types(topology)]).toEqual(['ReplicaSetNoPrimary', { 'a:1': 'Unknown', 'b:1': 'Unknown' }]);
  });

  it('takes the place of the one before', () => {
    const topology = learn(set('a:1', 'b:1'), server('a:1', 'RSPrimary'), server('b:1', 'RSPrimary'));
    expect(types(topology)).toEqual({ 'a:1': 'Unknown', 'b:1': 'RSPrimary' });
    const { error } = topology.servers.get('a:1')!;
    expect(error!.message).toBe('primary marked stale due to discovery of newer primary');
  });

  const primary = (address: string, election: number | undefined, setVersion: number | undefined, wire: number) => {
    const fields = { electionId: election === undefined ? undefined : electionId(election), setVersion };
    return hello(address, { ...HELLOS.RSPrimary, ...fields, maxWireVersion: wire });
  };

  /** [election, version of the set] of the one that is known, of the next, and of what is remembered then. */
  const newer = (wire: number, known: [any, any], next: [any, any], remembered: [any, any]) => {
    const topology = learn(set('a:1', 'b:1'), primary('a:1', ...known, wire), primary('b:1', ...next, wire));
    expect(types(topology)).toEqual({ 'a:1': 'Unknown', 'b:1': 'RSPrimary' });
    const [election, setVersion] = remembered;
    expect(topology.maxElectionId?.toHexString()).toBe(election && electionId(election).toHexString());
    expect(topology.maxSetVersion).toBe(setVersion);
  };
  const older = (wire: number, known: [any, any], next: [any, any]) => {
    const topology = learn(set('a:1', 'b:1'), primary('a:1', ...known, wire), primary('b:1', ...next, wire));
    expect([topology.type, types(topology)]).toEqual([
      'ReplicaSetWithPrimary',
      { 'a:1': 'RSPrimary', 'b:1': 'Unknown' },
    ]);
    const { error } = topology.servers.get('b:1')!;
    expect(error!.message).toBe('primary marked stale due to electionId/setVersion mismatch');
    expect(topology.maxSetVersion).toBe(known[1]);
  };

  it('from 6.0 on is newer by its election, then by the version of the set', () => {
    newer(17, [1, 50], [2, 1], [2, 1]);
    newer(17, [1, 1], [1, 1], [1, 1]);
    newer(17, [1, 1], [1, 2], [1, 2]);
    newer(17, [undefined, 5], [1, undefined], [1, undefined]);
    newer(17, [undefined, undefined], [undefined, undefined], [undefined, undefined]);
    older(17, [2, 1], [1, 50]);
    older(17, [1, 2], [1, 1]);
    older(17, [1, 1], [undefined, 2]);
    older(17, [1, 1], [1, undefined]);
  });

  it('before is newer by the version of the set, then by its election', () => {
    newer(13, [2, 1], [1, 2], [1, 2]);
    newer(13, [1, 1], [2, 1], [2, 1]);
    newer(13, [1, 2], [undefined, 1], [1, 2]);
    newer(13, [1, 2], [2, undefined], [1, 2]);
    newer(13, [undefined, 1], [1, 1], [1, 1]);
    older(13, [1, 2], [2, 1]);
    older(13, [2, 1], [1, 1]);
  });
});

it('tells of servers that are too old or too new, and of sessions', () => {
  const old = learn(of('a:1', 'b:1'), hello('a:1', { msg: 'isdbgrid', maxWireVersion: 5 }));
  expect(old.compatibilityError).toContain('the server at a:1 reports wire version 5');
  const upgraded = learn(old, hello('a:1', { msg: 'isdbgrid', logicalSessionTimeoutMinutes: 30 }));
  expect(upgraded).toMatchObject({ compatibilityError: undefined, logicalSessionTimeoutMinutes: 30 });
  const both = learn(upgraded, hello('b:1', { msg: 'isdbgrid', logicalSessionTimeoutMinutes: 10 }));
  expect(both.logicalSessionTimeoutMinutes).toBe(10);
  expect(learn(both, server('b:1', 'Mongos')).logicalSessionTimeoutMinutes).toBeUndefined();
  expect(learn(both, server('b:1', 'Unknown')).logicalSessionTimeoutMinutes).toBe(30);
});

describe('applySeeds', () => {
  it('adds and removes routers, and keeps what is known of the others', () => {
    const known = learn(of('a:1', 'b:1'), server('a:1', 'Mongos'));
    const topology = applySeeds(known, ['a:1', 'c:1']);
    expect([topology.type, types(topology)]).toEqual(['Sharded', { 'a:1': 'Mongos', 'c:1': 'Unknown' }]);
    expect(topology.servers.get('a:1')).toBe(known.servers.get('a:1'));
    expect(topology.removals.get('b:1')).toBe('is no longer among the SRV records');
  });

  it('leaves anything but a sharded or unknown deployment alone', () => {
    expect(types(applySeeds(of('a:1'), ['b:1']))).toEqual({ 'b:1': 'Unknown' });
    for (const topology of [set('a:1'), learn(of('a:1'), server('a:1', 'Standalone'))]) {
      expect(applySeeds(topology, ['b:1'])).toBe(topology);
    }
  });
});
