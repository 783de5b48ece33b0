import { GSSAPI, type Kerberos } from '../../lib/auth/gssapi.js';
import { ConfigurationError } from '../../lib/errors/usage-errors.js';
import { connectionTo, credential, hold } from './conversing.js';

/** The package kerberos, in so far as it is used. It cannot be installed everywhere. */
function fakeKerberos(steps: readonly string[] = ['', 'answer', '']) {
  const calls: unknown[][] = [];
  const left = [...steps];
  const client = {
    step: async (challenge: string) => {
      calls.push(['step', challenge]);
      return left.shift() ?? 'more';
    },
    unwrap: async (challenge: string) => {
      calls.push(['unwrap', challenge]);
      return 'layers';
    },
    wrap: async (challenge: string, options: object) => {
      calls.push(['wrap', challenge, options]);
      return 'wrapped';
    },
  };
  const kerberos: Kerberos = {
    initializeClient: async (service, options) => {
      calls.push(['initializeClient', service, options]);
      return client;
    },
  };
  return { calls, load: async () => kerberos };
}

function gssapi(load: () => Promise<Kerberos>, properties = {}, password?: string): GSSAPI {
  const given = { authMechanism: 'GSSAPI', username: 'ada@REALM', authMechanismProperties: properties };
  const own = credential(password === undefined ? given : { ...given, password });
  return new GSSAPI(own, load, async (host, mode) => (mode === undefined ? host : `canonical.${host}`));
}

const reply = (payload: unknown, done = false) => ({ ok: 1, conversationId: 3, payload, done });

describe('GSSAPI', () => {
  it('hands on what Kerberos and the server say to each other', async () => {
    const { calls, load } = fakeKerberos(['first', 'second', '']);
    const { commands, result } = await hold(
      gssapi(load).converse(connectionTo()),
      ...[reply('one'), reply('two'), reply('three'), reply('', true)],
    );
    expect(result).toBe(true);
    expect(commands.map(({ payload }) => payload)).toEqual(['first', 'second', '', 'wrapped']);
    expect(commands[0]).toMatchObject({ saslStart: 1, mechanism: 'GSSAPI', $db: '$external' });
    expect(commands[1]).toMatchObject({ saslContinue: 1, conversationId: 3, $db: '$external' });
    expect(calls).toEqual([
      ['initializeClient', 'mongodb@db.example', {}],
      ['step', ''],
      ['step', 'one'],
      ['step', 'two'],
      ['unwrap', 'three'],
      ['wrap', 'layers', { user: 'ada@REALM' }],
    ]);
  });

  it.each<[object, string]>([
    [{ SERVICE_NAME: 'other' }, 'other@db.example'],
    [{ SERVICE_HOST: 'host2' }, 'mongodb@host2'],
    [{ SERVICE_REALM: 'R2' }, 'mongodb@db.example@R2'],
    [{ CANONICALIZE_HOST_NAME: 'forward' }, 'mongodb@canonical.db.example'],
  ])('with %j names the service %s', async (properties, service) => {
    const { calls, load } = fakeKerberos();
    await hold(gssapi(load, properties, 'pw').converse(connectionTo()), reply('a'), new Error('enough'));
    expect(calls[0]).toEqual(['initializeClient', service, { user: 'ada@REALM', password: 'pw' }]);
  });

  it('does not go on for ever, and trusts no other payload', async () => {
    const { load } = fakeKerberos(['a']);
    const endless = Array.from({ length: 20 }, () => reply('x'));
    const { error, commands } = await hold(gssapi(load).converse(connectionTo()), ...endless);
    expect(error.message).toContain('no context was established in 10 steps');
    expect(commands.length).toBeLessThan(15);
    const odd = await hold(gssapi(fakeKerberos().load).converse(connectionTo()), reply(5));
    expect(odd.error.message).toContain('its payload is no text');
  });

  it('names the package where it is missing', async () => {
    const own = credential({ authMechanism: 'GSSAPI', username: 'ada' });
    const { error, commands } = await hold(new GSSAPI(own).converse(connectionTo()));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toContain('npm install kerberos');
    expect(commands).toEqual([]);
  });
});
