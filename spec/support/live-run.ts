import type { Deployment } from './deployment/start-deployment.js';

/** What the set-up of the live tests hands to their tear-down, on `globalThis.rotorLiveRun`. */
export interface LiveRun {
  /** Part of the name of every database of this run. */
  readonly id: string;
  readonly deployment: Deployment;
}
