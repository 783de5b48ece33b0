import { ServerSelectionTimeoutError } from '../../lib/errors/connection-errors.js';
import { ConfigurationError } from '../../lib/errors/usage-errors.js';
import type { Connection } from '../../lib/net/connection.js';
import { SingleTopology } from '../../lib/topology/single-topology.js';
import { fakeClock } from '../support/fake-clock.js';
import { FakeNetwork, FakeSelector, OPTIONS } from './fake-network.js';

function topologyOn(network: FakeNetwork, serverSelectionTimeoutMS = 2_000): SingleTopology {
  return new SingleTopology('db:27017', network.connect, { ...OPTIONS, serverSelectionTimeoutMS });
}

function select(topology: SingleTopology): FakeSelector {
  const selector = new FakeSelector();
  topology.select(selector);
  return selector;
}

describe('SingleTopology', () => {
  it('connects when somebody selects, once for all, and at once for those who come later', async () => {
    using clock = fakeClock();
    const network = new FakeNetwork();
    const topology = topologyOn(network);
    expect([topology.servers, network.attempts]).toEqual([[], []]);
    const first = [select(topology), select(topology)];
    await clock.settle();
    expect(first.every(({ server }) => server?.isAvailable)).toBe(true);
    expect(select(topology).server).toBe(first[0]!.server);
    expect([network.attempts.length, clock.timers]).toEqual([1, 0]);
    expect(topology.servers).toMatchObject([{ address: 'db:27017', type: 'Standalone' }]);
    expect(topology.poolStats()).toMatchObject([{ address: 'db:27017', total: 1 }]);
  });

  it('checks again every 500 ms while somebody waits, and recovers', async () => {
    using clock = fakeClock();
    const network = new FakeNetwork();
    network.mood = 'refuses';
    const topology = topologyOn(network);
    const selector = select(topology);
    await clock.advance(1_100);
    const start = network.attempts[0]!;
    expect(network.attempts.map((time) => time - start)).toEqual([0, 500, 1_000]);
    // Who comes during the pause does not shorten it.
    const second = select(topology);
    await clock.settle();
    expect(network.attempts).toHaveLength(3);
    network.mood = 'answers';
    await clock.advance(400);
    expect([selector.server?.isAvailable, second.server?.isAvailable]).toEqual([true, true]);
    expect(clock.timers).toBe(0);
  });

  it('gives up after serverSelectionTimeoutMS, with the last error, and then stops checking', async () => {
    using clock = fakeClock();
    const network = new FakeNetwork();
    network.mood = 'refuses';
    const { error, server } = await (async () => {
      const selector = select(topologyOn(network, 700));
      await clock.advance(700);
      return selector;
    })();
    expect(server).toBeUndefined();
    expect(error).toBeInstanceOf(ServerSelectionTimeoutError);
    expect(error!.message).toMatch(
      /^no server could be selected within serverSelectionTimeoutMS \(waited 700 ms\): db:27017 is unknown, last error: .*ECONNREFUSED/,
    );
    expect((error!.cause as Error).message).toContain('ECONNREFUSED');
    await clock.advance(5_000);
    expect([network.attempts.length, clock.timers]).toEqual([2, 0]);
  });

  it('says when the server has not answered at all', async () => {
    using clock = fakeClock();
    const network = new FakeNetwork();
    network.mood = 'hangs';
    const topology = topologyOn(network, 100);
    const selector = select(topology);
    await clock.advance(100);
    expect(selector.error!.message).toContain('db:27017 has not answered yet');
    topology.close(new Error('end'));
  });

  it('refuses at once what will never do, each with an error of its own', async () => {
    using clock = fakeClock();
    const network = new FakeNetwork();
    network.hello = { ok: 1, maxWireVersion: 6 };
    const topology = topologyOn(network);
    const [first, second] = [select(topology), select(topology)];
    await clock.settle();
    expect(first.error).toBeInstanceOf(ConfigurationError);
    expect(first.error!.message).toMatch(/reports wire version 6, .* requires at least 7/);
    expect(second.error).not.toBe(first.error);
    expect(clock.timers).toBe(0);
    // After an upgrade the next one succeeds.
    network.hello = { ok: 1, maxWireVersion: 17 };
    const third = select(topology);
    await clock.settle();
    expect(third.server?.isAvailable).toBe(true);
  });

  it('finds the server again after it was lost', async () => {
    using clock = fakeClock();
    const network = new FakeNetwork();
    const topology = topologyOn(network);
    const { server } = await (async () => {
      const selector = select(topology);
      await clock.settle();
      return selector;
    })();
    server!.connectionLost(new Error('ECONNRESET'), { generation: 0 } as Connection);
    const selector = select(topology);
    expect(selector.server).toBeUndefined();
    await clock.settle();
    expect(selector.server).toBe(server);
    expect(topology.poolStats()).toMatchObject([{ generation: 1, total: 1 }]);
  });

  it.each(['answers', 'hangs', 'refuses'] as const)('closes while the server %s', async (mood) => {
    using clock = fakeClock();
    const network = new FakeNetwork();
    network.mood = mood;
    const topology = topologyOn(network);
    const before = select(topology);
    await clock.settle();
    const end = new Error('the client was closed');
    topology.close(end);
    await clock.advance(5_000);
    expect(before.error).toBe(mood === 'answers' ? undefined : end);
    expect([network.attempts.length, clock.timers]).toEqual([1, 0]);
    expect(network.transports.every(({ destroyed }) => destroyed === 1)).toBe(true);
  });

  it('closes in the middle of a check', async () => {
    using clock = fakeClock();
    const network = new FakeNetwork();
    const topology = topologyOn(network);
    const selector = select(topology);
    const end = new Error('end');
    topology.close(end);
    await clock.advance(1_000);
    expect([selector.error, selector.server, clock.timers]).toEqual([end, undefined, 0]);
  });
});
