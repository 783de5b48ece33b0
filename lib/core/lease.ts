import type { ServerHandle } from '../commands/command.js';
import { AutoReconnectError } from '../errors/connection-errors.js';
import type { Connection, PinHolder } from '../net/connection.js';
import type { Borrower } from '../pool/host-gate.js';
import type { Server } from '../topology/server.js';

/**
 * One connection that stays with one cursor, or with a transaction and its cursors: behind a load balancer, another
 * connection may lead to another server. Given back by hand, for only its holders know when they are done.
 *
 * @see MongoDB Load Balancer Support specification, "Connection Pinning"
 */
export class Lease implements ServerHandle, PinHolder {
  readonly purpose: PinHolder['purpose'];
  readonly address: string;
  readonly server: Server;
  readonly #connection: Connection;
  /** Who wants to send while a reply is still to come. */
  readonly #line: Borrower[] = [];
  #holders = 1;

  constructor(server: Server, connection: Connection, purpose: PinHolder['purpose'] = 'cursor') {
    this.address = server.address;
    this.purpose = purpose;
    this.server = server;
    this.#connection = connection;
    connection.pin(this);
  }

  lend(borrower: Borrower): void {
    const connection = this.#connection;
    if (connection.isClosed) borrower.refused(new AutoReconnectError(`the connection to ${this.address} was closed`));
    else if (connection.isIdle) borrower.lent(connection);
    else this.#line.push(borrower);
  }

  /** The connection can carry the next request, or is closed. */
  idle(): void {
    for (let next = this.#line.shift(); next !== undefined; next = this.#line.shift()) {
      if (next.settled) continue;
      this.lend(next);
      if (!this.#connection.isIdle && !this.#connection.isClosed) return;
    }
  }

  /** One more holds it, as a cursor that a transaction has opened. */
  retain(): this {
    this.#holders++;
    return this;
  }

  /** The last of its holders gives the connection back to its pool. */
  release(): void {
    if (--this.#holders <= 0) this.#connection.unpin();
  }

  /** For one that belongs to no pool. What is under way on it fails. */
  close(): void {
    this.#connection.close();
  }
}
