import type { Socket } from 'node:net';
import type { HostAddress } from '../options/host-address.js';
import { speaksTLS } from './probe-server.js';
import { mismatch } from './tls-failure.js';
import type { Dial } from './transport.js';

/**
 * The plain connections to one server, of which some end without a word from it. A server that takes only TLS ends all of
 * them so; but so does one that is going down. Where the second in a row ends so, and no other has ever been answered,
 * the server is asked whether it speaks TLS.
 */
export class SilentEnds {
  readonly #address: HostAddress;
  readonly #dial: Dial;
  readonly #open = new Set<Socket>();
  #wasAnswered = false;
  #inARow = 0;

  constructor(address: HostAddress, dial: Dial) {
    this.#address = address;
    this.#dial = dial;
  }

  /** Follows a connection. What is returned is asked when it has ended, and knows more of the reason, now or soon. */
  watch(socket: Socket): (error: Error | undefined) => Error | undefined | Promise<Error | undefined> {
    this.#open.add(socket);
    // Also where it is closed from here, and nobody asks for the reason.
    socket.once('close', () => this.#forget(socket));
    return (error) => {
      this.#forget(socket);
      if (this.#wasAnswered || ++this.#inARow < 2) return error;
      for (const { bytesRead } of this.#open) this.#wasAnswered ||= bytesRead > 0;
      return this.#wasAnswered ? error : this.#explain(error);
    };
  }

  #forget(socket: Socket): void {
    this.#open.delete(socket);
    this.#wasAnswered ||= socket.bytesRead > 0;
  }

  /** Never rejects. */
  async #explain(error: Error | undefined): Promise<Error | undefined> {
    return (await speaksTLS(this.#address, this.#dial)) ? mismatch('takesOnlyTLS', error) : error;
  }
}
