import { Binary, type Document, deserialize } from 'bson';
import { errorReply } from './error-reply.js';
import { isHello, type Layer, type Link, type Next, withFields } from './layer.js';
import type { Command } from './message.js';

/** What a server answers to everybody. */
const OPEN = new Set(['ping', 'buildInfo', 'buildinfo', 'saslContinue', 'logout', 'endSessions']);

/**
 * The server's side of MONGODB-OIDC, in front of a server without users: it takes one access token, for which it needs no
 * identity provider. Who has not shown it may do nothing.
 *
 * @see MongoDB Authentication specification, "MONGODB-OIDC"
 */
export class OIDCUsers implements Layer {
  readonly #token: string;
  readonly #known = new WeakSet<Link>();

  constructor(token: string) {
    this.#token = token;
  }

  wants(): boolean {
    return true;
  }

  async handle(command: Command, next: Next, link: Link): Promise<Document | undefined> {
    const { name, body } = command;
    if (isHello(name)) return this.#hello(command, next, link);
    if (name === 'saslStart') return this.#start(body, link) ?? errorReply(18, 'Authentication failed.');
    if (this.#known.has(link) || OPEN.has(name)) return next(command);
    return errorReply(13, `Command ${name} requires authentication`);
  }

  /** A token that does not hold is no failure of hello. */
  async #hello(command: Command, next: Next, link: Link): Promise<Document | undefined> {
    const { speculativeAuthenticate } = command.body;
    const reply = await next(withFields(command, { speculativeAuthenticate: undefined }));
    const answer = speculativeAuthenticate === undefined ? undefined : this.#start(speculativeAuthenticate, link);
    return answer === undefined || reply === undefined ? reply : { ...reply, speculativeAuthenticate: answer };
  }

  /** Undefined for another mechanism, and for another token. */
  #start({ mechanism, payload }: Document, link: Link): Document | undefined {
    if (mechanism !== 'MONGODB-OIDC' || deserialize(payload.buffer).jwt !== this.#token) return undefined;
    this.#known.add(link);
    return { conversationId: 1, done: true, payload: new Binary(Buffer.alloc(0)), ok: 1 };
  }
}
