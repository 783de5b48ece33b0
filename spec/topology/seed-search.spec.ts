import { ServerSelectionTimeoutError } from '../../lib/errors/connection-errors.js';
import { ConfigurationError } from '../../lib/errors/usage-errors.js';
import { type SeedHost, SeedSearch } from '../../lib/topology/seed-search.js';
import type { TopologyStart } from '../../lib/topology/topology-description.js';
import { fakeClock } from '../support/fake-clock.js';
import { FakeNetwork } from './fake-network.js';
import { END, select, topologyOn } from './fake-topology.js';

const START = { seeds: ['a:1', 'b:1'] };

/** A search whose DNS gives these answers one after another, the last again and again; errors are thrown. */
function searching(...answers: (TopologyStart | Error | 'silent')[]) {
  const told: string[] = [];
  const asked: number[] = [];
  const host: SeedHost = {
    description: { type: 'Unknown' },
    seedsFound: ({ seeds }: TopologyStart) => void told.push(`found ${seeds}`),
    seedsRefused: (error: Error) => void told.push(`refused ${error.message}`),
    seedsChanged: (seeds: readonly string[]) => void told.push(`changed ${seeds}`),
    rescanFailed: () => void told.push('failed'),
  } as never;
  const signals: AbortSignal[] = [];
  const list = {
    name: 'shop.example.com',
    heartbeatFrequencyMS: 10_000,
    rescanSRVIntervalMS: 60_000,
    resolve: async (signal: AbortSignal): Promise<TopologyStart> => {
      asked.push(performance.now());
      signals.push(signal);
      const answer = answers[Math.min(asked.length, answers.length) - 1]!;
      if (answer instanceof Error) throw answer;
      if (answer !== 'silent') return answer;
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    },
  } as never;
  return { search: new SeedSearch(list, host), told, asked, signals };
}

describe('SeedSearch', () => {
  it('asks DNS once, and has found', async () => {
    using clock = fakeClock();
    const { search, told, asked } = searching(START);
    expect([search.found, asked]).toEqual([false, []]);
    search.start();
    search.start();
    await clock.settle();
    search.start();
    expect([search.found, told, asked.length]).toEqual([true, ['found a:1,b:1'], 1]);
    search.close();
    expect(clock.timers).toBe(0);
  });

  it('asks again every half second while DNS says nothing, and tells who waited in vain', async () => {
    using clock = fakeClock();
    const { search, told, asked } = searching(new Error('ETIMEOUT'), new Error('ESERVFAIL'), START);
    expect(search.timeout(5)).toBeUndefined();
    search.start();
    await clock.advance(600);
    const error = search.timeout(600);
    expect(error).toBeInstanceOf(ServerSelectionTimeoutError);
    expect(error!.message).toBe(
      'no server could be selected within serverSelectionTimeoutMS (waited 600 ms): ' +
        'mongodb+srv://shop.example.com names none: ESERVFAIL',
    );
    await clock.advance(400);
    expect([told, asked.map((time) => time - asked[0]!)]).toEqual([['found a:1,b:1'], [0, 500, 1_000]]);
    expect(search.timeout(5)).toBeUndefined();
    search.close();
  });

  it('stops where what DNS says cannot be used, and asks again when somebody comes', async () => {
    using clock = fakeClock();
    const { search, told, asked } = searching(new ConfigurationError('no host'), START);
    search.start();
    await clock.advance(5_000);
    expect([told, asked.length, clock.timers]).toEqual([['refused no host'], 1, 0]);
    search.start();
    await clock.settle();
    expect(told).toEqual(['refused no host', 'found a:1,b:1']);
    search.close();
  });

  it.each<[string, Error | 'silent', number]>([
    ['asks', 'silent', 0],
    ['pauses', new Error('ETIMEOUT'), 100],
  ])('may be closed while it %s', async (_name, answer, afterMS) => {
    using clock = fakeClock();
    const { search, told, asked, signals } = searching(answer);
    search.start();
    await clock.advance(afterMS);
    search.close();
    search.close();
    search.start();
    await clock.advance(5_000);
    expect([told, asked.length, signals[0]!.aborted, clock.timers]).toEqual([[], 1, true, 0]);
  });
});

describe('a topology that has only a name', () => {
  const seedList = (resolve: () => Promise<TopologyStart>) =>
    ({ name: 'shop.example.com', heartbeatFrequencyMS: 10_000, rescanSRVIntervalMS: 60_000, resolve }) as never;

  it('serves who waits when DNS has answered', async () => {
    using clock = fakeClock();
    const network = new FakeNetwork('a:1');
    const topology = topologyOn(network, { seeds: [], seedList: seedList(async () => ({ seeds: ['a:1'] })) });
    topology.start();
    const selector = select(topology);
    await clock.settle();
    expect(selector.server?.address).toBe('a:1');
    topology.close(END);
    expect(clock.timers).toBe(0);
  });

  it('refuses at once whom DNS cannot help, each with an error of its own', async () => {
    using clock = fakeClock();
    const resolve = async (): Promise<TopologyStart> => {
      throw new ConfigurationError('no host');
    };
    const topology = topologyOn(new FakeNetwork('a:1'), { seeds: [], seedList: seedList(resolve) });
    topology.start();
    const [first, second] = [select(topology), select(topology)];
    await clock.settle();
    expect([first.error!.message, second.error!.message]).toEqual(['no host', 'no host']);
    expect(first.error).not.toBe(second.error);
    topology.close(END);
    expect(clock.timers).toBe(0);
  });
});
