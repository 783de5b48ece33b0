import { Long, ObjectId } from 'bson';
import { find } from '../../lib/commands/find.js';
import { getMore } from '../../lib/commands/get-more.js';
import { Lease } from '../../lib/core/lease.js';
import { AutoReconnectError } from '../../lib/errors/connection-errors.js';
import type { Server } from '../../lib/topology/server.js';
import { fakeConnection } from '../net/fake-transport.js';
import { Guest } from '../pool/fake-host.js';
import { FakeNetwork } from '../topology/fake-network.js';
import { bodies, FakeCore, follow, script, WRITTEN } from './fake-core.js';

async function leased() {
  const { connection, transport } = await fakeConnection();
  const told: string[] = [];
  connection.ownedBy({ idle: () => told.push('idle'), closed: () => told.push('closed') }, 0);
  return { lease: new Lease({ address: 'lb:1' } as Server, connection), connection, transport, told };
}

describe('Lease', () => {
  it('keeps the connection from one request to the next, and gives it back', async () => {
    const { lease, connection, transport, told } = await leased();
    expect([lease.address, lease.purpose, connection.pinnedBy]).toEqual(['lb:1', 'cursor', lease]);
    const guest = new Guest();
    lease.lend(guest);
    transport.reply();
    expect([guest.state, told]).toEqual(['replied', []]);
    lease.release();
    lease.release();
    expect([connection.pinnedBy, told]).toEqual([undefined, ['idle']]);
  });

  it('of a transaction and its cursors is given back by the last of them', async () => {
    const { connection, told } = await leased();
    const lease = new Lease({ address: 'lb:1' } as Server, connection, 'transaction');
    expect([lease.purpose, lease.retain()]).toEqual(['transaction', lease]);
    lease.release();
    expect([connection.pinnedBy, told]).toEqual([lease, []]);
    lease.release();
    expect([connection.pinnedBy, told]).toEqual([undefined, ['idle']]);
  });

  it('serves one after another, and passes over who has left', async () => {
    const { lease, transport } = await leased();
    const guests = [new Guest(), new Guest(), new Guest()];
    for (const guest of guests) lease.lend(guest);
    guests[1]!.leave();
    transport.reply();
    expect(guests.map(({ state }) => state)).toEqual(['replied', 'waiting', 'lent']);
    transport.reply();
    expect(guests[2]!.state).toBe('replied');
  });

  it('goes on behind who expects no reply', async () => {
    const { lease, transport } = await leased();
    const guests = [new Guest(), new Guest(false), new Guest()];
    for (const guest of guests) lease.lend(guest);
    transport.reply();
    expect([guests.map(({ state }) => state), transport.requests.length]).toEqual([['replied', 'lent', 'lent'], 3]);
  });

  it('of a connection that broke refuses everybody, and gives it back', async () => {
    const { lease, transport, told } = await leased();
    const [first, second, late] = [new Guest(), new Guest(), new Guest()];
    lease.lend(first);
    lease.lend(second);
    transport.events.closed(new Error('ECONNRESET'));
    lease.lend(late);
    expect([first.state, second.state, late.state]).toEqual(['failed', 'refused', 'refused']);
    expect(late.error).toBeInstanceOf(AutoReconnectError);
    expect(late.error!.message).toBe('the connection to lb:1 was closed');
    lease.release();
    expect(told).toEqual(['closed', 'closed']);
  });
});

describe('a cursor behind a load balancer', () => {
  async function opened() {
    const network = new FakeNetwork('lb:1');
    network.servers[0]!.hello = { ...network.servers[0]!.hello, msg: 'isdbgrid', serviceId: new ObjectId() };
    const it = await FakeCore.open({}, network, { loadBalanced: true });
    const more = { id: Long.fromNumber(5), ns: 'shop.items', firstBatch: [], nextBatch: [] };
    script(it.primary, { ok: 1, cursor: more });
    const outcome = follow(it.core.run(find, it.scope, { filter: {} }));
    await it.clock.settle();
    return { it, lease: outcome.value!.server as Lease, session: outcome.value!.session };
  }
  const input = { id: 5n, batchSize: undefined, maxAwaitTimeMS: undefined, comment: undefined };

  it('goes on over the connection that has opened it', async () => {
    const { it: core, lease, session } = await opened();
    using it = core;
    expect(lease).toBeInstanceOf(Lease);
    expect(it.poolOfPrimary).toMatchObject({ total: 1, inUse: 1 });
    follow(it.core.run(find, it.scope, { filter: {} }));
    follow(it.core.run(getMore, it.scope, { ...input, session }, lease));
    await it.clock.settle();
    const own = it.primary.transports[0]!.requests.map(({ name }) => name);
    expect([own.slice(-2), it.primary.transports.length]).toEqual([['find', 'getMore'], 2]);
    expect(bodies(it.primary).find(({ getMore }) => getMore)!.lsid).toEqual(session!.lsid);
  });

  it('is closed over it, and gives it back', async () => {
    const { it: core, lease } = await opened();
    using it = core;
    await it.core.killCursor(5n, it.scope, lease);
    expect([it.primary.commands, it.poolOfPrimary.idle]).toEqual([['find', 'killCursors'], 1]);
  });

  it('whose connection broke fails, and is not tried elsewhere', async () => {
    const { it: core, lease } = await opened();
    using it = core;
    it.primary.cut('answers');
    const outcome = follow(it.core.run(getMore, it.scope, input, lease));
    await it.clock.advance(1_000);
    expect(outcome.error).toBeInstanceOf(AutoReconnectError);
    await it.core.killCursor(5n, it.scope, lease);
    expect([it.primary.commands, it.poolOfPrimary.total]).toEqual([['find'], 0]);
  });

  it('that nobody got is closed, and its connection given back', async () => {
    const { it: core, lease } = await opened();
    using it = core;
    it.core.letGo(lease);
    it.primary.answer = () => 'silent';
    const abort = new AbortController();
    follow(it.core.run(find, it.scope, { filter: {}, options: { signal: abort.signal } }));
    await it.clock.settle();
    abort.abort(new Error('enough'));
    it.primary.answer = () => WRITTEN;
    it.primary.transports.at(-1)!.reply({ ok: 1, cursor: { id: Long.ONE, ns: 'shop.items', firstBatch: [] } });
    await it.clock.settle();
    expect([it.primary.commands, it.poolOfPrimary]).toMatchObject([
      ['find', 'find', 'killCursors'],
      { total: 1, idle: 1 },
    ]);
  });
});
