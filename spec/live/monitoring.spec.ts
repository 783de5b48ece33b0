import { once } from 'node:events';
import net from 'node:net';
import type { Document, MongoClient } from 'mongodb';
import { NetworkTimeoutError } from '../../lib/errors/connection-errors.js';
import { clientMetadata } from '../../lib/net/client-metadata.js';
import { tcpConnect } from '../../lib/net/tcp.js';
import { HostAddress } from '../../lib/options/host-address.js';
import {
  type HeartbeatFailure,
  type HeartbeatSuccess,
  Monitor,
  type MonitorHost,
  type MonitorOptions,
} from '../../lib/topology/monitor.js';
import type { Deployment, Member } from '../support/deployment/deployment.js';
import { officialClient } from '../support/official-client.js';
import { startSet } from '../support/proxy/start-set.js';

let set: Deployment;
let member: Member;
let admin: MongoClient;
let apps = 0;

beforeAll(async () => {
  set = await startSet(1);
  member = set.members[0]!;
  admin = officialClient(`${member.uri}`, { serverSelectionTimeoutMS: 20_000 });
}, 40_000);
afterAll(async () => {
  await admin?.close();
  await set?.stop();
});

/** A monitor of a real server, and what it has told, with the time since its start. */
class Watch implements MonitorHost, Disposable {
  readonly appName = `monitoring${++apps}`;
  readonly told: { readonly what: string; readonly awaited: boolean; readonly atMS: number }[] = [];
  readonly successes: HeartbeatSuccess[] = [];
  readonly failures: HeartbeatFailure[] = [];
  /** Somebody waits for a server, and asks for a check as long as there is none. */
  impatient = false;
  readonly #monitor: Monitor;
  #start = performance.now();
  #news: (() => void) | undefined;

  constructor(address: string, options: Partial<MonitorOptions> = {}) {
    const [host, port] = address.split(':') as [string, string];
    const base = { heartbeatFrequencyMS: 500, connectTimeoutMS: 2_000, serverMonitoringMode: 'stream' } as const;
    const client = clientMetadata(this.appName);
    const connect = tcpConnect(HostAddress.of(host, Number(port)));
    this.#monitor = new Monitor(address, connect, { ...base, client, serverApiFields: undefined, ...options }, this);
  }

  start(): this {
    this.#start = performance.now();
    this.#monitor.start();
    return this;
  }

  heartbeatStarted({ awaited }: { awaited: boolean }): void {
    this.#tell('started', awaited);
  }

  heartbeatSucceeded(heartbeat: HeartbeatSuccess): void {
    this.successes.push(heartbeat);
    this.#tell('succeeded', heartbeat.awaited);
  }

  heartbeatFailed(heartbeat: HeartbeatFailure): void {
    this.failures.push(heartbeat);
    this.#tell(heartbeat.cancelled ? 'cancelled' : 'failed', heartbeat.awaited);
    if (this.impatient) this.#monitor.requestCheck();
  }

  /** Waits until something holds. Milliseconds since the start. */
  async until(holds: () => boolean): Promise<number> {
    while (!holds()) await new Promise<void>((resolve) => (this.#news = resolve));
    return this.elapsedMS;
  }

  get elapsedMS(): number {
    return performance.now() - this.#start;
  }

  [Symbol.dispose](): void {
    this.#monitor.close();
  }

  #tell(what: string, awaited: boolean): void {
    this.told.push({ what, awaited, atMS: this.elapsedMS });
    this.#news?.();
  }
}

async function failPoint(mode: Document | 'off', data?: Document): Promise<void> {
  await admin.db('admin').command({ configureFailPoint: 'failCommand', mode, ...(data && { data }) });
}

const HELLOS = ['hello', 'isMaster', 'ismaster'];

describe('a monitor that streams', () => {
  it('hears from its server every heartbeatFrequencyMS, on one request', async () => {
    using watch = new Watch(member.address).start();
    await watch.until(() => watch.successes.length >= 5);
    const [handshake, first, ...rest] = watch.successes;
    expect(handshake).toMatchObject({ awaited: false, connectionId: member.address });
    expect(handshake!.durationMS).toBeLessThan(400);
    expect([first!, ...rest].every(({ awaited }) => awaited)).toBe(true);
    // By the server's clock: of what is read late on a busy machine, the next one seems to come early.
    const sentAt = [first!, ...rest].map(({ hello }) => hello.localTime.getTime());
    for (const [index, time] of sentAt.slice(1).entries()) expect(time - sentAt[index]!).toBeGreaterThan(450);
    const durations = rest.map(({ durationMS }) => durationMS);
    expect(Math.max(...durations)).toBeGreaterThan(450);
    expect(Math.max(...durations)).toBeLessThan(900);
    const what = watch.told.map((told) => told.what);
    expect(what.slice(0, 6)).toEqual(['started', 'succeeded', 'started', 'succeeded', 'started', 'succeeded']);
    expect(new Set(watch.successes.slice(1).map(({ hello }) => hello.connectionId)).size).toBe(1);
    expect(watch.successes.at(-1)!.roundTrip.average).toBeGreaterThan(0);
    expect(watch.successes.at(-1)!.roundTrip.min).toBeGreaterThan(0);
  });

  it('hears of a step-down long before its next heartbeat', async () => {
    using watch = new Watch(member.address, { heartbeatFrequencyMS: 30_000 }).start();
    await watch.until(() => watch.told.at(-1)?.awaited === true);
    const before = performance.now();
    await set.stepDown(1);
    await watch.until(() => watch.successes.at(-1)!.hello.isWritablePrimary === false);
    expect(performance.now() - before).toBeLessThan(5_000);
    await watch.until(() => watch.successes.at(-1)!.hello.isWritablePrimary === true);
    expect(watch.failures).toEqual([]);
    expect(watch.elapsedMS).toBeLessThan(25_000);
  }, 40_000);

  it('measures round trips that grow when the server takes its time', async () => {
    using watch = new Watch(member.address).start();
    await watch.until(() => watch.successes.length >= 3);
    expect(watch.successes.at(-1)!.roundTrip.average).toBeLessThan(250);
    const data = { failCommands: HELLOS, blockConnection: true, blockTimeMS: 500, appName: watch.appName };
    await failPoint({ times: 1_000 }, data);
    try {
      const seconds = watch.elapsedMS / 1_000;
      await watch.until(() => watch.successes.at(-1)!.roundTrip.average > 250);
      expect(watch.elapsedMS / 1_000 - seconds).toBeLessThan(10);
    } finally {
      await failPoint('off');
    }
  }, 20_000);
});

describe('a monitor that polls', () => {
  it('asks once every heartbeatFrequencyMS, on one connection', async () => {
    using watch = new Watch(member.address, { serverMonitoringMode: 'poll' }).start();
    await watch.until(() => watch.successes.length >= 4);
    expect(watch.elapsedMS).toBeGreaterThan(1_450);
    expect(watch.told.every(({ awaited }) => !awaited)).toBe(true);
    expect(new Set(watch.successes.map(({ hello }) => hello.connectionId)).size).toBe(1);
    expect(watch.successes.at(-1)!.durationMS).toBeLessThan(400);
  });
});

describe('a server in trouble', () => {
  it('is asked again as early as 500 ms after it has refused, where somebody waits for it', async () => {
    using watch = new Watch(member.address, { serverMonitoringMode: 'poll', heartbeatFrequencyMS: 10_000 });
    watch.impatient = true;
    await failPoint({ times: 2 }, { failCommands: HELLOS, errorCode: 8, appName: watch.appName });
    try {
      const tookMS = await watch.start().until(() => watch.successes.length > 0);
      expect(watch.failures).toHaveLength(2);
      expect(tookMS).toBeGreaterThan(900);
      expect(tookMS).toBeLessThan(5_000);
    } finally {
      await failPoint('off');
    }
  });

  it('is missed when it freezes, and found when it thaws', async () => {
    const options = { heartbeatFrequencyMS: 1_000, connectTimeoutMS: 500 };
    using watch = new Watch(member.address, options).start();
    watch.impatient = true;
    await watch.until(() => watch.successes.length >= 2);
    await member.freeze();
    try {
      const frozenAt = watch.elapsedMS;
      await watch.until(() => watch.failures.length >= 2);
      const [silent, retried] = watch.failures;
      expect(silent).toMatchObject({ awaited: true, cancelled: false, error: expect.any(NetworkTimeoutError) });
      expect(silent!.error.message).toContain('within connectTimeoutMS + heartbeatFrequencyMS (1500 ms)');
      expect(retried!.error.message).toContain('did not connect within connectTimeoutMS (500 ms)');
      expect(watch.elapsedMS - frozenAt).toBeLessThan(3_000);
    } finally {
      await member.thaw();
    }
    const thawedAt = watch.elapsedMS;
    const heard = watch.successes.length;
    expect((await watch.until(() => watch.successes.length > heard)) - thawedAt).toBeLessThan(3_000);
  }, 30_000);

  it('is missed at once when it is killed, and found when it is back', async () => {
    using watch = new Watch(member.address, { heartbeatFrequencyMS: 10_000 }).start();
    watch.impatient = true;
    await watch.until(() => watch.told.at(-1)?.awaited === true);
    await member.kill();
    await watch.until(() => watch.failures.length >= 2);
    const [cut, refused] = watch.failures;
    expect(cut).toMatchObject({ awaited: true });
    expect(cut!.error.message).toMatch(/was lost/);
    expect(refused!.error.message).toMatch(/ECONNREFUSED/);
    expect(refused!.durationMS).toBeLessThan(400);
    // Counted before: the monitor may find the server sooner than whoever started it.
    const heard = watch.successes.length;
    await member.restart();
    const backAt = watch.elapsedMS;
    expect((await watch.until(() => watch.successes.length > heard)) - backAt).toBeLessThan(1_500);
  }, 40_000);
});

test('a heartbeat starts before its socket is made', async () => {
  const events: string[] = [];
  const listener = net.createServer((socket) => {
    events.push('client connected');
    socket.on('error', () => {}); // the client's side may be gone already
    socket.once('data', () => {
      events.push('client hello received');
      socket.destroy();
    });
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  try {
    const { port } = listener.address() as net.AddressInfo;
    using watch = new Watch(`127.0.0.1:${port}`);
    watch.heartbeatStarted = () => void events.push('serverHeartbeatStarted');
    const failed = new Promise<void>((resolve) => {
      watch.heartbeatFailed = () => {
        events.push('serverHeartbeatFailed');
        resolve();
      };
    });
    watch.start();
    await failed;
    expect(events).toEqual([
      'serverHeartbeatStarted',
      'client connected',
      'client hello received',
      'serverHeartbeatFailed',
    ]);
  } finally {
    listener.close();
  }
});
