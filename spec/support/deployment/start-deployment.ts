import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { adoptDeployment } from './adopt-deployment.js';
import { chooseServer, type ServerBinary } from './choose-server.js';
import { connectionString } from './connection-string.js';
import { createUsers } from './create-users.js';
import type { Deployment } from './deployment.js';
import { startMember } from './owned-member.js';
import { ReplicaSet } from './replica-set.js';
import { type ServerOptions, type ServerSetup, setUpServers } from './server-setup.js';
import { waysToServer } from './ways-to-server.js';

export type { ConfigChange, Credentials, Deployment, Member, MemberChange, TLSFiles } from './deployment.js';
export type { Compressor } from './server-setup.js';

const run = promisify(execFile);

export interface DeploymentOptions extends ServerOptions {
  /** What to start. A server named by MONGODB_URI is taken as it is, whatever its shape. Default: `standalone`. */
  readonly shape?: Shape;
  /** How many members a replica set has. Default: 3. */
  readonly members?: 1 | 3;
  /** Gets the lines for the user. Default: stderr, so that a program's output stays its own. */
  readonly say?: (line: string) => void;
  /** Names the servers, as `process.env` does by default. */
  readonly env?: NodeJS.ProcessEnv;
}

type Started = Omit<Deployment, 'description' | 'version' | 'owned' | typeof Symbol.asyncDispose>;
type Starter = (setup: ServerSetup, members: number) => Promise<Started>;

/** One row per shape of deployment. */
const shapes = { standalone: startStandalone, replicaSet: startReplicaSet } satisfies Record<string, Starter>;

export type Shape = keyof typeof shapes;

/**
 * Takes or starts a server, or several, and says in one line which.
 *
 * @throws NoServerError when there is no way to a server; Error when the chosen one does not start or answer, and for
 *   options that do not go together.
 * @example
 * await using deployment = await startDeployment({ shape: 'replicaSet', auth: true });
 * const client = new AsyncClient(deployment.uri);
 */
export async function startDeployment(options: DeploymentOptions = {}): Promise<Deployment> {
  checkOptions(options);
  const { env = process.env } = options;
  const say = options.say ?? ((line: string) => process.stderr.write(`${line}\n`));
  const choice = await chooseServer(waysToServer(env, say));
  const deployment = choice.kind === 'running' ? await adopt(choice.uri) : await start(choice, options);
  say(deployment.description);
  return deployment;
}

function checkOptions({ shape = 'standalone', members }: DeploymentOptions): void {
  if (!(shape in shapes)) {
    throw new TypeError(`shape: expected ${Object.keys(shapes).join(' or ')}, got ${JSON.stringify(shape)}`);
  }
  if (members !== undefined && shape !== 'replicaSet') {
    throw new TypeError(`members: expected none for the shape ${shape}, got ${members}`);
  }
  if (members !== undefined && members !== 1 && members !== 3) {
    throw new TypeError(`members: expected 1 or 3, got ${JSON.stringify(members)}`);
  }
}

async function adopt(uri: string): Promise<Deployment> {
  const adopted = await adoptDeployment(uri);
  return {
    ...adopted,
    description: describe(`MongoDB ${adopted.version} at ${withoutPassword(uri)}, from MONGODB_URI`),
  };
}

async function start(choice: ServerBinary, options: DeploymentOptions): Promise<Deployment> {
  const { shape = 'standalone', members = 3 } = options;
  const version = await programVersion(choice.path);
  const setup = await setUpServers(choice.path, version, options);
  const more = [shape === 'replicaSet' ? `replica set of ${members}` : '', setup.credentials ? 'auth' : ''];
  if (setup.tls !== undefined) more.push('TLS');
  const words = more.filter((word) => word !== '').join(', ');
  const description = describe(`MongoDB ${version}${words && ` (${words})`} from ${choice.origin}`);
  try {
    const started = await shapes[shape](setup, members);
    const facts = { version, description, owned: true, [Symbol.asyncDispose]: () => started.stop() };
    // Not a copy: a set's members and connection string change with its configuration.
    return Object.assign(started, facts);
  } catch (error) {
    await setup.dispose();
    throw error;
  }
}

async function startStandalone(setup: ServerSetup): Promise<Started> {
  const member = await startMember(setup, 0);
  const { credentials, tls } = setup;
  const stop = async (): Promise<void> => {
    await member.stop();
    await setup.dispose();
  };
  try {
    if (credentials !== undefined) await createUsers(member.anonymousURI, member.uri, { credentials, tls, w: 1 });
  } catch (error) {
    await stop();
    throw error;
  }
  const refuse = (order: string) => async (): Promise<never> => {
    throw new Error(`${order}: expected a replica set, this is a standalone server`);
  };
  return {
    shape: 'standalone',
    uri: connectionString([member.address], setup),
    get pid() {
      return member.pid;
    },
    members: [member],
    ...(credentials && { credentials }),
    ...(tls && { tls }),
    primary: async () => member,
    directURI: async () => member.uri,
    stepDown: refuse('stepDown'),
    reconfigure: refuse('reconfigure'),
    addMember: refuse('addMember'),
    removeMember: refuse('removeMember'),
    stop,
  };
}

async function startReplicaSet(setup: ServerSetup, size: number): Promise<Started> {
  const set = new ReplicaSet(setup);
  const { credentials, tls } = setup;
  const stop = async (): Promise<void> => {
    await set.stop();
    await setup.dispose();
  };
  try {
    await set.start(size);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    shape: 'replicaSet',
    setName: set.setName,
    get uri() {
      return set.uri;
    },
    get pid() {
      return set.members[0]?.pid;
    },
    get members() {
      return set.members;
    },
    ...(credentials && { credentials }),
    ...(tls && { tls }),
    primary: () => set.primary(),
    directURI: async () => (await set.primary()).uri,
    stepDown: (seconds) => set.stepDown(seconds),
    reconfigure: (change) => set.reconfigure(change),
    addMember: () => set.addMember(),
    removeMember: (member) => set.removeMember(member),
    stop,
  };
}

function describe(server: string): string {
  return `Server: ${server}. To choose another, set MONGODB_URI (a running server) or MONGOMS_SYSTEM_BINARY (a mongod).`;
}

/** The version that a program gives as its own; at the same time the proof that it runs on this system. */
async function programVersion(path: string): Promise<string> {
  try {
    const { stdout } = await run(path, ['--version'], { timeout: 10_000 });
    const version = /db version v(\S+)/.exec(stdout)?.[1];
    if (version === undefined) throw new Error(`its --version gives no "db version": ${stdout.slice(0, 80)}`);
    return version;
  } catch (error) {
    throw new Error(`The server program ${path} does not run here: ${(error as Error).message.trim()}`, {
      cause: error,
    });
  }
}

function withoutPassword(uri: string): string {
  return uri.replace(/^(mongodb(?:\+srv)?:\/\/)[^@/]*@/, '$1***@');
}
