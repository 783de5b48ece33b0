import { ConnectionFailureError, ServerSelectionTimeoutError } from '../../lib/errors/connection-errors.js';
import { ConfigurationError } from '../../lib/errors/usage-errors.js';
import { ReadPreference } from '../../lib/options/read-preference.js';
import type { SelectionRequest } from '../../lib/topology/select-server.js';
import { impossibleSelection, selectionTimeout } from '../../lib/topology/selection-error.js';
import { describedServer, describedTopology } from './described.js';

const WRITE: SelectionRequest = {
  readPreference: ReadPreference.PRIMARY,
  writable: true,
  localThresholdMS: 15,
  heartbeatFrequencyMS: 10_000,
};

const reading = (readPreference: ReadPreference): SelectionRequest => ({ ...WRITE, writable: false, readPreference });

/** The message behind what every such message begins with. */
function told(topology: ReturnType<typeof describedTopology>, request: SelectionRequest = WRITE): string {
  const { message } = selectionTimeout(topology, request, 699.6);
  expect(message).not.toContain('\n');
  const start = 'no server could be selected within serverSelectionTimeoutMS (waited 700 ms) for ';
  expect(message.startsWith(start)).toBe(true);
  return message.slice(start.length);
}

const refused = new Error('connect ECONNREFUSED 10.0.0.2:27017\nat a second line');
const nameless = new Error('cannot connect', {
  cause: Object.assign(new Error('getaddrinfo ENOTFOUND db3'), { code: 'ENOTFOUND' }),
});
const S1 = describedServer('db1:27017', 'RSSecondary', { tags: { dc: 'ny' }, lastWriteDate: 100_000 });
const S2 = describedServer('db2:27017', 'RSSecondary', { tags: { dc: 'sf' }, lastWriteDate: 0 });
const DOWN = describedServer('db2:27017', 'Unknown', { error: refused });

describe('selectionTimeout', () => {
  it('says what was asked for, what is missing, and each state with its last error', () => {
    expect(told(describedTopology('ReplicaSetNoPrimary', [S1, DOWN]))).toBe(
      "the primary: replica set 'rs0' has no primary; db1:27017 is RSSecondary; db2:27017 is unknown, last error: connect ECONNREFUSED 10.0.0.2:27017",
    );
  });

  it('has the first error as its cause', () => {
    const error = selectionTimeout(describedTopology('ReplicaSetNoPrimary', [S1, DOWN]), WRITE, 1);
    expect(error).toBeInstanceOf(ServerSelectionTimeoutError);
    expect(error.cause).toBe(refused);
  });

  it('names the servers whose names cannot be resolved', () => {
    const lost = describedServer('db3:27017', 'Unknown', { error: nameless });
    expect(told(describedTopology('ReplicaSetNoPrimary', [S1, DOWN, lost]))).toContain(
      'the primary: the names of these servers cannot be resolved from here: db3:27017; db1:27017 is RSSecondary',
    );
  });

  it('tells servers that are down from those that were not asked yet', () => {
    const silent = describedServer('db3:27017', 'PossiblePrimary');
    expect(told(describedTopology('Unknown', [DOWN, silent]))).toMatch(
      /^the primary: no server is available; db2:27017 is unknown, .*; db3:27017 has not answered yet$/,
    );
  });

  it.each([
    [ReadPreference.SECONDARY, "a read with readPreference secondary: replica set 'rs0' has no secondary;"],
    [ReadPreference.PRIMARY, "a read with readPreference primary: replica set 'rs0' has no primary;"],
    [ReadPreference.NEAREST, "a read with readPreference nearest: replica set 'rs0' has no primary and no secondary;"],
  ])('names the member that is missing', (readPreference, start) => {
    const topology = describedTopology('ReplicaSetNoPrimary', [describedServer('a:1', 'RSArbiter'), DOWN]);
    expect(told(topology, reading(readPreference)).startsWith(start)).toBe(true);
  });

  it('shows tags where nobody has those that were asked for', () => {
    const readPreference = new ReadPreference('secondary', [{ dc: 'tokyo' }]);
    expect(told(describedTopology('ReplicaSetNoPrimary', [S1]), reading(readPreference))).toBe(
      "a read with readPreference { mode: 'secondary', tags: [ { dc: 'tokyo' } ] }: no server of that mode has the tags; db1:27017 is RSSecondary with tags { dc: 'ny' }",
    );
  });

  it('shows how stale everybody is where that is the obstacle', () => {
    const readPreference = new ReadPreference('secondary', undefined, { maxStalenessSeconds: 90 });
    const primary = describedServer('p:1', 'RSPrimary', { lastWriteDate: 100_000 });
    const silent = describedServer('s:1', 'RSSecondary');
    const topology = describedTopology('ReplicaSetWithPrimary', [primary, S2, silent]);
    expect(told(topology, reading(readPreference))).toMatch(
      /: no server of that mode is fresh enough; p:1 is RSPrimary; db2:27017 is RSSecondary 110 s stale; s:1 is RSSecondary of unknown staleness$/,
    );
  });

  it('says when serverSelector has refused them all', () => {
    const request = { ...reading(ReadPreference.SECONDARY), serverSelector: () => [] };
    expect(told(describedTopology('ReplicaSetNoPrimary', [S1]), request)).toContain(
      ': serverSelector has chosen none of the suitable servers; ',
    );
  });

  it('knows the other topologies', () => {
    const ghost = describedServer('g:1', 'RSGhost');
    expect(told(describedTopology('Unknown', [ghost]))).toBe('the primary: no server takes operations; g:1 is RSGhost');
    expect(told(describedTopology('Sharded', [DOWN, ghost]))).toContain('the primary: no mongos is available; ');
    expect(told(describedTopology('Sharded', []))).toBe('the primary: it has no servers');
    expect(told(describedTopology('ReplicaSetNoPrimary', []))).toBe(
      "the primary: none of the seeds is a member of replica set 'rs0'",
    );
  });

  it('shows ten servers of many', () => {
    const routers = Array.from({ length: 13 }, (_, index) => describedServer(`m${index}:1`, 'Unknown'));
    expect(told(describedTopology('Sharded', routers))).toMatch(/; m9:1 has not answered yet; and 3 more servers$/);
  });
});

describe('impossibleSelection', () => {
  it('is for servers of a version that Rotor cannot talk to, and for a set without members', () => {
    const old = describedTopology('Sharded', [DOWN], { compatibilityError: 'the server is too old' });
    expect(impossibleSelection(old)).toEqual(new ConfigurationError('the server is too old'));
    const wrong = describedTopology('ReplicaSetNoPrimary', []);
    expect(impossibleSelection(wrong)).toBeInstanceOf(ConfigurationError);
    expect(impossibleSelection(wrong)!.message).toBe(
      "no server is left to connect to: none of the seeds is a member of replica set 'rs0'",
    );
  });

  it('says of each seed why it was left out', () => {
    const removals = new Map([
      ['a:1', "is a member of replica set 'rs1', 'rs0' was expected"],
      ['b:1', 'is a standalone and no member of a replica set'],
    ]);
    expect(impossibleSelection(describedTopology('ReplicaSetNoPrimary', [], { removals }))!.message).toBe(
      "no server is left to connect to: none of the seeds is a member of replica set 'rs0' (a:1 is a member of replica set 'rs1', 'rs0' was expected; b:1 is a standalone and no member of a replica set)",
    );
    const standalones = new Map([['a:1', 'is a standalone, but one of 2 seeds']]);
    expect(impossibleSelection(describedTopology('Unknown', [], { removals: standalones }))!.message).toBe(
      'no server is left to connect to: it has no servers (a:1 is a standalone, but one of 2 seeds)',
    );
  });

  it('is for servers none of which can be talked to before an option or a certificate changes', () => {
    const failure = (cause: Error) => new ConnectionFailureError(`cannot connect: ${cause.message}`, { cause });
    const expired = failure(Object.assign(new Error('certificate has expired'), { code: 'CERT_HAS_EXPIRED' }));
    const [a, b] = ['a:1', 'b:1'].map((address) => describedServer(address, 'Unknown', { error: expired }));
    const impossible = impossibleSelection(describedTopology('ReplicaSetNoPrimary', [a!, b!]));
    expect(impossible).toBeInstanceOf(ConnectionFailureError);
    expect(impossible).not.toBeInstanceOf(ServerSelectionTimeoutError);
    expect(impossible!.message).toBe(
      'cannot connect: certificate has expired; cannot connect: certificate has expired',
    );
    expect(impossible!.cause).toBe(expired);
    // One that may come, or has said nothing yet, is waited for.
    expect(impossibleSelection(describedTopology('ReplicaSetNoPrimary', [a!, DOWN]))).toBeUndefined();
    expect(impossibleSelection(describedTopology('Unknown', [a!, describedServer('c:1', 'Unknown')]))).toBeUndefined();
    const wrong = new ConfigurationError('option tlsCAFile: cannot read the file');
    const misled = describedServer('a:1', 'Unknown', { error: failure(wrong) });
    const told = impossibleSelection(describedTopology('Unknown', [misled]));
    expect(told).toBeInstanceOf(ConfigurationError);
    expect(told).toMatchObject({ message: wrong.message, cause: wrong });
    const many = Array.from({ length: 12 }, (_, at) => describedServer(`s${at}:1`, 'Unknown', { error: expired }));
    expect(impossibleSelection(describedTopology('Sharded', many))!.message).toMatch(/; and 2 more servers$/);
  });

  it('leaves alone what may change', () => {
    expect(impossibleSelection(describedTopology('Unknown', []))).toBeUndefined();
    const removals = new Map([['a:1', 'is no longer among the SRV records']]);
    expect(impossibleSelection(describedTopology('Sharded', [], { removals }))).toBeUndefined();
    expect(impossibleSelection(describedTopology('ReplicaSetNoPrimary', [DOWN]))).toBeUndefined();
  });
});
