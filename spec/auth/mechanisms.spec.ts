import { defaultMechanism, loadMechanism, type MechanismName } from '../../lib/auth/mechanisms.js';
import { ConfigurationError } from '../../lib/errors/usage-errors.js';
import { credential } from './conversing.js';

describe('loadMechanism', () => {
  it.each<[MechanismName, object]>([
    ['SCRAM-SHA-1', { username: 'a', password: 'b' }],
    ['SCRAM-SHA-256', { username: 'a', password: 'b' }],
    ['PLAIN', { username: 'a', password: 'b' }],
    ['MONGODB-X509', {}],
    ['MONGODB-AWS', {}],
    ['MONGODB-OIDC', { authMechanismProperties: { ENVIRONMENT: 'test' } }],
    ['GSSAPI', { username: 'a' }],
  ])('loads %s', async (name, given) => {
    const mechanism = await loadMechanism(name, credential({ authMechanism: name, ...given }));
    expect(mechanism).toMatchObject({ converse: expect.any(Function) });
  });

  it('tells what is missing', async () => {
    await expect(loadMechanism('SCRAM-SHA-256', credential({ username: 'a' }))).rejects.toThrow(ConfigurationError);
  });
});

describe('defaultMechanism', () => {
  it.each<[unknown, MechanismName]>([
    [['SCRAM-SHA-1', 'SCRAM-SHA-256'], 'SCRAM-SHA-256'],
    [['SCRAM-SHA-1'], 'SCRAM-SHA-1'],
    [[], 'SCRAM-SHA-1'],
    [undefined, 'SCRAM-SHA-1'],
    // Whatever a server offers, the password is not sent in the clear.
    [['PLAIN'], 'SCRAM-SHA-1'],
    [['PLAIN', 'MONGODB-CR', 'GSSAPI'], 'SCRAM-SHA-1'],
    ['SCRAM-SHA-256', 'SCRAM-SHA-1'],
    [{ 0: 'PLAIN' }, 'SCRAM-SHA-1'],
  ])('of %j is %s', (offered, name) => {
    expect(defaultMechanism(offered)).toBe(name);
  });
});
