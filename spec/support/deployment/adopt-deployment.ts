import type { Document } from 'mongodb';
import { adminClient } from '../admin-client.js';
import { askAdmin } from './ask-admin.js';
import { directConnectionString } from './connection-string.js';
import type { Deployment, DeploymentShape, Member } from './deployment.js';
import { findPrimary } from './find-primary.js';

const TIMEOUT_MS = 5000;

/** What a deployment that runs already tells of itself. */
interface Facts {
  readonly version: string;
  readonly hello: Document;
  /** The first address of the connection string, for a server that does not name its own. */
  readonly seed: string;
}

/**
 * Takes the deployment that MONGODB_URI names as it is. It belongs to somebody else: what would change its servers or its
 * configuration is refused.
 *
 * @throws Error when no server answers within five seconds; the message has no credentials.
 */
export async function adoptDeployment(uri: string): Promise<Omit<Deployment, 'description'>> {
  const { version, hello, seed } = await askFacts(uri);
  const shape = shapeOf(hello);
  const addresses: string[] = shape === 'replicaSet' ? [...(hello.hosts ?? []), ...(hello.passives ?? [])] : [seed];
  const members = addresses.map((address) => adoptedMember(uri, address));
  const candidates = members.map((member) => ({ member, anonymousURI: member.uri }));
  const primary = async (): Promise<Member> => {
    const [only] = members;
    return shape !== 'replicaSet' && only ? only : (await findPrimary(() => candidates)).member;
  };
  const stop = async (): Promise<void> => {}; // it is not ours to stop
  return {
    uri,
    version,
    owned: false,
    shape,
    ...(hello.setName === undefined ? {} : { setName: hello.setName as string }),
    members,
    primary,
    directURI: async () => (await primary()).uri,
    stepDown: async (seconds = 10) => {
      if (shape !== 'replicaSet') throw new Error(`stepDown: expected a replica set, this is ${shape}`);
      await askAdmin((await primary()).uri, { replSetStepDown: seconds, secondaryCatchUpPeriodSecs: 0, force: true });
    },
    reconfigure: refuser('reconfigure', 'the deployment'),
    addMember: refuser('addMember', 'the deployment'),
    removeMember: refuser('removeMember', 'the deployment'),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function askFacts(uri: string): Promise<Facts> {
  try {
    const client = adminClient(uri, { serverSelectionTimeoutMS: TIMEOUT_MS, connectTimeoutMS: TIMEOUT_MS });
    try {
      await client.connect();
      const admin = client.db('admin');
      const { version } = await admin.command({ buildInfo: 1 });
      // Before 4.4.2 a server knows hello by its old name alone.
      const hello = await admin.command({ hello: 1 }).catch(() => admin.command({ isMaster: 1 }));
      return { version: String(version), hello, seed: String(client.options.hosts[0]) };
    } finally {
      await client.close();
    }
  } catch (error) {
    throw new Error(`MONGODB_URI is set, but its server cannot be used: ${(error as Error).message}`, { cause: error });
  }
}

function shapeOf(hello: Document): DeploymentShape {
  if (hello.msg === 'isdbgrid') return 'sharded';
  return hello.setName === undefined ? 'standalone' : 'replicaSet';
}

function adoptedMember(uri: string, address: string): Member {
  return {
    address,
    uri: directConnectionString(uri, address),
    pid: undefined,
    isRunning: true,
    kill: refuser('kill', address),
    restart: refuser('restart', address),
    freeze: refuser('freeze', address),
    thaw: refuser('thaw', address),
  };
}

function refuser(order: string, whom: string): () => Promise<never> {
  return async () => {
    throw new Error(`${order}: ${whom} was named by MONGODB_URI and not started here: it takes no orders`);
  };
}
