import { randomBytes } from 'node:crypto';
import { require as load } from 'tsx/cjs/api';
import type * as module from './deployment/start-deployment.js';
import type { LiveRun } from './live-run.js';

/** Gives the `live` tests one server per run. Its URI reaches the workers through the environment. */
export default async function liveSetup(): Promise<void> {
  // jest maps `./x.js` to `./x.ts` for tests, but not for its set-up files: tsx resolves the rest from here on.
  const { startDeployment } = load('./deployment/start-deployment.ts', import.meta.url) as typeof module;
  const deployment = await startDeployment();
  const id = randomBytes(3).toString('hex');
  process.env.ROTOR_TEST_URI = deployment.uri;
  const isSet = deployment.shape === 'replicaSet';
  process.env.ROTOR_TEST_SERVER_URI = isSet ? await deployment.directURI() : deployment.uri;
  process.env.ROTOR_TEST_RUN = id;
  (globalThis as { rotorLiveRun?: LiveRun }).rotorLiveRun = { id, deployment };
}
