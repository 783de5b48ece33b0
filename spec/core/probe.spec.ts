import { ObjectId } from 'bson';
import { ServerSelectionTimeoutError } from '../../lib/errors/connection-errors.js';
import { ReadPreference } from '../../lib/options/read-preference.js';
import { FakeNetwork } from '../topology/fake-network.js';
import { FakeCore, follow } from './fake-core.js';

describe('Probe', () => {
  it('waits for a connection to a server, and sends nothing over it', async () => {
    using it = new FakeCore();
    const outcome = follow(it.core.reach(ReadPreference.SECONDARY));
    await it.clock.settle();
    expect(outcome.value!.address).toMatch(/^[bc]:1$/);
    expect(it.core.poolStats().reduce((sum, { idle }) => sum + idle, 0)).toBe(1);
    expect(it.servers.flatMap(({ commands }) => commands)).toEqual([]);
  });

  it('says why there is none', async () => {
    using it = new FakeCore();
    for (const server of it.servers) server.mood = 'refuses';
    const outcome = follow(it.core.reach(ReadPreference.PRIMARY));
    await it.clock.advance(2_100);
    expect(outcome.error).toBeInstanceOf(ServerSelectionTimeoutError);
    expect(outcome.error).toMatchObject({ command: 'open', namespace: 'admin', address: undefined });
  });

  it('does so through a load balancer, of which nothing else is known', async () => {
    const network = new FakeNetwork('lb:1');
    network.servers[0]!.hello = { ...network.servers[0]!.hello, msg: 'isdbgrid', serviceId: new ObjectId() };
    using it = new FakeCore(network, {}, { loadBalanced: true });
    const outcome = follow(it.core.reach(ReadPreference.PRIMARY));
    await it.clock.settle();
    expect(outcome.value!.address).toBe('lb:1');
    expect(it.poolOfPrimary).toMatchObject({ total: 1, idle: 1 });
  });

  it('ends when the client is closed, and is counted once', async () => {
    using it = new FakeCore();
    for (const server of it.servers) server.mood = 'cannot be reached';
    const outcome = follow(it.core.reach(ReadPreference.PRIMARY));
    await it.clock.settle();
    await it.core.close();
    expect(outcome.error.message).toMatch(/^the client was closed \(open on admin, after/);
    expect([it.network.openSockets, it.clock.timers]).toEqual([0, 0]);
  });
});
