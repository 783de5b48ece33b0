import type { Document } from '../bson/codec.js';
import { ConfigurationError } from '../errors/usage-errors.js';
import type { Credential } from '../options/credential.js';
import type { AuthenticatedConnection, Conversation, Mechanism } from './mechanism.js';
import { defaultMechanism, type MechanismName } from './mechanisms.js';

/** A credential, with the mechanisms that were loaded for it. */
export interface Identity {
  readonly credential: Credential;
  mechanism(name: MechanismName): Promise<Mechanism>;
}

/**
 * How one connection is authenticated: what goes out within hello, what follows it, and how it is done again. Without
 * any I/O: conversations yield commands and take replies.
 *
 * @see MongoDB Authentication specification, "Authentication Handshake"
 */
export class Authentication implements AuthenticatedConnection {
  readonly host: string;
  readonly connectTimeoutMS: number;
  accessToken: string | undefined;
  /** What the first hello carries. */
  readonly helloFields: Document = {};
  readonly #identities: readonly Identity[];
  #speculated: Conversation | undefined;
  /** By the identities' order; the mechanisms that were agreed on. */
  readonly #agreed: Mechanism[] = [];
  #patienceMS = 0;

  private constructor(host: string, connectTimeoutMS: number, identities: readonly Identity[]) {
    this.host = host;
    this.connectTimeoutMS = connectTimeoutMS;
    this.#identities = identities;
  }

  /** @throws ConfigurationError where the first credential lacks something, or an optional package is missing */
  static async begin(host: string, connectTimeoutMS: number, identities: readonly Identity[]): Promise<Authentication> {
    const authentication = new Authentication(host, connectTimeoutMS, identities);
    await authentication.#prepare();
    return authentication;
  }

  /** Milliseconds that all conversations together may take; 0 for no limit. */
  get limitMS(): number {
    return this.connectTimeoutMS === 0 ? 0 : this.connectTimeoutMS + this.#patienceMS;
  }

  /** "Drivers MUST perform mechanism negotiation as part of the MongoDB Handshake", and begin the conversation there. */
  async #prepare(): Promise<void> {
    const { credential } = this.#identities[0]!;
    if (credential.mechanism === undefined) {
      checkDefault(credential);
      // As the user wrote it: "the username MUST NOT be modified".
      this.helloFields.saslSupportedMechs = `${credential.source}.${credential.username}`;
    }
    const mechanism = await this.#identities[0]!.mechanism(credential.mechanism ?? 'SCRAM-SHA-256');
    this.#patienceMS = mechanism.patienceMS ?? 0;
    this.#speculated = mechanism.speculate?.(this);
    const first = await this.#speculated?.next();
    if (first === undefined || first.done) return;
    const { $db, ...command } = first.value;
    this.helloFields.speculativeAuthenticate = { ...command, db: $db };
  }

  /** Everything between hello and the connection's first use. */
  async *conversation(hello: Document): Conversation {
    // "If the server is of type RSArbiter, no authentication is possible and the handshake is complete."
    if (hello.arbiterOnly === true) return true;
    for (const [index, identity] of this.#identities.entries()) {
      if (index === 0 && (yield* this.#speculate(hello.speculativeAuthenticate))) continue;
      yield* this.#converse(identity, index, index === 0 ? hello : undefined);
    }
    return true;
  }

  /**
   * The same once more, as what was shown has expired. Without a hello.
   *
   * @see MongoDB Authentication specification, "Reauthentication"
   */
  async *renewal(): Conversation {
    for (const mechanism of this.#agreed) {
      mechanism.expired?.(this);
      yield* mechanism.converse(this);
    }
    return true;
  }

  /** True where the answer to hello has answered the conversation that was begun there, and it has come to its end. */
  async *#speculate(answer: unknown): Conversation {
    const speculated = this.#speculated;
    if (speculated === undefined) return false;
    const { credential, mechanism } = this.#identities[0]!;
    if (typeof answer !== 'object' || answer === null) return false;
    this.#agreed[0] = await mechanism(credential.mechanism ?? 'SCRAM-SHA-256');
    let step = await speculated.next(answer);
    while (!step.done) step = await answered(speculated, yield* ask(step.value));
    return step.value;
  }

  async *#converse({ credential, mechanism }: Identity, index: number, hello: Document | undefined): Conversation {
    const name = credential.mechanism ?? (yield* this.#negotiate(credential, hello));
    const agreed = await mechanism(name);
    this.#agreed[index] = agreed;
    return yield* agreed.converse(this);
  }

  /** For all but the first credential hello goes out once more. */
  async *#negotiate(
    { source, username }: Credential,
    hello: Document | undefined,
  ): AsyncGenerator<Document, MechanismName, Document> {
    const told = hello ?? (yield { isMaster: 1, saslSupportedMechs: `${source}.${username}`, $db: 'admin' });
    return defaultMechanism(told.saslSupportedMechs);
  }
}

type Answer = { readonly reply: Document } | { readonly refusal: unknown };

/** Sends a command and takes what comes back, be it a refusal. */
async function* ask(command: Document): AsyncGenerator<Document, Answer, Document> {
  try {
    return { reply: yield command };
  } catch (refusal) {
    return { refusal };
  }
}

function answered(conversation: Conversation, answer: Answer): Promise<IteratorResult<Document, boolean>> {
  return 'reply' in answer ? conversation.next(answer.reply) : conversation.throw(answer.refusal);
}

/** Whether a password is needed shows only when no mechanism is named. */
function checkDefault({ username, password }: Credential): void {
  if (username === undefined || password === undefined) {
    throw new ConfigurationError(
      'authentication: a username and a password are needed where no authMechanism is named',
    );
  }
}
