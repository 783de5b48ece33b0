import type { PoolStats } from '../pool/connection-pool.js';
import type { Borrower } from '../pool/host-gate.js';
import type { Server } from './server.js';
import type { ServerDescription } from './server-description.js';

/** Who wants a server. */
export interface Selector extends Borrower {
  /** The server is chosen: go on there. */
  selected(server: Server): void;
}

/** The servers of one deployment, and the choice among them. */
export interface Topology {
  /** Calls `selected` at once where a suitable server is known, else as soon as one is, else `refused`. */
  select(selector: Selector): void;
  /** What is known of the servers. */
  readonly servers: readonly ServerDescription[];
  /** One entry a host. */
  poolStats(): PoolStats[];
  /** Closes every connection and stops all checks; whoever waits fails with `error`. */
  close(error: Error): void;
}
