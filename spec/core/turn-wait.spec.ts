import { DeadlineTicker } from '../../lib/core/deadline-ticker.js';
import { turnWithin } from '../../lib/core/turn-wait.js';
import { Deadline } from '../../lib/util/deadline.js';
import { Turns } from '../../lib/util/turns.js';
import { type FakeClock, fakeClock } from '../support/fake-clock.js';

let clock: FakeClock;
let turns: Turns;
let ticker: DeadlineTicker;

beforeEach(() => {
  clock = fakeClock();
  turns = new Turns();
  ticker = new DeadlineTicker();
});
afterEach(() => {
  ticker.close();
  clock.restore();
});

describe('turnWithin', () => {
  it('has the turn at once where nobody else has it, and watches no time', async () => {
    expect(await turnWithin(turns, new Deadline(100), ticker)).toBe(true);
    expect([turns.taken, ticker.size]).toEqual([true, 0]);
  });

  it('waits until it comes, with or without a limit', async () => {
    await turns.wait();
    const waits = [turnWithin(turns, undefined, ticker), turnWithin(turns, new Deadline(100), ticker)];
    expect(ticker.size).toBe(1);
    turns.done();
    expect(await waits[0]).toBe(true);
    turns.done();
    expect([await waits[1], ticker.size]).toEqual([true, 0]);
  });

  it('gives its place up when the time is over, to those behind', async () => {
    await turns.wait();
    const late = turnWithin(turns, new Deadline(100), ticker);
    const behind = turnWithin(turns, undefined, ticker);
    await clock.advance(120);
    expect([await late, ticker.size]).toEqual([false, 0]);
    turns.done();
    expect(await behind).toBe(true);
  });

  it('gives its place up when a signal aborts, and leaves no listener on it', async () => {
    await turns.wait();
    const controller = new AbortController();
    const remove = jest.spyOn(controller.signal, 'removeEventListener');
    const late = turnWithin(turns, new Deadline(100), ticker, controller.signal);
    const behind = turnWithin(turns, undefined, ticker, controller.signal);
    controller.abort();
    expect([await late, await behind, ticker.size]).toEqual([false, false, 0]);
    turns.done();
    expect([turns.taken, remove.mock.calls.length]).toEqual([false, 2]);
  });
});
