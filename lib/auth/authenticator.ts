import { AuthenticationError } from '../errors/operation-errors.js';
import type { Credential } from '../options/credential.js';
import { Authentication, type Identity } from './authentication.js';
import type { Mechanism } from './mechanism.js';
import { loadMechanism, type MechanismName } from './mechanisms.js';

/**
 * Who a client is: the credential of its options, and those that `db.authenticate()` has added. What its mechanisms keep
 * (derived keys, access tokens) lasts as long as they do.
 */
export class Authenticator {
  #identities: readonly Identity[];

  constructor(credentials: readonly Credential[] = []) {
    this.#identities = credentials.map(identify);
  }

  /** Whether connections have to be authenticated. */
  get isNeeded(): boolean {
    return this.#identities.length > 0;
  }

  /**
   * Whether a connection has several users: servers have no sessions for them.
   *
   * @see MongoDB Driver Sessions specification, "Authenticating as multiple users"
   */
  get isPlural(): boolean {
    return this.#identities.length > 1;
  }

  /** Begins with a connection that is to be opened. Undefined where there is nobody to be. */
  async begin(host: string, connectTimeoutMS: number): Promise<Authentication | undefined> {
    return this.isNeeded ? Authentication.begin(host, connectTimeoutMS, this.#identities) : undefined;
  }

  /**
   * Whether a credential is among these.
   *
   * @throws AuthenticationError where its database has another user
   */
  has(credential: Credential): boolean {
    const present = this.#identities.find((identity) => identity.credential.source === credential.source);
    if (present === undefined) return false;
    if (isSame(present.credential, credential)) return true;
    throw new AuthenticationError(
      `another user is already authenticated to the database ${credential.source}: logout() first`,
      { code: 18, codeName: 'AuthenticationFailed' },
    );
  }

  /** These credentials and one more. */
  with(credential: Credential): Authenticator {
    const together = new Authenticator();
    together.#identities = [...this.#identities, identify(credential)];
    return together;
  }

  /** Takes over what `with` has added to another, and what has been derived of it since. */
  adopt(other: Authenticator): void {
    this.#identities = [...this.#identities, other.#identities.at(-1)!];
  }

  /** Forgets the credential of a database. False where there is none. */
  forget(source: string): boolean {
    const rest = this.#identities.filter(({ credential }) => credential.source !== source);
    const found = rest.length < this.#identities.length;
    this.#identities = rest;
    return found;
  }
}

function identify(credential: Credential): Identity {
  const loaded = new Map<MechanismName, Promise<Mechanism>>();
  const mechanism = (name: MechanismName): Promise<Mechanism> => {
    const known = loaded.get(name);
    if (known !== undefined) return known;
    const loading = loadMechanism(name, credential);
    loaded.set(name, loading);
    // Whoever waits hears of the failure; the next connection tries again.
    loading.catch(() => loaded.delete(name));
    return loading;
  };
  return { credential, mechanism };
}

function isSame(one: Credential, other: Credential): boolean {
  const names = ['username', 'password', 'mechanism'] as const;
  return names.every((name) => one[name] === other[name]) && sameProperties(one.properties, other.properties);
}

function sameProperties(one: Credential['properties'], other: Credential['properties']): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}
