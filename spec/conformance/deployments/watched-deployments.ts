import type { Deployments } from '../format.js';

/** Deployments that notice when a server dies. */
export interface WatchedDeployments extends Deployments {
  /** Called after a failure. @returns what has died, in words; undefined if all are up. */
  findDead(): Promise<string | undefined>;
}
