import { Scram } from '../../lib/auth/scram.js';
import { AuthenticationError, OperationFailureError } from '../../lib/errors/operation-errors.js';
import { ConfigurationError } from '../../lib/errors/usage-errors.js';
import { credential, hold, sasl, textOf } from './conversing.js';
import { type ScramLies, ScramServer } from './scram-server.js';

const PENCIL = credential({ username: 'user', password: 'pencil' });

function refusal(reply: any): any {
  return reply.ok === 1 ? reply : new OperationFailureError(reply.errmsg, reply);
}

/** Lets a client and a server talk. */
function talk(user: { name: string; password: string }, password: string, lies: ScramLies = {}, sha1 = false) {
  const server = new ScramServer({ ...user, hash: sha1 ? 'sha1' : 'sha256' }, lies);
  const name = sha1 ? 'SCRAM-SHA-1' : 'SCRAM-SHA-256';
  const scram = new Scram(name, credential({ username: user.name, password }));
  const step = (command: any): any => refusal(server.answer(command));
  return hold(scram.converse(), step, step, step);
}

describe('SCRAM', () => {
  it('SHA-256 says what the example of the specification and RFC 7677 says', async () => {
    const scram = new Scram('SCRAM-SHA-256', PENCIL, () => 'rOprNGfwEbeRWgbNEkqO');
    const nonce = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0';
    const { commands, result } = await hold(
      scram.converse(),
      sasl(`r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`, false),
      sasl('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=', true),
    );
    expect(result).toBe(true);
    expect(commands[0]).toMatchObject({ saslStart: 1, mechanism: 'SCRAM-SHA-256', $db: 'admin' });
    expect(commands[0]!.options).toEqual({ skipEmptyExchange: true });
    expect(textOf(commands[0]!)).toBe('n,,n=user,r=rOprNGfwEbeRWgbNEkqO');
    expect(commands[1]).toMatchObject({ saslContinue: 1, conversationId: 7, $db: 'admin' });
    expect(textOf(commands[1]!)).toBe(`c=biws,r=${nonce},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`);
  });

  it('SHA-1 says what the example of the specification says', async () => {
    const scram = new Scram('SCRAM-SHA-1', PENCIL, () => 'fyko+d2lbbFgONRv9qkxdawL');
    const nonce = 'fyko+d2lbbFgONRv9qkxdawLHo+Vgk7qvUOKUwuWLIWg4l/9SraGMHEE';
    const { commands, result } = await hold(
      scram.converse(),
      sasl(`r=${nonce},s=rQ9ZY3MntBeuP3E1TDVC4w==,i=10000`, false),
      sasl('v=UMWeI25JD1yNYZRMpZ4VHvhZ9e0=', true),
    );
    expect(result).toBe(true);
    expect(textOf(commands[1]!)).toBe(`c=biws,r=${nonce},p=MC2T8BvbmWRckDw8oWl5IVghwCY=`);
  });

  it('has another, empty exchange with servers before 4.4', async () => {
    const { commands, result } = await talk({ name: 'ada', password: 'pencil' }, 'pencil', { long: true });
    expect([result, commands.length, textOf(commands[2]!)]).toEqual([true, 3, '']);
  });

  it.each([[false], [true]])('sends names as they are, with the separators escaped (SHA-1: %s)', async (sha1) => {
    const name = '=a,b\u2168';
    const server = new ScramServer({ name: '=3Da=2Cb\u2168', password: 'p', hash: sha1 ? 'sha1' : 'sha256' });
    const scram = new Scram(sha1 ? 'SCRAM-SHA-1' : 'SCRAM-SHA-256', credential({ username: name, password: 'q' }));
    const { commands } = await hold(scram.converse(), (command) => server.answer(command)!, new Error('enough'));
    expect(textOf(commands[0]!)).toContain('n,,n==3Da=2Cb\u2168,r=');
  });

  it.each([
    ['IX', 'I\u00adX'],
    ['IV', '\u2163'],
    ['a b', 'a\u00a0b'],
  ])('SHA-256 prepares passwords: %s', async (stored, given) => {
    expect((await talk({ name: 'ada', password: stored }, given)).result).toBe(true);
  });

  it('SHA-1 takes passwords as they are', async () => {
    const user = { name: 'ada', password: 'I\u00adX' };
    expect((await talk(user, 'I\u00adX', {}, true)).result).toBe(true);
    expect((await talk(user, 'IX', {}, true)).error).toBeInstanceOf(OperationFailureError);
  });

  it('says so of a password that SASLprep does not allow, and does not show it', async () => {
    const { error } = await talk({ name: 'ada', password: 'x' }, 'geheim\u0000\u00e9');
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(String(error.stack)).not.toContain('geheim');
    expect(error.cause).toBeUndefined();
  });

  it('needs a username and a password', () => {
    const alone = credential({ username: 'ada' });
    expect(() => new Scram('SCRAM-SHA-256', alone)).toThrow(ConfigurationError);
  });
});

describe('SCRAM with a server that lies', () => {
  const user = { name: 'ada', password: 'pencil' };
  const swap = (from: RegExp, to: string) => (message: string) => message.replace(from, to);
  it.each<[string, ScramLies, string, number]>([
    ['asks for one iteration', { iterations: 1 }, 'it asks for 1 iterations; at least 4096 are safe', 1],
    ['asks for 4095', { iterations: 4095 }, 'at least 4096', 1],
    ['asks for ten million', { iterations: 10_000_000 }, '10000000 iterations; at most 1000000 are done', 1],
    ['asks for none', { first: swap(/i=\d+/, 'i=0') }, 'not one of SCRAM', 1],
    ['asks for a negative number', { first: swap(/i=\d+/, 'i=-5000') }, 'not one of SCRAM', 1],
    ['asks for more than fits', { first: swap(/i=\d+/, 'i=99999999999999999999') }, 'not one of SCRAM', 1],
    ['asks for hexadecimal', { first: swap(/i=\d+/, 'i=0x2000') }, 'not one of SCRAM', 1],
    ['has a nonce of its own', { first: swap(/r=[^,]+/, 'r=mine') }, "does not continue the client's", 1],
    ['adds nothing to the nonce', { first: swap(/(r=.{32})[^,]*/, '$1') }, "does not continue the client's", 1],
    ['wants an extension', { first: (message) => `m=ext,${message}` }, 'not one of SCRAM', 1],
    ['has no salt', { first: swap(/s=[^,]+/, 's=') }, 'not one of SCRAM', 1],
    ['sends nothing', { first: () => '' }, 'not one of SCRAM', 1],
    ['sends noise', { first: () => Buffer.alloc(64, 0xff) }, 'not one of SCRAM', 1],
    ['sends a lot', { first: () => Buffer.alloc(1_000_000, 'r') }, 'its payload has 1000000 bytes', 1],
    ['is done at once', { done: 'at once' }, 'ends the conversation without a proof', 1],
    ['signs with another key', { last: () => `v=${Buffer.alloc(32).toString('base64')}` }, 'does not prove', 2],
    ['signs with a short key', { last: () => 'v=AAAA' }, 'does not prove', 2],
    ['signs with nothing', { last: () => '' }, 'does not prove', 2],
    ['sends an error in place of the signature', { last: () => 'e=other-error' }, 'does not prove', 2],
    ['never ends', { done: 'never' }, 'does not end the conversation', 3],
  ])('%s: is not trusted', async (_name, lies, words, commands) => {
    const at = performance.now();
    const conversation = await talk(user, 'pencil', lies);
    expect(conversation.error).toBeInstanceOf(AuthenticationError);
    expect(conversation.error).toMatchObject({ code: 18, codeName: 'AuthenticationFailed' });
    expect(conversation.error.message).toContain(words);
    expect(conversation.error.message.length).toBeLessThan(200);
    expect(conversation.commands).toHaveLength(commands);
    expect(performance.now() - at).toBeLessThan(5_000);
  });

  it.each([[{ ok: 1, done: false }], [{ ok: 1, done: false, payload: 'text' }], [{ ok: 1, payload: 5 }]])(
    'answers %j: is not trusted',
    async (reply) => {
      const { error } = await hold(new Scram('SCRAM-SHA-256', PENCIL).converse(), reply);
      expect(error.message).toMatch(/cannot be trusted: it (has no payload|ends)/);
    },
  );
});
