import type { Connection, PinHolder } from '../net/connection.js';
import type { Borrower, Holder, Holders } from './host-gate.js';

/** One host's pool at one moment. */
export interface PoolStats {
  /** `host:port` or the path of a unix socket. */
  readonly address: string;
  readonly maxConcurrent: number;
  /** Open connections: `inUse` plus `idle`. */
  readonly total: number;
  readonly inUse: number;
  readonly idle: number;
  readonly connecting: number;
  /** Operations that wait for a connection. */
  readonly waiting: number;
  /** Counts up each time all connections are given up after a failure. */
  readonly generation: number;
  readonly holders: Holder[];
}

/** Who waits for a reply on these connections. */
export function operationsOn(connections: Iterable<Connection>): Holder[] {
  const operations: Holder[] = [];
  for (const { handler } of connections) {
    if (handler !== undefined && 'describe' in handler) operations.push((handler as unknown as Borrower).describe());
  }
  return operations;
}

/** Who has the connections of a pool, of which `idle` are free. */
export function holdersOf(connections: ReadonlySet<Connection>, idle: number): Holders {
  const pinned = (purpose: PinHolder['purpose']): number =>
    [...connections].filter(({ pinnedBy }) => pinnedBy?.purpose === purpose).length;
  return {
    inUse: connections.size - idle,
    cursors: pinned('cursor'),
    transactions: pinned('transaction'),
    operations: operationsOn(connections),
  };
}
