import { OIDCTokens } from '../../lib/auth/oidc-tokens.js';
import type { OIDCCallbackParams } from '../../lib/auth/oidc-types.js';
import { credential } from './conversing.js';

function tokens(properties: object, username?: string): OIDCTokens {
  const given = { authMechanism: 'MONGODB-OIDC', authMechanismProperties: properties };
  return new OIDCTokens(credential(username === undefined ? given : { ...given, username }));
}

describe('the tokens of a machine', () => {
  it('come of the callback, once for all who ask at the same time', async () => {
    const callback = jest.fn(async (_params: OIDCCallbackParams) => ({ accessToken: 'tok', expiresInSeconds: 0 }));
    const cache = tokens({ OIDC_CALLBACK: callback }, 'ada');
    const got = await Promise.all([cache.get(1_000), cache.get(1_000), cache.get(1_000)]);
    expect(got.map(({ isCached }) => isCached)).toEqual([false, true, true]);
    expect(callback).toHaveBeenCalledTimes(1);
    const [params] = callback.mock.calls[0]!;
    expect(params).toMatchObject({ version: 1, callbackTimeoutMS: 1_000, username: 'ada' });
    expect(params.timeoutContext.aborted).toBe(false);
    expect(params.idpInfo).toBeUndefined();
  });

  it('are one after the other: never two calls at a time', async () => {
    let running = 0;
    let most = 0;
    const cache = tokens({
      OIDC_CALLBACK: async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 5));
        running--;
        throw new Error('not now');
      },
    });
    const results = await Promise.allSettled([cache.get(0), cache.get(0), cache.get(0)]);
    expect([most, results.map(({ status }) => status)]).toEqual([1, ['rejected', 'rejected', 'rejected']]);
  });

  it('are invalidated one by one', async () => {
    let count = 0;
    const cache = tokens({ OIDC_CALLBACK: () => ({ accessToken: `tok${++count}` }) });
    await cache.get(0);
    cache.invalidate('other');
    expect(cache.accessToken).toBe('tok1');
    cache.invalidate('tok1');
    expect((await cache.get(0)).token).toBe('tok2');
    cache.invalidate('tok1');
    expect(cache.accessToken).toBe('tok2');
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['a text', 'hidden'],
    ['no token', { expiresInSeconds: 5 }],
    ['an empty token', { accessToken: '' }],
    ['a number', { accessToken: 5 }],
    ['a negative time', { accessToken: 'hidden', expiresInSeconds: -1 }],
    ['no number as time', { accessToken: 'hidden', expiresInSeconds: 'x' }],
    ['another refresh token', { accessToken: 'hidden', refreshToken: {} }],
  ])('are refused where the callback gives %s', async (_name, given) => {
    const error = await tokens({ OIDC_CALLBACK: () => given })
      .get(0)
      .catch((reason) => reason);
    expect(error.name).toBe('ConfigurationError');
    expect(error.message).toContain('the callback must give { accessToken, ... }');
    expect(error.message).not.toContain('hidden');
  });

  it('that never come hold nobody up for good', async () => {
    let aborted: AbortSignal | undefined;
    let calls = 0;
    const cache = tokens({
      OIDC_CALLBACK: ({ timeoutContext }: OIDCCallbackParams) => {
        aborted ??= timeoutContext;
        return calls++ === 0 ? new Promise(() => {}) : { accessToken: 'tok' };
      },
    });
    const [first, second] = [cache.get(20), cache.get(20)];
    await expect(first).rejects.toThrow('gave no token in time');
    expect(aborted!.aborted).toBe(true);
    await expect(second).resolves.toMatchObject({ token: 'tok' });
  });
});

describe('the tokens of a person', () => {
  it('come of what the server tells, later of the refresh token', async () => {
    const asked: OIDCCallbackParams[] = [];
    const cache = tokens({
      OIDC_HUMAN_CALLBACK: (params: OIDCCallbackParams) => {
        asked.push(params);
        return { accessToken: `tok${asked.length}`, refreshToken: `again${asked.length}` };
      },
    });
    expect(await cache.ofPerson()).toBeUndefined();
    const idpInfo = { issuer: 'https://issuer', clientId: 'abcd', requestScopes: undefined };
    expect(await cache.ofPerson(idpInfo)).toBe('tok1');
    expect(await cache.ofPerson(idpInfo)).toBe('tok1');
    cache.invalidate('tok1');
    expect(await cache.ofPerson()).toBe('tok2');
    expect(asked).toHaveLength(2);
    expect(asked[0]).toMatchObject({ idpInfo, callbackTimeoutMS: 300_000 });
    expect(asked[0]!.refreshToken).toBeUndefined();
    expect(asked[1]).toMatchObject({ idpInfo, refreshToken: 'again1' });
  });
});
