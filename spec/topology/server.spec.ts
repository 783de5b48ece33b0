import { NetworkTimeoutError } from '../../lib/errors/connection-errors.js';
import { ConfigurationError } from '../../lib/errors/usage-errors.js';
import type { Connection } from '../../lib/net/connection.js';
import { Server } from '../../lib/topology/server.js';
import { FakeNetwork, FakeSelector, OPTIONS } from './fake-network.js';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function serverOn(network: FakeNetwork, options: object = {}): { server: Server; told: string[] } {
  const told: string[] = [];
  const server = new Server(
    'db:27017',
    network.connect,
    { ...OPTIONS, ...options },
    { available: () => told.push('available'), unavailable: () => told.push('unavailable') },
  );
  return { server, told };
}

describe('a check', () => {
  it('finds out once, and gives its connection to the pool', async () => {
    const network = new FakeNetwork();
    const { server, told } = serverOn(network);
    expect([server.isAvailable, server.description]).toEqual([false, undefined]);
    for (let i = 0; i < 3; i++) server.check();
    await settle();
    server.check();
    expect([network.attempts.length, told, server.isAvailable]).toEqual([1, ['available'], true]);
    expect(server.description).toMatchObject({ address: 'db:27017', type: 'Standalone', maxWireVersion: 17 });
    expect(server.pool.stats()).toMatchObject({ total: 1, idle: 1 });
  });

  it('that fails says why, and may be repeated', async () => {
    const network = new FakeNetwork();
    network.mood = 'refuses';
    const { server, told } = serverOn(network);
    server.check();
    await settle();
    expect(server.lastError!.message).toContain('ECONNREFUSED');
    network.mood = 'answers';
    server.check();
    await settle();
    expect([told, server.lastError]).toEqual([['unavailable', 'available'], undefined]);
  });

  it.each([
    [{ ok: 1, maxWireVersion: 6 }, 'reports wire version 6'],
    [{ ok: 1, minWireVersion: 99, maxWireVersion: 99 }, 'requires wire version 99'],
  ])('refuses a server that speaks %j', async (hello, message) => {
    const network = new FakeNetwork();
    network.hello = hello;
    const { server, told } = serverOn(network);
    server.check();
    await settle();
    expect(told).toEqual(['unavailable']);
    expect(server.lastError).toBeInstanceOf(ConfigurationError);
    expect(server.lastError!.message).toContain(message);
    expect(network.transports[0]!.destroyed).toBe(1);
  });
});

describe('a server that was lost', () => {
  async function available(options: object = {}) {
    const network = new FakeNetwork();
    const { server, told } = serverOn(network, options);
    server.check();
    await settle();
    return { network, server, told };
  }

  it('is unknown after a connection in use was cut, its pool cleared', async () => {
    const { server } = await available();
    const lost = new Error('ECONNRESET');
    server.connectionLost(lost, { generation: 0 } as Connection);
    expect([server.isAvailable, server.lastError, server.pool.generation]).toEqual([false, lost, 1]);
    // The second connection of the same generation says nothing new.
    server.check();
    await settle();
    server.connectionLost(new Error('late'), { generation: 0 } as Connection);
    expect([server.isAvailable, server.pool.generation]).toEqual([true, 1]);
  });

  it('is still available after the silence of one connection', async () => {
    const { server } = await available();
    server.connectionLost(new NetworkTimeoutError('silent'), { generation: 0 } as Connection);
    expect([server.isAvailable, server.pool.generation]).toEqual([true, 0]);
  });

  it('is unknown after an attempt to connect that failed; who waited chooses again', async () => {
    const { network, server } = await available({ maxPoolSize: 2 });
    network.cut();
    const waiting = new FakeSelector();
    server.pool.lend(waiting);
    await settle();
    expect(waiting.timesTurnedAway).toBe(1);
    expect([server.isAvailable, server.pool.stats().waiting]).toEqual([false, 0]);
  });

  it('turns away who came without a selection while it is unknown or being checked', async () => {
    const { network, server } = await available();
    network.cut();
    server.connectionLost(new Error('ECONNRESET'), { generation: 0 } as Connection);
    const unknown = new FakeSelector();
    server.pool.lend(unknown);
    await settle();
    expect(unknown.timesTurnedAway).toBe(1);

    network.mood = 'hangs';
    server.check();
    await settle();
    network.mood = 'refuses';
    const checking = new FakeSelector();
    server.pool.lend(checking);
    await settle();
    expect([checking.timesTurnedAway, server.pool.stats().waiting]).toEqual([1, 0]);
  });
});

describe('close', () => {
  it('gives a check up, closes the pool and tells nobody', async () => {
    const network = new FakeNetwork();
    network.mood = 'hangs';
    const { server, told } = serverOn(network);
    server.check();
    await settle();
    const end = new Error('the client was closed');
    server.close(end);
    server.close(end);
    await settle();
    const late = new FakeSelector();
    server.pool.lend(late);
    server.check();
    expect([told, late.error, network.attempts.length]).toEqual([[], end, 1]);
  });

  it('drops the connection of a check that succeeds at that moment', async () => {
    const network = new FakeNetwork();
    const { server, told } = serverOn(network);
    server.check();
    while (network.transports[0]?.requests.length !== 1) await Promise.resolve();
    server.close(new Error('end'));
    await settle();
    expect([told, network.transports[0]!.destroyed, server.pool.stats().total]).toEqual([[], 1, 0]);
    server.connectFailed(new Error('late'));
    expect(server.pool.generation).toBe(1);
  });
});
