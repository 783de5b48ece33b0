import type { MongoClient } from 'mongodb';
import { type Deployment, startDeployment } from '../deployment/start-deployment.js';
import { officialClient } from '../official-client.js';

export interface SingleMemberSet extends Deployment {
  readonly setName: string;
  readonly members: readonly { readonly address: string }[];
}

/** A replica set of one member: all that a façade needs behind it. */
export async function startSingleMemberSet(args: readonly string[] = []): Promise<SingleMemberSet> {
  const setName = 'proxied';
  const env = { ...process.env, MONGODB_URI: '' }; // a server of somebody else's is no set that can be initiated
  const deployment = await startDeployment({ env, args: ['--replSet', setName, ...args], say: () => {} });
  const address = new URL(deployment.uri).host;
  const client = officialClient(deployment.uri, { directConnection: true });
  try {
    const members = [{ _id: 0, host: address }];
    await client.db('admin').command({
      replSetInitiate: { _id: setName, members, settings: { electionTimeoutMillis: 500 } },
    });
    await untilPrimary(client);
  } finally {
    await client.close();
  }
  return { ...deployment, uri: `${deployment.uri}?replicaSet=${setName}`, setName, members: [{ address }] };
}

async function untilPrimary(client: MongoClient): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    const hello = await client.db('admin').command({ hello: 1 });
    if (hello.isWritablePrimary) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the replica set has no primary after 15 s');
}
