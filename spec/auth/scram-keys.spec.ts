import { clientProof, hmac, ScramKeyCache } from '../../lib/auth/scram-keys.js';

const SALT = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');

describe('ScramKeyCache', () => {
  it('derives the keys of RFC 7677', async () => {
    const keys = await new ScramKeyCache('sha256', async () => 'pencil').of(SALT, 4096);
    const nonce = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0';
    const exchange = `n=user,r=rOprNGfwEbeRWgbNEkqO,r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=${nonce}`;
    expect(clientProof('sha256', keys, exchange).toString('base64')).toBe(
      'dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    );
    expect(hmac('sha256', keys.serverKey, exchange).toString('base64')).toBe(
      '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
    );
  });

  it('shares a derivation that is under way, keeps it, and derives anew for another salt or count', async () => {
    const password = jest.fn(async () => 'pencil');
    const cache = new ScramKeyCache('sha1', password);
    const [one, other] = [cache.of(SALT, 4096), cache.of(SALT, 4096)];
    expect(one).toBe(other);
    await one;
    await cache.of(SALT, 4096);
    expect(password).toHaveBeenCalledTimes(1);
    await Promise.all([cache.of(SALT, 4097), cache.of(Buffer.from('other'), 4096)]);
    expect(password).toHaveBeenCalledTimes(3);
  });

  it('keeps a bounded number', async () => {
    const password = jest.fn(async () => 'pencil');
    const cache = new ScramKeyCache('sha1', password);
    for (let salt = 0; salt < 20; salt++) await cache.of(Buffer.from([salt]), 4096);
    await cache.of(Buffer.from([19]), 4096);
    expect(password).toHaveBeenCalledTimes(20);
    await cache.of(Buffer.from([0]), 4096);
    expect(password).toHaveBeenCalledTimes(21);
  });

  it('does not keep a failure', async () => {
    const password = jest.fn(async () => 'pencil').mockRejectedValueOnce(new Error('prohibited'));
    const cache = new ScramKeyCache('sha256', password);
    await expect(cache.of(SALT, 4096)).rejects.toThrow('prohibited');
    await expect(cache.of(SALT, 4096)).resolves.toMatchObject({ clientKey: expect.any(Buffer) });
  });

  it('does not hold up the loop', async () => {
    let turns = 0;
    const ticking = setInterval(() => turns++, 1);
    await new ScramKeyCache('sha256', async () => 'pencil').of(SALT, 600_000);
    clearInterval(ticking);
    expect(turns).toBeGreaterThan(5);
  });
});
