import { inspect } from 'node:util';
import { Authenticator } from '../../lib/auth/authenticator.js';
import { AuthenticationError } from '../../lib/errors/operation-errors.js';
import { credential } from './conversing.js';

const ADA = credential({ username: 'ada', password: 'pencil' });
const GRACE = credential({ username: 'grace', password: 'compiler', authSource: 'app' });

describe('Authenticator', () => {
  it('has nothing to do for nobody', async () => {
    const nobody = new Authenticator();
    expect([nobody.isNeeded, nobody.isPlural, await nobody.begin('a', 0)]).toEqual([false, false, undefined]);
  });

  it('becomes one user, and several', async () => {
    const client = new Authenticator([ADA]);
    expect([client.isNeeded, client.isPlural]).toEqual([true, false]);
    client.adopt(client.with(GRACE));
    expect(client.isPlural).toBe(true);
    expect((await client.begin('a', 100))!.helloFields.saslSupportedMechs).toBe('admin.ada');
  });

  it('knows its users by their databases', () => {
    const client = new Authenticator([ADA]);
    expect(client.has(credential({ username: 'ada', password: 'pencil' }))).toBe(true);
    expect(client.has(GRACE)).toBe(false);
    expect(() => client.has(credential({ username: 'ada', password: 'other' }))).toThrow(AuthenticationError);
    expect(() => client.has(credential({ username: 'eve', password: 'x' }))).toThrow(
      /database admin: logout\(\) first/,
    );
  });

  it('forgets a user', () => {
    const client = new Authenticator([ADA, GRACE]);
    expect([client.forget('nowhere'), client.isPlural]).toEqual([false, true]);
    expect([client.forget('admin'), client.isPlural, client.isNeeded]).toEqual([true, false, true]);
    expect([client.forget('app'), client.isNeeded]).toEqual([true, false]);
  });

  it('asks again where a mechanism could not be loaded', async () => {
    const client = new Authenticator([credential({ username: 'ada' })]);
    await expect(client.begin('a', 0)).rejects.toThrow('a password');
    await expect(client.begin('a', 0)).rejects.toThrow('a password');
  });

  it('shows no password', async () => {
    const client = new Authenticator([ADA]);
    const shown = inspect([client, await client.begin('a', 0)], { depth: 9, showHidden: true });
    expect(shown).not.toContain('pencil');
  });
});
