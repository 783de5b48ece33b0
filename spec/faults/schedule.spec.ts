import { schedule } from './schedule.js';

it('is the same for the same seed, and another for another', () => {
  const strikes = schedule(7, 60, [1000, 3000]);
  expect(schedule(7, 60, [1000, 3000])).toEqual(strikes);
  expect(schedule(8, 60, [1000, 3000])).not.toEqual(strikes);
});

it('strikes once in a short run, and again after a rest in a long one', () => {
  expect(schedule(1, 1, [4000, 5000])).toHaveLength(1);
  const strikes = schedule(1, 60, [1000, 3000]);
  expect(strikes.length).toBeGreaterThan(5);
  let freeFrom = 2500;
  for (const { atMS, lastsMS, chance } of strikes) {
    expect(atMS).toBeGreaterThanOrEqual(freeFrom);
    expect(lastsMS).toBeGreaterThanOrEqual(1000);
    expect(lastsMS).toBeLessThanOrEqual(3000);
    expect(chance).toBeGreaterThanOrEqual(0);
    expect(chance).toBeLessThan(1);
    freeFrom = atMS + lastsMS + 3500;
  }
  expect(freeFrom).toBeLessThanOrEqual(60_000);
});
