import type { Deployment } from '../deployment/deployment.js';
import { startDeployment } from '../deployment/start-deployment.js';

/** A replica set for the proxy's own tests, of this machine whatever MONGODB_URI says: it is cut and broken. */
export function startSet(members: 1 | 3): Promise<Deployment> {
  const env = { ...process.env, MONGODB_URI: '' };
  return startDeployment({ shape: 'replicaSet', members, env, say: () => {} });
}
