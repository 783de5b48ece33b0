import { ConfigurationError } from '../errors/usage-errors.js';
import type { Credential } from '../options/credential.js';
import { canonicalHost } from './canonical-host.js';
import type { AuthenticatedConnection, Conversation, Mechanism } from './mechanism.js';
import { saslContinue, saslStart, untrusted } from './sasl.js';

const NAME = 'GSSAPI';
/** So often server and client may answer each other before the context is established. */
const MAX_STEPS = 10;

/** What is used of the package kerberos. */
export interface Kerberos {
  initializeClient(
    service: string,
    options: { readonly user?: string; readonly password?: string },
  ): Promise<KerberosClient>;
}

interface KerberosClient {
  /** Whether client and server have come to know each other. */
  readonly contextComplete?: boolean;
  /** Takes and gives base64. */
  step(challenge: string): Promise<string | null>;
  unwrap(challenge: string): Promise<string>;
  wrap(challenge: string, options: { readonly user: string }): Promise<string>;
}

/**
 * GSSAPI: Kerberos, through the optional package `kerberos`.
 *
 * @see RFC 4752
 * @see MongoDB Authentication specification, "GSSAPI"
 */
export class GSSAPI implements Mechanism {
  readonly #credential: Credential;
  readonly #load: () => Promise<Kerberos>;
  readonly #canonical: typeof canonicalHost;

  constructor(credential: Credential, load = loadKerberos, canonical = canonicalHost) {
    this.#credential = credential;
    this.#load = load;
    this.#canonical = canonical;
  }

  async *converse({ host }: AuthenticatedConnection): Conversation {
    const { username, password } = this.#credential;
    const kerberos = await this.#load();
    // "Drivers MUST NOT pass the username without password to SSPI on Windows."
    const options = password === undefined ? {} : { user: username!, password };
    const client = await kerberos.initializeClient(await this.#service(host), options);
    let reply = yield saslStart(NAME, (await client.step('')) ?? '', '$external');
    for (let count = 0, payload = ''; ; count++) {
      payload = (await client.step(textOf(reply.payload))) ?? '';
      reply = yield saslContinue(reply, payload, '$external');
      if (client.contextComplete === true || payload === '') break;
      if (count >= MAX_STEPS) throw untrusted(NAME, `no context was established in ${MAX_STEPS} steps`);
    }
    const layers = await client.unwrap(textOf(reply.payload));
    const { done } = yield saslContinue(reply, await client.wrap(layers, { user: username! }), '$external');
    if (done !== true) throw untrusted(NAME, 'it does not end the conversation');
    return true;
  }

  /** `mongodb@host`, on Windows `mongodb/host`, and a realm where it is not the user's. */
  async #service(host: string): Promise<string> {
    const { SERVICE_NAME, SERVICE_HOST, SERVICE_REALM, CANONICALIZE_HOST_NAME } = this.#credential.properties;
    const name = SERVICE_HOST ?? (await this.#canonical(host, CANONICALIZE_HOST_NAME));
    const service = `${SERVICE_NAME}${process.platform === 'win32' ? '/' : '@'}${name}`;
    return SERVICE_REALM === undefined ? service : `${service}@${SERVICE_REALM}`;
  }
}

function textOf(payload: unknown): string {
  if (typeof payload !== 'string') throw untrusted(NAME, 'its payload is no text');
  return payload;
}

async function loadKerberos(): Promise<Kerberos> {
  // Not a literal: the package is the user's to install, and its types need not be here.
  const name: string = 'kerberos';
  try {
    const module = await import(name);
    return module.default ?? module;
  } catch (cause) {
    throw new ConfigurationError(
      'authMechanism GSSAPI needs the optional package kerberos, which cannot be loaded: npm install kerberos',
      { cause },
    );
  }
}
