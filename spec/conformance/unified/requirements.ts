import type { DeploymentChoice } from '../format.js';
import type { Ground } from './ground.js';
import { differ } from './match-place.js';
import { match } from './matcher.js';
import { compareVersions } from './server-version.js';
import type { RunOnRequirement } from './unified-file.js';
import { Difference } from './verdicts.js';

/** Why a deployment does not satisfy a requirement, as far as that is known before it runs; undefined if it does. */
export function unmetBefore(requirement: RunOnRequirement, choice: DeploymentChoice): string | undefined {
  const { minServerVersion: min, maxServerVersion: max, topologies, auth, serverless, csfle } = requirement;
  if (topologies !== undefined && !topologies.some((topology) => isTopology(topology, choice))) {
    return `a topology of ${topologies.join(' or ')}`;
  }
  if (min !== undefined && compareVersions(choice.version, min) < 0) return `a server from ${min}`;
  if (max !== undefined && compareVersions(choice.version, max) > 0) return `a server up to ${max}`;
  if (auth !== undefined && auth !== choice.auth) return auth ? 'access control' : 'no access control';
  if (serverless === 'require') return 'an Atlas Serverless instance';
  // `false` forbids client-side encryption, anything else asks for it. The driver has none.
  if (csfle !== undefined && csfle !== false) return 'client-side encryption';
  return undefined;
}

/** What only the running server tells: its parameters and authentication mechanisms. */
export async function unmetAtServer(requirement: RunOnRequirement, ground: Ground): Promise<string | undefined> {
  const { serverParameters, authMechanism } = requirement;
  if (serverParameters === undefined && authMechanism === undefined) return undefined;
  const actual = await ground.parameters();
  for (const [name, value] of Object.entries(serverParameters ?? {})) {
    if (!isSame(value, actual[name])) return `the server parameter ${name} to be ${JSON.stringify(value)}`;
  }
  if (authMechanism === undefined) return undefined;
  const { mechanisms: posed = [] } = ground.deployment;
  const mechanisms: readonly string[] = [...posed, ...(actual.authenticationMechanisms ?? [])];
  const wanted = authMechanism.toLowerCase();
  return mechanisms.some((name) => name.toLowerCase() === wanted) ? undefined : `the mechanism ${authMechanism}`;
}

/** A cluster of replica sets is also any cluster; the reverse does not hold. */
function isTopology(wanted: string, { topology }: DeploymentChoice): boolean {
  return wanted === topology || (wanted === 'sharded' && topology === 'sharded-replicaset');
}

function isSame(expected: unknown, actual: unknown): boolean {
  const refuse = (): never => differ(place, 'no entities', undefined);
  const place = { context: { entity: refuse, lsid: refuse }, path: '', root: false };
  try {
    match(expected, actual, place);
    return true;
  } catch (error) {
    if (error instanceof Difference) return false;
    throw error;
  }
}
