import { PoolTimeoutError } from '../../lib/errors/connection-errors.js';
import { type Holder, HostGate } from '../../lib/pool/host-gate.js';
import { fakeClock } from '../support/fake-clock.js';
import { Guest } from './fake-host.js';

const holder = (command: string, heldMS: number): Holder => ({ command, namespace: 'shop.items', heldMS });

async function refusal(maxConcurrent: number, holders: Holder[]): Promise<Error> {
  using clock = fakeClock();
  const gate = new HostGate('db:27017', maxConcurrent, 40, () => holders);
  const guest = new Guest();
  gate.wait(guest);
  await clock.advance(39);
  expect([guest.state, gate.waiting]).toEqual(['waiting', 1]);
  await clock.advance(1);
  expect([guest.state, gate.waiting, clock.timers]).toEqual(['refused', 0, 0]);
  expect(guest.error).toBeInstanceOf(PoolTimeoutError);
  return guest.error!;
}

describe('HostGate', () => {
  it('admits so many connections and no more, or any number', () => {
    const gate = new HostGate('db:27017', 2, 0, () => []);
    expect([gate.maxConcurrent, gate.admits(0), gate.admits(1), gate.admits(2)]).toEqual([2, true, true, false]);
    expect(new HostGate('db:27017', 0, 0, () => []).admits(1e9)).toBe(true);
  });

  it('keeps a line, first come, first served', () => {
    const gate = new HostGate('db:27017', 1, 0, () => []);
    const guests = [new Guest(), new Guest(), new Guest()] as const;
    for (const guest of guests) gate.wait(guest);
    guests[1].leave();
    expect(gate.waiting).toBe(2);
    expect([gate.next(), gate.next(), gate.next()]).toEqual([guests[0], guests[2], undefined]);
  });

  it('sends everybody away', () => {
    const gate = new HostGate('db:27017', 1, 0, () => []);
    const guests = [new Guest(), new Guest()];
    for (const guest of guests) gate.wait(guest);
    gate.empty((guest) => guest.turnedAway());
    expect([gate.waiting, ...guests.map(({ state }) => state)]).toEqual([0, 'turned away', 'turned away']);
  });

  it('tells those who waited in vain who has the connections, the longest first', async () => {
    const holders = [7, 90, 3, 60, 8, 400].map((heldMS, i) => holder(`command${i}`, heldMS));
    expect((await refusal(6, holders)).message).toBe(
      'no connection to db:27017 became free within maxWaitTime (waited 40 ms): ' +
        '6 of at most 6 connections are in use, by command5 on shop.items for 400 ms, ' +
        'command1 on shop.items for 90 ms, command3 on shop.items for 60 ms, command4 on shop.items for 8 ms, ' +
        'command0 on shop.items for 7 ms and 1 more',
    );
  });

  it('says when nobody has any, and counts without a cap', async () => {
    expect((await refusal(3, [])).message).toContain(
      '0 of at most 3 connections are in use, by nobody yet: they are still being opened',
    );
    expect((await refusal(0, [holder('find', 4.4)])).message).toMatch(
      /: 1 connections are in use, by find on shop.items for 4 ms$/,
    );
  });
});
