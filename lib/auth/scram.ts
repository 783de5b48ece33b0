import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { ConfigurationError } from '../errors/usage-errors.js';
import type { Credential } from '../options/credential.js';
import type { Conversation, Mechanism } from './mechanism.js';
import { payloadBytes, saslContinue, saslStart, untrusted } from './sasl.js';
import { clientProof, hmac, type ScramHash, ScramKeyCache } from './scram-keys.js';
import { escapeName, readChallenge, readSignature } from './scram-messages.js';

const PLAIN_ASCII = /^[\x20-\x7e]*$/;

/**
 * SCRAM-SHA-1 and SCRAM-SHA-256: the password stays here, and the server has to prove that it knows the user, too.
 *
 * ```
 *   client                                    server
 *   n,,n=user,r=nonce                  ->
 *                                      <-     r=nonce + its own, s=salt, i=iterations
 *   c=biws,r=both nonces,p=proof       ->
 *                                      <-     v=signature        servers before 4.4: another, empty exchange
 * ```
 *
 * @see RFC 5802, RFC 7677
 * @see MongoDB Authentication specification, "SCRAM-SHA-1" and "SCRAM-SHA-256"
 */
export class Scram implements Mechanism {
  readonly #name: 'SCRAM-SHA-1' | 'SCRAM-SHA-256';
  readonly #hash: ScramHash;
  readonly #credential: Credential;
  readonly #keys: ScramKeyCache;
  readonly #makeNonce: () => string;

  /**
   * @param makeNonce for the vectors of the specifications
   * @throws ConfigurationError where there is no password
   */
  constructor(
    name: 'SCRAM-SHA-1' | 'SCRAM-SHA-256',
    credential: Credential,
    makeNonce = (): string => randomBytes(24).toString('base64'),
  ) {
    const { username, password } = credential;
    if (username === undefined || password === undefined) {
      throw new ConfigurationError(`${name}: a username and a password are needed`);
    }
    this.#name = name;
    this.#hash = name === 'SCRAM-SHA-1' ? 'sha1' : 'sha256';
    this.#credential = credential;
    this.#makeNonce = makeNonce;
    const prepare = name === 'SCRAM-SHA-1' ? async () => digest(username, password) : () => prepared(password);
    this.#keys = new ScramKeyCache(this.#hash, prepare);
  }

  speculate(): Conversation {
    return this.converse();
  }

  async *converse(): Conversation {
    const { username, source } = this.#credential;
    const name = this.#name;
    const nonce = this.#makeNonce();
    // "User names MUST NOT be prepared with SASLprep."
    const opening = `n=${escapeName(username!)},r=${nonce}`;
    const start = saslStart(name, Buffer.from(`n,,${opening}`), source);
    const offer = yield { ...start, options: { skipEmptyExchange: true } };
    if (offer.done === true) throw untrusted(name, 'it ends the conversation without a proof');
    const challenge = payloadBytes(offer, name).toString();
    const { nonce: both, salt, iterations } = readChallenge(challenge, nonce, name);
    const keys = await this.#keys.of(salt, iterations);
    const closing = `c=biws,r=${both}`;
    const exchange = `${opening},${challenge},${closing}`;
    const proof = clientProof(this.#hash, keys, exchange).toString('base64');
    const final = yield saslContinue(offer, Buffer.from(`${closing},p=${proof}`), source);
    const signature = readSignature(payloadBytes(final, name).toString(), name);
    const expected = hmac(this.#hash, keys.serverKey, exchange);
    if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) {
      throw untrusted(name, 'it does not prove that it knows the password');
    }
    if (final.done === true) return true;
    // Servers before 4.4 know no skipEmptyExchange.
    const { done } = yield saslContinue(final, Buffer.alloc(0), source);
    if (done !== true) throw untrusted(name, 'it does not end the conversation');
    return true;
  }
}

/** What MongoDB has kept of a password since before it knew SCRAM. */
function digest(username: string, password: string): string {
  return createHash('md5').update(`${username}:mongo:${password}`).digest('hex');
}

async function prepared(password: string): Promise<string> {
  if (PLAIN_ASCII.test(password)) return password;
  const { saslprep } = await import('./saslprep.js');
  try {
    return saslprep(password);
  } catch {
    // The reason names the character: nothing of a password is shown.
    throw new ConfigurationError('the password has characters that SASLprep (RFC 4013) does not allow');
  }
}
