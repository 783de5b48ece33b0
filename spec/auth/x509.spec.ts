import { X509 } from '../../lib/auth/x509.js';
import { OperationFailureError } from '../../lib/errors/operation-errors.js';
import { credential, hold } from './conversing.js';

describe('MONGODB-X509', () => {
  it('sends no username where there is none', async () => {
    const x509 = new X509(credential({ authMechanism: 'MONGODB-X509' }));
    const { commands, result } = await hold(x509.converse(), { ok: 1, user: 'CN=client' });
    expect(result).toBe(true);
    expect(commands).toEqual([{ authenticate: 1, mechanism: 'MONGODB-X509', $db: '$external' }]);
  });

  it('sends the username that is given, also within hello', async () => {
    const x509 = new X509(credential({ authMechanism: 'MONGODB-X509', username: 'CN=client,OU=x' }));
    const { commands } = await hold(x509.speculate(), { user: 'CN=client,OU=x' });
    expect(commands[0]).toMatchObject({ user: 'CN=client,OU=x' });
  });

  it('fails with what the server says', async () => {
    const refusal = new OperationFailureError('no certificate', { code: 18 });
    const { error } = await hold(new X509(credential({ authMechanism: 'MONGODB-X509' })).converse(), refusal);
    expect(error).toBe(refusal);
  });
});
