import { installWallClock, setWallClock } from './wall-clock.js';

const Real = Date;
beforeAll(installWallClock);
afterAll(() => {
  globalThis.Date = Real;
});

it('steps the time of day, and nothing else', () => {
  const [elapsed, dayMS] = [performance.now(), 86_400_000];
  setWallClock(dayMS);
  expect(Date.now() - Real.now()).toBeGreaterThan(dayMS - 1000);
  expect(Date.parse(new Date().toISOString()) - Real.now()).toBeGreaterThan(dayMS - 1000);
  expect(new Date(5).getTime()).toBe(5);
  expect(performance.now() - elapsed).toBeLessThan(1000);
  setWallClock(-dayMS);
  expect(Date.now()).toBeLessThan(Real.now() - dayMS + 1000);
  setWallClock(0);
  expect(Math.abs(Date.now() - Real.now())).toBeLessThan(1000);
});
