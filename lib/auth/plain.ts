import type { Credential } from '../options/credential.js';
import type { Conversation, Mechanism } from './mechanism.js';
import { saslStart, untrusted } from './sasl.js';

/**
 * PLAIN: the password itself goes to the server, which asks LDAP. Over TLS alone.
 *
 * @see RFC 4616
 */
export class Plain implements Mechanism {
  readonly #credential: Credential;

  constructor(credential: Credential) {
    this.#credential = credential;
  }

  async *converse(): Conversation {
    const { username, password, source } = this.#credential;
    const { done } = yield saslStart('PLAIN', Buffer.from(`\0${username}\0${password}`), source);
    if (done !== true) throw untrusted('PLAIN', 'it does not end the conversation');
    return true;
  }
}
