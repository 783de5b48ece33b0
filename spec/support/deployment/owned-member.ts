import { join } from 'node:path';
import { until, withAdmin } from './ask-admin.js';
import { connectionString } from './connection-string.js';
import type { Member } from './deployment.js';
import { type Mongod, runMongod } from './run-mongod.js';
import type { ServerSetup } from './server-setup.js';

/** How long a server may take to serve again after its restart. */
const BACK_TIMEOUT_MS = 30_000;

/** A member that was started here. */
export interface OwnedMember extends Member {
  readonly isFrozen: boolean;
  /** Connection string without a user: for hello, which needs none, and for the first user of all. */
  readonly anonymousURI: string;
  /** Whether it belongs to the configuration of its set at the moment. */
  isInSet: boolean;
  stop(): Promise<void>;
}

/**
 * Starts one server.
 *
 * @param index in its deployment: with the option `port`, its port is that and its index.
 * @param args beyond those of the set-up.
 */
export async function startMember(
  setup: ServerSetup,
  index: number,
  args: readonly string[] = [],
): Promise<OwnedMember> {
  const { port } = setup.options;
  const mongod = await runMongod({
    ...setup.mongod,
    args: [...args, ...(setup.mongod.args ?? [])],
    ...(port === undefined ? {} : { port: port + index }),
  });
  return new MongodMember(setup, mongod);
}

class MongodMember implements OwnedMember {
  readonly address: string;
  readonly uri: string;
  readonly anonymousURI: string;
  declare readonly socketPath?: string;
  isInSet = true;
  readonly #mongod: Mongod;

  constructor(setup: ServerSetup, mongod: Mongod) {
    this.#mongod = mongod;
    this.address = `${setup.host}:${mongod.port}`;
    const direct = { directConnection: 'true' };
    this.uri = connectionString([this.address], setup, direct);
    this.anonymousURI = connectionString([this.address], { tls: setup.tls }, direct);
    if (setup.options.unixSocket) this.socketPath = join(mongod.dataFolder, `mongodb-${mongod.port}.sock`);
  }

  get pid(): number | undefined {
    return this.#mongod.pid;
  }

  get isRunning(): boolean {
    return this.#mongod.isRunning;
  }

  get isFrozen(): boolean {
    return this.#mongod.isFrozen;
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    return this.#mongod.kill(signal);
  }

  async restart(): Promise<void> {
    await this.#mongod.restart();
    if (this.isInSet) await untilServing(this);
  }

  freeze(): Promise<void> {
    return this.#mongod.freeze();
  }

  thaw(): Promise<void> {
    return this.#mongod.thaw();
  }

  stop(): Promise<void> {
    return this.#mongod.stop();
  }
}

/** Waits until a server serves reads: as a standalone server, a primary or a secondary. */
export async function untilServing(member: OwnedMember): Promise<void> {
  await withAdmin(member.anonymousURI, (admin) =>
    until(BACK_TIMEOUT_MS, `${member.address} is neither primary nor secondary`, async () => {
      const hello = await admin.command({ hello: 1 });
      return hello.isWritablePrimary || hello.secondary ? true : undefined;
    }),
  );
}
