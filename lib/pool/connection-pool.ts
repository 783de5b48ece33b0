import type { ConnectionClosedReason } from '../events/pool-events.js';
import type { Connection, ConnectionOwner } from '../net/connection.js';
import type { Borrower } from './host-gate.js';
import type { PoolHost } from './pool-host.js';
import type { PoolOptions } from './pool-options.js';
import type { PoolStats } from './pool-stats.js';
import { PooledConnections } from './pooled-connections.js';

export type { PoolHost, PoolOptions, PoolStats };

/**
 * Lends the connections to one host.
 *
 * ```
 *   lend -> free (newest on top) -> in use -> idle() -> next in line, else free
 *        -> the gate's line <- opened() (at most maxConnecting at a time)
 * ```
 * A connection comes back by itself when its reply has been read: there is no check-in to forget. A pool lends only
 * while it is ready; its server says when. How connections begin and end is in `pooled-connections`.
 *
 * @see MongoDB Connection Monitoring and Pooling specification
 */
export class ConnectionPool extends PooledConnections implements ConnectionOwner {
  /** Lends a connection, now or when it is the borrower's turn. */
  lend(borrower: Borrower): void {
    this.watch.checkOutStarted(borrower);
    if (this.state !== 'ready') {
      this.decline(borrower);
      return;
    }
    const connection = this.#takeFree();
    if (connection !== undefined) {
      this.#serve(connection, borrower);
      return;
    }
    const full = this.gate.wait(borrower, this.all.size);
    if (full === undefined) this.open();
    else this.refuse(borrower, full);
  }

  idle(connection: Connection): void {
    this.watch.checkedIn(connection.id);
    if (!this.#dropsPerished(connection)) this.#serve(connection, this.gate.next());
  }

  closed(connection: Connection, error: Error | undefined): void {
    // One that the pool itself has closed.
    if (!this.all.has(connection)) return;
    const at = this.free.indexOf(connection);
    if (at >= 0) {
      this.free.splice(at, 1);
    } else {
      if (error !== undefined) this.host.connectionLost(error, connection);
      // Whoever keeps it comes to know when it is used next, and gives it back then.
      if (connection.pinnedBy !== undefined || !this.all.has(connection)) return;
      this.watch.checkedIn(connection.id);
    }
    this.forget(connection, 'error', error);
    this.open();
  }

  opened(connection: Connection): void {
    const { serviceId } = connection;
    connection.generation = serviceId === undefined ? this.generation : this.services.added(serviceId);
    this.all.add(connection);
    connection.ownedBy(this, this.options.socketTimeoutMS);
    this.#serve(connection, this.gate.next());
  }

  protected perished({ serviceId, generation }: Connection): ConnectionClosedReason | undefined {
    if (this.state === 'closed') return 'poolClosed';
    const current = serviceId === undefined ? this.generation : this.services.of(serviceId);
    return generation === current ? undefined : 'stale';
  }

  protected isTooOld(connection: Connection): boolean {
    const limit = this.options.maxIdleTimeMS;
    return limit > 0 && performance.now() - connection.idleSince > limit;
  }

  /** Goes on with the line as long as the connection stays idle: borrowers that expect no reply leave it at once. */
  #serve(connection: Connection, first: Borrower | undefined): void {
    for (let borrower = first; borrower !== undefined; borrower = this.gate.next()) {
      this.watch.checkedOut(borrower, connection.id);
      borrower.lent(connection);
      if (!connection.isIdle || connection.pinnedBy !== undefined) return;
      this.watch.checkedIn(connection.id);
      if (this.#dropsPerished(connection)) return;
    }
    if (this.options.maxIdleTimeMS > 0) connection.idleSince = performance.now();
    this.free.push(connection);
  }

  #takeFree(): Connection | undefined {
    for (let connection = this.free.pop(); connection !== undefined; connection = this.free.pop()) {
      if (!this.isTooOld(connection)) return connection;
      this.discard(connection, 'idle');
    }
    return undefined;
  }

  /** Closes a connection that comes back and is not lent again. Who is in line gets another. */
  #dropsPerished(connection: Connection): boolean {
    const reason = this.perished(connection);
    if (reason === undefined) return false;
    this.discard(connection, reason);
    this.open();
    return true;
  }
}
