import { fakeClock } from '../support/fake-clock.js';
import { FakeNetwork } from './fake-network.js';
import { END, Listener, select, topologyOn } from './fake-topology.js';

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
