import type { ServerHandle } from '../commands/command.js';
import type { CommandTeller } from '../events/command-events.js';
import type { ClusterTime } from '../session/cluster-time.js';
import type { ServerSessionPool } from '../session/server-session-pool.js';
import type { Topology } from '../topology/topology.js';
import type { MessageWriter } from '../wire/op-msg.js';
import type { DeadlineTicker } from './deadline-ticker.js';
import type { RetryPolicy } from './retry.js';
import type { ServerKills } from './server-kills.js';

/** What an operation needs of its core. */
export interface Runtime {
  readonly topology: Topology;
  readonly writer: MessageWriter;
  readonly sessions: ServerSessionPool;
  readonly clusterTime: ClusterTime;
  readonly retries: RetryPolicy;
  readonly deadlines: DeadlineTicker;
  readonly kills: ServerKills;
  /** @internal */
  readonly events: CommandTeller & { readonly hearsCommands: boolean };
  /** Operations between two attempts: nobody else knows of them, and closing has to end them. */
  readonly betweenAttempts: Set<{ refused(error: Error): void }>;
  /** The operation is over, in whatever way. */
  finished(): void;
  /** A reply that nobody waited for opened a cursor: it is closed on its server. */
  orphaned(cursorId: bigint, namespace: string, server: ServerHandle): void;
}
