import type { Document } from 'bson';
import { AsyncClient, AuthenticationError, type ClientOptions, ConfigurationError } from '../../lib/index.js';
import { type ScramLies, ScramServer } from '../auth/scram-server.js';
import { type Handler, ScriptedServer } from '../support/scripted-server.js';

const ADA = { name: 'ada', password: 'pencil' };

let server: ScriptedServer;
let client: AsyncClient;
/** What the server knows of each connection. */
let known: Map<number, ScramServer>;

beforeEach(async () => {
  known = new Map();
  server = await ScriptedServer.listen();
});

afterEach(async () => {
  await client?.close();
  await server.close();
});

/** Everybody's ping is answered; who is authenticated is the client's concern here. */
function serve(lies: ScramLies = {}, offered: unknown = ['SCRAM-SHA-256'], more?: Handler): void {
  server.hello = offered === null ? {} : { saslSupportedMechs: offered };
  server.handler = (request, connection) => {
    const { command } = request;
    if (command.saslStart) known.set(connection.id, new ScramServer({ ...ADA, hash: hashOf(command) }, lies));
    return more?.(request, connection) ?? known.get(connection.id)?.answer(command);
  };
}

function hashOf({ mechanism }: Document): 'sha1' | 'sha256' {
  return mechanism === 'SCRAM-SHA-1' ? 'sha1' : 'sha256';
}

function connect(options: ClientOptions = {}): void {
  client = new AsyncClient(server.uri, {
    username: 'ada',
    password: 'pencil',
    ...options,
  });
}

const ping = () => client.admin.command({ ping: 1 });

async function refused(): Promise<any> {
  return ping().then(
    () => Promise.reject(new Error('it succeeded')),
    (error) => error,
  );
}

/** Nothing that the server got has the password, and no command went out. */
function expectNoSecrets(): void {
  for (const { raw } of server.requests) expect(raw.includes('pencil')).toBe(false);
  expect(server.requestsOf('ping')).toEqual([]);
}

it('an honest server is believed', async () => {
  serve();
  connect();
  expect(await ping()).toMatchObject({ ok: 1 });
  expect(server.requestsOf('ping')).toHaveLength(1);
});

it('an honest server of before 4.4 is believed', async () => {
  serve({ long: true });
  connect();
  expect(await ping()).toMatchObject({ ok: 1 });
});

describe('a server that lies in SCRAM', () => {
  it.each<[string, ScramLies, RegExp]>([
    ['with another nonce', { first: (message) => message.replace(/r=[^,]+/, 'r=other') }, /nonce/],
    ['with another signature', { last: () => `v=${Buffer.alloc(32, 1).toString('base64')}` }, /does not prove/],
    ['without a signature', { last: () => '' }, /does not prove/],
    ['with one iteration', { iterations: 1 }, /1 iterations; at least 4096/],
    ['with ten million iterations', { iterations: 10_000_000 }, /at most 1000000/],
    ['and ends at once', { done: 'at once' }, /without a proof/],
    ['and never ends', { done: 'never' }, /does not end/],
    ['with a megabyte of noise', { first: () => Buffer.alloc(1_000_000, 120) }, /1000000 bytes/],
  ])('%s: is left, at once', async (_name, lies, words) => {
    serve(lies);
    connect();
    const at = performance.now();
    const error = await refused();
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error.message).toMatch(words);
    expect(performance.now() - at).toBeLessThan(2_500);
    expectNoSecrets();
  });

  it('already in its answer to hello is left', async () => {
    serve({}, ['SCRAM-SHA-256'], ({ command, name }) => {
      if (name !== 'isMaster' || command.speculativeAuthenticate === undefined) return undefined;
      const speculativeAuthenticate = { conversationId: 1, done: true, payload: Buffer.from('v=AAAA') };
      return { ok: 1, ismaster: true, maxWireVersion: 17, speculativeAuthenticate };
    });
    connect();
    expect((await refused()).message).toMatch(/without a proof/);
    expectNoSecrets();
  });

  it.each([['text'], [5], [[]], [{}], [null], [{ conversationId: 1, done: false, payload: 'text' }]])(
    'with %j in place of an answer gets no secret',
    async (speculativeAuthenticate) => {
      serve({ done: 'at once' }, ['SCRAM-SHA-256'], ({ command, name }) =>
        name === 'isMaster' && command.speculativeAuthenticate !== undefined
          ? { ok: 1, ismaster: true, maxWireVersion: 17, speculativeAuthenticate }
          : undefined,
      );
      connect();
      expect(await refused()).toBeInstanceOf(AuthenticationError);
      expectNoSecrets();
    },
  );
});

describe('a server that offers something weaker', () => {
  it.each([[['PLAIN']], [['MONGODB-CR', 'PLAIN']], [[]], [{ PLAIN: 1 }], ['PLAIN'], [null]])(
    '%j: gets SCRAM, and no password',
    async (offered) => {
      serve({}, offered);
      connect();
      expect(await ping()).toMatchObject({ ok: 1 });
      expect(server.requestsOf('saslStart').map(({ command }) => command.mechanism)).toEqual(['SCRAM-SHA-1']);
    },
  );

  it('gets the mechanism that the user named, or nothing', async () => {
    serve({}, ['SCRAM-SHA-1'], ({ command }) =>
      command.mechanism === 'SCRAM-SHA-256'
        ? { ok: 0, code: 334, codeName: 'MechanismUnavailable', errmsg: 'not here' }
        : undefined,
    );
    connect({ authMechanism: 'SCRAM-SHA-256' });
    expect(await refused()).toMatchObject({ name: 'AuthenticationError', code: 334 });
    expect(server.requestsOf('saslStart').every(({ command }) => command.mechanism === 'SCRAM-SHA-256')).toBe(true);
    expectNoSecrets();
  });
});

it('what a server says in refusing is told, and nothing else is believed of it', async () => {
  const errmsg = 'Authentication failed.';
  serve({}, [], ({ command }) =>
    command.saslStart ? { ok: 0, code: 18, codeName: 'AuthenticationFailed', errmsg } : undefined,
  );
  connect();
  expect(await refused()).toMatchObject({ code: 18, message: expect.stringContaining(errmsg) });
});

it('a user without a password is told so when it shows', async () => {
  serve();
  client = new AsyncClient(server.uri, { username: 'ada' });
  const error = await refused();
  expect(error).toBeInstanceOf(ConfigurationError);
  expect(error.message).toContain('a password');
});

it('a callback that leads to another host is not asked', async () => {
  const OIDC_HUMAN_CALLBACK = jest.fn();
  client = new AsyncClient(server.uri, {
    authMechanism: 'MONGODB-OIDC',
    authMechanismProperties: { OIDC_HUMAN_CALLBACK, ALLOWED_HOSTS: ['*.example.com'] },
  });
  expect((await refused()).message).toContain('ALLOWED_HOSTS');
  expect(OIDC_HUMAN_CALLBACK).not.toHaveBeenCalled();
});

it('ALLOWED_HOSTS and callbacks cannot come from a connection string', () => {
  const uri = `${server.uri}?authMechanism=MONGODB-OIDC&authMechanismProperties=`;
  for (const property of ['ALLOWED_HOSTS:evil.example', 'OIDC_CALLBACK:x', 'OIDC_HUMAN_CALLBACK:x']) {
    expect(() => new AsyncClient(`${uri}ENVIRONMENT:test,${property}`)).toThrow(ConfigurationError);
  }
});
