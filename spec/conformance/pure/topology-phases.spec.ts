import { runPure } from './pure-context.js';
import { topologyPhasesFormat } from './topology-phases.js';

const run = (json: object) =>
  runPure(topologyPhasesFormat, { description: 'd', uri: 'mongodb://a,b/?replicaSet=rs', ...json });

const HELLO = { ok: 1, setName: 'rs', isWritablePrimary: true, hosts: ['a:27017', 'b:27017'], maxWireVersion: 21 };
const DISCOVERED = {
  topologyType: 'ReplicaSetWithPrimary',
  setName: 'rs',
  logicalSessionTimeoutMinutes: null,
  compatible: true,
  servers: {
    'a:27017': { type: 'RSPrimary', setName: 'rs', electionId: null, pool: { generation: 0 } },
    'b:27017': { type: 'PossiblePrimary', setName: null, minWireVersion: 0 },
  },
};
const discovery = (outcome: object = {}) => ({
  responses: [['a:27017', HELLO]],
  outcome: { ...DISCOVERED, ...outcome },
});
const failure = (error: object, type: string, generation: number) => ({
  applicationErrors: [{ address: 'a:27017', when: 'afterHandshakeCompletes', maxWireVersion: 21, ...error }],
  outcome: {
    topologyType: type === 'RSPrimary' ? 'ReplicaSetWithPrimary' : 'ReplicaSetNoPrimary',
    servers: { 'a:27017': { type, pool: { generation } }, 'b:27017': { type: 'Unknown' } },
  },
});

describe('phases of a topology', () => {
  it('pass as they are expected', async () => {
    const lost = { responses: [['a:27017', {}]], outcome: failure({}, 'Unknown', 1).outcome };
    expect(await run({ phases: [discovery(), lost] })).toEqual(['passed']);
  });

  it.each([
    [{ type: 'network' }, 'Unknown', 1],
    [{ type: 'timeout' }, 'RSPrimary', 0],
    [{ type: 'timeout', when: 'beforeHandshakeCompletes' }, 'RSPrimary', 0],
    [{ type: 'command', response: { ok: 0, code: 91, errmsg: 'bye' } }, 'Unknown', 1],
    [{ type: 'command', response: { ok: 0, code: 189, errmsg: 'bye' } }, 'Unknown', 0],
  ])('have errors of the application: %j', async (error, type, generation) => {
    expect(await run({ phases: [discovery(), failure(error, type, generation)] })).toEqual(['passed']);
  });

  it.each([
    [{ topologyType: 'Single' }, 'phase 1 topologyType: expected Single, found ReplicaSetWithPrimary'],
    [{ setName: null }, 'phase 1 setName: expected null, found rs'],
    [{ compatible: false }, 'phase 1 compatible: expected false, found true'],
    [{ servers: {} }, 'phase 1: servers: expected [], found ["a:27017","b:27017"]'],
    [
      { servers: { 'a:27017': { type: 'Mongos' }, 'b:27017': {} } },
      'phase 1: a:27017 type: expected Mongos, found RSPrimary',
    ],
    [
      { servers: { 'a:27017': { pool: { generation: 1 } }, 'b:27017': {} } },
      'phase 1: a:27017 pool: expected {"generation":1}, found {"generation":0}',
    ],
    [{ servers: { 'a:27017': { error: 'stale' }, 'b:27017': {} } }, 'phase 1: a:27017 error: expected stale'],
    [{ servers: { 'a:27017': { odd: 1 }, 'b:27017': {} } }, 'the test cannot be read: unknown field odd'],
    [{ odd: 1 }, 'the test cannot be read: unknown field odd'],
  ])('fail with %j', async (outcome, message) => {
    expect(await run({ phases: [discovery(outcome)] })).toEqual([expect.stringContaining(`failed: ${message}`)]);
  });

  it('fail where they cannot be read', async () => {
    expect(await run({ phases: [{ odd: 1, outcome: {} }] })).toEqual([expect.stringContaining('unknown field odd')]);
    expect(await run({ phases: [failure({ type: 'odd' }, 'Unknown', 0)] })).toEqual([
      expect.stringContaining('unknown error: odd afterHandshakeCompletes'),
    ]);
    expect(await run({ phases: [failure({ type: 'network', when: 'odd' }, 'Unknown', 0)] })).toEqual([
      expect.stringContaining('unknown error: network odd'),
    ]);
    expect(await run({ phases: [failure({ type: 'network', address: 'x:1' }, 'Unknown', 0)] })).toEqual([
      expect.stringContaining('no server x:1'),
    ]);
  });
});

describe('events of a topology', () => {
  const server = { address: 'a:27017', arbiters: [], hosts: [], passives: [] };
  const unknown = { topologyType: 'Unknown', servers: [{ ...server, type: 'Unknown' }] };
  const single = { topologyType: 'Single', servers: [{ ...server, type: 'Standalone' }] };
  const topologyId = '42';
  const opening = [
    { topology_opening_event: { topologyId } },
    {
      topology_description_changed_event: {
        ...{ topologyId, previousDescription: { topologyType: 'Unknown', servers: [] }, newDescription: unknown },
      },
    },
    { server_opening_event: { topologyId, address: 'a:27017' } },
  ];
  const change = [
    {
      server_description_changed_event: {
        ...{ topologyId, address: 'a:27017' },
        ...{ previousDescription: unknown.servers[0], newDescription: single.servers[0] },
      },
    },
    { topology_description_changed_event: { topologyId, previousDescription: unknown, newDescription: single } },
  ];
  const phases = (first: unknown[], second: unknown[]) => ({
    uri: 'mongodb://a',
    phases: [
      { responses: [], outcome: { events: first } },
      { responses: [['a:27017', { ok: 1, maxWireVersion: 21 }]], outcome: { events: second } },
    ],
  });

  it('pass as they are told', async () => {
    expect(await run(phases(opening, change))).toEqual(['passed']);
  });

  it('fail with one too many or too few', async () => {
    expect(await run(phases(opening, []))).toEqual([expect.stringContaining('failed: phase 2: events: expected []')]);
    expect(await run(phases([...opening, ...change], change))).toEqual([
      expect.stringContaining('failed: phase 1: events'),
    ]);
  });
});
