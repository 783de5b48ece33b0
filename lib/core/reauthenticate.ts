import { authenticate } from '../net/authenticate.js';
import type { Connection, PinHolder } from '../net/connection.js';

/**
 * Proves once more who the client is, on a connection whose last reply is being read. It stays with `done` until what is
 * sent there has gone out; then whoever held it before gets it back.
 *
 * @param done gets the error of a connection that has been closed by it
 */
export function reauthenticate(connection: Connection, done: (error: Error | undefined) => void): void {
  const holder = new Reauthentication(connection, done);
  connection.pin(holder);
}

class Reauthentication implements PinHolder {
  readonly purpose = 'authentication';
  readonly #connection: Connection;
  readonly #before: PinHolder | undefined;
  readonly #done: (error: Error | undefined) => void;
  #begun = false;

  constructor(connection: Connection, done: (error: Error | undefined) => void) {
    this.#connection = connection;
    this.#before = connection.pinnedBy;
    this.#done = done;
  }

  /** The reply has been read. Called again for each of the conversation. */
  idle(): void {
    if (this.#begun) return;
    this.#begun = true;
    const connection = this.#connection;
    const authentication = connection.authentication!;
    authenticate(connection, authentication.renewal(), authentication.limitMS).then(
      () => this.#end(undefined),
      (error: Error) => this.#end(error),
    );
  }

  #end(error: Error | undefined): void {
    const connection = this.#connection;
    this.#done(error);
    // A transaction may have taken the connection for itself meanwhile.
    if (connection.pinnedBy !== this) return;
    if (this.#before === undefined) {
      connection.unpin();
      return;
    }
    connection.pin(this.#before);
    if (connection.isIdle || connection.isClosed) this.#before.idle();
  }
}
