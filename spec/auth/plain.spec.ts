import { Plain } from '../../lib/auth/plain.js';
import { credential, hold, sasl } from './conversing.js';

const LDAP = credential({ authMechanism: 'PLAIN', username: 'user', password: 'pencil' });

describe('PLAIN', () => {
  it('says what the example of the specification says', async () => {
    const { commands, result } = await hold(new Plain(LDAP).converse(), sasl('', true));
    expect(result).toBe(true);
    expect(commands).toMatchObject([{ saslStart: 1, mechanism: 'PLAIN', $db: '$external' }]);
    expect(commands[0]!.payload.toString('base64')).toBe('AHVzZXIAcGVuY2ls');
  });

  it('does not trust a server that does not end', async () => {
    expect((await hold(new Plain(LDAP).converse(), sasl('', false))).error.message).toContain('does not end');
  });

  it('says nothing within hello, where no secret must be', () => {
    expect('speculate' in new Plain(LDAP)).toBe(false);
  });
});
