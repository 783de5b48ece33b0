import type { CommandKind } from '../../lib/commands/command.js';
import { Scope } from '../../lib/commands/scope.js';
import { decorate, requireVersion } from '../../lib/core/decorate.js';
import { ConfigurationError } from '../../lib/errors/usage-errors.js';
import { resolveOptions } from '../../lib/options/resolve.js';
import { describeServer } from '../../lib/topology/server-description.js';

const SERVERS = {
  Standalone: describeServer('a:1', { ok: 1 }),
  RSPrimary: describeServer('a:1', { ok: 1, setName: 's', ismaster: true, maxWireVersion: 17 }),
  RSSecondary: describeServer('a:1', { ok: 1, setName: 's', secondary: true, maxWireVersion: 17 }),
  Mongos: describeServer('a:1', { ok: 1, msg: 'isdbgrid', maxWireVersion: 17 }),
};
const KINDS: readonly CommandKind[] = ['read', 'write', 'readWrite', 'catalog', 'command'];

const plain = Scope.root(resolveOptions('a')).inDatabase('shop');
const rich = Scope.root(
  resolveOptions('a', {
    readPreference: 'secondary',
    readPreferenceTags: [{ dc: 'ny' }],
    readConcernLevel: 'majority',
    w: 'majority',
    journal: true,
  }),
).inDatabase('shop');

const decorated = (kind: CommandKind, scope: Scope, server: keyof typeof SERVERS, isDirect = false) =>
  decorate({ x: 1 }, kind, scope, SERVERS[server], isDirect);

describe('decorate', () => {
  it('sends $out and $merge to the primary of servers before 5.0', () => {
    const old = describeServer('a:1', { ok: 1, setName: 's', ismaster: true, maxWireVersion: 9 });
    expect(decorate({}, 'readWrite', rich, old, false)).not.toHaveProperty('$readPreference');
    expect(decorate({}, 'read', rich, old, false)).toHaveProperty('$readPreference');
  });

  it('keeps rawData from servers before 8.2, which would refuse it', () => {
    expect(decorate({ rawData: true }, 'read', plain, SERVERS.Standalone, false)).not.toHaveProperty('rawData');
    const newer = describeServer('a:1', { ok: 1, maxWireVersion: 27 });
    expect(decorate({ rawData: true }, 'read', plain, newer, false)).toHaveProperty('rawData', true);
  });

  it.each(KINDS)('adds the database alone to a %s of a standalone where nothing is set', (kind) => {
    expect(decorated(kind, plain, 'Standalone')).toEqual({ x: 1, $db: 'shop' });
  });

  it('adds a read concern that has no level, but another field', () => {
    const scope = plain.with({ readConcern: { afterClusterTime: 5 } });
    expect(decorated('read', scope, 'RSPrimary')).toMatchObject({ readConcern: { afterClusterTime: 5 } });
    expect(decorated('read', plain, 'RSPrimary')).not.toHaveProperty('readConcern');
  });

  it('adds what each kind carries', () => {
    const readConcern = { level: 'majority' };
    const writeConcern = { w: 'majority', j: true };
    const $readPreference = { mode: 'secondary', tags: [{ dc: 'ny' }] };
    const common = { x: 1, $db: 'shop' };
    const expected: Record<CommandKind, object> = {
      read: { ...common, readConcern, $readPreference },
      write: { ...common, writeConcern },
      readWrite: { ...common, readConcern, writeConcern, $readPreference },
      catalog: common,
      command: { ...common, $readPreference },
    };
    for (const kind of KINDS) expect(decorated(kind, rich, 'RSPrimary')).toEqual(expected[kind]);
    for (const kind of KINDS) expect(decorated(kind, rich, 'Standalone')).not.toHaveProperty('$readPreference');
    expect(decorated('write', rich, 'Mongos')).toEqual({ ...common, writeConcern });
    expect(decorated('read', rich, 'Mongos')).toEqual(expected.read);
  });

  it.each([
    ['RSPrimary', { mode: 'primaryPreferred' }],
    ['RSSecondary', { mode: 'primaryPreferred' }],
    ['Mongos', undefined],
    ['Standalone', undefined],
  ] as const)('tells a %s that is addressed directly whom it may ask', (server, expected) => {
    for (const kind of KINDS) expect(decorated(kind, plain, server, true).$readPreference).toEqual(expected);
    for (const kind of KINDS) expect(decorated(kind, plain, server)).not.toHaveProperty('$readPreference');
  });

  it('changes the document that it is given', () => {
    const body = { ping: 1 };
    expect(decorate(body, 'command', plain, SERVERS.Standalone, false)).toBe(body);
  });
});

test('requireVersion refuses a command that the server does not know yet', () => {
  const server = describeServer('db:27017', { ok: 1, maxWireVersion: 17 });
  expect(() => requireVersion('find', { wireVersion: 17, release: '6.0' }, server)).not.toThrow();
  const refused = (): void => requireVersion('bulkWrite', { wireVersion: 25, release: '8.0' }, server);
  expect(refused).toThrow(ConfigurationError);
  expect(refused).toThrow('the command bulkWrite needs MongoDB 8.0; the server at db:27017 is older');
});
