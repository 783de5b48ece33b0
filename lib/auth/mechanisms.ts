import type { AuthMechanism, Credential } from '../options/credential.js';
import type { Mechanism } from './mechanism.js';

/** What a mechanism goes by when it has been agreed on. */
export type MechanismName = Exclude<AuthMechanism, 'DEFAULT'>;

/** Each is loaded when the first client needs it. */
const LOAD: Readonly<Record<MechanismName, (credential: Credential) => Promise<Mechanism>>> = {
  'SCRAM-SHA-1': async (credential) => new (await import('./scram.js')).Scram('SCRAM-SHA-1', credential),
  'SCRAM-SHA-256': async (credential) => new (await import('./scram.js')).Scram('SCRAM-SHA-256', credential),
  PLAIN: async (credential) => new (await import('./plain.js')).Plain(credential),
  'MONGODB-X509': async (credential) => new (await import('./x509.js')).X509(credential),
  'MONGODB-AWS': async (credential) => new (await import('./aws.js')).AWS(credential),
  'MONGODB-OIDC': async (credential) => new (await import('./oidc.js')).OIDC(credential),
  GSSAPI: async (credential) => new (await import('./gssapi.js')).GSSAPI(credential),
};

/**
 * A mechanism for one credential.
 *
 * @throws ConfigurationError where the credential lacks something, or an optional package is missing
 */
export function loadMechanism(name: MechanismName, credential: Credential): Promise<Mechanism> {
  return LOAD[name](credential);
}

/**
 * What is used where the user names none: "Drivers MUST NOT attempt to use any other mechanism (e.g. PLAIN) as the
 * default", whatever a server offers.
 *
 * @param offered `saslSupportedMechs` of the server's hello
 * @see MongoDB Authentication specification, "Default Authentication Methods"
 */
export function defaultMechanism(offered: unknown): MechanismName {
  return Array.isArray(offered) && offered.includes('SCRAM-SHA-256') ? 'SCRAM-SHA-256' : 'SCRAM-SHA-1';
}
