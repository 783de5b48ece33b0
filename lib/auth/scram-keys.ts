import { createHash, createHmac, pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify(pbkdf2);

export type ScramHash = 'sha1' | 'sha256';

/** What is derived of a password, and is worth keeping. */
export interface ScramKeys {
  readonly clientKey: Buffer;
  readonly serverKey: Buffer;
}

/** Members of one set know a user by one salt: more salts than these are those of other times. */
const MAX_KEPT = 8;

/**
 * The keys of one password, by salt and iterations. Deriving takes milliseconds to hundreds of them, on a thread of
 * Node.js's; connections that are opened at the same time share it.
 *
 * @see MongoDB Authentication specification, "Caching credentials in SCRAM"
 */
export class ScramKeyCache {
  readonly #hash: ScramHash;
  readonly #password: () => Promise<string>;
  readonly #kept = new Map<string, Promise<ScramKeys>>();

  /** @param password gives what keys are derived of: prepared or digested, as the mechanism asks. */
  constructor(hash: ScramHash, password: () => Promise<string>) {
    this.#hash = hash;
    this.#password = password;
  }

  of(salt: Buffer, iterations: number): Promise<ScramKeys> {
    const key = `${iterations} ${salt.toString('base64')}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept;
    const derived = this.#derive(salt, iterations);
    this.#kept.set(key, derived);
    if (this.#kept.size > MAX_KEPT) this.#kept.delete(this.#kept.keys().next().value!);
    // A failure is told to whoever waits for it, and is not kept.
    derived.catch(() => this.#kept.delete(key));
    return derived;
  }

  async #derive(salt: Buffer, iterations: number): Promise<ScramKeys> {
    const password = await this.#password();
    const length = this.#hash === 'sha1' ? 20 : 32;
    const salted = await derive(password, salt, iterations, length, this.#hash);
    return { clientKey: hmac(this.#hash, salted, 'Client Key'), serverKey: hmac(this.#hash, salted, 'Server Key') };
  }
}

export function hmac(hash: ScramHash, key: Buffer, text: string): Buffer {
  return createHmac(hash, key).update(text).digest();
}

/** Proves that the client knows its key for this exchange of messages. */
export function clientProof(hash: ScramHash, { clientKey }: ScramKeys, exchange: string): Buffer {
  const storedKey = createHash(hash).update(clientKey).digest();
  const signature = hmac(hash, storedKey, exchange);
  return Buffer.from(clientKey.map((byte, index) => byte ^ signature[index]!));
}
