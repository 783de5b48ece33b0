import { adminClient } from '../../support/admin-client.js';
import type { DeploymentChoice } from '../format.js';

const TIMEOUT_MS = 5000;

/** What a running deployment says of itself. */
export interface ServerPortrait {
  readonly topology: DeploymentChoice['topology'];
  readonly version: string;
  /** Whether the connection string has a user. */
  readonly auth: boolean;
  /** `host:port` of the primary of a replica set. */
  readonly primary: string | undefined;
  /** How many members of a replica set hold data and can be connected to. */
  readonly members: number;
}

/**
 * Asks a deployment what it is. With the official driver, as what is under test must not vouch for itself.
 *
 * @throws Error when nobody answers within five seconds; the message has no credentials.
 */
export async function serverPortrait(uri: string): Promise<ServerPortrait> {
  try {
    const client = adminClient(uri, { serverSelectionTimeoutMS: TIMEOUT_MS, connectTimeoutMS: TIMEOUT_MS });
    try {
      await client.connect();
      const admin = client.db('admin');
      // Before 4.4.2 a server knows hello by its old name alone.
      const hello = await admin.command({ hello: 1 }).catch(() => admin.command({ isMaster: 1 }));
      const { version } = await admin.command({ buildInfo: 1 });
      const auth = client.options.credentials !== undefined;
      const topology = topologyOf(hello, client.options.loadBalanced);
      return { topology, version, auth, primary: hello.primary, members: hello.hosts?.length ?? 1 };
    } finally {
      await client.close();
    }
  } catch (error) {
    throw new Error(`The server of ${withoutUser(uri)} does not answer: ${(error as Error).message}`, { cause: error });
  }
}

function topologyOf(hello: any, loadBalanced: boolean): DeploymentChoice['topology'] {
  if (loadBalanced) return 'load-balanced';
  // Since MongoDB 3.6 every shard is a replica set.
  if (hello.msg === 'isdbgrid') return 'sharded-replicaset';
  return hello.setName === undefined ? 'single' : 'replicaset';
}

function withoutUser(uri: string): string {
  return uri.replace(/^(mongodb(?:\+srv)?:\/\/)[^@/]*@/, '$1***@');
}
