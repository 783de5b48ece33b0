import { serialize } from 'bson';
import { OIDC } from '../../lib/auth/oidc.js';
import { AuthenticationError, OperationFailureError } from '../../lib/errors/operation-errors.js';
import { ConfigurationError } from '../../lib/errors/usage-errors.js';
import { connectionTo, credential, documentOf, hold, sasl } from './conversing.js';

const REFUSED = new OperationFailureError('expired', { code: 18 });
const IDP = { issuer: 'https://issuer', clientId: 'abcd', requestScopes: ['a', 'b'] };
const OFFER = sasl(serialize(IDP), false);
const DONE = sasl('', true);

function machine(): { readonly oidc: OIDC; readonly calls: () => number } {
  let count = 0;
  const OIDC_CALLBACK = () => ({ accessToken: `tok${++count}` });
  const own = credential({ authMechanism: 'MONGODB-OIDC', authMechanismProperties: { OIDC_CALLBACK } });
  return { oidc: new OIDC(own), calls: () => count };
}

function human(
  given: (params: any) => unknown = () => ({ accessToken: 'abcd1234' }),
  more: object = {},
  username?: string,
) {
  const OIDC_HUMAN_CALLBACK = jest.fn(given);
  const properties = { OIDC_HUMAN_CALLBACK, ...more };
  const all = { authMechanism: 'MONGODB-OIDC', authMechanismProperties: properties };
  const own = credential(username === undefined ? all : { ...all, username });
  return { oidc: new OIDC(own), callback: OIDC_HUMAN_CALLBACK };
}

describe('MONGODB-OIDC of a machine', () => {
  it('says what the example of the specification says', async () => {
    const OIDC_CALLBACK = () => ({ accessToken: 'abcd1234' });
    const own = credential({ authMechanism: 'MONGODB-OIDC', authMechanismProperties: { OIDC_CALLBACK } });
    const connection = connectionTo();
    const { commands, result } = await hold(new OIDC(own).converse(connection), DONE);
    expect([result, connection.accessToken]).toEqual([true, 'abcd1234']);
    expect(commands[0]).toMatchObject({ saslStart: 1, mechanism: 'MONGODB-OIDC', $db: '$external' });
    expect(commands[0]!.payload.toString('base64')).toBe('FwAAAAJqd3QACQAAAGFiY2QxMjM0AAA=');
  });

  it('shows the token that it knows to further connections', async () => {
    const { oidc, calls } = machine();
    await hold(oidc.converse(connectionTo()), DONE);
    const { result } = await hold(oidc.converse(connectionTo()), DONE);
    expect([result, calls()]).toEqual([true, 1]);
  });

  it('gets another one where the token that it knows is refused, and raises what happens to a new one', async () => {
    const { oidc, calls } = machine();
    await hold(oidc.converse(connectionTo()), DONE);
    const connection = connectionTo();
    const { commands, result } = await hold(oidc.converse(connection), REFUSED, DONE);
    expect(commands.map((command) => documentOf(command).jwt)).toEqual(['tok1', 'tok2']);
    expect([result, connection.accessToken, calls()]).toEqual([true, 'tok2', 2]);
    const { error } = await hold(oidc.converse(connectionTo()), REFUSED, REFUSED);
    expect([error, calls()]).toEqual([REFUSED, 3]);
  });

  it('says nothing within hello before it knows a token, and asks nobody for it', async () => {
    const { oidc, calls } = machine();
    expect(oidc.speculate(connectionTo())).toBeUndefined();
    expect(calls()).toBe(0);
    await hold(oidc.converse(connectionTo()), DONE);
    const connection = connectionTo();
    const { commands, result } = await hold(oidc.speculate(connection)!, DONE);
    expect([result, connection.accessToken, documentOf(commands[0]!)]).toEqual([true, 'tok1', { jwt: 'tok1' }]);
  });

  it('keeps its token where hello did not help', async () => {
    const { oidc, calls } = machine();
    await hold(oidc.converse(connectionTo()), DONE);
    const connection = connectionTo();
    const { result } = await hold(oidc.speculate(connection)!, sasl('', false));
    expect([result, connection.accessToken]).toEqual([false, undefined]);
    await hold(oidc.converse(connection), DONE);
    expect(calls()).toBe(1);
  });

  it('gets another token for a connection whose own has expired, once for all', async () => {
    const { oidc, calls } = machine();
    const connections = [connectionTo(), connectionTo()];
    for (const connection of connections) await hold(oidc.converse(connection), DONE);
    for (const connection of connections) {
      oidc.expired(connection);
      await hold(oidc.converse(connection), DONE);
    }
    expect([calls(), connections.map(({ accessToken }) => accessToken)]).toEqual([2, ['tok2', 'tok2']]);
  });

  it('does not trust a server that does not end', async () => {
    expect((await hold(machine().oidc.converse(connectionTo()), sasl('', false))).error).toBeInstanceOf(
      AuthenticationError,
    );
  });

  it('fails with what the callback throws', async () => {
    const OIDC_CALLBACK = () => Promise.reject(new Error('no network'));
    const own = credential({ authMechanism: 'MONGODB-OIDC', authMechanismProperties: { OIDC_CALLBACK } });
    const { error, commands } = await hold(new OIDC(own).converse(connectionTo()));
    expect([error.message, commands]).toEqual(['no network', []]);
  });
});

describe('MONGODB-OIDC of a person', () => {
  const local = () => connectionTo('localhost');

  it('says what the example of the specification says', async () => {
    const { oidc, callback } = human(undefined, {}, 'myidp');
    const { commands, result } = await hold(oidc.converse(local()), OFFER, DONE);
    expect(result).toBe(true);
    expect(commands[0]!.payload.toString('base64')).toBe('EgAAAAJuAAYAAABteWlkcAAA');
    expect(commands[1]).toMatchObject({ saslContinue: 1, conversationId: 7 });
    expect(commands[1]!.payload.toString('base64')).toBe('FwAAAAJqd3QACQAAAGFiY2QxMjM0AAA=');
    expect(callback.mock.calls[0]![0]).toMatchObject({ idpInfo: IDP, version: 1 });
  });

  it('goes on with the refresh token, and signs in again where that does not help', async () => {
    let count = 0;
    const { oidc, callback } = human(() => ({ accessToken: `tok${++count}`, refreshToken: `again${count}` }));
    await hold(oidc.converse(local()), OFFER, DONE);
    const refreshed = await hold(oidc.converse(local()), REFUSED, DONE);
    expect(refreshed.commands.map((command) => documentOf(command).jwt)).toEqual(['tok1', 'tok2']);
    expect(callback.mock.calls[1]![0]).toMatchObject({ idpInfo: IDP, refreshToken: 'again1' });
    const anew = await hold(oidc.converse(local()), REFUSED, REFUSED, OFFER, DONE);
    expect(anew.commands.map((command) => documentOf(command).jwt)).toEqual(['tok2', 'tok3', undefined, 'tok4']);
    expect(callback.mock.calls[3]![0].refreshToken).toBeUndefined();
    expect(anew.result).toBe(true);
  });

  it('signs in again where the callback cannot refresh', async () => {
    let count = 0;
    const { oidc } = human(({ refreshToken }) => {
      if (refreshToken !== undefined) throw new Error('too old');
      return { accessToken: `tok${++count}`, refreshToken: 'again' };
    });
    await hold(oidc.converse(local()), OFFER, DONE);
    const { commands, result } = await hold(oidc.converse(local()), REFUSED, OFFER, DONE);
    expect([result, commands.length]).toEqual([true, 3]);
  });

  it('asks nobody for a host that is not allowed', async () => {
    const { oidc, callback } = human();
    expect(() => oidc.converse(connectionTo('evil.example'))).toThrow(ConfigurationError);
    expect(callback).not.toHaveBeenCalled();
    const allowed = human(undefined, { ALLOWED_HOSTS: ['*.example'] });
    expect((await hold(allowed.oidc.converse(connectionTo('db.example')), OFFER, DONE)).result).toBe(true);
  });

  it.each([[sasl('nonsense', false)], [sasl(serialize({ clientId: 'x' }), false)]])(
    'does not trust a server that names no provider',
    async (offer) => {
      const { oidc, callback } = human();
      expect((await hold(oidc.converse(local()), offer)).error.message).toContain('names no identity provider');
      expect(callback).not.toHaveBeenCalled();
    },
  );
});
