import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { testUri } from '../support/live.js';
import { uncompressed } from '../support/uncompressed.js';

export type TopologyKind = 'standalone' | 'replicaSet' | 'sharded';

/** What a test needs of the server that it runs against. */
export interface Need {
  /** The first version that has the feature, such as `4.4`. */
  readonly minVersion?: string;
  /** The first version that has the feature no more. */
  readonly below?: string;
  readonly topology?: readonly TopologyKind[];
  /** Fail points such as failCommand: servers started with `enableTestCommands=1`. */
  readonly failPoints?: boolean;
  /** Connections without TLS, as something has to read what passes. */
  readonly plain?: boolean;
}

/** What the server of this run is. */
export interface ServerFacts {
  readonly version: string;
  readonly topology: TopologyKind;
  readonly failPoints: boolean;
}

/** Defines tests where the server has what they need, and skipped tests with the reason in their title where not. */
export interface Guard {
  (title: string, run: () => Promise<void>, timeoutMS?: number): void;
  /** The same for a block of tests. */
  describe(title: string, define: () => void): void;
}

/** Run by the official driver in a process of its own: tests are defined synchronously, and a server answers later. */
const ASK = `
  import { MongoClient } from 'mongodb-6';
  const client = new MongoClient(process.env.ROTOR_ASK_URI);
  await client.connect();
  const admin = client.db('admin');
  const hello = await admin.command({ hello: 1 }).catch(() => admin.command({ isMaster: 1 }));
  const { version } = await admin.command({ buildInfo: 1 });
  const failPoints = await admin.command({ getParameter: 1, enableTestCommands: 1 }).then(
    (reply) => reply.enableTestCommands === true || reply.enableTestCommands === 1,
    () => false,
  );
  const topology = hello.msg === 'isdbgrid' ? 'sharded' : hello.setName === undefined ? 'standalone' : 'replicaSet';
  console.log(JSON.stringify({ version, topology, failPoints }));
  await client.close();
`;

let facts: ServerFacts | undefined;

/** What the server of this run is; asked once in each test file. */
export function serverFacts(): ServerFacts {
  if (facts === undefined) {
    const program = ['--input-type=module', '-e', ASK];
    const env = { ...process.env, ROTOR_ASK_URI: uncompressed(testUri()) };
    const options = { cwd: resolve(__dirname, '../..'), env, encoding: 'utf8', timeout: 40_000 } as const;
    facts = JSON.parse(execFileSync(process.execPath, program, options)) as ServerFacts;
  }
  return facts;
}

/** Whether a version such as `6.0.5` is `floor` or later. */
export function isAtLeast(version: string, floor: string): boolean {
  const parts = (text: string): number[] => text.split(/[.-]/).map(Number);
  const have = parts(version);
  for (const [index, want] of parts(floor).entries()) {
    const part = have[index] ?? 0;
    if (part !== want) return part > want;
  }
  return true;
}

/** Why a server cannot do what is needed; undefined where it can. */
export function reasonAgainst(need: Need, server: ServerFacts): string | undefined {
  if (need.minVersion !== undefined && !isAtLeast(server.version, need.minVersion)) {
    return `needs server ${need.minVersion}, this is ${server.version}`;
  }
  if (need.below !== undefined && isAtLeast(server.version, need.below)) {
    return `gone in server ${need.below}, this is ${server.version}`;
  }
  if (need.topology !== undefined && !need.topology.includes(server.topology)) {
    return `needs ${need.topology.join(' or ')}, this is ${server.topology}`;
  }
  if (need.plain && /[?&](tls|ssl)=true/i.test(testUri())) return 'needs a server without TLS';
  if (need.failPoints && !server.failPoints) return 'needs fail points: a server with enableTestCommands=1';
  return undefined;
}

/**
 * Guards tests that not every server can pass.
 *
 * @example
 * requires({ minVersion: '5.0', failPoints: true })('reports the failure', async () => { ... });
 */
export function requires(need: Need): Guard {
  const reason = reasonAgainst(need, serverFacts());
  const define: Pick<Guard, 'describe'> & ((...args: Parameters<Guard>) => void) =
    reason === undefined
      ? Object.assign((...[title, run, timeoutMS]: Parameters<Guard>) => test(title, run, timeoutMS), {
          describe: (title: string, body: () => void) => describe(title, body),
        })
      : Object.assign((...[title, run]: Parameters<Guard>) => test.skip(`${title} (${reason})`, run), {
          describe: (title: string, body: () => void) => describe.skip(`${title} (${reason})`, body),
        });
  return define;
}

/**
 * `describe` and `it` for tests whose proxies have to read what passes: they skip where MONGODB_URI asks for TLS.
 *
 * @example
 * const { describe, it } = readableTraffic();
 */
export function readableTraffic(): { readonly describe: jest.Describe; readonly it: jest.It } {
  const isReadable = reasonAgainst({ plain: true }, serverFacts()) === undefined;
  return isReadable ? { describe, it } : { describe: describe.skip, it: it.skip };
}
