import { ClientEmitter } from '../../lib/events/emitter.js';
import type { SelectionEvents } from '../../lib/events/selection-events.js';
import { ReadPreference } from '../../lib/options/read-preference.js';
import { SelectionWatch } from '../../lib/topology/selection-watch.js';
import { Topology, type TopologyOptions } from '../../lib/topology/topology.js';
import { Deadline } from '../../lib/util/deadline.js';
import { fakeClock } from '../support/fake-clock.js';
import { FakeNetwork, FakeSelector, TOPOLOGY } from './fake-network.js';

const END = new Error('the client was closed');
const NAMES = [
  'serverSelectionStarted',
  'serverSelectionSucceeded',
  'serverSelectionFailed',
  'waitingForSuitableServer',
] as const satisfies (keyof SelectionEvents)[];

function listening(): { emitter: ClientEmitter; told: [string, any][]; take(): string[] } {
  const emitter = new ClientEmitter();
  const told: [string, any][] = [];
  for (const name of NAMES) emitter.on(name, (event: unknown) => void told.push([name, event]));
  return { emitter, told, take: () => told.splice(0).map(([name]) => name) };
}

function topologyOn(network: FakeNetwork, emitter: ClientEmitter, options: Partial<TopologyOptions> = {}): Topology {
  const topology = new Topology({ ...TOPOLOGY, seeds: network.addresses, ...options }, network.connectTo, emitter);
  topology.start();
  return topology;
}

it('tells of a selection that waits, and of one that does not', async () => {
  using clock = fakeClock();
  const { emitter, told, take } = listening();
  const topology = topologyOn(new FakeNetwork('a:1'), emitter);
  const selector = Object.assign(new FakeSelector(), { partOf: 7 });
  topology.select(selector);
  expect(told).toMatchObject([
    ['serverSelectionStarted', { operation: 'ping', operationId: 7, selector: '{"mode":"primary"}' }],
    ['waitingForSuitableServer', { remainingTimeMS: 2_000, topologyDescription: { type: 'Unknown' } }],
  ]);
  take();
  await clock.settle();
  expect(told).toMatchObject([
    ['serverSelectionSucceeded', { address: 'a:1', operationId: 7, topologyDescription: topology.description }],
  ]);
  expect(selector.server!.address).toBe('a:1');
  take();
  topology.select(
    new FakeSelector({ readPreference: ReadPreference.from({ mode: 'secondary', tags: [{ dc: 'ny' }] }) }),
  );
  expect(told[0]![1].selector).toBe('{"mode":"secondary","tags":[{"dc":"ny"}]}');
  expect(take()).toEqual(['serverSelectionStarted', 'serverSelectionSucceeded']);
  topology.close(END);
});

it.each([
  ['its time runs out', async (clock: ReturnType<typeof fakeClock>) => clock.advance(2_000)],
  ['the client is closed', async (_clock: unknown, topology: Topology) => topology.close(END)],
  ['it is given up', async (_clock: unknown, _topology: Topology, selector: FakeSelector) => selector.leave()],
])('tells once of the failure when %s', async (_name, end) => {
  using clock = fakeClock();
  const { emitter, told, take } = listening();
  const network = new FakeNetwork('a:1');
  network.servers[0]!.mood = 'refuses';
  const topology = topologyOn(network, emitter);
  const selector = new FakeSelector();
  topology.select(selector);
  await end(clock, topology, selector);
  const failure = told.at(-1)![1].failure;
  expect(failure).toBeInstanceOf(Error);
  expect(selector.settled || selector.error === failure).toBe(true);
  expect(take()).toEqual(['serverSelectionStarted', 'waitingForSuitableServer', 'serverSelectionFailed']);
  topology.close(END);
  expect(take()).toEqual([]);
  expect(clock.timers).toBe(0);
});

it('has no remaining time where there is no limit, and names the application’s selector', () => {
  using _clock = fakeClock();
  const { emitter, told } = listening();
  const serverSelector: TopologyOptions['serverSelector'] = (servers) => servers;
  const topology = topologyOn(new FakeNetwork('a:1'), emitter, { serverSelectionTimeoutMS: 0, serverSelector });
  topology.select(new FakeSelector());
  expect(told[1]![1].remainingTimeMS).toBeUndefined();
  expect(told[1]![1].selector).toMatch(/primary.*serverSelector/);
  topology.close(END);
});

const EARLY = NAMES.filter((name) => name !== 'serverSelectionFailed');

it('has what is left of the operation’s deadline, where that is less', () => {
  using _clock = fakeClock();
  const { emitter, told } = listening();
  const topology = topologyOn(new FakeNetwork('a:1'), emitter);
  topology.select(Object.assign(new FakeSelector(), { deadline: new Deadline(300) }));
  topology.select(Object.assign(new FakeSelector(), { deadline: new Deadline(9_000) }));
  topology.select(Object.assign(new FakeSelector(), { deadline: new Deadline(0) }));
  const waiting = told.filter(([name]) => name === 'waitingForSuitableServer');
  expect(waiting.map(([, { remainingTimeMS }]) => remainingTimeMS)).toEqual([300, 2_000, 2_000]);
  topology.close(END);
});

it.each(EARLY)('lets a listener give the operation up at %s', async (name) => {
  using clock = fakeClock();
  const { emitter, take } = listening();
  const topology = topologyOn(new FakeNetwork('a:1'), emitter, { serverSelectionTimeoutMS: 100 });
  const selector = new FakeSelector();
  emitter.on(name, () => selector.leave());
  topology.select(selector);
  await clock.settle();
  expect(selector.server).toBeUndefined();
  expect(take().filter((told) => /Failed|Succeeded/.test(told))).toHaveLength(1);
  // The line is in order: who comes next is served.
  const next = new FakeSelector();
  emitter.removeAllListeners();
  topology.select(next);
  expect(next.server!.address).toBe('a:1');
  topology.close(END);
  expect(clock.timers).toBe(0);
});

it('makes no event that nobody hears of', () => {
  const emitter = new ClientEmitter();
  emitter.on('waitingForSuitableServer', () => {});
  const selector = new FakeSelector();
  const describe = jest.spyOn(selector, 'describe');
  const topology = { description: undefined as never };
  const watch = new SelectionWatch(selector, topology, false, emitter);
  watch.selected({ address: 'a:1' } as never);
  expect([selector.server?.address, describe.mock.calls.length]).toEqual(['a:1', 0]);
  watch.waiting(5);
  expect(describe).toHaveBeenCalledTimes(1);
});
