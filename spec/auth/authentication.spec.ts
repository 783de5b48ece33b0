import { Authentication, type Identity } from '../../lib/auth/authentication.js';
import { loadMechanism } from '../../lib/auth/mechanisms.js';
import { OperationFailureError } from '../../lib/errors/operation-errors.js';
import { ConfigurationError } from '../../lib/errors/usage-errors.js';
import { credential, hold, type Step, textOf } from './conversing.js';
import { ScramServer } from './scram-server.js';

const ADA = { username: 'ada', password: 'pencil' };

function identity(given: Record<string, unknown>): Identity {
  const known = credential(given);
  const loaded = new Map();
  const mechanism = (name: any) => {
    if (!loaded.has(name)) loaded.set(name, loadMechanism(name, known));
    return loaded.get(name);
  };
  return { credential: known, mechanism };
}

function begin(...given: Record<string, unknown>[]): Promise<Authentication> {
  return Authentication.begin('db.example', 500, given.map(identity));
}

const server = (hash: 'sha1' | 'sha256' = 'sha256'): Step => {
  const scram = new ScramServer({ name: 'ada', password: 'pencil', hash });
  return (command) => scram.answer(command)!;
};

describe('Authentication', () => {
  it('negotiates and begins within hello, and goes on with the answer', async () => {
    const authentication = await begin(ADA);
    const { saslSupportedMechs, speculativeAuthenticate } = authentication.helloFields;
    expect(saslSupportedMechs).toBe('admin.ada');
    expect(speculativeAuthenticate).toMatchObject({ saslStart: 1, mechanism: 'SCRAM-SHA-256', db: 'admin' });
    expect(speculativeAuthenticate.$db).toBeUndefined();
    const scram = new ScramServer({ name: 'ada', password: 'pencil' });
    const hello = {
      saslSupportedMechs: ['SCRAM-SHA-256'],
      speculativeAuthenticate: scram.answer(speculativeAuthenticate),
    };
    const { commands, result } = await hold(authentication.conversation(hello), (command) => scram.answer(command)!);
    expect([result, commands.length, scram.accepted]).toEqual([true, 1, 1]);
    expect(commands[0]).toMatchObject({ saslContinue: 1 });
  });

  it('names the user as the user wrote it', async () => {
    const { helloFields } = await begin({ ...ADA, username: '\u2168=,', authSource: 'app' });
    expect(helloFields.saslSupportedMechs).toBe('app.\u2168=,');
  });

  it('begins anew, with the mechanism that was agreed on, where hello was not answered so', async () => {
    const authentication = await begin(ADA);
    const sha1 = server('sha1');
    const hello = { saslSupportedMechs: ['SCRAM-SHA-1'] };
    const { commands, result } = await hold(authentication.conversation(hello), sha1, sha1);
    expect([result, commands[0]!.mechanism]).toEqual([true, 'SCRAM-SHA-1']);
  });

  it('does not negotiate where the mechanism is named', async () => {
    const authentication = await begin({ ...ADA, authMechanism: 'SCRAM-SHA-1' });
    expect(authentication.helloFields.saslSupportedMechs).toBeUndefined();
    expect(authentication.helloFields.speculativeAuthenticate).toMatchObject({ mechanism: 'SCRAM-SHA-1' });
    const sha1 = server('sha1');
    // A server that offers something weaker changes nothing.
    const hello = { saslSupportedMechs: ['PLAIN'] };
    const { commands } = await hold(authentication.conversation(hello), sha1, sha1);
    expect(commands.map(({ mechanism }) => mechanism)).toEqual(['SCRAM-SHA-1', undefined]);
  });

  it('puts no secret into hello', async () => {
    const authentication = await begin({ ...ADA, authMechanism: 'PLAIN' });
    expect(authentication.helloFields).toEqual({});
  });

  it('has nothing to do on an arbiter', async () => {
    const { commands, result } = await hold((await begin(ADA)).conversation({ arbiterOnly: true }));
    expect([commands, result]).toEqual([[], true]);
  });

  it('asks for the mechanism of every further user, and is each of them', async () => {
    const authentication = await begin(ADA, { ...ADA, authSource: 'app' });
    const [first, second] = [server(), server('sha1')];
    const { commands, result } = await hold(
      authentication.conversation({ saslSupportedMechs: ['SCRAM-SHA-256'] }),
      ...[first, first, { ok: 1, saslSupportedMechs: ['SCRAM-SHA-1'] }, second, second],
    );
    expect(result).toBe(true);
    expect(commands[2]).toEqual({ isMaster: 1, saslSupportedMechs: 'app.ada', $db: 'admin' });
    expect([commands[0]!.$db, commands[3]!.$db, commands[3]!.mechanism]).toEqual(['admin', 'app', 'SCRAM-SHA-1']);
  });

  it('is done again without a hello', async () => {
    const authentication = await begin(ADA);
    const [first, again] = [server(), server()];
    await hold(authentication.conversation({ saslSupportedMechs: ['SCRAM-SHA-256'] }), first, first);
    const { commands, result } = await hold(authentication.renewal(), again, again);
    expect([result, commands.map((command) => Object.keys(command)[0])]).toEqual([true, ['saslStart', 'saslContinue']]);
    expect(textOf(commands[0]!)).toMatch(/^n,,n=ada,r=/);
  });

  it('hands a refusal to the conversation that hello began', async () => {
    const authentication = await begin(ADA);
    const scram = new ScramServer({ name: 'ada', password: 'pencil' });
    const speculativeAuthenticate = scram.answer(authentication.helloFields.speculativeAuthenticate);
    const refusal = new OperationFailureError('no', { code: 18 });
    const { error } = await hold(authentication.conversation({ speculativeAuthenticate }), refusal);
    expect(error).toBe(refusal);
  });

  it('takes as long as connecting may, and longer where people act', async () => {
    expect((await begin(ADA)).limitMS).toBe(500);
    const human = { OIDC_HUMAN_CALLBACK: () => ({ accessToken: 'x' }) };
    const signedIn = await begin({ authMechanism: 'MONGODB-OIDC', authMechanismProperties: human });
    expect(signedIn.limitMS).toBe(300_500);
    expect((await Authentication.begin('a', 0, [identity(ADA)])).limitMS).toBe(0);
  });

  it('needs a password where no mechanism is named', async () => {
    await expect(begin({ username: 'ada' })).rejects.toThrow(ConfigurationError);
  });
});
