import { Turns, type TurnTaker } from '../../lib/util/turns.js';

describe('Turns', () => {
  function taker(name: string, told: string[], settled = false): TurnTaker {
    return { settled, turn: () => told.push(name) };
  }

  it('come one after another, in the order of asking', () => {
    const turns = new Turns();
    const told: string[] = [];
    for (const name of ['a', 'b', 'c']) turns.take(taker(name, told));
    expect([told, turns.taken]).toEqual([['a'], true]);
    turns.done();
    expect(told).toEqual(['a', 'b']);
    turns.done();
    turns.done();
    expect([told, turns.taken]).toEqual([['a', 'b', 'c'], false]);
  });

  it('pass over who has left', () => {
    const turns = new Turns();
    const told: string[] = [];
    turns.take(taker('a', told));
    turns.take(taker('left', told, true));
    turns.take(taker('c', told));
    turns.done();
    expect(told).toEqual(['a', 'c']);
  });

  it('can be awaited', async () => {
    const turns = new Turns();
    await turns.wait();
    let came = false;
    const second = turns.wait().then(() => {
      came = true;
    });
    await Promise.resolve();
    expect(came).toBe(false);
    turns.done();
    await second;
    expect(came).toBe(true);
  });

  it('do not nest where thousands end at once', () => {
    const turns = new Turns();
    turns.take({ settled: false, turn: () => undefined });
    let count = 0;
    const one: TurnTaker = {
      settled: false,
      turn: () => {
        count++;
        turns.done();
      },
    };
    for (let n = 0; n < 50_000; n++) turns.take(one);
    turns.done();
    expect([count, turns.taken]).toEqual([50_000, false]);
  });
});
