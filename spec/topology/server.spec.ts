import { ObjectId } from 'bson';
import { Authenticator } from '../../lib/auth/authenticator.js';
import { AutoReconnectError, ConnectionFailureError, NetworkTimeoutError } from '../../lib/errors/connection-errors.js';
import { AuthenticationError, OperationFailureError } from '../../lib/errors/operation-errors.js';
import { ConfigurationError } from '../../lib/errors/usage-errors.js';
import type { Connection } from '../../lib/net/connection.js';
import { credentialOf } from '../../lib/options/credential.js';
import { Server, type ServerOptions, type ServerOwner } from '../../lib/topology/server.js';
import { describeServer, loadBalancer, type ServerDescription } from '../../lib/topology/server-description.js';
import { ScramServer } from '../auth/scram-server.js';
import { Guest } from '../pool/fake-host.js';
import { fakeClock } from '../support/fake-clock.js';
import { FakeNetwork, type FakeServer, OPTIONS } from './fake-network.js';
import { until } from './until.js';

/** Keeps what a server tells, and its description up to date, as a topology does. */
class Owner implements ServerOwner {
  isDirect = true;
  isLoadBalanced = false;
  readonly news: ServerDescription[] = [];
  readonly events: string[] = [];
  server: Server | undefined;
  onEvent: ((name: string) => void) | undefined;

  learn(news: ServerDescription): void {
    this.news.push(news);
    this.server!.description = news;
  }

  tell(name: string): void {
    this.events.push(name);
    this.onEvent?.(name);
  }
}

function serverOn(options: Partial<ServerOptions> & { loadBalanced?: boolean } = {}, start = true) {
  const network = new FakeNetwork('a:1');
  const owner = new Owner();
  const server = new Server('a:1', network.connectTo('a:1'), { ...OPTIONS, ...options }, owner);
  owner.server = server;
  if (start) server.start();
  return { server, owner, host: network.servers[0] as FakeServer };
}

const at = (generation: number, serviceId?: ObjectId) => ({ generation, serviceId }) as Connection;
const types = (owner: Owner): string[] => owner.news.map(({ type }) => type);
const notPrimary = (code: number, fields: object = {}) =>
  new OperationFailureError('no', { code, response: { ok: 0, code, errmsg: 'no', ...fields } });

describe('a check', () => {
  it('that succeeds lets the pool lend before the owner learns of it', async () => {
    using clock = fakeClock();
    const { server, owner } = serverOn();
    expect([server.isAvailable, server.known, server.description.type]).toEqual([false, undefined, 'Unknown']);
    const learn = jest.spyOn(owner, 'learn').mockImplementation(() => expect(server.isAvailable).toBe(true));
    await clock.settle();
    expect(learn).toHaveBeenCalledTimes(1);
    expect(server.known).toMatchObject({ type: 'Standalone', address: 'a:1', maxWireVersion: 17 });
    expect(owner.events).toEqual(['serverHeartbeatStarted', 'serverHeartbeatSucceeded']);
    expect(server.pool.stats().total).toBe(0);
    server.close(new Error('end'));
  });

  it('that finds a member without data makes it available only where it is addressed directly', async () => {
    using clock = fakeClock();
    for (const isDirect of [true, false]) {
      const { server, owner, host } = serverOn({}, false);
      owner.isDirect = isDirect;
      host.hello = { ok: 1, setName: 'rs0', arbiterOnly: true, hosts: ['b:1'], maxWireVersion: 17 };
      server.start();
      await clock.settle();
      expect([types(owner), server.isAvailable]).toEqual([['RSArbiter'], isDirect]);
      server.close(new Error('end'));
    }
  });

  it('that fails pauses the pool and makes the server unknown; what it was is remembered', async () => {
    using clock = fakeClock();
    const { server, owner, host } = serverOn();
    await clock.settle();
    host.cut();
    await clock.advance(10_000);
    // A server that was known is asked once more at once.
    expect(types(owner)).toEqual(['Standalone', 'Unknown', 'Unknown']);
    expect(owner.news[2]!.error!.message).toContain('ECONNREFUSED');
    expect([server.isAvailable, server.pool.generation, server.known?.type]).toEqual([false, 2, 'Standalone']);
    expect(owner.events.slice(2, 4)).toEqual(['serverHeartbeatStarted', 'serverHeartbeatFailed']);
    host.mood = 'answers';
    server.requestCheck();
    await clock.advance(500);
    expect([types(owner).at(-1), server.isAvailable]).toEqual(['Standalone', true]);
    server.close(new Error('end'));
  });

  it('during which the server is closed by a listener has no effect', async () => {
    using clock = fakeClock();
    for (const wanted of ['serverHeartbeatStarted', 'serverHeartbeatSucceeded', 'serverHeartbeatFailed']) {
      const { server, owner, host } = serverOn({}, false);
      if (wanted === 'serverHeartbeatFailed') host.mood = 'refuses';
      owner.onEvent = (name) => {
        if (name === wanted) server.close(new Error('end'));
      };
      server.start();
      await clock.advance(20_000);
      expect([owner.news, server.closedBy?.message, host.openSockets]).toEqual([[], 'end', 0]);
    }
    expect(clock.timers).toBe(0);
  });
});

describe('a connection', () => {
  it.each([
    [{ ok: 1, maxWireVersion: 6 }, ConfigurationError, 'reports wire version 6'],
    [{ ok: 1, minWireVersion: 99, maxWireVersion: 99 }, ConfigurationError, 'requires wire version 99'],
  ])('to a server that speaks %j is refused', async (hello, Expected, message) => {
    using clock = fakeClock();
    const { server, host } = serverOn();
    await clock.settle();
    host.hello = hello;
    const guest = new Guest();
    server.pool.lend(guest);
    await clock.settle();
    expect(guest.error).toBeInstanceOf(Expected);
    expect(guest.error!.message).toContain(message);
    expect(host.transports.at(-1)!.destroyed).toBe(1);
    server.close(new Error('end'));
  });

  it("carries the server's number, and what its handshake said is known", async () => {
    using clock = fakeClock();
    const { server, host } = serverOn();
    await clock.settle();
    host.hello = { ...host.hello, connectionId: 42, maxWireVersion: 21 };
    const guest = new Guest();
    server.pool.lend(guest);
    await clock.settle();
    expect([guest.connection!.serverConnectionId, server.known!.maxWireVersion]).toEqual([42, 21]);
    server.close(new Error('end'));
  });

  it('that cannot be opened makes the server unknown, its pool cleared; who waits chooses again', async () => {
    using clock = fakeClock();
    const { server, owner, host } = serverOn({ maxConnecting: 1 });
    await clock.settle();
    host.mood = 'refuses';
    const guests = [new Guest(), new Guest()];
    for (const guest of guests) server.pool.lend(guest);
    await clock.settle();
    expect(guests.map(({ state }) => state)).toEqual(['refused', 'turned away']);
    expect(types(owner)).toEqual(['Standalone', 'Unknown']);
    expect([server.isAvailable, server.pool.generation]).toEqual([false, 1]);
    server.close(new Error('end'));
  });

  it('that is cut in the handshake by a server with too much to do is labelled, and clears nothing', async () => {
    using clock = fakeClock();
    const { server, owner, host } = serverOn();
    await clock.settle();
    host.mood = 'cannot be reached';
    const attempt = new AbortController();
    const connecting = server.connect(9, attempt.signal).catch((reason) => reason);
    attempt.abort(new AutoReconnectError('the server closed the connection'));
    const error = await connecting;
    expect(error.errorLabels.toSorted()).toEqual(['RetryableError', 'SystemOverloadedError']);
    server.connectFailed(error, 0);
    expect([types(owner), server.pool.generation]).toEqual([['Standalone'], 0]);
    server.close(new Error('end'));
  });

  describe('that is to be authenticated', () => {
    const ADA = credentialOf(
      new Map([
        ['username', 'ada'],
        ['password', 'pencil'],
      ]),
      undefined,
    )!;
    const GRACE = { ...ADA, username: 'grace', source: 'app' };

    it('is so before it is lent; its monitor is nobody', async () => {
      const { server, host } = serverOn({ authenticator: new Authenticator([ADA]) });
      await until(() => server.isAvailable);
      const scram = new ScramServer({ name: 'ada', password: 'pencil', hash: 'sha1' });
      host.answer = ({ command }) => scram.answer(command) ?? { ok: 1 };
      const connection = await server.connect(1, new AbortController().signal);
      expect([scram.accepted, connection.authentication !== undefined]).toEqual([1, true]);
      const speculations = host.transports.map(({ requests }) => requests[0]!.command.speculativeAuthenticate);
      expect(speculations.filter((each) => each !== undefined)).toHaveLength(1);
      connection.close();
      server.close(new Error('end'));
    });

    it('and is refused makes the server unknown, its pool cleared, and all who wait hear of it', async () => {
      const { server, owner, host } = serverOn({ authenticator: new Authenticator([ADA]) });
      await until(() => server.isAvailable);
      host.answer = () => ({ ok: 0, code: 18, codeName: 'AuthenticationFailed', errmsg: 'Authentication failed.' });
      const guests = [new Guest(), new Guest(), new Guest(), new Guest()];
      for (const guest of guests) server.pool.lend(guest);
      await until(() => guests.every(({ state }) => state !== 'waiting'));
      expect(guests.map(({ state }) => state)).toEqual(['refused', 'refused', 'refused', 'refused']);
      expect([types(owner).includes('Unknown'), server.pool.generation > 0]).toEqual([true, true]);
      expect(owner.news.find(({ error }) => error !== undefined)!.error).toBeInstanceOf(AuthenticationError);
      server.close(new Error('end'));
    });

    it('and is cut behind hello is no sign of a server with too much to do', async () => {
      const { server, host } = serverOn({ authenticator: new Authenticator([ADA]) });
      await until(() => server.isAvailable);
      host.answer = () => 'cut';
      const error = await server.connect(1, new AbortController().signal).catch((reason) => reason);
      expect([error.name, error.errorLabels]).toEqual(['AutoReconnectError', []]);
      server.close(new Error('end'));
    });

    it('as several users has no sessions', async () => {
      const { server } = serverOn({ authenticator: new Authenticator([ADA, GRACE]) });
      await until(() => server.known !== undefined);
      expect(server.known!.logicalSessionTimeoutMinutes).toBeUndefined();
      server.close(new Error('end'));
      const one = serverOn({ authenticator: new Authenticator([ADA]) });
      await until(() => one.server.known !== undefined);
      expect(one.server.known!.logicalSessionTimeoutMinutes).toBe(30);
      one.server.close(new Error('end'));
    });
  });

  it('in use that is cut tells of the server once', async () => {
    using clock = fakeClock();
    const { server, owner } = serverOn();
    await clock.settle();
    const lost = new AutoReconnectError('lost');
    server.connectionLost(lost, at(0));
    server.connectionLost(lost, at(0));
    expect([types(owner), server.pool.generation, server.isAvailable]).toEqual([['Standalone', 'Unknown'], 1, false]);
    expect(owner.news[1]!.error).toBe(lost);
    server.close(new Error('end'));
  });

  it('in use that is silent tells nothing', async () => {
    using clock = fakeClock();
    const { server, owner } = serverOn();
    await clock.settle();
    server.connectionLost(new NetworkTimeoutError('silent'), at(0));
    expect([types(owner), server.pool.generation, server.isAvailable]).toEqual([['Standalone'], 0, true]);
    server.close(new Error('end'));
  });
});

describe('a reply', () => {
  it('of another state makes the server unknown, and asks it what it is now', async () => {
    using clock = fakeClock();
    const { server, owner, host } = serverOn();
    await clock.settle();
    server.replyFailed(notPrimary(10107), at(0));
    expect([types(owner), server.pool.generation]).toEqual([['Standalone', 'Unknown'], 0]);
    await clock.advance(500);
    expect([types(owner).at(-1), host.attempts.length]).toEqual(['Standalone', 1]);
    server.close(new Error('end'));
  });

  it.each([
    ['a shutdown', 91, 17],
    ['a server before 4.2, which closes its connections,', 10107, 7],
  ])('of %s clears the pool', async (_name, code, maxWireVersion) => {
    using clock = fakeClock();
    const { server, host } = serverOn({}, false);
    host.hello = { ...host.hello, maxWireVersion };
    server.start();
    await clock.settle();
    server.replyFailed(notPrimary(code), at(0));
    expect([server.pool.generation, server.isAvailable]).toEqual([1, false]);
    server.close(new Error('end'));
  });

  it('of any other failure says nothing of the server', async () => {
    using clock = fakeClock();
    const { server, owner } = serverOn();
    await clock.settle();
    server.replyFailed(notPrimary(11000), at(0));
    expect(types(owner)).toEqual(['Standalone']);
    server.close(new Error('end'));
  });
});

describe('a primary that another has replaced', () => {
  it('sends operations away that can be tried again, and those in line; the others go on', async () => {
    using clock = fakeClock();
    const { server, host } = serverOn({ maxPoolSize: 2, maxConnecting: 2 });
    await clock.settle();
    host.answer = () => 'silent';
    const [movable, fixed, waiting] = [Object.assign(new Guest(), { moveOver: () => true }), new Guest(), new Guest()];
    for (const guest of [movable, fixed, waiting]) server.pool.lend(guest);
    await clock.settle();
    server.dethroned(server.known!);
    expect([movable.state, fixed.state, waiting.state]).toEqual(['failed', 'lent', 'turned away']);
    expect(movable.error).toBeInstanceOf(AutoReconnectError);
    expect(movable.error!.message).toBe('another member has replaced a:1 as the primary');
    expect(server.pool.stats()).toMatchObject({ total: 1, inUse: 1, generation: 0 });
    server.close(new Error('end'));
  });

  it('before 4.2 has its pool cleared', async () => {
    using clock = fakeClock();
    const { server } = serverOn();
    await clock.settle();
    server.dethroned(describeServer('a:1', { ok: 1, ismaster: true, setName: 's', maxWireVersion: 7 }));
    expect(server.pool.generation).toBe(1);
    server.close(new Error('end'));
  });
});

describe('behind a load balancer', () => {
  it('a server is not checked, lends at once, and loses one service at a time', async () => {
    using clock = fakeClock();
    const { server, owner, host } = serverOn({ loadBalanced: true });
    server.description = loadBalancer('a:1');
    expect([server.isAvailable, clock.timers]).toEqual([true, 0]);
    server.requestCheck();
    const serviceId = new ObjectId();
    host.hello = { ...host.hello, msg: 'isdbgrid', serviceId };
    host.answer = () => 'silent';
    const guest = new Guest();
    server.pool.lend(guest);
    await clock.settle();
    expect(guest.connection!.serviceId!.equals(serviceId)).toBe(true);
    host.cut('answers');
    expect([guest.state, server.isAvailable, server.pool.generation]).toEqual(['failed', true, 0]);
    expect(owner.news).toEqual([]);
    server.close(new Error('end'));
  });

  it('a reply without a service is refused', async () => {
    using clock = fakeClock();
    const { server } = serverOn({ loadBalanced: true });
    const guest = new Guest();
    server.pool.lend(guest);
    await clock.settle();
    expect(guest.error!.message).toContain('load balancing mode');
    server.close(new Error('end'));
  });
});

describe('the end', () => {
  it('of a server that has left lets what is under way end, and sends who waits away', async () => {
    using clock = fakeClock();
    const { server, host } = serverOn({ maxPoolSize: 1 });
    await clock.settle();
    host.answer = () => 'silent';
    const [first, second, late] = [new Guest(), new Guest(), new Guest()];
    server.pool.lend(first);
    server.pool.lend(second);
    await clock.settle();
    server.retire();
    expect([first.state, second.state, server.closedBy?.message]).toEqual([
      'lent',
      'turned away',
      'a:1 does not belong to the deployment any more',
    ]);
    host.transports.at(-1)!.reply({ ok: 1 });
    server.pool.lend(late);
    expect([first.state, late.state, host.openSockets, clock.timers]).toEqual(['replied', 'refused', 0, 0]);
    expect(late.error).toBeInstanceOf(ConnectionFailureError);
  });

  it('of a server that is closed fails everything, and nothing is heard after it', async () => {
    using clock = fakeClock();
    const { server, owner, host } = serverOn();
    await clock.settle();
    host.answer = () => 'silent';
    const guest = new Guest();
    server.pool.lend(guest);
    await clock.settle();
    const end = new Error('the client was closed');
    server.close(end);
    server.connectFailed(new AutoReconnectError('late'), 1);
    server.connectionLost(new AutoReconnectError('late'), at(1));
    server.replyFailed(notPrimary(10107), at(1));
    await clock.advance(20_000);
    expect([guest.error, types(owner), host.openSockets, clock.timers]).toEqual([end, ['Standalone'], 0, 0]);
  });
});
