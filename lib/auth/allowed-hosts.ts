import { ConfigurationError } from '../errors/usage-errors.js';

/** Servers that may be told who a person is, where ALLOWED_HOSTS names no others. */
const DEFAULT_HOSTS = [
  '*.mongodb.net',
  '*.mongodb-qa.net',
  '*.mongodb-dev.net',
  '*.mongodbgov.net',
  'localhost',
  '127.0.0.1',
  '::1',
];

/**
 * Whoever controls a connection string must not get a person to sign in for them.
 *
 * @param allowed names, also of the form `*.example.com`, which stands for all below it
 * @throws ConfigurationError for another host, and for a list that is none
 * @see MongoDB Authentication specification, "ALLOWED_HOSTS"
 */
export function checkAllowedHost(host: string, allowed: unknown = DEFAULT_HOSTS): void {
  if (!Array.isArray(allowed) || allowed.some((each) => typeof each !== 'string')) {
    throw new ConfigurationError('ALLOWED_HOSTS must be a list of host names');
  }
  const name = host.toLowerCase();
  const isAllowed = (allowed as string[]).some((each) => {
    const pattern = each.toLowerCase();
    return pattern.startsWith('*.') ? name.endsWith(pattern.slice(1)) : name === pattern;
  });
  if (!isAllowed) throw new ConfigurationError(`MONGODB-OIDC: the host ${host} is not one of ALLOWED_HOSTS`);
}
