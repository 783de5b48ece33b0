import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ConfigurationError } from '../errors/usage-errors.js';
import type { Credential } from '../options/credential.js';
import type { AWSCredentials } from './aws-signature.js';
import { type FetchText, fetchText, jsonObject } from './fetch-text.js';

const EC2 = 'http://169.254.169.254';
const ECS = 'http://169.254.170.2';
const STS = 'https://sts.amazonaws.com';
/** "Credentials are considered valid if they are more than five minutes away from expiring." */
const MARGIN_MS = 5 * 60_000;

interface Fetched {
  readonly credentials: AWSCredentials;
  /** By `Date.now()`. */
  readonly expiresAt: number;
}

/**
 * Where a client's AWS credentials come from: the connection string, `AWS_CREDENTIAL_PROVIDER`, the environment, a web
 * identity, ECS, or EC2, in this order. What an endpoint gave is kept until five minutes before it expires.
 *
 * @see MongoDB Authentication specification, "Obtaining Credentials"
 */
export class AWSCredentialSource {
  readonly #credential: Credential;
  readonly #env: NodeJS.ProcessEnv;
  readonly #fetch: FetchText;
  #kept: Fetched | undefined;

  constructor(credential: Credential, env = process.env, fetch = fetchText) {
    this.#credential = credential;
    this.#env = env;
    this.#fetch = fetch;
  }

  /** @throws ConfigurationError where there are none, or an endpoint does not give them */
  async get(): Promise<AWSCredentials> {
    const { username, password, properties } = this.#credential;
    if (username !== undefined && password !== undefined) {
      return complete(username, password, properties.AWS_SESSION_TOKEN, 'the connection string');
    }
    const provider: unknown = properties.AWS_CREDENTIAL_PROVIDER;
    if (typeof provider === 'function') return provided(await provider());
    if (this.#kept !== undefined && this.#kept.expiresAt - Date.now() > MARGIN_MS) return this.#kept.credentials;
    // "Even if the environment variables are present in subsequent authorization attempts, the driver MUST use the
    // cached credentials, or refresh them": once an endpoint has been asked, it is asked again.
    const fromEnvironment = this.#kept === undefined ? this.#fromEnvironment() : undefined;
    if (fromEnvironment !== undefined) return fromEnvironment;
    this.#kept = await this.#fromEndpoint();
    return this.#kept.credentials;
  }

  /** "If AWS authentication fails for any reason, the cache MUST be cleared." */
  forget(): void {
    this.#kept = undefined;
  }

  #fromEnvironment(): AWSCredentials | undefined {
    const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: key, AWS_SESSION_TOKEN: token } = this.#env;
    if (!id && !key && !token) return undefined;
    return complete(id, key, token, 'the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN)');
  }

  #fromEndpoint(): Promise<Fetched> {
    const { AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: role } = this.#env;
    if (file && role) return this.#fromWebIdentity(file, role);
    const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: path } = this.#env;
    return path ? this.#fromECS(path) : this.#fromEC2();
  }

  async #fromWebIdentity(file: string, role: string): Promise<Fetched> {
    const token = await readFile(file, 'utf8').catch((cause) => {
      throw new ConfigurationError(`AWS_WEB_IDENTITY_TOKEN_FILE cannot be read: ${cause.code}`, { cause });
    });
    const query = new URLSearchParams({
      Action: 'AssumeRoleWithWebIdentity',
      RoleSessionName: this.#env.AWS_ROLE_SESSION_NAME || randomUUID(),
      RoleArn: role,
      WebIdentityToken: token.trim(),
      Version: '2011-06-15',
    });
    const headers = { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' };
    const { AWS_ENDPOINT_URL_STS: endpoint = STS } = this.#env;
    const text = await this.#fetch(`${endpoint}/`, { method: 'POST', headers, body: String(query) });
    const answer = jsonObject(text, endpoint);
    // AWS itself wraps the answer once more than the specification shows.
    const result = answer.AssumeRoleWithWebIdentityResponse?.AssumeRoleWithWebIdentityResult ?? answer;
    return fetched(result.Credentials, result.Credentials?.SessionToken, endpoint);
  }

  async #fromECS(path: string): Promise<Fetched> {
    const answer = jsonObject(await this.#fetch(`${ECS}${path.startsWith('/') ? '' : '/'}${path}`), 'the ECS endpoint');
    return fetched(answer, answer.Token, 'the ECS endpoint');
  }

  /** Version 2 of the metadata service: who asks shows a token that only a PUT gives. */
  async #fromEC2(): Promise<Fetched> {
    const { AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint = EC2 } = this.#env;
    const base = endpoint.replace(/\/$/, '');
    const ttl = { 'x-aws-ec2-metadata-token-ttl-seconds': '30' };
    const token = await this.#fetch(`${base}/latest/api/token`, { method: 'PUT', headers: ttl });
    const headers = { 'x-aws-ec2-metadata-token': token.trim() };
    const path = `${base}/latest/meta-data/iam/security-credentials/`;
    const role = (await this.#fetch(path, { headers })).trim().split('\n')[0]!;
    const answer = jsonObject(await this.#fetch(path + encodeURIComponent(role), { headers }), 'the EC2 endpoint');
    return fetched(answer, answer.Token, 'the EC2 endpoint');
  }
}

/** "The only valid combination of credentials is an access key ID and a secret access key", with or without a token. */
function complete(id: unknown, key: unknown, token: unknown, from: string): AWSCredentials {
  const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
  if (!isText(id) || !isText(key) || (token !== undefined && typeof token !== 'string')) {
    throw new ConfigurationError(
      `MONGODB-AWS: ${from} must give an access key id and a secret access key, with or without a session token`,
    );
  }
  return { accessKeyId: id, secretAccessKey: key, sessionToken: token === '' ? undefined : token };
}

function provided(given: any): AWSCredentials {
  return complete(given?.accessKeyId, given?.secretAccessKey, given?.sessionToken, 'AWS_CREDENTIAL_PROVIDER');
}

function fetched(answer: any, token: unknown, from: string): Fetched {
  const credentials = complete(answer?.AccessKeyId, answer?.SecretAccessKey, token, from);
  // AWS's JSON has seconds where its metadata have text; without a time it is not kept.
  const { Expiration: end } = answer;
  const expiresAt = typeof end === 'number' ? end * 1000 : Date.parse(end);
  return { credentials, expiresAt: Number.isNaN(expiresAt) ? 0 : expiresAt };
}
