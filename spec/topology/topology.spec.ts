import { ServerSelectionTimeoutError } from '../../lib/errors/connection-errors.js';
import { ConfigurationError } from '../../lib/errors/usage-errors.js';
import type { Connection } from '../../lib/net/connection.js';
import { ReadPreference } from '../../lib/options/read-preference.js';
import type { TopologyOptions } from '../../lib/topology/topology.js';
import { fakeClock } from '../support/fake-clock.js';
import { FakeNetwork, FakeSelector } from './fake-network.js';
import { END, select, topologyOn } from './fake-topology.js';

describe('selection', () => {
  it('waits until a server is known, and then costs nothing', async () => {
    using clock = fakeClock();
    const network = new FakeNetwork('a:1');
    const topology = topologyOn(network);
    expect(network.servers[0]!.attempts).toEqual([]);
    topology.start();
    const first = [select(topology), select(topology)];
    expect(first.map(({ server }) => server)).toEqual([undefined, undefined]);
    await clock.settle();
    expect(first.every(({ server }) => server?.isAvailable)).toBe(true);
    expect(select(topology).server).toBe(first[0]!.server);
    // The monitor's connection alone.
    expect([network.openSockets, topology.poolStats()[0]!.total]).toEqual([1, 0]);
    topology.close(END);
    expect(clock.timers).toBe(0);
  });

  it('asks for a check every 500 ms while somebody waits', async () => {
    using clock = fakeClock();
    const network = new FakeNetwork('a:1');
    const [server] = network.servers;
    server!.mood = 'refuses';
    const topology = topologyOn(network);
    topology.start();
    const selector = select(topology);
    await clock.advance(1_100);
    const start = server!.attempts[0]!;
    expect(server!.attempts.map((time) => time - start)).toEqual([0, 500, 1_000]);
    server!.mood = 'answers';
    await clock.advance(400);
    expect(selector.server?.isAvailable).toBe(true);
    topology.close(END);
  });

  it('that nobody waits for leaves the checks to heartbeatFrequencyMS', async () => {
    using clock = fakeClock();
    const network = new FakeNetwork('a:1');
    const [server] = network.servers;
    server!.mood = 'refuses';
    const topology = topologyOn(network, { serverSelectionTimeoutMS: 700 });
    topology.start();
    const selector = select(topology);
    await clock.advance(700);
    expect(selector.error).toBeInstanceOf(ServerSelectionTimeoutError);
    expect(selector.error!.message).toMatch(/within serverSelectionTimeoutMS \(waited 700 ms\).*a:1.*ECONNREFUSED/);
    // The check that had been asked for is still made.
    await clock.advance(9_000);
    expect(server!.attempts).toHaveLength(3);
    topology.close(END);
  });

  it('says at once what will never do, to each with an error of its own', async () => {
    using clock = fakeClock();
    const network = new FakeNetwork('a:1');
    network.servers[0]!.hello = { ok: 1, maxWireVersion: 6 };
    const topology = topologyOn(network);
    topology.start();
    const [first, second] = [select(topology), select(topology)];
    await clock.settle();
    expect(first.error).toBeInstanceOf(ConfigurationError);
    expect(first.error!.message).toMatch(/reports wire version 6, .* requires at least 7/);
    expect(second.error).not.toBe(first.error);
    // After an upgrade the next one succeeds.
    network.servers[0]!.hello = { ok: 1, maxWireVersion: 17 };
    await clock.advance(10_000);
    expect(select(topology).server?.isAvailable).toBe(true);
    topology.close(END);
  });

  it('takes the less busy of two, by the operations under way', async () => {
    using clock = fakeClock();
    const topology = topologyOn(FakeNetwork.routers('a:1', 'b:1'));
    topology.start();
    await clock.settle();
    topology.server('a:1')!.operations = 3;
    topology.server('b:1')!.operations = 2;
    const chosen = Array.from({ length: 20 }, () => select(topology).server!.address);
    expect(new Set(chosen)).toEqual(new Set(['b:1']));
    topology.close(END);
  });

  it('passes over addresses where there are others, and takes them where there are none', async () => {
    using clock = fakeClock();
    const topology = topologyOn(FakeNetwork.routers('a:1', 'b:1'));
    topology.start();
    await clock.settle();
    const avoided = new Set(['a:1']);
    const chosen = Array.from({ length: 20 }, () => select(topology, { avoided }).server!.address);
    expect(new Set(chosen)).toEqual(new Set(['b:1']));
    expect(select(topology, { avoided: new Set(['a:1', 'b:1']) }).server).toBeDefined();
    // What was avoided once is nobody else's affair.
    const others = Array.from({ length: 50 }, () => select(topology).server!.address);
    expect(new Set(others)).toEqual(new Set(['a:1', 'b:1']));
    topology.close(END);
  });

  it('goes where the read preference says, also when the primary has changed', async () => {
    using clock = fakeClock();
    const network = FakeNetwork.set('a:1', 'b:1');
    const topology = topologyOn(network);
    topology.start();
    await clock.settle();
    const chosen = (): (string | undefined)[] => [
      select(topology).server?.address,
      select(topology, { readPreference: ReadPreference.SECONDARY }).server?.address,
    ];
    expect([chosen(), chosen()]).toEqual([
      ['a:1', 'b:1'],
      ['a:1', 'b:1'],
    ]);
    network.elect(1);
    await clock.advance(10_000);
    expect(chosen()).toEqual(['b:1', 'a:1']);
    topology.close(END);
  });

  it('keeps its candidates as long as nothing new is learnt, for a hundred read preferences at most', async () => {
    using clock = fakeClock();
    const network = FakeNetwork.set('a:1', 'b:1');
    let asked = 0;
    const counting = { mode: 'nearest', get tags() { asked++; return undefined; } } as unknown as ReadPreference; // biome-ignore format: one line
    const topology = topologyOn(network);
    topology.start();
    await clock.settle();
    for (let i = 0; i < 3; i++) select(topology, { readPreference: counting });
    expect(asked).toBe(1);
    for (let i = 0; i < 100; i++) select(topology, { readPreference: { ...ReadPreference.NEAREST } as ReadPreference });
    select(topology, { readPreference: counting });
    expect(asked).toBe(2);
    await clock.advance(10_000);
    select(topology, { readPreference: counting });
    expect(asked).toBe(3);
    topology.close(END);
  });

  it("asks the application's own selector each time, and says what it throws", async () => {
    using clock = fakeClock();
    let calls = 0;
    const failure = new Error('no server suits me');
    const serverSelector: TopologyOptions['serverSelector'] = (servers) => {
      if (++calls === 3) throw failure;
      return servers.filter(({ address }) => address === (calls === 1 ? 'a:1' : 'b:1'));
    };
    const topology = topologyOn(FakeNetwork.routers('a:1', 'b:1'), { serverSelector });
    topology.start();
    await clock.settle();
    const chosen = [select(topology), select(topology)].map(({ server }) => server?.address);
    expect(chosen).toEqual(['a:1', 'b:1']);
    expect(select(topology)).toMatchObject({ server: undefined, error: failure });
    expect(select(topology).server?.address).toBe('b:1');
    topology.close(END);
  });

  it('refuses a selector in line by what the serverSelector throws, and serves the others', async () => {
    using clock = fakeClock();
    let calls = 0;
    const failure = new Error('no server suits me');
    const serverSelector: TopologyOptions['serverSelector'] = (servers) => {
      if (++calls === 1) throw failure;
      return servers;
    };
    const topology = topologyOn(new FakeNetwork('a:1'), { serverSelector });
    topology.start();
    const [first, second] = [select(topology), select(topology)];
    await clock.settle();
    expect([first.error, second.server?.address]).toEqual([failure, 'a:1']);
    topology.close(END);
  });

  it('of a pinned server waits for that server alone, and says when it is gone', async () => {
    using clock = fakeClock();
    const network = FakeNetwork.set('a:1', 'b:1');
    const topology = topologyOn(network, { serverSelectionTimeoutMS: 20_000 });
    topology.start();
    await clock.settle();
    const pinned = topology.server('b:1')!;
    expect(select(topology, { pinned }).server).toBe(pinned);
    network.servers[1]!.cut();
    await clock.advance(10_000);
    expect(pinned.isAvailable).toBe(false);
    const [waiting, other] = [select(topology, { pinned }), select(topology)];
    expect([waiting.server, other.server?.address]).toEqual([undefined, 'a:1']);
    network.servers[0]!.hello = { ...network.servers[0]!.hello, hosts: ['a:1'], setVersion: 2 };
    await clock.advance(10_000);
    expect(waiting.error!.message).toBe('b:1 does not belong to the deployment any more');
    expect(select(topology, { pinned }).error!.message).toBe('b:1 does not belong to the deployment any more');
    topology.close(END);
  });

  it('that is given up leaves the line', async () => {
    using clock = fakeClock();
    const network = new FakeNetwork('a:1');
    network.servers[0]!.mood = 'cannot be reached';
    const topology = topologyOn(network);
    topology.start();
    const selector = select(topology);
    selector.leave();
    await clock.advance(3_000);
    expect([selector.error, selector.server]).toEqual([undefined, undefined]);
    topology.close(END);
    expect(clock.timers).toBe(0);
  });
});

describe('close', () => {
  it.each(['answers', 'refuses', 'cannot be reached'] as const)('while the server %s leaves nothing', async (mood) => {
    using clock = fakeClock();
    const network = new FakeNetwork('a:1');
    network.servers[0]!.mood = mood;
    const topology = topologyOn(network);
    topology.start();
    const selector = select(topology);
    await clock.settle();
    topology.close(END);
    expect(selector.error).toBe(mood === 'answers' ? undefined : END);
    await clock.advance(20_000);
    expect([network.servers[0]!.attempts.length, network.openSockets, clock.timers]).toEqual([1, 0, 0]);
  });

  it('in the middle of a check, and of a selection', async () => {
    using clock = fakeClock();
    const network = new FakeNetwork('a:1');
    const topology = topologyOn(network);
    topology.start();
    const selectors = [select(topology), select(topology)];
    topology.close(END);
    await clock.advance(1_000);
    expect(selectors.map(({ error }) => error)).toEqual([END, END]);
    expect([network.openSockets, clock.timers]).toEqual([0, 0]);
  });

  it('from a selector that has just been served refuses the others', async () => {
    using clock = fakeClock();
    const topology = topologyOn(new FakeNetwork('a:1'));
    topology.start();
    const first = select(topology, { onSelected: () => topology.close(END) });
    const second = select(topology);
    await clock.settle();
    expect([first.server?.address, second.server, second.error]).toEqual(['a:1', undefined, END]);
    expect(clock.timers).toBe(0);
  });

  it('fails who has a connection', async () => {
    using clock = fakeClock();
    const network = new FakeNetwork('a:1');
    const topology = topologyOn(network);
    topology.start();
    await clock.settle();
    const { server } = select(topology);
    const borrower = new FakeSelector();
    server!.pool.lend(borrower);
    await clock.settle();
    const connection = borrower.connection as Connection;
    topology.close(END);
    expect([connection.isClosed, network.openSockets, clock.timers]).toEqual([true, 0, 0]);
  });
});
