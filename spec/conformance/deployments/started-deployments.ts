import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Deployment } from '../../support/deployment/deployment.js';
import { type DeploymentOptions, startDeployment } from '../../support/deployment/start-deployment.js';
import { type Facade, startFacade } from '../../support/proxy/start-facade.js';
import type { DeploymentChoice, ReadyDeployment } from '../format.js';
import { hostsOf } from './connection-uri.js';
import { isAlive } from './is-alive.js';
import { type PlannedDeployment, plannedDeployments, type Shape } from './planned-deployment.js';
import type { WatchedDeployments } from './watched-deployments.js';

/** A server that keeps dying is given up after so many times. */
const MAX_DEATHS = 3;

/** One member is all that nearly every test needs, and starts in a third of the time. */
const SHAPES: Readonly<Record<Shape, DeploymentOptions>> = {
  standalone: {},
  'standalone with users': { auth: true },
  'replica set': { shape: 'replicaSet', members: 1 },
  'replica set of three': { shape: 'replicaSet', members: 3 },
  'replica set with users': { shape: 'replicaSet', members: 1, auth: true },
};

/** A real server, with the connection string to it alone. */
interface Server {
  readonly deployment: Deployment;
  readonly uri: string;
}

interface Running {
  readonly ready: ReadyDeployment;
  stop(): Promise<void>;
}

/** Deployments that are started when a test first asks for them, and stopped together at the end. */
export class StartedDeployments implements WatchedDeployments {
  readonly #choices: readonly PlannedDeployment[];
  readonly #say: (line: string) => void;
  readonly #servers = new Map<Shape, Promise<Server>>();
  readonly #running = new Map<string, Promise<Running>>();
  #deaths = 0;
  /** Of the access token. */
  #folder: string | undefined;

  private constructor(standalone: Server, say: (line: string) => void) {
    this.#choices = plannedDeployments(standalone.deployment.version);
    this.#say = say;
    this.#servers.set('standalone', Promise.resolve(standalone));
  }

  /**
   * Starts the standalone server, which tells the version of all.
   *
   * @param say gets the lines for the user.
   * @throws NoServerError where there is no way to a server.
   */
  static async open(say: (line: string) => void): Promise<StartedDeployments> {
    return new StartedDeployments(await startServer('standalone', say), say);
  }

  candidates(): readonly DeploymentChoice[] {
    return this.#choices;
  }

  /** @throws Error if it does not start, or if its server has died too often. */
  async get({ name }: DeploymentChoice): Promise<ReadyDeployment> {
    const plan = this.#choices.find((choice) => choice.name === name);
    if (plan === undefined) throw new Error(`there is no deployment ${name}`);
    await this.findDead(); // what is dead is forgotten, and starts again here
    if (this.#deaths > MAX_DEATHS) throw new Error(`servers have died ${this.#deaths} times: no more are started`);
    const running = this.#running.get(name) ?? this.#start(plan);
    this.#running.set(name, running);
    return (await running).ready;
  }

  async findDead(): Promise<string | undefined> {
    for (const [shape, starting] of this.#servers) {
      const server = await starting.catch(() => undefined); // whoever wants it gets the reason
      if (server === undefined) continue;
      const address = hostsOf(server.uri)[0]!;
      if (await isAlive(address)) continue;
      if (this.#servers.get(shape) !== starting) continue; // another call has found it meanwhile
      this.#deaths++;
      await this.#forget(shape, server);
      return `the ${shape} at ${address} has died during the run`;
    }
    return undefined;
  }

  async stop(): Promise<void> {
    const facades = await Promise.allSettled(this.#running.values());
    for (const facade of facades) if (facade.status === 'fulfilled') await facade.value.stop();
    const servers = await Promise.allSettled(this.#servers.values());
    for (const server of servers) if (server.status === 'fulfilled') await server.value.deployment.stop();
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
  }

  /** Puts away a dead server and what stands in front of it. */
  async #forget(shape: Shape, server: Server): Promise<void> {
    this.#servers.delete(shape);
    for (const choice of this.#choices.filter((each) => each.shape === shape)) {
      const running = await this.#running.get(choice.name)?.catch(() => undefined);
      this.#running.delete(choice.name);
      await running?.stop();
    }
    await server.deployment.stop().catch((error) => this.#say(`The dead ${shape} was not cleared away: ${error}`));
  }

  async #start(plan: PlannedDeployment): Promise<Running> {
    const { name, topology, version, auth, facade, facadeOptions, members = 1, mechanisms } = plan;
    const posed = mechanisms === undefined ? {} : { mechanisms };
    const about: DeploymentChoice = { name, topology, version, auth, facade, members, ...posed };
    const server = await this.#server(plan.shape);
    const real = { internalURI: server.uri, setupURI: server.uri };
    if (facadeOptions === undefined) {
      const { uri } = server.deployment;
      // Of several members another may be the primary later.
      const ways = members > 1 ? { internalURI: uri, setupURI: uri } : real;
      return { ready: { ...about, uri, uris: [uri], ...ways }, stop: async () => {} };
    }
    if (facadeOptions.accessToken !== undefined) await this.#provideToken(facadeOptions.accessToken);
    const started = await startFacade({ uri: server.uri }, facadeOptions);
    if (topology === 'load-balanced') {
      // The format wants two: in front of a single mongos, and of several.
      const single = await startFacade({ uri: server.uri }, { ...facadeOptions, mongos: 1 });
      const uris = [single.uri, started.uri];
      return { ready: { ...about, uri: started.uri, uris, ...real }, stop: () => stopAll([single, started]) };
    }
    const stop = (): Promise<void> => stopAll([started]);
    if (topology === 'single' || topology === 'replicaset') {
      return { ready: { ...about, uri: started.uri, uris: [started.uri], ...real }, stop };
    }
    const uris = started.addresses.map((address) => started.uri.replace(started.addresses.join(','), address));
    return { ready: { ...about, uri: started.uri, uris, ...real }, stop };
  }

  /** Where the environment `test` of MONGODB-OIDC looks for it. */
  async #provideToken(token: string): Promise<void> {
    this.#folder ??= await mkdtemp(join(tmpdir(), 'rotor-oidc-'));
    process.env.OIDC_TOKEN_FILE = join(this.#folder, 'token');
    await writeFile(process.env.OIDC_TOKEN_FILE, token);
  }

  #server(shape: Shape): Promise<Server> {
    const starting = this.#servers.get(shape) ?? startServer(shape, this.#say);
    this.#servers.set(shape, starting);
    return starting;
  }
}

async function stopAll(facades: readonly Facade[]): Promise<void> {
  await Promise.all(facades.map((facade) => facade.stop()));
}

async function startServer(shape: Shape, say: (line: string) => void): Promise<Server> {
  // MONGODB_URI names a deployment that is used as it is: what is started here is another one.
  const { MONGODB_URI: _, ...env } = process.env;
  const deployment = await startDeployment({ ...SHAPES[shape], say, env });
  return { deployment, uri: await deployment.directURI() };
}
