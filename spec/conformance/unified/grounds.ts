import type { DeploymentChoice, Deployments } from '../format.js';
import { Ground } from './ground.js';
import { unmetAtServer, unmetBefore } from './requirements.js';
import type { RunOnRequirement, UnifiedFile, UnifiedTest } from './unified-file.js';

/** The deployments that the tests of one file use, each opened once. */
export class Grounds implements AsyncDisposable {
  readonly #deployments: Deployments;
  readonly #open = new Map<DeploymentChoice, Promise<Ground>>();

  constructor(deployments: Deployments) {
    this.#deployments = deployments;
  }

  /**
   * The truest deployment that satisfies a test: the first of the candidates, as these are in that order.
   *
   * @returns the deployment; or, where there is none, what the file or the test would need
   */
  async choose(file: UnifiedFile, test: UnifiedTest): Promise<Ground | string> {
    const lists = [file.runOnRequirements, test.runOnRequirements].filter((list) => list !== undefined);
    const unmet = new Set<string>();
    const several = needsSeveralMembers(test);
    for (const choice of this.#deployments.candidates()) {
      if (several && choice.topology === 'replicaset' && choice.members === 1) continue;
      const reason = await this.#unmet(lists, choice);
      if (reason === undefined) return this.#get(choice);
      unmet.add(reason);
    }
    return `needs ${[...unmet].join('; or ') || 'a deployment, and there is none'}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opened = await Promise.allSettled(this.#open.values());
    await Promise.all(opened.map((one) => (one.status === 'fulfilled' ? one.value[Symbol.asyncDispose]() : undefined)));
  }

  /** Of each list one requirement must hold. */
  async #unmet(lists: readonly (readonly RunOnRequirement[])[], choice: DeploymentChoice): Promise<string | undefined> {
    for (const list of lists) {
      const reasons: string[] = [];
      for (const requirement of list) {
        const reason =
          unmetBefore(requirement, choice) ??
          (asksServer(requirement) ? await unmetAtServer(requirement, await this.#get(choice)) : undefined);
        if (reason !== undefined) reasons.push(reason);
      }
      if (reasons.length === list.length) return reasons.join(' or ');
    }
    return undefined;
  }

  #get(choice: DeploymentChoice): Promise<Ground> {
    const known = this.#open.get(choice);
    if (known !== undefined) return known;
    const opening = this.#deployments.get(choice).then((ready) => new Ground(ready));
    this.#open.set(choice, opening);
    return opening;
  }
}

/** Of one member a client learns once, after the beginning. */
const NEWS_OF_ONE_MEMBER = 2;

/** Who steps down needs somebody who takes over; and three members make more news than one. */
function needsSeveralMembers({ operations }: UnifiedTest): boolean {
  const waitsForNews = operations.some(
    ({ name, arguments: given }) =>
      name === 'waitForEvent' &&
      given?.event?.topologyDescriptionChangedEvent !== undefined &&
      given.count > NEWS_OF_ONE_MEMBER,
  );
  return waitsForNews || JSON.stringify(operations).includes('"replSetStepDown"');
}

function asksServer({ serverParameters, authMechanism }: RunOnRequirement): boolean {
  return serverParameters !== undefined || authMechanism !== undefined;
}
