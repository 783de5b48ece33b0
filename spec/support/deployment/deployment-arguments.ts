import { parseArgs } from 'node:util';
import type { DeploymentOptions } from './start-deployment.js';

export const USAGE = `Usage: npm run deployment -- [options]

Starts MongoDB servers for playing and for other drivers, prints their connection string and stays until Ctrl-C.

  --standalone      one server by itself (the default)
  --members N       a replica set of 1 or 3 members
  --auth            users must authenticate; prints the name and password of one who may do everything
  --tls             accepts TLS; prints the files of the certificates
  --unix-socket     listens on a unix socket, too; prints the connection string of the first server's
  --mongos N        presents a replica set as N mongos
  --load-balanced   presents a replica set as mongos behind a load balancer
  --version V       presents the servers as this version, such as 4.2 or 8.0
  --port N          port of the first server, or of the first address that is presented
  --help            prints this

MONGODB_URI=... takes a deployment that runs, for --mongos, --load-balanced and --version in front of it.`;

/** What is presented in place of the servers as they are. */
export interface FacadeWish {
  readonly mongos?: number;
  readonly loadBalanced?: boolean;
  readonly version?: string;
  readonly port?: number;
}

export interface DeploymentWish {
  readonly options: DeploymentOptions;
  readonly facade?: FacadeWish;
}

/** An argument that the command does not understand. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

type Values = ReturnType<typeof parse>;

/**
 * Reads the arguments of `npm run deployment`.
 *
 * @param running whether MONGODB_URI names a deployment, which is taken as it is.
 * @returns undefined where help is asked for.
 * @throws UsageError naming the argument, its value and what was expected.
 */
export function readDeploymentArguments(args: readonly string[], running = false): DeploymentWish | undefined {
  const values = parse(args);
  if (values.help) return undefined;
  if (running)
    refuseFor(
      values,
      ['standalone', 'members', 'auth', 'tls', 'unix-socket'],
      'MONGODB_URI names a deployment that runs',
    );
  if (values.standalone)
    refuseFor(values, ['members', 'mongos', 'load-balanced'], '--standalone asks for one server as it is');
  const facade = facadeOf(values);
  if (facade === undefined && running) refuseFor(values, ['port'], 'MONGODB_URI names a deployment that runs');
  if (facade !== undefined)
    refuseFor(
      values,
      ['tls', 'unix-socket'],
      'what is presented by --mongos, --load-balanced or --version is plain TCP',
    );
  return { options: optionsOf(values, facade), ...(facade === undefined ? {} : { facade }) };
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        standalone: { type: 'boolean' },
        members: { type: 'string' },
        auth: { type: 'boolean' },
        tls: { type: 'boolean' },
        'unix-socket': { type: 'boolean' },
        mongos: { type: 'string' },
        'load-balanced': { type: 'boolean' },
        version: { type: 'string' },
        port: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    return values;
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

function optionsOf(values: Values, facade: FacadeWish | undefined): DeploymentOptions {
  const { members } = values;
  if (members !== undefined && members !== '1' && members !== '3') {
    throw new UsageError(`--members: expected 1 or 3, got ${JSON.stringify(members)}`);
  }
  // A mongos has sessions, transactions and change streams: they need a replica set behind it.
  const isSet = members !== undefined || facade?.mongos !== undefined || facade?.loadBalanced === true;
  const port = facade === undefined ? portOf(values) : undefined;
  return {
    ...(isSet ? { shape: 'replicaSet', members: members === '3' ? 3 : 1 } : {}),
    ...(values.auth ? { auth: true } : {}),
    ...(values.tls ? { tls: true } : {}),
    ...(values['unix-socket'] ? { unixSocket: true } : {}),
    ...(port === undefined ? {} : { port }),
  };
}

function facadeOf(values: Values): FacadeWish | undefined {
  const mongos = numberOf('mongos', values.mongos, 1, 10);
  const { version } = values;
  if (version !== undefined && !/^\d+\.\d+$/.test(version)) {
    throw new UsageError(`--version: expected two numbers such as 4.2, got ${JSON.stringify(version)}`);
  }
  if (mongos === undefined && version === undefined && !values['load-balanced']) return undefined;
  const port = portOf(values);
  return {
    ...(mongos === undefined ? {} : { mongos }),
    ...(values['load-balanced'] ? { loadBalanced: true } : {}),
    ...(version === undefined ? {} : { version }),
    ...(port === undefined ? {} : { port }),
  };
}

/** Room above it for the ports that follow. */
function portOf(values: Values): number | undefined {
  return numberOf('port', values.port, 1, 65_525);
}

function numberOf(name: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= most) return number;
  throw new UsageError(`--${name}: expected a whole number from ${least} to ${most}, got ${JSON.stringify(text)}`);
}

function refuseFor(values: Values, names: readonly (keyof Values)[], reason: string): void {
  for (const name of names) {
    if (values[name] !== undefined) throw new UsageError(`--${name}: expected to be absent, because ${reason}`);
  }
}
