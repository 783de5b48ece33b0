import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetchText } from '../../lib/auth/fetch-text.js';
import { environmentToken } from '../../lib/auth/oidc-environments.js';
import { credential } from './conversing.js';
import { type Asked, LocalEndpoint, type Told } from './local-endpoint.js';

function oidc(properties: object, username?: string) {
  const given = { authMechanism: 'MONGODB-OIDC', authMechanismProperties: properties };
  return credential(username === undefined ? given : { ...given, username });
}

const leadTo = (endpoint: LocalEndpoint): typeof fetchText => {
  return (url, request) => fetchText(url.replace(/^http:\/\/(169\.254\.169\.254|metadata)/, endpoint.url), request);
};

describe('environmentToken', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rotor-oidc-'));
    await writeFile(join(folder, 'token'), 'file.tok\n');
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('of azure asks the metadata service', async () => {
    await using endpoint = await LocalEndpoint.listen(() => ({ access_token: 'azure.tok', expires_in: '3600' }));
    const azure = oidc({ ENVIRONMENT: 'azure', TOKEN_RESOURCE: 'api://a b' }, 'client-id');
    expect(await environmentToken(azure, {}, leadTo(endpoint))).toBe('azure.tok');
    const [{ url, headers }] = endpoint.asked as [Asked];
    const asked = new URL(url, endpoint.url);
    expect(asked.pathname).toBe('/metadata/identity/oauth2/token');
    const query = { 'api-version': '2018-02-01', resource: 'api://a b', client_id: 'client-id' };
    expect(Object.fromEntries(asked.searchParams)).toEqual(query);
    expect([headers.metadata, headers.accept]).toEqual(['true', 'application/json']);
  });

  it('of gcp asks the metadata service', async () => {
    await using endpoint = await LocalEndpoint.listen(() => 'gcp.tok');
    const gcp = oidc({ ENVIRONMENT: 'gcp', TOKEN_RESOURCE: 'aud' });
    expect(await environmentToken(gcp, {}, leadTo(endpoint))).toBe('gcp.tok');
    const [{ url, headers }] = endpoint.asked as [Asked];
    expect(url).toBe('/computeMetadata/v1/instance/service-accounts/default/identity?audience=aud');
    expect(headers['metadata-flavor']).toBe('Google');
  });

  it.each(['AZURE_FEDERATED_TOKEN_FILE', 'AWS_WEB_IDENTITY_TOKEN_FILE'])('of k8s reads %s', async (name) => {
    const env = { [name]: join(folder, 'token') };
    expect(await environmentToken(oidc({ ENVIRONMENT: 'k8s' }), env)).toBe('file.tok');
  });

  it('of test reads OIDC_TOKEN_FILE', async () => {
    const test = oidc({ ENVIRONMENT: 'test' });
    expect(await environmentToken(test, { OIDC_TOKEN_FILE: join(folder, 'token') })).toBe('file.tok');
    await expect(environmentToken(test, {})).rejects.toThrow('OIDC_TOKEN_FILE is not set');
    const missing = { OIDC_TOKEN_FILE: join(folder, 'none') };
    await expect(environmentToken(test, missing)).rejects.toThrow('cannot be read: ENOENT');
  });

  it.each<[string, Told]>([
    ['nothing', {}],
    ['no text', { access_token: 5 }],
    ['no JSON', 'a secret'],
    ['an error', 500],
  ])('that gives %s says so, and shows nothing', async (_name, told) => {
    await using endpoint = await LocalEndpoint.listen(() => told);
    const azure = oidc({ ENVIRONMENT: 'azure', TOKEN_RESOURCE: 'r' });
    const error = await environmentToken(azure, {}, leadTo(endpoint)).catch((reason) => reason);
    expect(error.name).toBe('ConfigurationError');
    expect(error.message).not.toContain('secret');
  });
});
