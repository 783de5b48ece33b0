import { randomBytes } from 'node:crypto';
import { Binary, Decoder, type Document, Encoder } from '../bson/codec.js';
import type { Credential } from '../options/credential.js';
import { AWSCredentialSource } from './aws-credentials.js';
import { type AWSCredentials, amzDate, authorizationHeader } from './aws-signature.js';
import type { Conversation, Mechanism } from './mechanism.js';
import { payloadBytes, saslContinue, saslStart, untrusted } from './sasl.js';

const NAME = 'MONGODB-AWS';
const NONCE_BYTES = 32;
const BODY = 'Action=GetCallerIdentity&Version=2011-06-15';
/** "The integer representation of the ASCII character 'n'": no channel binding. */
const GS2_CB_FLAG = 110;

/**
 * MONGODB-AWS: the client signs the question to AWS who it is, and the server asks it. The secret key stays here.
 *
 * @see MongoDB Authentication specification, "MONGODB-AWS"
 */
export class AWS implements Mechanism {
  readonly #source: AWSCredentialSource;
  readonly #makeNonce: () => Buffer;
  readonly #now: () => Date;

  /** @param makeNonce and `now` are for published vectors. */
  constructor(
    credential: Credential,
    source = new AWSCredentialSource(credential),
    makeNonce = (): Buffer => randomBytes(NONCE_BYTES),
    now = (): Date => new Date(),
  ) {
    this.#source = source;
    this.#makeNonce = makeNonce;
    this.#now = now;
  }

  async *converse(): Conversation {
    try {
      const credentials = await this.#source.get();
      const nonce = this.#makeNonce();
      const first = encode({ r: new Binary(nonce), p: GS2_CB_FLAG });
      const offer = yield saslStart(NAME, first, '$external');
      const { serverNonce, host } = readOffer(decode(payloadBytes(offer, NAME)), nonce);
      const { done } = yield saslContinue(offer, encode(this.#answer(serverNonce, host, credentials)), '$external');
      if (done !== true) throw untrusted(NAME, 'it does not end the conversation');
      return true;
    } catch (error) {
      this.#source.forget();
      throw error;
    }
  }

  #answer(serverNonce: Buffer, host: string, credentials: AWSCredentials): Document {
    const date = amzDate(this.#now());
    const { sessionToken } = credentials;
    const headers = {
      'content-length': String(BODY.length),
      'content-type': 'application/x-www-form-urlencoded',
      host,
      'x-amz-date': date,
      ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }),
      'x-mongodb-gs2-cb-flag': 'n',
      'x-mongodb-server-nonce': serverNonce.toString('base64'),
    };
    const region = regionOf(host);
    const request = { method: 'POST', path: '/', headers, body: BODY, region, service: 'sts', date };
    const authorization = authorizationHeader(request, credentials);
    return { a: authorization, d: date, ...(sessionToken === undefined ? {} : { t: sessionToken }) };
  }
}

/** @throws AuthenticationError for a nonce that is not the client's continued, and for a host that is no name */
function readOffer({ s, h }: Document, nonce: Buffer): { readonly serverNonce: Buffer; readonly host: string } {
  const serverNonce = s instanceof Binary ? Buffer.from(s.buffer.subarray(0, s.position)) : Buffer.alloc(0);
  if (serverNonce.length !== 2 * NONCE_BYTES || !serverNonce.subarray(0, NONCE_BYTES).equals(nonce)) {
    throw untrusted(NAME, "its nonce does not continue the client's");
  }
  if (typeof h !== 'string' || !isHost(h)) throw untrusted(NAME, 'the host of its STS service is no host name');
  return { serverNonce, host: h };
}

/** Beyond the labels, that nothing but a name goes into the header that is signed. */
function isHost(host: string): boolean {
  return host.length <= 255 && /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/.test(host);
}

/** @see MongoDB Authentication specification, "Region Calculation" */
export function regionOf(host: string): string {
  if (host === 'sts.amazonaws.com') return 'us-east-1';
  return host.split('.')[1] ?? 'us-east-1';
}

function encode(document: Document): Buffer {
  return new Encoder().encode(document);
}

/** @throws AuthenticationError for what is no BSON */
function decode(bytes: Buffer): Document {
  try {
    return new Decoder().decode(bytes, 0);
  } catch {
    throw untrusted(NAME, 'its payload is no BSON');
  }
}
