import { runCommand } from '../../lib/commands/run-command.js';
import { createCore } from '../../lib/core/create-core.js';
import { logIn, logOut } from '../../lib/core/log-in.js';
import { AuthenticationError } from '../../lib/errors/operation-errors.js';
import { ReadPreference } from '../../lib/options/read-preference.js';
import { resolveOptions } from '../../lib/options/resolve.js';
import { credential, sasl } from '../auth/conversing.js';
import { ScriptedServer } from '../support/scripted-server.js';
import { scriptedAccess } from './scripted-access.js';

const ADA = credential({ username: 'ada', password: 'pencil' });

describe('logIn', () => {
  it('makes the client a user for connections that are open, and for later ones', async () => {
    await using access = await scriptedAccess({ ada: 'pencil' });
    await access.ping();
    expect(access.users).toEqual([undefined]);
    await logIn(access.core, ADA);
    await access.ping();
    expect(access.users.at(-1)).toBe('ada');
    expect(access.core.poolStats()[0]!.total).toBe(1);
    await logIn(access.core, credential({ username: 'ada', password: 'pencil' }));
    expect(access.accepted).toBe(2);
  });

  it('leaves the client as it is where the server does not believe it', async () => {
    await using access = await scriptedAccess({ ada: 'other' });
    await access.ping();
    await expect(logIn(access.core, ADA)).rejects.toBeInstanceOf(AuthenticationError);
    await access.ping();
    expect(access.core.authenticator.isNeeded).toBe(false);
    expect(access.users).toEqual([undefined, undefined]);
    expect(access.core.poolStats()[0]!.generation).toBe(0);
  });

  it('shows to all connections what the server has believed already', async () => {
    await using server = await ScriptedServer.listen(({ name }) => (name === 'saslStart' ? sasl('', true) : undefined));
    const { core, scope } = createCore(resolveOptions(server.uri));
    const OIDC_CALLBACK = jest.fn(() => ({ accessToken: 'tok' }));
    await logIn(core, credential({ authMechanism: 'MONGODB-OIDC', authMechanismProperties: { OIDC_CALLBACK } }));
    await core.run(runCommand, scope, { command: { ping: 1 } });
    expect(server.requestsOf('saslStart')).toHaveLength(2);
    expect(OIDC_CALLBACK).toHaveBeenCalledTimes(1);
    await core.close();
  });

  it('refuses another user of the same database', async () => {
    await using access = await scriptedAccess({ ada: 'pencil', eve: 'apple' });
    await logIn(access.core, ADA);
    const eve = credential({ username: 'eve', password: 'apple' });
    await expect(logIn(access.core, eve)).rejects.toThrow('logout() first');
    logOut(access.core, 'admin');
    await logIn(access.core, eve);
    await access.ping();
    expect(access.users.at(-1)).toBe('eve');
  });

  it('lets of two calls at the same time one win', async () => {
    await using access = await scriptedAccess({ ada: 'pencil', eve: 'apple' });
    const eve = credential({ username: 'eve', password: 'apple' });
    const both = await Promise.allSettled([logIn(access.core, ADA), logIn(access.core, eve)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('lasts while the client is closed and opened', async () => {
    await using access = await scriptedAccess({ ada: 'pencil' });
    await logIn(access.core, ADA);
    await access.core.close();
    await access.ping();
    expect(access.users.at(-1)).toBe('ada');
  });
});

describe('logOut', () => {
  it('drops the credential, and the connections that had it', async () => {
    await using access = await scriptedAccess({ ada: 'pencil' });
    await logIn(access.core, ADA);
    await access.ping();
    logOut(access.core, 'elsewhere');
    await access.ping();
    expect(access.users).toEqual(['ada', 'ada']);
    logOut(access.core, 'admin');
    await access.ping();
    expect(access.users.at(-1)).toBeUndefined();
  });

  it('sends nobody away who waits for a connection: it is another one', async () => {
    await using access = await scriptedAccess({ ada: 'pencil' }, { maxPoolSize: 1 });
    await logIn(access.core, ADA);
    await access.ping();
    const pings = Array.from({ length: 4 }, () => access.ping());
    const opening = access.core.reach(ReadPreference.PRIMARY);
    expect(access.core.poolStats()[0]).toMatchObject({ inUse: 1, waiting: 4 });
    logOut(access.core, 'admin');
    await Promise.all([...pings, opening]);
    expect(access.users).toEqual(['ada', 'ada', undefined, undefined, undefined]);
  });
});
