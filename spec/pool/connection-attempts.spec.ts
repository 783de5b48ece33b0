import { PoolClearedError } from '../../lib/errors/connection-errors.js';
import { AuthenticationError } from '../../lib/errors/operation-errors.js';
import { FakeHost, Guest } from './fake-host.js';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function lend(host: FakeHost, count: number): Promise<Guest[]> {
  const guests = Array.from({ length: count }, () => new Guest());
  for (const guest of guests) host.pool.lend(guest);
  await settle();
  return guests;
}

const states = (guests: readonly Guest[]): string[] => guests.map(({ state }) => state);

function answer(host: FakeHost, guest: Guest): void {
  host.transports.get(guest.connection!)!.reply();
}

describe('attempts', () => {
  it('opens at most maxConnecting at a time', async () => {
    const host = new FakeHost({ maxConnecting: 2 });
    host.patient = true;
    const guests = await lend(host, 5);
    expect([host.attempts.length, host.pool.stats().connecting]).toEqual([2, 5]);
    for (let i = 0; i < 5; i++) {
      expect(host.attempts.length).toBe(Math.min(5, 2 + i));
      await host.attempts[i]!.succeed();
    }
    expect(states(guests)).toEqual(Array(5).fill('lent'));
    expect(host.pool.stats()).toMatchObject({ connecting: 0, total: 5 });
  });

  it('opens no connection for those who are served by one that came back', async () => {
    const host = new FakeHost({ maxConnecting: 1 });
    const [first] = await lend(host, 1);
    host.patient = true;
    const [second, third, fourth] = await lend(host, 3);
    answer(host, first!);
    answer(host, second!);
    fourth!.leave();
    expect([second!.state, third!.state, host.pool.stats().connecting]).toEqual(['replied', 'lent', 3]);
    // The attempt that had begun goes on; of those that waited for their turn, nothing is left.
    await host.attempts[0]!.succeed();
    expect(host.pool.stats()).toMatchObject({ total: 2, idle: 1, waiting: 0, connecting: 0 });
    expect(host.attempts).toHaveLength(1);
  });

  it('gives up attempts that are under way, and keeps their end to itself', async () => {
    const host = new FakeHost();
    host.patient = true;
    await lend(host, 2);
    for (let i = 0; i < 2; i++) host.pool.clear();
    expect(host.attempts.map(({ signal }) => signal.aborted)).toEqual([true, true]);
    host.attempts[0]!.fail(new Error('aborted'));
    await host.attempts[1]!.succeed();
    expect([host.failures, host.pool.stats()]).toMatchObject([[], { connecting: 0, total: 0, generation: 2 }]);
    expect([...host.transports.keys()].every(({ isClosed }) => isClosed)).toBe(true);
  });
});

describe('an attempt that fails', () => {
  it('refuses who asked for one that could not be opened; the next in line gets an attempt of its own', async () => {
    const host = new FakeHost({ maxConnecting: 1 });
    host.patient = true;
    const guests = await lend(host, 3);
    const refused = new Error('refused');
    host.attempts[0]!.fail(refused);
    await settle();
    expect([states(guests), guests[0]!.error]).toEqual([['refused', 'waiting', 'waiting'], refused]);
    expect([host.failures, host.attempts.length]).toEqual([[refused], 2]);
    await host.attempts[1]!.succeed();
    expect(guests[1]!.state).toBe('lent');
  });

  it('turns the others away where the server clears the pool for it', async () => {
    const host = new FakeHost();
    host.patient = true;
    const guests = await lend(host, 3);
    const refused = new Error('ECONNREFUSED');
    host.onFailure = () => {
      // Who asked learns of it last, and finds the server's new state.
      expect(guests[0]!.state).toBe('waiting');
      host.pool.clear({ error: refused });
    };
    host.attempts[0]!.fail(refused);
    await settle();
    expect(states(guests)).toEqual(['refused', 'turned away', 'turned away']);
    expect(guests[1]!.error).toBeInstanceOf(PoolClearedError);
    expect(guests[1]!.error).toMatchObject({
      message: 'the connection pool of db:27017 was cleared because another operation failed with: ECONNREFUSED',
      cause: refused,
    });
    expect(host.attempts[1]!.signal.aborted).toBe(true);
    expect(host.pool.stats()).toMatchObject({ connecting: 0, waiting: 0, generation: 1 });
  });

  it('as the server does not believe the client refuses all who wait: no other attempt would do better', async () => {
    const host = new FakeHost();
    host.patient = true;
    const guests = await lend(host, 4);
    const refused = new AuthenticationError('not you', { code: 18 });
    host.onFailure = () => host.pool.clear({ error: refused });
    host.attempts[0]!.fail(refused);
    await settle();
    expect(guests.map(({ state, error }) => [state, error])).toEqual(Array(4).fill(['refused', refused]));
    expect(host.pool.stats()).toMatchObject({ connecting: 0, waiting: 0, generation: 1 });
  });
});
