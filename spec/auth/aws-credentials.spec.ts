import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AWSCredentialSource } from '../../lib/auth/aws-credentials.js';
import { fetchText } from '../../lib/auth/fetch-text.js';
import { credential } from './conversing.js';
import { type Asked, LocalEndpoint, type Told } from './local-endpoint.js';

const AWS = credential({ authMechanism: 'MONGODB-AWS' });
const inMinutes = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString();
const given = (minutes = 60) => ({
  AccessKeyId: 'AK',
  SecretAccessKey: 'SK',
  Token: 'T',
  Expiration: inMinutes(minutes),
});
const CREDENTIALS = { accessKeyId: 'AK', secretAccessKey: 'SK', sessionToken: 'T' };

/** Link-local addresses lead to the endpoint. */
function sourceAt(endpoint: LocalEndpoint, env: NodeJS.ProcessEnv): AWSCredentialSource {
  return new AWSCredentialSource(AWS, env, (url, request) =>
    fetchText(url.replace(/^http:\/\/169\.254\.\d+\.\d+/, endpoint.url), request),
  );
}

function ec2(minutes = 60): (asked: Asked) => Told {
  return ({ method, url, headers }) => {
    if (url === '/latest/api/token')
      return method === 'PUT' && headers['x-aws-ec2-metadata-token-ttl-seconds'] ? 'tok' : 400;
    if (headers['x-aws-ec2-metadata-token'] !== 'tok') return 401;
    const path = '/latest/meta-data/iam/security-credentials/';
    if (url === path) return 'my-role\n';
    return url === `${path}my-role` ? given(minutes) : 404;
  };
}

describe('AWS credentials', () => {
  it('of the connection string go first', async () => {
    const properties = { AWS_SESSION_TOKEN: 'T' };
    const own = credential({
      ...{ authMechanism: 'MONGODB-AWS', authMechanismProperties: properties, username: 'AK', password: 'SK' },
    });
    const source = new AWSCredentialSource(own, { AWS_ACCESS_KEY_ID: 'other', AWS_SECRET_ACCESS_KEY: 'other' });
    expect(await source.get()).toEqual(CREDENTIALS);
  });

  it('of a provider go before the environment, and are asked for each time', async () => {
    const provider = jest.fn(async () => ({ accessKeyId: 'AK', secretAccessKey: 'SK' }));
    const authMechanismProperties = { AWS_CREDENTIAL_PROVIDER: provider };
    const own = credential({ authMechanism: 'MONGODB-AWS', authMechanismProperties });
    const source = new AWSCredentialSource(own, { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'y' });
    expect(await source.get()).toMatchObject({ accessKeyId: 'AK', secretAccessKey: 'SK' });
    await source.get();
    expect(provider).toHaveBeenCalledTimes(2);
    provider.mockResolvedValueOnce({ accessKeyId: 'AK' } as never);
    await expect(source.get()).rejects.toThrow('AWS_CREDENTIAL_PROVIDER must give');
  });

  it('of the environment are read each time', async () => {
    const env: NodeJS.ProcessEnv = { AWS_ACCESS_KEY_ID: 'AK', AWS_SECRET_ACCESS_KEY: 'SK', AWS_SESSION_TOKEN: 'T' };
    const source = new AWSCredentialSource(AWS, env);
    expect(await source.get()).toEqual(CREDENTIALS);
    env.AWS_ACCESS_KEY_ID = 'new';
    expect(await source.get()).toMatchObject({ accessKeyId: 'new' });
    delete env.AWS_SECRET_ACCESS_KEY;
    await expect(source.get()).rejects.toThrow('an access key id and a secret access key');
  });

  it('of EC2 come of its role, by version 2 of the metadata service, and are kept', async () => {
    await using endpoint = await LocalEndpoint.listen(ec2());
    const env: NodeJS.ProcessEnv = {};
    const source = sourceAt(endpoint, env);
    expect(await source.get()).toEqual(CREDENTIALS);
    expect(endpoint.asked.map(({ method }) => method)).toEqual(['PUT', 'GET', 'GET']);
    // "Even if the environment variables are present in subsequent authorization attempts".
    Object.assign(env, { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'y' });
    expect(await source.get()).toEqual(CREDENTIALS);
    expect(endpoint.asked).toHaveLength(3);
    source.forget();
    expect(await source.get()).toMatchObject({ accessKeyId: 'x' });
  });

  it('are asked for again five minutes before they expire', async () => {
    await using endpoint = await LocalEndpoint.listen(ec2(4));
    const source = sourceAt(endpoint, {});
    await source.get();
    await source.get();
    expect(endpoint.asked).toHaveLength(6);
  });

  it('of ECS come of the path that it has set', async () => {
    await using endpoint = await LocalEndpoint.listen(({ url }) => (url === '/v2/creds' ? given() : 404));
    expect(await sourceAt(endpoint, { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/creds' }).get()).toEqual(
      CREDENTIALS,
    );
    const wrong = sourceAt(endpoint, { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/other' });
    await expect(wrong.get()).rejects.toThrow('answered with the status 404');
  });

  describe('of a web identity', () => {
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'rotor-aws-'));
      await writeFile(join(folder, 'token'), 'id.tok\n');
    });
    afterAll(() => rm(folder, { recursive: true }));

    const answer = { AccessKeyId: 'AK', SecretAccessKey: 'SK', SessionToken: 'T', Expiration: inMinutes(60) };
    it.each<[string, object]>([
      ['the specification shows', { Credentials: answer }],
      [
        'AWS gives',
        {
          AssumeRoleWithWebIdentityResponse: {
            AssumeRoleWithWebIdentityResult: { Credentials: { ...answer, Expiration: Date.now() / 1000 + 3600 } },
          },
        },
      ],
    ])('are those of the role, in the form that %s', async (_name, told) => {
      await using endpoint = await LocalEndpoint.listen(() => told);
      const source = sourceAt(endpoint, {
        AWS_WEB_IDENTITY_TOKEN_FILE: join(folder, 'token'),
        AWS_ROLE_ARN: 'arn:aws:iam::1:role/r',
        AWS_ROLE_SESSION_NAME: 'session',
        AWS_ENDPOINT_URL_STS: endpoint.url,
      });
      expect(await source.get()).toEqual(CREDENTIALS);
      expect(await source.get()).toEqual(CREDENTIALS);
      expect(endpoint.asked).toHaveLength(1);
      const [{ method, headers, body }] = endpoint.asked as [Asked];
      expect([method, headers.accept]).toEqual(['POST', 'application/json']);
      expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
        Action: 'AssumeRoleWithWebIdentity',
        RoleSessionName: 'session',
        RoleArn: 'arn:aws:iam::1:role/r',
        WebIdentityToken: 'id.tok',
        Version: '2011-06-15',
      });
    });

    it('need the file', async () => {
      const env = { AWS_WEB_IDENTITY_TOKEN_FILE: join(folder, 'none'), AWS_ROLE_ARN: 'arn' };
      await expect(new AWSCredentialSource(AWS, env).get()).rejects.toThrow('cannot be read: ENOENT');
    });
  });

  it.each<[string, Told]>([
    ['no JSON', 'secret text'],
    ['something else', { AccessKeyId: 'AK' }],
    ['nothing', 'null'],
  ])('that are %s are refused, and not shown', async (_name, told) => {
    await using endpoint = await LocalEndpoint.listen(() => told);
    const source = sourceAt(endpoint, { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2' });
    const error = await source.get().catch((reason) => reason);
    expect(error.name).toBe('ConfigurationError');
    expect(error.message).not.toMatch(/secret text/);
  });
});
