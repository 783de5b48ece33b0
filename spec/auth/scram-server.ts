import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { Binary, type Document } from 'bson';

/** In what a server differs from an honest one. */
export interface ScramLies {
  /** What it asks for. Its keys are right all the same. */
  readonly iterations?: number;
  /** Its first message, made of the right one. */
  readonly first?: (message: string) => string | Uint8Array;
  /** Its last message, made of the right one. */
  readonly last?: (message: string) => string | Uint8Array;
  /** Whether it ends the conversation with its first message, or not at all. */
  readonly done?: 'at once' | 'never';
  /** Whether there is an empty exchange at the end, as before MongoDB 4.4. */
  readonly long?: boolean;
}

export interface ScramUser {
  readonly name: string;
  readonly password: string;
  readonly hash?: 'sha1' | 'sha256';
}

const REFUSED = { ok: 0, code: 18, codeName: 'AuthenticationFailed', errmsg: 'Authentication failed.' };
const SALT = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');

/** The server's side of SCRAM (RFC 5802), honest or lying. Written without lib/. One for each connection. */
export class ScramServer {
  /** How often somebody has got in. */
  accepted = 0;
  readonly #user: ScramUser;
  readonly #lies: ScramLies;
  readonly #hash: 'sha1' | 'sha256';
  #client = '';
  #first = '';

  constructor(user: ScramUser, lies: ScramLies = {}) {
    this.#user = user;
    this.#lies = lies;
    this.#hash = user.hash ?? 'sha256';
  }

  /** The reply to saslStart or saslContinue; undefined for another command. */
  answer(command: Document): Document | undefined {
    if (command.saslStart !== undefined) return this.#start(textOf(command));
    if (command.saslContinue !== undefined) return this.#continue(textOf(command));
    return undefined;
  }

  #start(message: string): Document {
    const [, name, nonce] = /^n,,n=(.*),r=(.*)$/.exec(message)!;
    if (name !== this.#user.name) return REFUSED;
    this.#client = message.slice(3);
    const iterations = this.#lies.iterations ?? 4096;
    const first = `r=${nonce}${randomBytes(12).toString('base64')},s=${SALT.toString('base64')},i=${iterations}`;
    this.#first = first;
    return reply(this.#lies.first?.(first) ?? first, this.#lies.done === 'at once');
  }

  #continue(message: string): Document {
    if (message === '') return reply('', this.#lies.done !== 'never');
    const [, without, proof] = /^(.*),p=(.*)$/.exec(message)!;
    const exchange = `${this.#client},${this.#first},${without}`;
    const { password, name } = this.#user;
    const secret = this.#hash === 'sha256' ? password : md5(`${name}:mongo:${password}`);
    const iterations = Math.min(this.#lies.iterations ?? 4096, 100_000);
    const salted = pbkdf2Sync(secret, SALT, iterations, this.#hash === 'sha1' ? 20 : 32, this.#hash);
    const clientKey = this.#hmac(salted, 'Client Key');
    const stored = createHash(this.#hash).update(clientKey).digest();
    const signature = this.#hmac(stored, exchange);
    const expected = Buffer.from(clientKey.map((byte, index) => byte ^ signature[index]!));
    if (!expected.equals(Buffer.from(proof!, 'base64'))) return REFUSED;
    this.accepted++;
    const last = `v=${this.#hmac(this.#hmac(salted, 'Server Key'), exchange).toString('base64')}`;
    return reply(this.#lies.last?.(last) ?? last, this.#lies.long !== true && this.#lies.done !== 'never');
  }

  #hmac(key: Buffer, text: string): Buffer {
    return createHmac(this.#hash, key).update(text).digest();
  }
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

function reply(payload: string | Uint8Array, done: boolean): Document {
  return { ok: 1, conversationId: 1, done, payload: new Binary(Buffer.from(payload as string)) };
}

function textOf({ payload }: Document): string {
  return Buffer.from(payload.buffer.subarray(0, payload.position)).toString();
}
