import { fetchText, jsonObject } from '../../lib/auth/fetch-text.js';
import { ConfigurationError } from '../../lib/errors/usage-errors.js';
import { LocalEndpoint } from './local-endpoint.js';

async function refusal(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => Promise.reject(new Error('it succeeded')),
    (error) => error,
  );
}

describe('fetchText', () => {
  it('asks with a method, headers and a body', async () => {
    await using endpoint = await LocalEndpoint.listen(() => 'told');
    const request = { method: 'PUT', headers: { 'x-a': 'b' }, body: 'c' } as const;
    await expect(fetchText(`${endpoint.url}/d?e=f`, request)).resolves.toBe('told');
    const asked = { method: 'PUT', url: '/d?e=f', headers: { 'x-a': 'b' }, body: 'c' };
    expect(endpoint.asked).toMatchObject([asked]);
  });

  it('tells of a status, and shows neither the answer nor the query', async () => {
    await using endpoint = await LocalEndpoint.listen(() => 403);
    const error = await refusal(fetchText(`${endpoint.url}/token?secret=query`));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toBe(`${endpoint.url}/token answered with the status 403`);
  });

  it('follows no redirect', async () => {
    await using endpoint = await LocalEndpoint.listen(({ url }) =>
      url === '/a' ? { status: 302, headers: { location: '/b' } } : 'stolen',
    );
    expect((await refusal(fetchText(`${endpoint.url}/a`))).message).toContain('did not answer');
    expect(endpoint.asked).toHaveLength(1);
  });

  it('reads at most 256 KB', async () => {
    await using endpoint = await LocalEndpoint.listen(() => 'x'.repeat(300_000));
    expect((await refusal(fetchText(endpoint.url))).message).toContain('more than 262144 bytes');
  });

  it('tells that nobody listens', async () => {
    const endpoint = await LocalEndpoint.listen(() => '');
    const { url } = endpoint;
    await endpoint[Symbol.asyncDispose]();
    const error = await refusal(fetchText(url));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toContain('ECONNREFUSED');
  });
});

describe('jsonObject', () => {
  it('reads an object', () => {
    expect(jsonObject('{"a":1}', 'it')).toEqual({ a: 1 });
  });

  it.each(['', 'null', '5', 'a secret', '{"a":'])('shows nothing of %j', (text) => {
    const read = () => jsonObject(text, 'the endpoint');
    expect(read).toThrow('the endpoint gave no JSON object');
  });
});
