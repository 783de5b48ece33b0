import { ServerSelectionTimeoutError } from '../../lib/errors/connection-errors.js';
import { ConfigurationError } from '../../lib/errors/usage-errors.js';
import type { Connection } from '../../lib/net/connection.js';
import { ReadPreference } from '../../lib/options/read-preference.js';
import { Topology, type TopologyOptions } from '../../lib/topology/topology.js';
import { fakeClock } from '../support/fake-clock.js';
import { FakeNetwork, FakeSelector, TOPOLOGY } from './fake-network.js';

const END = new Error('the client was closed');

/** Writes down the events of a topology, by name and address. */
class Listener {
  readonly told: string[] = [];
  hearsTopology = true;
  onEvent: ((name: string, event: any) => void) | undefined;

  tell(name: string, event: any): void {
    this.told.push(event.address === undefined ? name : `${name} ${event.address}`);
    this.onEvent?.(name, event);
  }

  take(): string[] {
    return this.told.splice(0).filter((line) => !line.startsWith('serverHeartbeat'));
  }
}

function topologyOn(network: FakeNetwork, options: Partial<TopologyOptions> = {}, listener = new Listener()): Topology {
  return new Topology({ ...TOPOLOGY, seeds: network.addresses, ...options }, network.connectTo, listener as never);
}

function select(topology: Topology, wanted: ConstructorParameters<typeof FakeSelector>[0] = {}): FakeSelector {
  const selector = new FakeSelector(wanted);
  topology.select(selector);
  return selector;
}

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

describe('what is learnt', () => {
  it('opens the servers that a member names, and closes those that it does not', async () => {
    using clock = fakeClock();
    const network = FakeNetwork.set('a:1', 'b:1');
    const topology = topologyOn(network, { seeds: ['a:1', 'x:1'] });
    topology.start();
    await clock.settle();
    expect([...topology.description.servers.keys()].toSorted()).toEqual(['a:1', 'b:1']);
    expect(topology.server('x:1')).toBeUndefined();
    expect(topology.poolStats().map(({ address }) => address)).toEqual(['a:1', 'b:1']);
    topology.close(END);
  });

  it('is told in the order of the specification', async () => {
    using clock = fakeClock();
    const listener = new Listener();
    const network = FakeNetwork.set('a:1', 'b:1');
    const topology = topologyOn(network, { seeds: ['a:1'] }, listener);
    topology.start();
    expect(listener.take()).toEqual(['topologyOpening', 'topologyDescriptionChanged', 'serverOpening a:1']);
    await clock.settle();
    expect(listener.take()).toEqual([
      'serverDescriptionChanged a:1',
      'topologyDescriptionChanged',
      'serverOpening b:1',
      'serverDescriptionChanged b:1',
      'topologyDescriptionChanged',
    ]);
    await clock.advance(10_000);
    expect(listener.take()).toEqual([]);
    topology.close(END);
    topology.close(END);
    expect(listener.take()).toEqual([
      'serverClosed a:1',
      'serverClosed b:1',
      'topologyDescriptionChanged',
      'topologyClosed',
    ]);
    await clock.advance(20_000);
    expect([listener.told, clock.timers, network.openSockets]).toEqual([[], 0, 0]);
  });

  it('makes no events where nobody listens', async () => {
    using clock = fakeClock();
    const listener = new Listener();
    listener.hearsTopology = false;
    const topology = topologyOn(new FakeNetwork('a:1'), {}, listener);
    topology.start();
    await clock.settle();
    topology.close(END);
    expect(listener.told).toEqual([]);
  });

  it('shows the descriptions before and after', async () => {
    using clock = fakeClock();
    const listener = new Listener();
    const changes: string[] = [];
    listener.onEvent = (name, { previousDescription, newDescription }) => {
      if (name.endsWith('DescriptionChanged')) changes.push(`${previousDescription.type} > ${newDescription.type}`);
    };
    const topology = topologyOn(new FakeNetwork('a:1'), {}, listener);
    topology.start();
    await clock.settle();
    topology.close(END);
    expect(changes).toEqual(['Unknown > Unknown', 'Unknown > Standalone', 'Unknown > Single', 'Single > Unknown']);
  });

  it.each(['serverDescriptionChanged', 'serverClosed', 'topologyDescriptionChanged', 'serverOpening'])(
    'survives a listener that closes the client when it hears %s',
    async (wanted) => {
      using clock = fakeClock();
      const listener = new Listener();
      const network = FakeNetwork.set('a:1', 'b:1');
      const topology = topologyOn(network, { seeds: ['a:1', 'x:1'] }, listener);
      listener.onEvent = (name) => {
        if (name === wanted) topology.close(END);
      };
      topology.start();
      const selector = select(topology);
      await clock.advance(5_000);
      expect(selector.error).toBe(END);
      expect([topology.poolStats(), clock.timers, network.openSockets]).toEqual([[], 0, 0]);
      expect(listener.told.filter((line) => line === 'topologyClosed')).toHaveLength(1);
    },
  );

  it('within a listener is not overwritten by what was known when the event was made', async () => {
    using clock = fakeClock();
    const listener = new Listener();
    const topology = topologyOn(FakeNetwork.set('a:1', 'b:1'), {}, listener);
    topology.start();
    await clock.settle();
    const secondary = topology.server('b:1')!;
    const { lastWriteDate: _, ...description } = secondary.description;
    const newer = { ...description, lastWriteDate: 7, tags: { dc: 'ny' } };
    const newest = { ...newer, lastWriteDate: 8, tags: { dc: 'la' } };
    listener.onEvent = (name) => {
      listener.onEvent = undefined;
      if (name === 'serverDescriptionChanged') topology.learn(newest);
    };
    topology.learn(newer);
    expect(secondary.description).toBe(newest);
    expect(topology.description.servers.get('b:1')).toBe(newest);
    topology.close(END);
  });

  it('after the end changes nothing', async () => {
    using clock = fakeClock();
    const topology = topologyOn(new FakeNetwork('a:1'));
    topology.start();
    await clock.settle();
    const news = topology.server('a:1')!.description;
    topology.close(END);
    topology.learn(news);
    topology.seedsChanged(['b:1']);
    expect([topology.description.servers.size, topology.poolStats()]).toEqual([0, []]);
    expect(select(topology).error).toBe(END);
  });
});

describe('a failover', () => {
  it('lets those who wait go to the new primary, as soon as one is known', async () => {
    using clock = fakeClock();
    const network = FakeNetwork.set('a:1', 'b:1');
    const topology = topologyOn(network);
    topology.start();
    await clock.settle();
    network.servers[0]!.cut();
    await clock.advance(10_000);
    const selector = select(topology);
    expect(selector.server).toBeUndefined();
    network.servers[1]!.hello = network.member(1, true);
    await clock.advance(500);
    expect(selector.server?.address).toBe('b:1');
    topology.close(END);
  });

  it('tells the old primary, where another has replaced it', async () => {
    using clock = fakeClock();
    const network = FakeNetwork.set('a:1', 'b:1');
    const topology = topologyOn(network);
    topology.start();
    await clock.settle();
    const old = topology.server('a:1')!;
    const dethroned = jest.spyOn(old, 'dethroned');
    network.servers[1]!.hello = { ...network.member(1, true), setVersion: 2 };
    topology.server('b:1')!.requestCheck();
    await clock.advance(500);
    expect(dethroned.mock.calls).toMatchObject([[{ type: 'RSPrimary', address: 'a:1' }]]);
    expect(select(topology).server?.address).toBe('b:1');
    topology.close(END);
  });

  it('that the old primary has told of itself is none of that', async () => {
    using clock = fakeClock();
    const network = FakeNetwork.set('a:1', 'b:1');
    const topology = topologyOn(network);
    topology.start();
    await clock.settle();
    const dethroned = jest.spyOn(topology.server('a:1')!, 'dethroned');
    network.elect(1);
    await clock.advance(10_000);
    expect(select(topology).server?.address).toBe('b:1');
    expect(dethroned).not.toHaveBeenCalled();
    topology.close(END);
  });
});

describe('the kinds of deployments', () => {
  it('a load balancer is there at once, without a check', async () => {
    using clock = fakeClock();
    const network = new FakeNetwork('lb:1');
    const topology = topologyOn(network, { loadBalanced: true });
    topology.start();
    expect([topology.isLoadBalanced, topology.isSharded, topology.isDirect]).toEqual([true, false, false]);
    expect(select(topology).server?.isAvailable).toBe(true);
    await clock.advance(20_000);
    expect(network.servers[0]!.attempts).toEqual([]);
    topology.close(END);
  });

  it('one member is addressed directly', async () => {
    using clock = fakeClock();
    const network = FakeNetwork.set('a:1', 'b:1');
    const topology = topologyOn(network, { seeds: ['b:1'], directConnection: true });
    topology.start();
    await clock.settle();
    expect([topology.isDirect, [...topology.description.servers.keys()]]).toEqual([true, ['b:1']]);
    expect(select(topology).server?.address).toBe('b:1');
    topology.close(END);
  });

  it('secondaries write where every member knows how to', async () => {
    using clock = fakeClock();
    const network = FakeNetwork.set('a:1', 'b:1');
    const topology = topologyOn(network);
    topology.start();
    expect(topology.writesOnSecondaries).toBe(true);
    network.servers[1]!.hello = { ...network.member(1, false), maxWireVersion: 9 };
    await clock.settle();
    expect([topology.isSharded, topology.writesOnSecondaries]).toEqual([false, false]);
    topology.close(END);
  });

  it('routers come and go as their seed list says', async () => {
    using clock = fakeClock();
    const network = FakeNetwork.routers('a:1', 'b:1', 'c:1');
    const topology = topologyOn(network, { seeds: ['a:1', 'b:1'] });
    topology.start();
    await clock.settle();
    topology.seedsChanged(['b:1', 'c:1']);
    await clock.settle();
    expect([topology.isSharded, topology.poolStats().map(({ address }) => address)]).toEqual([true, ['b:1', 'c:1']]);
    topology.close(END);
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
