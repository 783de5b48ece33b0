import { Decoder, type Document, Encoder } from '../bson/codec.js';
import { OperationFailureError } from '../errors/operation-errors.js';
import type { Credential } from '../options/credential.js';
import { checkAllowedHost } from './allowed-hosts.js';
import type { AuthenticatedConnection, Conversation, Mechanism } from './mechanism.js';
import { HUMAN_PATIENCE_MS, OIDCTokens } from './oidc-tokens.js';
import type { IdPInfo } from './oidc-types.js';
import { payloadBytes, saslContinue, saslStart, untrusted } from './sasl.js';

const NAME = 'MONGODB-OIDC';
/** After a token that is known was refused. */
const PAUSE_MS = 100;

/**
 * MONGODB-OIDC: an access token of an identity provider says who the client is. Machines get theirs of the environment
 * or of a callback; people sign in, as the callback leads them.
 *
 * @see MongoDB Authentication specification, "MONGODB-OIDC"
 */
export class OIDC implements Mechanism {
  readonly patienceMS: number;
  readonly #credential: Credential;
  readonly #tokens: OIDCTokens;
  readonly #isHuman: boolean;

  constructor(credential: Credential, tokens = new OIDCTokens(credential)) {
    this.#credential = credential;
    this.#tokens = tokens;
    this.#isHuman = credential.properties.OIDC_HUMAN_CALLBACK !== undefined;
    this.patienceMS = this.#isHuman ? HUMAN_PATIENCE_MS : 0;
  }

  /**
   * "Drivers MUST NOT attempt speculative authentication if the Client Cache does not have a cached access token", nor
   * "invalidate tokens from the Client Cache if speculative authentication does not succeed".
   */
  speculate(connection: AuthenticatedConnection): Conversation | undefined {
    const { accessToken } = this.#tokens;
    return accessToken === undefined ? undefined : this.#speculate(connection, accessToken);
  }

  async *#speculate(connection: AuthenticatedConnection, token: string): Conversation {
    this.#checkHost(connection);
    const { done } = yield jwtStart(token);
    if (done !== true) return false;
    connection.accessToken = token;
    return true;
  }

  expired(connection: AuthenticatedConnection): void {
    this.#tokens.invalidate(connection.accessToken);
    connection.accessToken = undefined;
  }

  converse(connection: AuthenticatedConnection): Conversation {
    this.#checkHost(connection);
    return this.#isHuman ? this.#converseAsPerson(connection) : this.#converseAsMachine(connection);
  }

  async *#converseAsMachine(connection: AuthenticatedConnection): Conversation {
    const { token, isCached } = await this.#tokens.get(connection.connectTimeoutMS);
    if (!isCached) return yield* this.#show(connection, token);
    if (yield* this.#tryToken(connection, token)) return true;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    const fresh = await this.#tokens.get(connection.connectTimeoutMS);
    return yield* this.#show(connection, fresh.token);
  }

  async *#converseAsPerson(connection: AuthenticatedConnection): Conversation {
    const { accessToken } = this.#tokens;
    if (accessToken !== undefined && (yield* this.#tryToken(connection, accessToken))) return true;
    // "If the OIDC Human Callback or the server return an error, invalidate the access token and continue."
    const refreshed = await this.#tokens.ofPerson().catch(() => undefined);
    if (refreshed !== undefined && (yield* this.#tryToken(connection, refreshed))) return true;
    return yield* this.#signIn(connection);
  }

  /** The "Two-Step" conversation: the server names the identity provider. */
  async *#signIn(connection: AuthenticatedConnection): Conversation {
    const { username } = this.#credential;
    const start = saslStart(NAME, encode(username === undefined ? {} : { n: username }), '$external');
    const offer = yield start;
    const token = await this.#tokens.ofPerson(readIdPInfo(payloadBytes(offer, NAME)));
    connection.accessToken = token;
    const { done } = yield saslContinue(offer, encode({ jwt: token }), '$external');
    if (done !== true) throw untrusted(NAME, 'it does not end the conversation');
    return true;
  }

  /** False where the server refuses a token that may be old. */
  async *#tryToken(connection: AuthenticatedConnection, token: string): Conversation {
    try {
      return yield* this.#show(connection, token);
    } catch (error) {
      if (!(error instanceof OperationFailureError)) throw error;
      this.#tokens.invalidate(token);
      connection.accessToken = undefined;
      return false;
    }
  }

  /** The "One-Step" conversation. */
  async *#show(connection: AuthenticatedConnection, token: string): Conversation {
    connection.accessToken = token;
    const { done } = yield jwtStart(token);
    if (done !== true) throw untrusted(NAME, 'it does not end the conversation');
    return true;
  }

  #checkHost({ host }: AuthenticatedConnection): void {
    if (this.#isHuman) checkAllowedHost(host, this.#credential.properties.ALLOWED_HOSTS);
  }
}

function jwtStart(jwt: string): Document {
  return saslStart(NAME, encode({ jwt }), '$external');
}

/** @throws AuthenticationError where the server names no provider */
function readIdPInfo(payload: Buffer): IdPInfo {
  let told: Document = {};
  try {
    told = new Decoder().decode(payload, 0);
  } catch {
    // Told below.
  }
  const { issuer, clientId, requestScopes } = told;
  if (typeof issuer !== 'string') throw untrusted(NAME, 'it names no identity provider');
  return { issuer, clientId, requestScopes };
}

function encode(document: Document): Buffer {
  return new Encoder().encode(document);
}
