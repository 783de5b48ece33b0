import { setTimeout as sleep } from 'node:timers/promises';
import type { Deployment, Member } from '../support/deployment/deployment.js';
import type { CutPoint } from '../support/proxy/fault.js';
import type { WireProxy } from '../support/proxy/start-proxy.js';
import type { ElectionWatch } from './election-watch.js';
import type { Work } from './job.js';
import { Address } from './moved-names.js';
import type { Lasts } from './schedule.js';
import { POOL_CAP } from './waiters.js';
import type { WorkerProcess } from './worker-process.js';

/** What a fault acts upon. */
export interface Ground {
  readonly set: Deployment;
  /** Of faults that want it: between the driver and the set. */
  readonly proxy: WireProxy | undefined;
  readonly watch: ElectionWatch;
  readonly worker: WorkerProcess;
  /** What is to be closed when the run is over, beside the others. */
  readonly closers: (() => void)[];
}

/** What a strike is aimed at. */
export interface Target {
  readonly primary: Member;
  /** 0 to 1, from the seed. */
  readonly chance: number;
}

/** Puts right what a strike has done. */
type Heal = () => Promise<void> | void;

/** Until when no driver could have succeeded, after a strike: a new primary was there, or the strike was healed. */
type Outage = 'election' | 'healing' | 'none';

export interface Fault {
  /** In the words of the documentation. */
  readonly title: string;
  readonly work: Work;
  /** Operations at the same time, operations in line, or clients one after another. */
  readonly count: number;
  /** How long the load lasts, where nobody says otherwise. */
  readonly seconds: number;
  readonly outage: Outage;
  /** Of one strike. Undefined for a fault that is there all the time, or no fault but a load. */
  readonly lasts?: Lasts;
  readonly restMS?: number;
  /** How much longer than the outage an operation may take. Default: half a second. */
  readonly marginMS?: number;
  readonly options?: Readonly<Record<string, unknown>>;
  /** Whether the driver talks to the set through proxies; `names`: to which it knows the way by names alone. */
  readonly proxied?: boolean | 'names';
  /** Happens before the client opens, and while it does. */
  prepare?(ground: Omit<Ground, 'worker'>): Promise<void>;
  opening?(ground: Ground): Promise<void>;
  strike?(ground: Ground, target: Target): Promise<Heal>;
}

const LOAD = { work: 'load', count: 200, seconds: 12, outage: 'none' } as const;
/** The members do not notice that a proxy keeps their clients away: how long they would take to. */
const NOTICE_MS = 1_500;
/** A server that is Unknown is not checked again before 500 ms have passed; the other half is for new connections. */
const CHECK_AGAIN_MS = 1_000;
/** Without a strike there is no calm before it: no operation hangs. */
const NO_STRIKE_MS = 3_000;
const ALL_DOWN_MS = 20_000;
const CUT_POINTS: readonly CutPoint[] = ['before request', 'after request', 'inside reply', 'after reply'];
const CLOCK_STEPS_MS = [3_600_000, -3_600_000, 86_400_000, -86_400_000, 40_000, -40_000];

async function kill(_: Ground, { primary }: Target): Promise<Heal> {
  await primary.kill();
  return () => primary.restart();
}

async function stepDown({ watch }: Ground, { primary }: Target): Promise<Heal> {
  await watch.order(primary.address, { replSetStepDown: 5, secondaryCatchUpPeriodSecs: 4, force: true });
  return () => {};
}

async function freeze(_: Ground, { primary }: Target): Promise<Heal> {
  await primary.freeze();
  return () => primary.thaw();
}

/** Cut off from clients and members alike: to the others, the primary is as good as dead. */
async function partition({ set, proxy, watch }: Ground, { primary }: Target): Promise<Heal> {
  proxy!.partition(primary.address);
  await sleep(NOTICE_MS);
  const other = set.members.find((member) => member !== primary)!;
  await watch.order(other.address, { replSetStepUp: 1, skipDryRun: true });
  return () => proxy!.heal();
}

async function killAll({ set }: Ground): Promise<Heal> {
  const members = [...set.members];
  await Promise.all(members.map((member) => member.kill()));
  return async () => void (await Promise.all(members.map((member) => member.restart())));
}

async function replaceMember({ set, watch }: Ground, { primary }: Target): Promise<Heal> {
  await set.removeMember(primary);
  return async () => watch.add(await set.addMember());
}

async function cut({ proxy }: Ground, { chance }: Target): Promise<Heal> {
  const at = CUT_POINTS[Math.floor(chance * CUT_POINTS.length)]!;
  const fault = proxy!.fault({ kind: 'cut', at, command: ['insert', 'update', 'find'], times: 1 });
  return () => fault.clear();
}

async function stepClock(ground: Ground, target: Target): Promise<Heal> {
  const stepMS = CLOCK_STEPS_MS[Math.floor(target.chance * CLOCK_STEPS_MS.length)]!;
  ground.worker.send({ order: 'clock', stepMS });
  await stepDown(ground, target);
  return () => ground.worker.send({ order: 'clock', stepMS: 0 });
}

async function addressOfSecondary({ set, proxy }: Omit<Ground, 'worker'>): Promise<string> {
  const primary = await set.primary();
  return proxy!.members.find(({ serverAddress }) => serverAddress !== primary.address)!.address;
}

async function silence(ground: Omit<Ground, 'worker'>): Promise<void> {
  ground.proxy!.fault({ kind: 'silent', member: await addressOfSecondary(ground) });
}

/** The monitors' connections are there by then, and go on: the member looks healthy. */
async function silenceNew(ground: Ground): Promise<void> {
  await ground.worker.ready;
  await silence(ground);
}

/** Where names lead, before and after the servers have moved. */
const FIRST_ADDRESS = '127.0.0.2';
const SECOND_ADDRESS = '127.0.0.3';
const NAMES_MISSING_MS = 1_000;

async function moveTo(ground: Ground, host: string): Promise<void> {
  const ports = ground.proxy!.members.map(({ address }) => Number(address.split(':')[1]));
  const address = await Address.open(host, ports);
  ground.closers.push(() => address.stop());
  ground.worker.send({ order: 'names', address: host });
}

async function loseNames(ground: Ground): Promise<Heal> {
  ground.worker.send({ order: 'names', address: null });
  ground.closers.pop()?.();
  return () => moveTo(ground, SECOND_ADDRESS);
}

const ONE_OF = [kill, stepDown, freeze];

/** Every fault by its name on the command line. */
export const FAULTS = {
  kill: { ...LOAD, title: 'primary killed', outage: 'election', lasts: [3000, 4000], strike: kill },
  stepdown: { ...LOAD, title: 'primary stepped down', outage: 'election', lasts: [2000, 3000], strike: stepDown },
  freeze: { ...LOAD, title: 'primary frozen, and thawed', outage: 'election', lasts: [5000, 6000], strike: freeze },
  partition: {
    ...{ ...LOAD, title: 'primary partitioned', outage: 'election', lasts: [5000, 6000] },
    ...{ proxied: true, strike: partition },
  },
  'all-down': {
    ...{ ...LOAD, title: 'all members down for 20 s', seconds: 40, outage: 'election' },
    ...{ lasts: [ALL_DOWN_MS, ALL_DOWN_MS], strike: killAll },
  },
  silent: {
    ...{ ...LOAD, title: 'a secondary accepts and never answers', seconds: 8, proxied: true, prepare: silence },
    marginMS: NO_STRIKE_MS,
    options: { readPreference: 'secondaryPreferred' },
  },
  membership: {
    ...{ ...LOAD, title: 'primary removed from the set, another member added', seconds: 20, outage: 'election' },
    ...{ lasts: [1000, 2000], strike: replaceMember },
  },
  'silent-to-new': {
    ...{ ...LOAD, title: 'a secondary never answers new connections', seconds: 8, proxied: true, opening: silenceNew },
    marginMS: NO_STRIKE_MS,
    options: { readPreference: 'secondaryPreferred', connectTimeoutMS: 2_000 },
  },
  cuts: {
    ...{ ...LOAD, title: 'connections cut before, inside and after replies', proxied: true, marginMS: CHECK_AGAIN_MS },
    ...{ lasts: [50, 100], restMS: 1_000, strike: cut },
  },
  dns: {
    ...{ ...LOAD, title: 'names that cannot be resolved, then lead elsewhere', outage: 'healing', proxied: 'names' },
    marginMS: CHECK_AGAIN_MS,
    opening: async (ground) => {
      await sleep(NAMES_MISSING_MS);
      await moveTo(ground, FIRST_ADDRESS);
    },
    ...{ lasts: [1500, 2500], strike: loseNames },
  },
  clock: {
    ...{ ...LOAD, title: 'wall clock steps, and the primary steps down', outage: 'election' },
    ...{ lasts: [2000, 3000], strike: stepClock },
  },
  mixed: {
    ...{ ...LOAD, title: 'primary killed, stepped down, frozen in turn', seconds: 30, outage: 'election' },
    lasts: [4000, 5000],
    strike: (ground, target) => ONE_OF[Math.floor(target.chance * ONE_OF.length)]!(ground, target),
  },
  waiters: {
    ...{ work: 'waiters', count: 10_000, title: `10,000 wait for a pool of ${POOL_CAP}`, seconds: 0, outage: 'none' },
    options: { maxPoolSize: POOL_CAP },
  },
  'aborted-waiters': {
    ...{ work: 'aborted waiters', count: 10_000, title: 'half of 10,000 that wait give up', seconds: 0 },
    ...{ outage: 'none', options: { maxPoolSize: POOL_CAP } },
  },
  cycles: { work: 'cycles', count: 1_000, title: 'clients opened and closed', seconds: 0, outage: 'none' },
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;
