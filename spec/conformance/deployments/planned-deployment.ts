import type { FacadeOptions } from '../../support/proxy/start-facade.js';
import type { DeploymentChoice } from '../format.js';

/** The real servers that all deployments are made of. */
export type Shape =
  | 'standalone'
  | 'standalone with users'
  | 'replica set'
  | 'replica set of three'
  | 'replica set with users';

/** A deployment that can be chosen, with the way to make it. */
export interface PlannedDeployment extends DeploymentChoice {
  readonly shape: Shape;
  /** Undefined where the real server is used as it is. */
  readonly facadeOptions: FacadeOptions | undefined;
}

/** Versions that a façade imitates, as its profiles give them in full. The newest first: it is the closest to today. */
const PROFILES = ['8.2.1', '8.0.4', '7.0.14', '5.0.31', '4.4.29', '4.2.25', '4.0.3'] as const;

/**
 * All deployments there are, the truest first: real servers as they are, façades of the server's own version, and then
 * façades of other versions.
 *
 * @param version of the real server, such as `6.0.5`.
 */
export function plannedDeployments(version: string): readonly PlannedDeployment[] {
  const others = PROFILES.filter((profile) => profile !== version);
  const three = { ...plain('replica set of three', 'replicaset', version, undefined), members: 3 };
  const [newest] = PROFILES;
  const oidc: PlannedDeployment = {
    ...plain('replica set', 'replicaset', newest, { version: newest, accessToken: 'conformance.token' }),
    ...{ name: `replica set façade with OpenID Connect ${newest}`, auth: true, mechanisms: ['MONGODB-OIDC'] },
  };
  const all = [...onVersion(version, undefined), three, ...others.flatMap((profile) => onVersion(profile, profile))];
  const truest = (plan: PlannedDeployment): number => (!plan.facade ? 0 : plan.version === version ? 1 : 2);
  return [...all.toSorted((a, b) => truest(a) - truest(b)), oidc];
}

/** @param profile of a façade that has to imitate this version; undefined where the server has it. */
function onVersion(version: string, profile: string | undefined): PlannedDeployment[] {
  const imitation = profile === undefined ? undefined : { version: profile };
  const posing = { version, auth: false, facade: true, shape: 'replica set' } as const;
  return [
    plain('standalone', 'single', version, imitation),
    plain('replica set', 'replicaset', version, imitation),
    { ...plain('standalone with users', 'single', version, imitation), auth: true },
    { ...plain('replica set with users', 'replicaset', version, imitation), auth: true },
    {
      ...{ ...posing, auth: true, shape: 'replica set with users' },
      name: `load balancer façade with users ${version}`,
      topology: 'load-balanced',
      facadeOptions: { mongos: 2, loadBalanced: true, ...imitation },
    },
    {
      ...posing,
      name: `mongos façade ${version}`,
      topology: 'sharded-replicaset',
      facadeOptions: { mongos: 2, ...imitation },
    },
    {
      ...posing,
      name: `load balancer façade ${version}`,
      topology: 'load-balanced',
      facadeOptions: { mongos: 2, loadBalanced: true, ...imitation },
    },
  ];
}

function plain(
  shape: Shape,
  topology: DeploymentChoice['topology'],
  version: string,
  imitation: FacadeOptions | undefined,
): PlannedDeployment {
  const facade = imitation !== undefined;
  const name = facade ? `${shape} façade ${version}` : `${shape} ${version}`;
  return { name, topology, version, auth: false, facade, members: 1, shape, facadeOptions: imitation };
}
