import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { chooseServer, type ServerChoice } from './choose-server.js';
import { runMongod } from './run-mongod.js';
import { serverVersion } from './server-version.js';
import { waysToServer } from './ways-to-server.js';

const run = promisify(execFile);

/** A server, or several that work together, for tests, examples and benchmarks. */
export interface Deployment extends AsyncDisposable {
  /** Connection string, without a database. */
  readonly uri: string;
  /** Version of the server, for example `6.0.5`. */
  readonly version: string;
  /** Which server this is and how to choose another, in one line without secrets. */
  readonly description: string;
  /** False for a server that ran before and goes on running: `MONGODB_URI`. */
  readonly owned: boolean;
  /** Process id of the server, for a deployment that is owned. */
  readonly pid?: number;
  /** Stops what was started and removes its data. Does nothing to a server that is not owned. */
  stop(): Promise<void>;
}

export interface DeploymentOptions {
  /** What to start. A server named by MONGODB_URI is taken as it is. Default: `standalone`. */
  readonly shape?: Shape;
  /** Further arguments of mongod. */
  readonly args?: readonly string[];
  /** Gets the lines for the user. Default: stderr, so that a program's output stays its own. */
  readonly say?: (line: string) => void;
  /** Names the servers, as `process.env` does by default. */
  readonly env?: NodeJS.ProcessEnv;
}

type Started = Pick<Deployment, 'uri' | 'stop'> & { readonly pid?: number };
type Starter = (binary: string, args: readonly string[]) => Promise<Started>;

/** One row per shape of deployment. */
const shapes = { standalone: runMongod } satisfies Record<string, Starter>;

export type Shape = keyof typeof shapes;

/**
 * Takes or starts a server and says in one line which.
 *
 * @throws NoServerError when there is no way to a server; Error when the chosen one does not start or answer.
 * @example
 * await using deployment = await startDeployment();
 * const client = new AsyncClient(deployment.uri);
 */
export async function startDeployment(options: DeploymentOptions = {}): Promise<Deployment> {
  const { shape = 'standalone', args = [], env = process.env } = options;
  const say = options.say ?? ((line: string) => process.stderr.write(`${line}\n`));
  const choice = await chooseServer(waysToServer(env, say));
  const deployment = choice.kind === 'running' ? await adopt(choice.uri) : await start(choice, shape, args);
  say(deployment.description);
  return deployment;
}

async function adopt(uri: string): Promise<Deployment> {
  const version = await serverVersion(uri);
  const description = describe(`MongoDB ${version} at ${withoutPassword(uri)}, from MONGODB_URI`);
  const stop = async (): Promise<void> => {}; // it is not ours to stop
  return { uri, version, description, owned: false, stop, [Symbol.asyncDispose]: stop };
}

async function start(
  choice: ServerChoice & { kind: 'binary' },
  shape: Shape,
  args: readonly string[],
): Promise<Deployment> {
  const version = await programVersion(choice.path);
  const started = await shapes[shape](choice.path, args);
  const description = describe(`MongoDB ${version} from ${choice.origin}`);
  return { ...started, version, description, owned: true, [Symbol.asyncDispose]: started.stop };
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
