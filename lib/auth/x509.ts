import type { Document } from '../bson/codec.js';
import type { Credential } from '../options/credential.js';
import type { Conversation, Mechanism } from './mechanism.js';

/**
 * MONGODB-X509: the certificate that the client has shown for TLS says who it is.
 *
 * @see MongoDB Authentication specification, "MONGODB-X509"
 */
export class X509 implements Mechanism {
  readonly #username: string | undefined;

  constructor({ username }: Credential) {
    this.#username = username;
  }

  speculate(): Conversation {
    return this.converse();
  }

  async *converse(): Conversation {
    const command: Document = { authenticate: 1, mechanism: 'MONGODB-X509', $db: '$external' };
    // "If the application does not provide a username you MUST NOT send a username to the server."
    if (this.#username !== undefined) command.user = this.#username;
    yield command;
    return true;
  }
}
