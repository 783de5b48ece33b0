import { ObjectId } from '../../lib/bson/codec.js';
import { PoolWatch } from '../../lib/pool/pool-watch.js';
import { fakeClock } from '../support/fake-clock.js';
import { FakeHost, Guest } from './fake-host.js';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The host of a pool that is listened to, and is ready. What that told is passed over. */
function listened(options: object = {}): FakeHost {
  const host = new FakeHost(options, { listens: true });
  host.events.length = 0;
  return host;
}

async function lend(host: FakeHost): Promise<Guest> {
  const guest = new Guest();
  host.pool.lend(guest);
  await settle();
  return guest;
}

const answer = (host: FakeHost, guest: Guest): void => host.transports.get(guest.connection!)!.reply();

it('tells of the life of a pool', () => {
  const host = new FakeHost({ maxPoolSize: 7, waitQueueMultiple: 2 }, { listens: true, paused: true });
  for (let i = 0; i < 2; i++) host.pool.clear();
  for (let i = 0; i < 2; i++) host.pool.ready();
  for (let i = 0; i < 2; i++) host.pool.clear({ interrupt: true });
  for (let i = 0; i < 2; i++) host.pool.close(new Error('end'));
  expect(host.events).toEqual([
    { name: 'connectionPoolCreated', options: { maxPoolSize: 7, waitQueueMultiple: 2 } },
    { name: 'connectionPoolReady' },
    { name: 'connectionPoolCleared', serviceId: undefined, interruptInUseConnections: true },
    { name: 'connectionPoolClosed' },
  ]);
});

it('tells of a connection from its creation to its end', async () => {
  const host = listened();
  const guest = await lend(host);
  answer(host, guest);
  await lend(host);
  const lost = new Error('cut');
  guest.connection!.close(lost);
  const connectionId = 1;
  expect(host.events).toEqual([
    { name: 'connectionCheckOutStarted' },
    { name: 'connectionCreated', connectionId },
    { name: 'connectionReady', connectionId },
    { name: 'connectionCheckedOut', connectionId },
    { name: 'connectionCheckedIn', connectionId },
    { name: 'connectionCheckOutStarted' },
    { name: 'connectionCheckedOut', connectionId },
    { name: 'connectionCheckedIn', connectionId },
    { name: 'connectionClosed', connectionId, reason: 'error', error: lost },
  ]);
  await lend(host);
  expect(host.events).toContainEqual({ name: 'connectionCreated', connectionId: 2 });
});

it('tells how long it took, in milliseconds', async () => {
  using clock = fakeClock();
  const told: object[] = [];
  const watch = new PoolWatch('db:27017', { hearsPool: true, tell: (_name, event) => told.push(event) });
  const asker = { queuedAt: 0 };
  watch.checkOutStarted(asker);
  await clock.advance(30);
  watch.checkedOut(asker, 4);
  await clock.advance(12);
  const error = new Error('late');
  watch.checkOutFailed(asker, 'timeout', error);
  watch.ready(4, 17);
  const address = 'db:27017';
  expect(told).toEqual([
    { address },
    { address, connectionId: 4, durationMS: 30 },
    { address, reason: 'timeout', error, durationMS: 42 },
    { address, connectionId: 4, durationMS: 17 },
  ]);
});

it('tells why a connection was closed', async () => {
  using clock = fakeClock();
  const host = listened({ maxIdleTimeMS: 100 });
  const reasons = (): string[] =>
    host.events.splice(0).flatMap((event: any) => (event.name === 'connectionClosed' ? [event.reason] : []));
  const idle = await lend(host);
  answer(host, idle);
  await clock.advance(101);
  const stale = await lend(host);
  expect(reasons()).toEqual(['idle']);
  host.pool.clear();
  answer(host, stale);
  expect(reasons()).toEqual(['stale']);
  host.pool.ready();
  const [swept, interrupted, last] = [await lend(host), await lend(host), await lend(host)];
  answer(host, swept);
  await clock.advance(1_000);
  expect(reasons()).toEqual(['idle']);
  expect([interrupted.state, last.state]).toEqual(['lent', 'lent']);
  host.pool.retire(new Error('end'));
  answer(host, last);
  host.pool.close(new Error('end'));
  expect(reasons()).toEqual(['poolClosed', 'poolClosed']);
});

it('tells why nobody was lent a connection', async () => {
  using clock = fakeClock();
  const host = listened({ maxPoolSize: 1, waitQueueTimeoutMS: 50, waitQueueMultiple: 1 });
  const failed = (): string[] =>
    host.events.splice(0).flatMap((event: any) => (event.name === 'connectionCheckOutFailed' ? [event.reason] : []));
  host.patient = true;
  await lend(host);
  host.attempts[0]!.fail(new Error('refused'));
  await settle();
  expect(failed()).toEqual(['connectionError']);
  host.patient = false;
  const guest = await lend(host);
  await lend(host);
  await lend(host);
  expect(failed()).toEqual(['connectionError']);
  await clock.advance(50);
  expect(failed()).toEqual(['timeout']);
  await lend(host);
  host.pool.clear();
  await lend(host);
  expect(failed()).toEqual(['connectionError', 'connectionError']);
  host.pool.close(new Error('end'));
  await lend(host);
  expect([failed(), guest.state]).toEqual([['poolClosed'], 'failed']);
});

it('tells that the pool was cleared before what follows from it', async () => {
  const host = listened({ maxConnecting: 1 });
  const inUse = await lend(host);
  host.patient = true;
  host.onFailure = () => host.pool.clear({ interrupt: true });
  await lend(host);
  await lend(host);
  host.events.length = 0;
  host.attempts[0]!.fail(new Error('refused'));
  await settle();
  expect(inUse.state).toBe('failed');
  expect(host.eventNames()).toEqual([
    'connectionPoolCleared',
    'connectionCheckedIn',
    'connectionClosed',
    'connectionCheckOutFailed',
    'connectionClosed',
    'connectionCheckOutFailed',
  ]);
});

it('tells of attempts that are given up', async () => {
  const host = listened();
  host.patient = true;
  await lend(host);
  host.pool.clear();
  expect(host.eventNames()).toEqual([
    'connectionCheckOutStarted',
    'connectionCreated',
    'connectionPoolCleared',
    'connectionClosed',
    'connectionCheckOutFailed',
  ]);
  await host.attempts[0]!.succeed();
  expect(host.events).toEqual([]);
});

it('names the service that was cleared', async () => {
  const host = listened();
  host.serviceId = new ObjectId();
  const guest = await lend(host);
  host.events.length = 0;
  host.pool.clear({ serviceId: host.serviceId });
  answer(host, guest);
  expect(host.events).toMatchObject([
    { name: 'connectionPoolCleared', serviceId: host.serviceId, interruptInUseConnections: false },
    { name: 'connectionCheckedIn' },
    { name: 'connectionClosed', reason: 'stale' },
  ]);
});

it('tells once of a connection that is pinned', async () => {
  const host = listened();
  const guest = await lend(host);
  const { connection } = guest;
  connection!.pin({ purpose: 'transaction', idle: () => {} });
  answer(host, guest);
  connection!.close(new Error('cut'));
  expect(host.eventNames().slice(3)).toEqual(['connectionCheckedOut']);
  connection!.unpin();
  expect(host.eventNames()).toEqual(['connectionCheckedIn', 'connectionClosed']);
});

it('makes no event where nobody listens', async () => {
  const host = new FakeHost();
  answer(host, await lend(host));
  host.pool.close(new Error('end'));
  expect(host.events).toEqual([]);
});
