import { SharedTurn } from '../../lib/util/shared-turn.js';
import { Turns } from '../../lib/util/turns.js';

/** Turns, and who had one. */
function line() {
  const turns = new Turns();
  const told: string[] = [];
  const take = (name: string) => turns.take({ settled: false, turn: () => told.push(name) });
  return { turns, told, take };
}

describe('SharedTurn', () => {
  it('is kept from one operation to the next', () => {
    const { turns, told, take } = line();
    const shared = new SharedTurn();
    expect(shared.isHeld).toBe(false);
    take('first');
    shared.begin(turns);
    take('other');
    shared.end();
    expect([shared.isHeld, told]).toEqual([true, ['first']]);
    shared.begin(turns);
    shared.end();
    expect(told).toEqual(['first']);
    shared.done();
    expect([shared.isHeld, told]).toEqual([false, ['first', 'other']]);
  });

  it('outlasts its owner where the last operation still runs', () => {
    const { turns, told, take } = line();
    const shared = new SharedTurn();
    take('first');
    shared.begin(turns);
    take('other');
    shared.done();
    expect(told).toEqual(['first']);
    shared.end();
    expect(told).toEqual(['first', 'other']);
  });

  it('that never came is given to nobody', () => {
    const { turns, told, take } = line();
    take('someone');
    take('other');
    new SharedTurn().done();
    expect([turns.taken, told]).toEqual([true, ['someone']]);
  });
});
