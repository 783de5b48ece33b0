import type { PoolStats } from '../pool/connection-pool.js';
import type { ServerType } from '../topology/server-description.js';
import type { TopologyDescription, TopologyType } from '../topology/topology-description.js';

/** What a program needs of its deployment: a server that takes writes, or one for its reads. */
export type ServiceRole = 'read' | 'write';

/** What `client.health` takes. */
export interface HealthOptions {
  /** How long the server has to answer, in milliseconds, with waiting for a server and a connection. Default 2000. */
  readonly timeoutMS?: number | undefined;
  /** Ends the question: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Which server has to answer: `write` one that takes writes, `read` one that the client's read preference chooses.
   * Default: `write` for a client that reads from the primary, else `read`.
   */
  readonly role?: ServiceRole | undefined;
}

/** What `client.ready` takes. */
export interface ReadyOptions extends HealthOptions {
  /** How long to try, in milliseconds; 0 for as long as it takes. Default 60000. */
  readonly timeoutMS?: number | undefined;
}

/** An error, as JSON can hold it. */
export interface HealthError {
  readonly name: string;
  /** The server's number, or a word. */
  readonly code: number | string | undefined;
  readonly message: string;
}

/** What is known of one server. */
export interface ServerHealth {
  /** `host:port` or the path of a unix socket. */
  readonly address: string;
  readonly type: ServerType;
  /** Milliseconds, of its checks; null where they fail. */
  readonly roundTripTimeMS: number | null;
  /** Why it cannot be reached; absent where it can. */
  readonly error?: HealthError;
}

/** How a client and its deployment are. Plain data, for `JSON.stringify`. */
export interface Health {
  /** Whether a server of the role has answered in time, and says that it has that role. */
  readonly ok: boolean;
  readonly role: ServiceRole;
  /** Who answered, or null. */
  readonly address: string | null;
  /** Milliseconds until the answer, as an operation would have waited; null without one. */
  readonly latencyMS: number | null;
  readonly topologyType: TopologyType;
  readonly setName: string | null;
  readonly primary: string | null;
  readonly servers: readonly ServerHealth[];
  readonly pools: readonly PoolStats[];
  /** Why it is not ok; absent where it is. */
  readonly error?: HealthError;
}

/** What came of the question. */
export interface Checked {
  readonly role: ServiceRole;
  readonly address?: string | undefined;
  readonly latencyMS?: number;
  readonly error?: unknown;
}

/** Puts together what the question showed and what is known of the deployment. */
export function healthOf(checked: Checked, topology: TopologyDescription, pools: readonly PoolStats[]): Health {
  const servers = [...topology.servers.values()];
  return {
    ok: checked.error === undefined,
    role: checked.role,
    address: checked.address ?? null,
    latencyMS: checked.latencyMS ?? null,
    topologyType: topology.type,
    setName: topology.setName ?? null,
    primary: servers.find(({ type }) => type === 'RSPrimary')?.address ?? null,
    servers: servers.map(({ address, type, roundTripTime, error }) => ({
      address,
      type,
      roundTripTimeMS: roundTripTime >= 0 ? roundTripTime : null,
      ...(error === undefined ? {} : { error: shown(error) }),
    })),
    pools,
    ...(checked.error === undefined ? {} : { error: shown(checked.error) }),
  };
}

function shown(error: unknown): HealthError {
  if (!(error instanceof Error)) return { name: 'Error', code: undefined, message: String(error) };
  const { code } = error as { code?: unknown };
  const isCode = typeof code === 'number' || typeof code === 'string';
  return { name: error.name, code: isCode ? code : undefined, message: error.message };
}
