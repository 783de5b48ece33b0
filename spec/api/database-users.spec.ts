import { ConfigurationError } from '../../lib/errors/usage-errors.js';
import { rejection, useScriptedClient } from './scripted-client.js';

let users: object[] = [];
const scripted = useScriptedClient({}, ({ name }) => (name === 'usersInfo' ? { ok: 1, users } : { ok: 1 }));

beforeEach(() => {
  users = [];
});

describe('addUser', () => {
  it('makes a user who owns the database', async () => {
    await scripted.db.addUser('ada', 'pencil');
    expect(scripted.commands('usersInfo')).toMatchObject([{ usersInfo: 'ada', $db: 'shop' }]);
    expect(scripted.last()).toEqual({ createUser: 'ada', pwd: 'pencil', roles: ['dbOwner'], $db: 'shop' });
  });

  it.each<[string, object, string]>([
    ['shop', { readOnly: true }, 'read'],
    ['shop', { readOnly: false }, 'dbOwner'],
    ['admin', {}, 'root'],
    ['admin', { readOnly: true }, 'readAnyDatabase'],
  ])('in %s with %j gives the role %s', async (database, options, role) => {
    await scripted.client.db(database).addUser('ada', 'pencil', options);
    expect(scripted.last()).toMatchObject({ createUser: 'ada', roles: [role], $db: database });
  });

  it('changes a user who is there: what is given, and nothing else', async () => {
    users = [{ user: 'ada' }];
    await scripted.db.addUser('ada', 'pen');
    expect(scripted.last()).toEqual({ updateUser: 'ada', pwd: 'pen', $db: 'shop' });
    await scripted.db.addUser('ada', null, { readOnly: true });
    expect(scripted.last()).toEqual({ updateUser: 'ada', roles: ['read'], $db: 'shop' });
  });

  it('hands further fields on', async () => {
    const options = { roles: [{ role: 'read', db: 'b' }], customData: { a: 1 }, mechanisms: ['SCRAM-SHA-256'] };
    await scripted.db.addUser('ada', 'pencil', { ...options, comment: 'c', writeConcern: { w: 1 } });
    expect(scripted.last()).toMatchObject({ ...options, comment: 'c', writeConcern: { w: 1 } });
  });

  it.each<[unknown[], Function, RegExp]>([
    [[], TypeError, /name must be a string, not undefined/],
    [[''], TypeError, /name must not be empty/],
    [['ada', 5], TypeError, /password must be a string, not number/],
    [['ada', ''], TypeError, /password must not be empty/],
    [['ada', 'x', { readOnly: 'yes' }], TypeError, /readOnly must be true or false/],
    [['ada', 'x', { roles: 'root' }], TypeError, /roles must be a list/],
    [['ada', 'x', { readOnly: true, roles: [] }], ConfigurationError, /exclude each other/],
    [['ada', 'x', { userSource: 'a' }], ConfigurationError, /userSource was of servers before MongoDB 2.6/],
    [['ada', 'x', { otherDBRoles: {} }], ConfigurationError, /otherDBRoles was of servers/],
  ])('refuses %j', async (given, Class, words) => {
    const error = await rejection((scripted.db.addUser as any)(...given));
    expect(error).toBeInstanceOf(Class);
    expect(error.message).toMatch(words);
    expect(scripted.server.requests).toEqual([]);
  });
});

it('options that are not known are warned of, as a slip of the pen gives other rights', async () => {
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
  await scripted.db.addUser('ada', 'pencil', { role: ['read'], comment: undefined } as never);
  await scripted.db.removeUser('ada', { roles: ['read'] } as never);
  await (scripted.db.authenticate as any)('ada', 'pencil', { authMechanism: 'PLAIN' }).catch(() => {});
  expect(warn.mock.calls.map(([message]) => message)).toEqual([
    "addUser has no option 'role': it is ignored; did you mean roles?",
    "removeUser has no option 'roles': it is ignored",
    "authenticate has no option 'authMechanism': it is ignored; did you mean mechanism?",
  ]);
  warn.mockRestore();
});

describe('removeUser', () => {
  it('drops a user', async () => {
    await scripted.db.removeUser('ada', { comment: 'bye' });
    expect(scripted.last()).toEqual({ dropUser: 'ada', comment: 'bye', $db: 'shop' });
    expect((await rejection((scripted.db.removeUser as any)(5))).message).toBe('name must be a string, not number');
  });
});

describe('authenticate', () => {
  it.each<[unknown[], Function, RegExp]>([
    [[], TypeError, /name must be a string, not undefined/],
    [[5, 'pencil'], TypeError, /name must be a string, not number/],
    [['ada', { pencil: 1 }], TypeError, /password must be a string, not object/],
    [['ada', 'pencil', { source: 5 }], TypeError, /source must be a string/],
    [['ada', 'pencil', { mechanism: 'MONGODB-CR' }], ConfigurationError, /'MONGODB-CR': MongoDB 4.0 removed it/],
    [['ada', 'pencil', { mechanism: 'X' }], ConfigurationError, /one of MECHANISMS, not 'X'/],
    [['ada', 'pencil', { mechanism: 'MONGODB-X509' }], ConfigurationError, /no password is taken/],
  ])('refuses %j', async (given, Class, words) => {
    const error = await rejection((scripted.db.authenticate as any)(...given));
    expect(error).toBeInstanceOf(Class);
    expect(error.message).toMatch(words);
    expect(error.message).not.toContain('pencil');
    expect(scripted.server.requests).toEqual([]);
  });

  it('is there again without a user', async () => {
    await expect(scripted.db.logout()).resolves.toBeUndefined();
  });
});
