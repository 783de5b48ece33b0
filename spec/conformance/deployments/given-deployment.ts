import type { DeploymentChoice, ReadyDeployment } from '../format.js';
import { directTo, hostsOf, withHosts } from './connection-uri.js';
import { isAlive } from './is-alive.js';
import { type ServerPortrait, serverPortrait } from './server-portrait.js';
import type { WatchedDeployments } from './watched-deployments.js';

const NAMES: Readonly<Record<DeploymentChoice['topology'], string>> = {
  single: 'standalone',
  replicaset: 'replica set',
  sharded: 'mongos',
  'sharded-replicaset': 'mongos',
  'load-balanced': 'load balancer',
};

/** The deployment of `--uri`: taken as it is, and never stopped. */
export class GivenDeployment implements WatchedDeployments {
  readonly #ready: ReadyDeployment;
  /** What has happened to it. It is not ours to start again. */
  #dead: string | undefined;

  constructor(ready: ReadyDeployment) {
    this.#ready = ready;
  }

  /** @throws Error if nobody answers there. */
  static async open(uri: string): Promise<GivenDeployment> {
    return new GivenDeployment(describe(uri, await serverPortrait(uri)));
  }

  candidates(): readonly DeploymentChoice[] {
    return [this.#ready];
  }

  /** @throws Error if the server has died. */
  async get(): Promise<ReadyDeployment> {
    const dead = await this.findDead();
    if (dead !== undefined) throw new Error(dead);
    return this.#ready;
  }

  async findDead(): Promise<string | undefined> {
    const address = hostsOf(this.#ready.internalURI)[0]!;
    if (this.#dead === undefined && !(await isAlive(address))) {
      this.#dead = `the server at ${address} (--uri) has died during the run`;
    }
    return this.#dead;
  }

  async stop(): Promise<void> {} // it is not ours to stop
}

function describe(uri: string, { topology, version, auth, primary, members }: ServerPortrait): ReadyDeployment {
  const about = { name: `${NAMES[topology]} ${version}`, topology, version, auth, facade: false, members };
  const hosts = hostsOf(uri);
  const direct = directTo(uri, primary ?? hosts[0]!);
  if (topology === 'single' || topology === 'replicaset') {
    return { ...about, uri, uris: [uri], internalURI: direct, setupURI: direct };
  }
  const first = withHosts(uri, hosts.slice(0, 1));
  const uris = topology === 'load-balanced' ? [uri] : hosts.map((host) => withHosts(uri, [host]));
  return { ...about, uri, uris, internalURI: first, setupURI: first };
}
