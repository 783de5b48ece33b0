import { inspect } from 'node:util';
import { ConfigurationError } from '../errors/usage-errors.js';
import { hideSecrets } from './hidden-secrets.js';

/** The mechanisms of authentication that a client may ask for by name. */
export type AuthMechanism =
  | 'DEFAULT'
  | 'SCRAM-SHA-1'
  | 'SCRAM-SHA-256'
  | 'PLAIN'
  | 'MONGODB-X509'
  | 'MONGODB-AWS'
  | 'MONGODB-OIDC'
  | 'GSSAPI';

/** Who a client is, complete as its mechanism asks. */
export interface Credential {
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** The database that knows the user, or `$external`. */
  readonly source: string;
  /** Undefined where the server and the driver agree on one. */
  readonly mechanism: Exclude<AuthMechanism, 'DEFAULT'> | undefined;
  /** Keys in upper case. */
  readonly properties: Readonly<Record<string, any>>;
}

interface Given {
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly authSource: string | undefined;
  readonly database: string | undefined;
  readonly properties: Readonly<Record<string, any>>;
}

/** What one mechanism takes. `must`, `may` and `never` as the Authentication specification says of each. */
interface MechanismRules {
  readonly username: 'must' | 'may';
  readonly password: 'must' | 'may' | 'never';
  /** The database where neither authSource nor the URI names one; `$external!` where it can be no other. */
  readonly source: 'admin' | '$external' | '$external!';
  readonly properties: readonly string[];
  readonly defaults?: Readonly<Record<string, any>>;
  check?(given: Given): string | false;
}

const SCRAM: MechanismRules = { username: 'must', password: 'must', source: 'admin', properties: [] };

const RULES: Readonly<Record<AuthMechanism, MechanismRules>> = {
  // "alice@host" is a valid connection string; whether alice needs a password is known once the mechanism is agreed on.
  DEFAULT: { ...SCRAM, password: 'may' },
  'SCRAM-SHA-1': SCRAM,
  'SCRAM-SHA-256': SCRAM,
  PLAIN: { username: 'must', password: 'must', source: '$external', properties: [] },
  'MONGODB-X509': { username: 'may', password: 'never', source: '$external!', properties: [] },
  'MONGODB-AWS': {
    username: 'may',
    password: 'may',
    source: '$external!',
    properties: ['AWS_SESSION_TOKEN', 'AWS_CREDENTIAL_PROVIDER'],
    check: checkAWS,
  },
  'MONGODB-OIDC': {
    username: 'may',
    password: 'never',
    source: '$external!',
    properties: ['ENVIRONMENT', 'TOKEN_RESOURCE', 'OIDC_CALLBACK', 'OIDC_HUMAN_CALLBACK', 'ALLOWED_HOSTS'],
    check: checkOIDC,
  },
  GSSAPI: {
    username: 'must',
    password: 'may',
    source: '$external!',
    properties: ['SERVICE_NAME', 'SERVICE_HOST', 'SERVICE_REALM', 'CANONICALIZE_HOST_NAME'],
    defaults: { SERVICE_NAME: 'mongodb' },
    check: checkGSSAPI,
  },
};

/** The names that `authMechanism` takes. PyMongo's name for them. */
export const MECHANISMS: ReadonlySet<string> = new Set(Object.keys(RULES));

function checkAWS({ username, password, properties }: Given): string | false {
  if (username && password === undefined) return 'a username (the access key id) needs a password';
  if (!username && password) return 'a password needs a username (the access key id)';
  const { AWS_CREDENTIAL_PROVIDER: provider, AWS_SESSION_TOKEN: token } = properties;
  if (provider !== undefined && typeof provider !== 'function') {
    return 'AWS_CREDENTIAL_PROVIDER must be a function, and cannot be given in a connection string';
  }
  return token !== undefined && !username && 'AWS_SESSION_TOKEN needs a username and a password';
}

function checkOIDC({ username, properties }: Given): string | false {
  const { ENVIRONMENT: environment, OIDC_CALLBACK, OIDC_HUMAN_CALLBACK, TOKEN_RESOURCE, ALLOWED_HOSTS } = properties;
  // "This value MUST NOT be allowed in the URI connection string", which knows no lists here.
  if (ALLOWED_HOSTS !== undefined && !Array.isArray(ALLOWED_HOSTS)) {
    return 'ALLOWED_HOSTS must be a list of host names, and cannot be given in a connection string';
  }
  const ways = [environment, OIDC_CALLBACK, OIDC_HUMAN_CALLBACK].filter((way) => way !== undefined).length;
  if (ways !== 1) return 'exactly one of ENVIRONMENT, OIDC_CALLBACK and OIDC_HUMAN_CALLBACK must be given';
  for (const callback of [OIDC_CALLBACK, OIDC_HUMAN_CALLBACK]) {
    if (callback !== undefined && typeof callback !== 'function') return 'the callback must be a function';
  }
  if (environment !== undefined && !['test', 'azure', 'gcp', 'k8s'].includes(environment)) {
    return `ENVIRONMENT must be test, azure, gcp or k8s, not ${inspect(environment)}`;
  }
  if (environment !== undefined && environment !== 'azure' && username) {
    return `ENVIRONMENT ${environment} takes no username`;
  }
  const hasResource = environment === 'azure' || environment === 'gcp';
  if (hasResource !== (TOKEN_RESOURCE !== undefined)) {
    return hasResource
      ? `ENVIRONMENT ${environment} needs TOKEN_RESOURCE`
      : 'TOKEN_RESOURCE is for azure and gcp alone';
  }
  return false;
}

const CANONICAL_FORMS = ['none', 'forward', 'forwardAndReverse', 'true', 'false', true, false, undefined];

function checkGSSAPI({ properties }: Given): string | false {
  const form = properties.CANONICALIZE_HOST_NAME;
  if (CANONICAL_FORMS.includes(form)) return false;
  return `CANONICALIZE_HOST_NAME must be none, forward or forwardAndReverse, not ${inspect(form)}`;
}

function problemOf(given: Given, rules: MechanismRules): string | false {
  if (rules.username === 'must' && !given.username) return 'a username is needed';
  if (rules.password === 'must' && given.password === undefined) return 'a password is needed';
  if (rules.password === 'never' && given.password !== undefined) return 'no password is taken';
  if (rules.source === '$external!' && given.authSource !== undefined && given.authSource !== '$external') {
    return `authSource must be $external, not ${given.authSource}`;
  }
  const foreign = Object.keys(given.properties).find((name) => !rules.properties.includes(name));
  if (foreign !== undefined) return `it knows no property ${foreign}`;
  return rules.check?.(given) ?? false;
}

/**
 * The credential that the options and the connection string make up together.
 *
 * @param given - the options that were given, by canonical name; `username` and `password` of the URI among them
 * @param database - the URI's database, the source where authSource is not given
 * @returns undefined where nothing asks for authentication: a database or an authSource alone does not
 * @throws ConfigurationError if something is missing, or given that the mechanism does not take
 *
 * @see MongoDB Authentication specification, "MongoCredential Properties" of each mechanism.
 */
export function credentialOf(given: ReadonlyMap<string, any>, database: string | undefined): Credential | undefined {
  const mechanism: AuthMechanism = given.get('authMechanism') ?? 'DEFAULT';
  const username: string | undefined = given.get('username');
  if (username === undefined && given.get('password') === undefined && mechanism === 'DEFAULT') return undefined;
  const rules = RULES[mechanism];
  // "Naming of mechanism properties MUST be case-insensitive."
  const properties = Object.fromEntries(
    Object.entries(given.get('authMechanismProperties') ?? {})
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([name, value]) => [name.toUpperCase(), value]),
  );
  const all: Given = {
    username,
    password: given.get('password'),
    authSource: given.get('authSource'),
    database,
    properties,
  };
  const problem = problemOf(all, rules);
  if (problem) {
    const name = mechanism === 'DEFAULT' ? 'authentication' : `authMechanism ${mechanism}`;
    throw new ConfigurationError(`${name}: ${problem}`);
  }
  const external = rules.source === '$external!';
  const credential: Credential = {
    username: username === '' ? undefined : username,
    password: all.password,
    source: external ? '$external' : (all.authSource ?? database ?? rules.source),
    mechanism: mechanism === 'DEFAULT' ? undefined : mechanism,
    properties: hideSecrets({ ...rules.defaults, ...properties }, ['AWS_SESSION_TOKEN']),
  };
  return hideSecrets(credential, ['password']);
}
