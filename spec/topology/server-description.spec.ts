import { Long, ObjectId } from 'bson';
import {
  compareTopologyVersions,
  describeServer,
  incompatibility,
  isDataBearing,
  isStale,
  loadBalancer,
  MAX_WIRE_VERSION,
  MIN_WIRE_VERSION,
  memberAddresses,
  type ServerDescription,
  sameDescription,
  unknownServer,
} from '../../lib/topology/server-description.js';

const PROCESS = new ObjectId();

describe('describeServer', () => {
  const hello = {
    ok: 1,
    isWritablePrimary: true,
    setName: 'rs0',
    me: 'DB1:27017',
    hosts: ['DB1:27017', 'db2', 'db2:27017'],
    passives: ['db3:27018'],
    arbiters: ['[::1]:27017'],
    primary: 'DB1:27017',
    tags: { dc: 'east' },
    electionId: new ObjectId(),
    setVersion: 4,
    topologyVersion: { processId: PROCESS, counter: Long.fromNumber(6) },
    lastWrite: { lastWriteDate: new Date(5000) },
    minWireVersion: 0,
    maxWireVersion: 17,
    maxBsonObjectSize: 1000,
    maxMessageSizeBytes: Long.fromNumber(2000),
    maxWriteBatchSize: 3,
    logicalSessionTimeoutMinutes: 30,
  };

  it('reads what a server says of itself', () => {
    const before = performance.now();
    const { lastUpdateTime, ...description } = describeServer('db1:27017', hello, { average: 7, min: 5 });
    expect(lastUpdateTime).toBeGreaterThanOrEqual(before);
    expect(lastUpdateTime).toBeLessThanOrEqual(performance.now());
    expect(description).toEqual({
      address: 'db1:27017',
      type: 'RSPrimary',
      error: undefined,
      roundTripTime: 7,
      minRoundTripTime: 5,
      lastWriteDate: 5000,
      setName: 'rs0',
      me: 'db1:27017',
      hosts: ['db1:27017', 'db2:27017'],
      passives: ['db3:27018'],
      arbiters: ['[::1]:27017'],
      primary: 'db1:27017',
      tags: { dc: 'east' },
      electionId: hello.electionId,
      setVersion: 4,
      topologyVersion: { processId: PROCESS, counter: 6n },
      minWireVersion: 0,
      maxWireVersion: 17,
      maxBsonObjectSize: 1000,
      maxMessageSizeBytes: 2000,
      maxWriteBatchSize: 3,
      logicalSessionTimeoutMinutes: 30,
      iscryptd: false,
      hello,
    });
  });

  it('is frozen', () => {
    const description = describeServer('db1:27017', hello);
    for (const part of [description, description.hosts, description.tags, description.topologyVersion]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  it('names all members that the server knows', () => {
    const names = ['db1:27017', 'db2:27017', 'db3:27018', '[::1]:27017'];
    expect(memberAddresses(describeServer('db1:27017', hello))).toEqual(names);
  });

  it('has the defaults of the specification for what is missing or makes no sense', () => {
    const defaults = describeServer('a:1', { ok: 1 });
    expect(defaults).toMatchObject({
      type: 'Standalone',
      roundTripTime: -1,
      minRoundTripTime: 0,
      minWireVersion: 0,
      maxWireVersion: 0,
      maxBsonObjectSize: 16 * 1024 * 1024,
      maxMessageSizeBytes: 48_000_000,
      maxWriteBatchSize: 1_000,
    });
    const fields = Object.keys(hello).filter((field) => field !== 'ok');
    const odd: unknown[] = [
      undefined,
      null,
      '',
      -1,
      1.5,
      {},
      [],
      [null, 5, ''],
      { valueOf: null },
      () => 1,
      new Date(Number.NaN),
    ];
    for (const value of odd) {
      const hostile = describeServer('a:1', { ok: 1, ...Object.fromEntries(fields.map((field) => [field, value])) });
      // The empty text is a text.
      const { setName } = hostile;
      expect({ ...hostile, setName: setName || undefined }).toEqual({
        ...defaults,
        type: hostile.type,
        lastUpdateTime: expect.any(Number),
        hello: expect.anything(),
      });
    }
  });

  it('describes an unknown server where the reply is no success', () => {
    for (const [reply, reason] of [
      [{ ok: 0, errmsg: 'go away', setName: 'rs0' }, 'go away'],
      [{}, 'the reply has no ok: 1'],
      [{ ok: {}, errmsg: 5 }, 'the reply has no ok: 1'],
    ] as const) {
      const description = describeServer('a:1', reply);
      expect(description).toMatchObject({ type: 'Unknown', setName: undefined });
      expect(description.error).toMatchObject({
        name: 'ConnectionFailureError',
        message: `the hello of a:1 failed: ${reason}`,
      });
    }
  });

  it('does not believe a server that names members without end', () => {
    const hosts = Array.from({ length: 100_000 }, (_, index) => `h${index}:1`);
    const description = describeServer('a:1', { ...hello, hosts });
    expect(description).toMatchObject({ type: 'Unknown', hosts: [] });
    expect(description.error!.message).toBe('a:1 names 100002 members of its set, at most 1000 were expected');
  });

  it.each([
    [{}, 'Standalone'],
    [{ msg: 'isdbgrid', ismaster: true }, 'Mongos'],
    [{ isreplicaset: true }, 'RSGhost'],
    [{ setName: 's', isWritablePrimary: true }, 'RSPrimary'],
    [{ setName: 's', ismaster: true }, 'RSPrimary'],
    [{ setName: 's', isWritablePrimary: false, ismaster: true }, 'RSOther'],
    [{ setName: 's', secondary: true }, 'RSSecondary'],
    [{ setName: 's', secondary: true, hidden: true }, 'RSOther'],
    [{ setName: 's', arbiterOnly: true }, 'RSArbiter'],
    [{ setName: 's' }, 'RSOther'],
    [{ setName: 5, ismaster: true }, 'Standalone'],
  ])('takes %j for a %s', (fields, type) => {
    expect(describeServer('a:1', { ok: 1, ...fields }).type).toBe(type);
    expect(describeServer('a:1', { ok: true, ...fields }).type).toBe(type);
  });
});

describe('other descriptions', () => {
  it('of a server that has not been asked', () => {
    expect(unknownServer('a:1')).toMatchObject({
      ...{ address: 'a:1', type: 'Unknown', error: undefined, roundTripTime: -1, lastUpdateTime: -Infinity },
      ...{ hosts: [], tags: {}, maxWireVersion: 0, topologyVersion: undefined, hello: {} },
    });
  });

  it('of a server after an error', () => {
    const error = new Error('gone');
    const topologyVersion = { processId: PROCESS, counter: 1n };
    const description = unknownServer('a:1', error, topologyVersion);
    expect(description).toMatchObject({ type: 'Unknown', error, topologyVersion });
    expect(description.lastUpdateTime).toBeGreaterThan(0);
    expect(Object.isFrozen(description)).toBe(true);
  });

  it('of a load balancer', () => {
    expect(loadBalancer('a:1')).toEqual({ ...unknownServer('a:1'), type: 'LoadBalancer' });
  });

  it('tell where data can be read', () => {
    const bearing = ['Standalone', 'Mongos', 'RSPrimary', 'RSSecondary', 'LoadBalancer'] as const;
    const others = ['RSArbiter', 'RSOther', 'RSGhost', 'Unknown', 'PossiblePrimary'] as const;
    const ofType = (type: ServerDescription['type']) => isDataBearing({ ...unknownServer('a:1'), type });
    expect(bearing.every(ofType)).toBe(true);
    expect(others.some(ofType)).toBe(false);
  });
});

describe('incompatibility', () => {
  const server = (minWireVersion: number, maxWireVersion: number) =>
    incompatibility(describeServer('db:27017', { ok: 1, minWireVersion, maxWireVersion }));

  it('names both versions', () => {
    expect(server(0, MIN_WIRE_VERSION)).toBeUndefined();
    expect(server(MAX_WIRE_VERSION, 99)).toBeUndefined();
    expect(server(0, 6)).toBe(
      'the server at db:27017 reports wire version 6, but this version of Rotor requires at least 7 (MongoDB 4.0)',
    );
    expect(server(29, 30)).toBe(
      'the server at db:27017 requires wire version 29, but this version of Rotor only supports up to 28',
    );
  });

  it('is not held against servers of which nothing is known', () => {
    expect(incompatibility(unknownServer('a:1'))).toBeUndefined();
    expect(incompatibility(loadBalancer('a:1'))).toBeUndefined();
  });
});

describe('topology versions', () => {
  const version = (counter: bigint, processId = PROCESS) => ({ processId: new ObjectId(processId.id), counter });

  it.each([
    [undefined, version(1n), -1],
    [version(1n), undefined, -1],
    [version(9n), version(1n, new ObjectId()), -1],
    [version(1n), version(2n), -1],
    [version(2n), version(2n), 0],
    [version(2n ** 62n), version(1n), 1],
  ])('%j and %j: %i', (current, candidate, order) => {
    expect(Math.sign(compareTopologyVersions(current, candidate))).toBe(order);
    expect(isStale(current, candidate)).toBe(order > 0);
  });
});

describe('sameDescription', () => {
  const known: ServerDescription = describeServer('a:1', {
    ...{ ok: 1, setName: 'rs0', secondary: true, me: 'a:1', hosts: ['a:1', 'b:1'], tags: { dc: 'east', rack: '1' } },
    ...{ setVersion: 1, electionId: PROCESS, topologyVersion: { processId: PROCESS, counter: 1 }, maxWireVersion: 21 },
  });
  const failed = unknownServer('a:1', new Error('gone'));

  it('does not mind times, the order of lists and the objects that ids are in', () => {
    const electionId = new ObjectId(PROCESS.id);
    const later = {
      ...{ ...known, electionId, hosts: ['b:1', 'a:1'], tags: { rack: '1', dc: 'east' } },
      ...{ topologyVersion: { processId: electionId, counter: 1n }, hello: {} },
      ...{ roundTripTime: 99, minRoundTripTime: 1, lastUpdateTime: 99, lastWriteDate: 1 },
    };
    expect(sameDescription(known, later)).toBe(true);
    expect(sameDescription(failed, unknownServer('a:1', new Error('gone')))).toBe(true);
    expect(sameDescription(unknownServer('a:1'), unknownServer('a:1'))).toBe(true);
  });

  it.each<[string, Partial<ServerDescription>]>([
    ['address', { address: 'a:2' }],
    ['type', { type: 'RSOther' }],
    ['error', { error: new Error('gone') }],
    ['a wire version', { maxWireVersion: 25 }],
    ['me', { me: undefined }],
    ['a host', { hosts: ['a:1', 'c:1'] }],
    ['a passive', { passives: ['c:1'] }],
    ['an arbiter', { arbiters: ['c:1'] }],
    ['a tag', { tags: { dc: 'west', rack: '1' } }],
    ['setName', { setName: 'rs1' }],
    ['setVersion', { setVersion: 2 }],
    ['electionId', { electionId: new ObjectId() }],
    ['no electionId', { electionId: undefined }],
    ['primary', { primary: 'b:1' }],
    ['the session timeout', { logicalSessionTimeoutMinutes: 30 }],
    ['topologyVersion', { topologyVersion: { processId: PROCESS, counter: 2n } }],
    ['no topologyVersion', { topologyVersion: undefined }],
    ['iscryptd', { iscryptd: true }],
  ])('sees another %s', (_, fields) => {
    expect(sameDescription(known, { ...known, ...fields })).toBe(false);
    expect(sameDescription({ ...known, ...fields }, known)).toBe(false);
  });

  it('sees another error', () => {
    expect(sameDescription(failed, unknownServer('a:1', new Error('other')))).toBe(false);
    expect(sameDescription(failed, unknownServer('a:1', new TypeError('gone')))).toBe(false);
  });
});
