import { readFile } from 'node:fs/promises';
import { ConfigurationError } from '../errors/usage-errors.js';
import type { Credential } from '../options/credential.js';
import { type FetchText, fetchText, jsonObject } from './fetch-text.js';

/** Where the machine's metadata are: the same on every machine of the cloud. */
const AZURE = 'http://169.254.169.254/metadata/identity/oauth2/token';
const GCP = 'http://metadata/computeMetadata/v1/instance/service-accounts/default/identity';
const K8S_TOKEN_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/token';

type Source = (credential: Credential, env: NodeJS.ProcessEnv, fetch: FetchText) => Promise<unknown>;

const SOURCES: Readonly<Record<string, Source>> = {
  test: (_, env) => tokenOfFile(env.OIDC_TOKEN_FILE, 'OIDC_TOKEN_FILE'),
  azure: async ({ username, properties }, _, fetch) => {
    const query = new URLSearchParams({
      'api-version': '2018-02-01',
      resource: String(properties.TOKEN_RESOURCE),
      ...(username === undefined ? {} : { client_id: username }),
    });
    const headers = { metadata: 'true', accept: 'application/json' };
    return jsonObject(await fetch(`${AZURE}?${query}`, { headers }), AZURE).access_token;
  },
  gcp: ({ properties }, _, fetch) => {
    const query = new URLSearchParams({ audience: String(properties.TOKEN_RESOURCE) });
    return fetch(`${GCP}?${query}`, { headers: { 'metadata-flavor': 'Google' } });
  },
  k8s: (_, env) => {
    const file = env.AZURE_FEDERATED_TOKEN_FILE || env.AWS_WEB_IDENTITY_TOKEN_FILE || K8S_TOKEN_FILE;
    return tokenOfFile(file, 'the token of the service account');
  },
};

/**
 * The access token of the environment that a program runs in.
 *
 * @throws ConfigurationError where it gives none
 * @see MongoDB Authentication specification, "Built-in OIDC Environment Integrations"
 */
export async function environmentToken(
  credential: Credential,
  env: NodeJS.ProcessEnv = process.env,
  fetch: FetchText = fetchText,
): Promise<string> {
  const name: string = credential.properties.ENVIRONMENT;
  const token = await SOURCES[name]!(credential, env, fetch);
  const text = typeof token === 'string' ? token.trim() : '';
  if (text === '') throw new ConfigurationError(`MONGODB-OIDC: the environment ${name} gave no access token`);
  return text;
}

async function tokenOfFile(path: string | undefined, what: string): Promise<string> {
  if (path === undefined) throw new ConfigurationError(`MONGODB-OIDC: ${what} is not set`);
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new ConfigurationError(`MONGODB-OIDC: ${what} cannot be read: ${(cause as { code?: string }).code}`, {
      cause,
    });
  }
}
