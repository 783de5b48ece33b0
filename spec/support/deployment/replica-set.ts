import { MongoNetworkError, MongoServerError } from 'mongodb';
import { askAdmin, until } from './ask-admin.js';
import { connectionString } from './connection-string.js';
import { createUsers } from './create-users.js';
import type { ConfigChange, Member } from './deployment.js';
import { findPrimary } from './find-primary.js';
import { type OwnedMember, startMember, untilServing } from './owned-member.js';
import type { ServerSetup } from './server-setup.js';
import { losesOffice, type SetConfig, withChanges, withMember, withoutMember, withPatience } from './set-config.js';

/** An election after 1.5 s without a primary (default 10 s), which then waits half a second for missing writes. */
const SETTINGS = {
  electionTimeoutMillis: 1500,
  heartbeatIntervalMillis: 200,
  heartbeatTimeoutSecs: 2,
  catchUpTimeoutMillis: 500,
};
const START_TIMEOUT_MS = 30_000;
const RECONFIGURE_TIMEOUT_MS = 20_000;
const STEP_DOWN_S = 10;
/** How long a primary that steps down waits for a secondary to catch up, within the time of its step-down. */
const CATCH_UP_S = 5;

/** Answers to replSetReconfig after which the same change can be asked for again. */
const TRY_AGAIN = new Set([
  103, // NewReplicaSetConfigurationIncompatible: the server itself has written a version in between
  109, // ConfigurationInProgress
  189, // PrimarySteppedDown
  308, // CurrentConfigNotCommittedYet
  10_107, // NotWritablePrimary
  11_602, // InterruptedDueToReplStateChange
]);

let sets = 0;

/** A replica set whose servers were started here. */
export class ReplicaSet {
  readonly setName = `rs${process.pid}x${sets++}`;
  readonly #setup: ServerSetup;
  /** In the order of their start; with those that were taken out of the configuration and still run. */
  readonly #all: OwnedMember[] = [];
  #started = 0;

  constructor(setup: ServerSetup) {
    this.#setup = setup;
  }

  get members(): OwnedMember[] {
    return this.#all.filter((member) => member.isInSet);
  }

  get uri(): string {
    const addresses = this.members.map((member) => member.address);
    return connectionString(addresses, this.#setup, { replicaSet: this.setName });
  }

  /** Starts this many members; resolves when there is a primary and all others follow it. */
  async start(size: number): Promise<void> {
    const starts = await Promise.allSettled(Array.from({ length: size }, () => this.#startMember()));
    for (const start of starts) if (start.status === 'fulfilled') this.#all.push(start.value);
    for (const start of starts) if (start.status === 'rejected') throw start.reason; // `stop` ends the others
    const [first] = this.#all as [OwnedMember];
    const members = this.#all.map(({ address }, _id) => ({ _id, host: address }));
    await askAdmin(first.anonymousURI, { replSetInitiate: { _id: this.setName, members, settings: SETTINGS } });
    await Promise.all(this.#all.map(untilServing));
    const primary = await this.primary();
    const { credentials, tls } = this.#setup;
    if (credentials !== undefined) await createUsers(primary.anonymousURI, primary.uri, { credentials, tls, w: size });
    // A write that all have: from here on they follow, where they would still look for a source to copy from.
    const note = {
      appendOplogNote: 1,
      data: { msg: 'started' },
      writeConcern: { w: size, wtimeout: START_TIMEOUT_MS },
    };
    await askAdmin(primary.uri, note);
    if (this.#setup.options.steady === true && size > 1) await this.#change(withPatience);
  }

  #startMember(): Promise<OwnedMember> {
    const args = ['--replSet', this.setName, '--wiredTigerCacheSizeGB', '0.25', '--oplogSize', '64'];
    // A server that is told to end waits for its clients to look elsewhere: 15 s by default.
    if (Number.parseInt(this.#setup.version, 10) >= 5) {
      args.push('--setParameter', 'shutdownTimeoutMillisForSignaledShutdown=100');
    }
    return startMember(this.#setup, this.#started++, args);
  }

  primary(): Promise<OwnedMember> {
    return findPrimary(() => this.members.filter((member) => member.isRunning && !member.isFrozen));
  }

  async stepDown(seconds: number = STEP_DOWN_S): Promise<void> {
    const primary = await this.primary();
    const others = this.members.length - 1;
    const secondaryCatchUpPeriodSecs = others === 0 ? 0 : Math.min(CATCH_UP_S, Math.max(0, seconds - 1));
    await askAdmin(primary.uri, { replSetStepDown: seconds, secondaryCatchUpPeriodSecs, force: true });
  }

  async reconfigure(change: ConfigChange): Promise<void> {
    for (const who of change.remove ?? []) await this.#takeOut(this.#find(who));
    for (const who of change.add ?? []) await this.#takeIn(this.#find(who));
    const changes = change.members ?? {};
    const out = Object.keys(changes).filter((address) => losesOffice(changes[address] ?? {}));
    await this.#replacePrimary(out.map((address) => this.#find(address)));
    if (Object.keys(changes).length > 0) await this.#change((config) => withChanges(config, changes));
  }

  async addMember(): Promise<Member> {
    const member = await this.#startMember();
    this.#all.push(member);
    try {
      await this.#takeIn(member);
    } catch (error) {
      await this.#discard(member);
      throw error;
    }
    return member;
  }

  async removeMember(who: Member | string): Promise<void> {
    const member = this.#find(who);
    if (member.isInSet) await this.#takeOut(member);
    await this.#discard(member);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#all.map((member) => member.stop()));
  }

  async #takeIn(member: OwnedMember): Promise<void> {
    await this.#change((config) => withMember(config, member.address));
    member.isInSet = true;
    await untilServing(member);
  }

  async #takeOut(member: OwnedMember): Promise<void> {
    if (this.members.length === 1) throw new Error(`remove: ${member.address} is the only member of its set`);
    await this.#replacePrimary([member]);
    await this.#change((config) => withoutMember(config, member.address));
    member.isInSet = false;
  }

  async #discard(member: OwnedMember): Promise<void> {
    this.#all.splice(this.#all.indexOf(member), 1);
    await member.stop();
  }

  /** Elects another primary, where the present one is among those that must not be it. */
  async #replacePrimary(unfit: readonly OwnedMember[]): Promise<void> {
    if (unfit.length === 0) return;
    await until(RECONFIGURE_TIMEOUT_MS, 'no other member becomes primary', async () => {
      if (!unfit.includes(await this.primary())) return true;
      await this.stepDown();
      return undefined;
    });
  }

  async #change(change: (config: SetConfig) => SetConfig): Promise<void> {
    let refusal = '';
    const complaint = (): string => `the replica set does not take its new configuration${refusal}`;
    await until(RECONFIGURE_TIMEOUT_MS, complaint, async () => {
      const { uri } = await this.primary();
      const { config } = await askAdmin(uri, { replSetGetConfig: 1 });
      const changed = change(config);
      if (changed === config) return true;
      try {
        await askAdmin(uri, { replSetReconfig: changed, maxTimeMS: RECONFIGURE_TIMEOUT_MS });
        return true;
      } catch (error) {
        const passing = error instanceof MongoServerError && TRY_AGAIN.has(Number(error.code));
        if (!passing && !(error instanceof MongoNetworkError)) throw error;
        refusal = ` (${error.message})`;
        return undefined;
      }
    });
  }

  #find(who: Member | string): OwnedMember {
    const address = typeof who === 'string' ? who : who.address;
    const found = this.#all.find((member) => member.address === address);
    if (found !== undefined) return found;
    const known = this.#all.map((member) => member.address).join(', ');
    throw new Error(`member: expected one of ${known}, got ${JSON.stringify(address)}`);
  }
}
