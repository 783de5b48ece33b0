import { PoolClearedError, PoolQueueFullError, PoolTimeoutError } from '../../lib/errors/connection-errors.js';
import { type GateKeeper, type GateLimits, type Holder, type Holders, HostGate } from '../../lib/pool/host-gate.js';
import { fakeClock } from '../support/fake-clock.js';
import { Guest } from './fake-host.js';

const holder = (command: string, heldMS: number): Holder => ({ command, namespace: 'shop.items', heldMS });

const NOBODY: Holders = { inUse: 0, cursors: 0, transactions: 0, operations: [] };

function gateOf(limits: Partial<GateLimits>, holders = NOBODY): HostGate {
  const keeper: GateKeeper = {
    holders: () => holders,
    timedOut: (borrower, error) => borrower.refused(error),
  };
  return new HostGate('db:27017', { maxConcurrent: 0, maxWaiting: 0, maxWaitTime: 0, ...limits }, keeper);
}

async function refusal(maxConcurrent: number, holders: Partial<Holders>): Promise<Error> {
  using clock = fakeClock();
  const gate = gateOf({ maxConcurrent, maxWaitTime: 40 }, { ...NOBODY, ...holders });
  const guest = new Guest();
  gate.wait(guest, 1);
  await clock.advance(39);
  expect([guest.state, gate.waiting]).toEqual(['waiting', 1]);
  await clock.advance(1);
  expect([guest.state, gate.waiting, clock.timers]).toEqual(['refused', 0, 0]);
  expect(guest.error).toBeInstanceOf(PoolTimeoutError);
  return guest.error!;
}

describe('HostGate', () => {
  it('admits so many connections and no more, or any number', () => {
    const gate = gateOf({ maxConcurrent: 2 });
    expect([gate.maxConcurrent, gate.admits(0), gate.admits(1), gate.admits(2)]).toEqual([2, true, true, false]);
    expect(gateOf({}).admits(1e9)).toBe(true);
  });

  it('keeps a line, first come, first served', () => {
    const gate = gateOf({ maxConcurrent: 1 });
    const guests = [new Guest(), new Guest(), new Guest()] as const;
    for (const guest of guests) gate.wait(guest, 1);
    guests[1].leave();
    expect(gate.waiting).toBe(2);
    expect([gate.next(), gate.next(), gate.next()]).toEqual([guests[0], guests[2], undefined]);
  });

  it('sends everybody away', () => {
    const gate = gateOf({ maxConcurrent: 1 });
    const guests = [new Guest(), new Guest()];
    for (const guest of guests) gate.wait(guest, 1);
    gate.empty((guest) => guest.turnedAway(new PoolClearedError('cleared')));
    expect([gate.waiting, ...guests.map(({ state }) => state)]).toEqual([0, 'turned away', 'turned away']);
  });

  it('lets no more than maxWaiting wait', () => {
    const gate = gateOf({ maxConcurrent: 1, maxWaiting: 2 });
    const guests = [new Guest(), new Guest(), new Guest()] as const;
    expect(guests.map((guest) => gate.wait(guest, 1)?.message)).toEqual([
      undefined,
      undefined,
      '2 operations wait for a connection to db:27017 already, as many as waitQueueMultiple allows',
    ]);
    expect(gate.wait(guests[2], 1)).toBeInstanceOf(PoolQueueFullError);
    // One that can still be opened is for one of them.
    expect(gate.wait(new Guest(), 0)).toBeUndefined();
    expect(gate.wait(new Guest(), 0)).toBeInstanceOf(PoolQueueFullError);
    for (const guest of guests.slice(0, 2)) guest.leave();
    expect([gate.wait(guests[2], 1), gate.waiting]).toEqual([undefined, 2]);
  });

  it('does not limit those by maxWaitTime that something else limits', async () => {
    using clock = fakeClock();
    const gate = gateOf({ maxConcurrent: 1, maxWaitTime: 40 });
    const [patient, guest] = [Object.assign(new Guest(), { isPatient: true }), new Guest()];
    gate.wait(patient, 1);
    gate.wait(guest, 1);
    await clock.advance(55);
    expect([patient.state, guest.state, gate.waiting]).toEqual(['waiting', 'refused', 1]);
    expect(gate.timeout(55.4)).toBeInstanceOf(PoolTimeoutError);
    expect(gate.timeout(55.4).message).toMatch('no connection to db:27017 became free (waited 55 ms): ');
    gate.empty(() => undefined);
  });

  it('limits those under a deadline by serverSelectionTimeoutMS', async () => {
    using clock = fakeClock();
    const gate = gateOf({ maxConcurrent: 1, maxWaitTime: 40, serverSelectionTimeoutMS: 90 });
    const [patient, guest] = [Object.assign(new Guest(), { isPatient: true }), new Guest()];
    gate.wait(patient, 1);
    gate.wait(guest, 1);
    await clock.advance(40);
    expect([patient.state, guest.state]).toEqual(['waiting', 'refused']);
    await clock.advance(50);
    expect([patient.state, gate.waiting, clock.timers]).toEqual(['refused', 0, 0]);
    expect(patient.error).toBeInstanceOf(PoolTimeoutError);
    expect(patient.error!.message).toMatch('became free within serverSelectionTimeoutMS (waited 90 ms): ');
  });

  it('tells those who waited in vain who has the connections, the longest first', async () => {
    const operations = [7, 90, 3, 60, 8, 400].map((heldMS, i) => holder(`command${i}`, heldMS));
    expect((await refusal(6, { inUse: 6, operations })).message).toBe(
      'no connection to db:27017 became free within maxWaitTime (waited 40 ms): ' +
        '6 of at most 6 connections are in use, by command5 on shop.items for 400 ms, ' +
        'command1 on shop.items for 90 ms, command3 on shop.items for 60 ms, command4 on shop.items for 8 ms, ' +
        'command0 on shop.items for 7 ms and 1 more',
    );
  });

  it('tells how many connections cursors and transactions keep', async () => {
    const operations = [holder('getMore', 12)];
    expect((await refusal(6, { inUse: 6, cursors: 3, transactions: 1, operations })).message).toMatch(
      new RegExp(
        'are in use, by getMore on shop.items for 12 ms. maxPoolSize: 6, connections in use by cursors: 3, ' +
          'connections in use by transactions: 1, connections in use by other operations: 2$',
      ),
    );
    expect((await refusal(1, { inUse: 1, cursors: 1 })).message).toContain(
      '1 of at most 1 connections are in use, by nobody at the moment. maxPoolSize: 1',
    );
  });

  it('says when nobody has any, and counts without a cap', async () => {
    expect((await refusal(3, {})).message).toContain(
      '0 of at most 3 connections are in use, by nobody yet: they are still being opened',
    );
    expect((await refusal(0, { inUse: 1, operations: [holder('find', 4.4)] })).message).toMatch(
      /: 1 connections are in use, by find on shop.items for 4 ms$/,
    );
  });
});
