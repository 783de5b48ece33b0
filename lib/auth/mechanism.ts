import type { Document } from '../bson/codec.js';

/**
 * One conversation of a mechanism with a server, without any I/O: it yields the commands, each with its `$db`, and takes
 * the replies. A server's refusal is thrown into it, and so is what breaks the connection. What it throws is the end of
 * the connection.
 *
 * @returns false where nothing is proven and another conversation has to begin; only a speculative one may
 */
export type Conversation = AsyncGenerator<Document, boolean, Document>;

/** The connection that a conversation is about. */
export interface AuthenticatedConnection {
  /** The server's host name or address, without a port. */
  readonly host: string;
  /** Milliseconds; 0 for no limit. */
  readonly connectTimeoutMS: number;
  /** MONGODB-OIDC's "Connection Cache": the access token by which the connection was authenticated. */
  accessToken: string | undefined;
}

/** How one client proves to servers who it is. Lasts as long as the credential; keeps what is to be used again. */
export interface Mechanism {
  /** How much longer than `connectTimeoutMS` it may take, as a person may have to act in between. Milliseconds. */
  readonly patienceMS?: number;
  converse(connection: AuthenticatedConnection): Conversation;
  /**
   * A conversation whose first command travels within hello. Undefined where none can.
   *
   * @see MongoDB Handshake specification, "Speculative Authentication"
   */
  speculate?(connection: AuthenticatedConnection): Conversation | undefined;
  /** The server does not believe any longer what it was shown on this connection. */
  expired?(connection: AuthenticatedConnection): void;
}
