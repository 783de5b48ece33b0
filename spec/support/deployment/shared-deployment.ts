import type { Deployment } from './deployment.js';
import { type DeploymentOptions, startDeployment } from './start-deployment.js';

const KEY = Symbol.for('rotor.support.shared-deployments');

/** One map per process, even where two module loaders each load a copy of this file. */
function started(): Map<string, Promise<Deployment>> {
  const holder = globalThis as { [KEY]?: Map<string, Promise<Deployment>> };
  holder[KEY] ??= new Map();
  return holder[KEY];
}

/**
 * The deployment with these options that this process shares: started by the first call, ended with the process or by
 * `stopSharedDeployments`. Its `stop` does nothing, as others may still use it. Who gives it orders leaves it as it was.
 *
 * @example
 * const set = await sharedDeployment({ shape: 'replicaSet' });
 */
export async function sharedDeployment(options: DeploymentOptions = {}): Promise<Deployment> {
  const key = keyOf(options);
  const all = started();
  const own = all.get(key) ?? startDeployment(options);
  all.set(key, own);
  try {
    return borrowed(await own);
  } catch (error) {
    all.delete(key); // the next call tries again
    throw error;
  }
}

/** Ends all shared deployments of this process. */
export async function stopSharedDeployments(): Promise<void> {
  const all = [...started().values()];
  started().clear();
  const ends = await Promise.allSettled(all.map(async (deployment) => (await deployment).stop()));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

/** The same options in another order, or with their defaults written out, are the same deployment. */
function keyOf({ say: _, env = process.env, ...options }: DeploymentOptions): string {
  const { shape = 'standalone', members = shape === 'replicaSet' ? 3 : 1, ...rest } = options;
  const named = [env.MONGODB_URI, env.MONGOMS_SYSTEM_BINARY];
  const wishes = Object.entries(rest).filter(([, value]) => value !== undefined && value !== false);
  return JSON.stringify([shape, members, named, wishes.sort(([a], [b]) => (a < b ? -1 : 1))]);
}

function borrowed(deployment: Deployment): Deployment {
  const stop = async (): Promise<void> => {};
  // With its getters, not their present values: members change.
  const all = Object.defineProperties({}, Object.getOwnPropertyDescriptors(deployment)) as Deployment;
  return Object.assign(all, { stop, [Symbol.asyncDispose]: stop });
}
