import { untrusted } from './sasl.js';

/** What the server asks of the client. */
export interface ScramChallenge {
  /** The client's nonce and the server's behind it. */
  readonly nonce: string;
  readonly salt: Buffer;
  readonly iterations: number;
}

/**
 * "Drivers MUST enforce a minimum iteration count of 4096 and MUST error if the authentication conversation specifies a
 * lower count." With few iterations, whoever listens could guess the password.
 */
export const MIN_ITERATIONS = 4096;

/** So many take half a second of a core; more would let a server occupy its clients. MongoDB's default is 15,000. */
export const MAX_ITERATIONS = 1_000_000;

const CHALLENGE = /^r=([\x21-\x2b\x2d-\x7e]+),s=([A-Za-z0-9+/]+={0,2}),i=([1-9][0-9]{0,9})(?:,|$)/;
const FINAL = /^v=([A-Za-z0-9+/]+={0,2})(?:,|$)/;

/** A name as it stands in a message: `,` and `=` separate there. */
export function escapeName(name: string): string {
  return name.replaceAll('=', '=3D').replaceAll(',', '=2C');
}

/**
 * Reads the server's first message.
 *
 * @throws AuthenticationError where it is none, does not answer `nonce`, or asks for too few or too many iterations
 * @see RFC 5802, "SCRAM Authentication Exchange"
 */
export function readChallenge(message: string, nonce: string, mechanism: string): ScramChallenge {
  const [, theirs, salt, count] = CHALLENGE.exec(message) ?? [];
  if (theirs === undefined) throw untrusted(mechanism, 'its first message is not one of SCRAM');
  if (!theirs.startsWith(nonce) || theirs.length === nonce.length) {
    throw untrusted(mechanism, "its nonce does not continue the client's");
  }
  const iterations = Number(count);
  if (iterations < MIN_ITERATIONS) {
    throw untrusted(mechanism, `it asks for ${iterations} iterations; at least ${MIN_ITERATIONS} are safe`);
  }
  if (iterations > MAX_ITERATIONS) {
    throw untrusted(mechanism, `it asks for ${iterations} iterations; at most ${MAX_ITERATIONS} are done`);
  }
  return { nonce: theirs, salt: Buffer.from(salt!, 'base64'), iterations };
}

/**
 * The signature in the server's last message.
 *
 * @throws AuthenticationError where there is none
 */
export function readSignature(message: string, mechanism: string): Buffer {
  const signature = FINAL.exec(message)?.[1];
  if (signature === undefined) throw untrusted(mechanism, 'it does not prove that it knows the password');
  return Buffer.from(signature, 'base64');
}
