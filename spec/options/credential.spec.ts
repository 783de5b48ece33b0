import { inspect } from 'node:util';
import { ConfigurationError } from '../../lib/errors/usage-errors.js';
import { credentialOf } from '../../lib/options/credential.js';

function credential(given: Record<string, unknown>, database?: string) {
  return credentialOf(new Map(Object.entries(given)), database);
}

const user = { username: 'user', password: 'secret' };
const external = '$external';

test('a database or an authSource alone asks for no authentication', () => {
  expect(credential({}, 'db')).toBeUndefined();
  expect(credential({ authSource: 'db' })).toBeUndefined();
  expect(credential({ authMechanism: 'DEFAULT' })).toBeUndefined();
});

test.each([
  [user, undefined, { mechanism: undefined, source: 'admin' }],
  [user, 'db', { source: 'db' }],
  [{ ...user, authSource: 'x' }, 'db', { source: 'x' }],
  [{ username: 'user' }, undefined, { password: undefined, source: 'admin' }],
  [{ ...user, authMechanism: 'SCRAM-SHA-256' }, 'db', { mechanism: 'SCRAM-SHA-256', source: 'db' }],
  [{ ...user, authMechanism: 'PLAIN' }, undefined, { source: external }],
  [{ ...user, authMechanism: 'PLAIN' }, 'db', { source: 'db' }],
  [{ authMechanism: 'MONGODB-X509' }, 'db', { username: undefined, source: external }],
  [{ username: '', authMechanism: 'MONGODB-X509' }, 'db', { username: undefined }],
  [{ authMechanism: 'MONGODB-AWS', authSource: external }, undefined, { source: external }],
  [{ ...user, authMechanism: 'MONGODB-AWS', authMechanismProperties: { aws_session_token: 't' } }, undefined, {}],
  [{ authMechanism: 'MONGODB-AWS', authMechanismProperties: { AWS_SESSION_TOKEN: undefined } }, undefined, {}],
  [
    { username: 'u', authMechanism: 'GSSAPI', authMechanismProperties: { SERVICE_NAME: undefined } },
    undefined,
    { properties: { SERVICE_NAME: 'mongodb' } },
  ],
  [
    { username: 'u', authMechanism: 'GSSAPI', authMechanismProperties: { service_realm: 'r' } },
    'db',
    { source: external, properties: { SERVICE_NAME: 'mongodb', SERVICE_REALM: 'r' } },
  ],
  [{ authMechanism: 'MONGODB-OIDC', authMechanismProperties: { ENVIRONMENT: 'k8s' } }, undefined, {}],
  [
    { authMechanism: 'MONGODB-OIDC', authMechanismProperties: { OIDC_CALLBACK: () => {}, ALLOWED_HOSTS: [] } },
    undefined,
    { source: external },
  ],
])('case %#: a complete credential', (given, database, expected) => {
  expect(credential(given, database)).toMatchObject(expected);
});

const oidc = (authMechanismProperties: Record<string, unknown>, more = {}) => ({
  authMechanism: 'MONGODB-OIDC',
  authMechanismProperties,
  ...more,
});

test.each([
  [{ username: '' }, 'authentication: a username is needed'],
  [{ username: '', password: '' }, 'a username is needed'],
  [{ password: 'x' }, 'a username is needed'],
  [{ ...user, authMechanismProperties: { SERVICE_NAME: 'x' } }, 'it knows no property SERVICE_NAME'],
  [{ authMechanism: 'SCRAM-SHA-1' }, 'authMechanism SCRAM-SHA-1: a username is needed'],
  [{ authMechanism: 'SCRAM-SHA-1', username: 'u' }, 'a password is needed'],
  [{ authMechanism: 'PLAIN', username: 'u' }, 'a password is needed'],
  [{ authMechanism: 'MONGODB-X509', ...user }, 'no password is taken'],
  [{ authMechanism: 'MONGODB-X509', authSource: 'db' }, 'authSource must be $external, not db'],
  [{ authMechanism: 'MONGODB-AWS', username: 'u' }, 'needs a password'],
  [{ authMechanism: 'MONGODB-AWS', password: 'p' }, 'a password needs a username'],
  [{ authMechanism: 'MONGODB-AWS', authMechanismProperties: { AWS_SESSION_TOKEN: 't' } }, 'AWS_SESSION_TOKEN needs'],
  [
    { authMechanism: 'MONGODB-AWS', authMechanismProperties: { AWS_CREDENTIAL_PROVIDER: 'mine' } },
    'AWS_CREDENTIAL_PROVIDER must be a function',
  ],
  [{ authMechanism: 'GSSAPI' }, 'a username is needed'],
  [{ authMechanism: 'GSSAPI', username: 'u', authSource: 'db' }, 'authSource must be $external'],
  [
    { authMechanism: 'GSSAPI', username: 'u', authMechanismProperties: { CANONICALIZE_HOST_NAME: 'x' } },
    'CANONICALIZE_HOST_NAME must be',
  ],
  [oidc({}), 'exactly one of ENVIRONMENT'],
  [oidc({ ENVIRONMENT: 'k8s', OIDC_CALLBACK: () => {} }), 'exactly one of ENVIRONMENT'],
  [oidc({ OIDC_CALLBACK: 'x' }), 'the callback must be a function'],
  [oidc({ ENVIRONMENT: 'x' }), "ENVIRONMENT must be test, azure, gcp or k8s, not 'x'"],
  [oidc({ ENVIRONMENT: 'azure' }), 'ENVIRONMENT azure needs TOKEN_RESOURCE'],
  [oidc({ ENVIRONMENT: 'k8s', TOKEN_RESOURCE: 'x' }), 'TOKEN_RESOURCE is for azure and gcp alone'],
  [oidc({ ENVIRONMENT: 'gcp', TOKEN_RESOURCE: 'x' }, { username: 'u' }), 'ENVIRONMENT gcp takes no username'],
  [oidc({ ENVIRONMENT: 'test' }, user), 'no password is taken'],
  [oidc({ unsupported: 'x' }), 'it knows no property UNSUPPORTED'],
])('case %#: %j is refused', (given, reason) => {
  expect(() => credential(given)).toThrow(ConfigurationError);
  expect(() => credential(given)).toThrow(reason);
  expect(() => credential(given)).not.toThrow('secret');
});

test('secrets are readable and not shown', () => {
  const aws = credential({
    ...user,
    authMechanism: 'MONGODB-AWS',
    authMechanismProperties: { AWS_SESSION_TOKEN: 'token' },
  });
  expect(aws?.password).toBe('secret');
  expect(aws?.properties.AWS_SESSION_TOKEN).toBe('token');
  for (const text of [inspect(aws), JSON.stringify(aws)]) expect(text).not.toMatch(/secret|token"?'?:? ?'?token/);
  expect(Object.isFrozen(aws) && Object.isFrozen(aws?.properties)).toBe(true);
});
