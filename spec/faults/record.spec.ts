import { OperationRecord } from './record.js';

const fails =
  (error: Error): (() => Promise<never>) =>
  () =>
    Promise.reject(error);

it('counts operations and errors, alike ones together', async () => {
  const record = new OperationRecord();
  expect(await record.run(async () => 1)).toBe(true);
  expect(await record.run(fails(new TypeError('127.0.0.1:4711 is gone')))).toBe(false);
  expect(await record.run(fails(new TypeError('127.0.0.1:4712 is gone')))).toBe(false);
  expect(record).toMatchObject({ operations: 3, duplicates: 0, unsettled: 0 });
  expect(record.errors).toEqual({ 'TypeError: # is gone': 2 });
});

it('counts what the server got twice', async () => {
  const record = new OperationRecord();
  await record.run(fails(Object.assign(new Error('E11000'), { code: 11_000 })));
  expect(record.duplicates).toBe(1);
});

it('keeps the longest operation of each strike, also one that does not end', async () => {
  const record = new OperationRecord();
  await record.run(() => new Promise((resolve) => setTimeout(resolve, 30)));
  record.strike();
  await record.run(async () => undefined);
  const [before, after] = record.stallsMS;
  expect(before).toBeGreaterThanOrEqual(29);
  expect(after).toBeLessThan(before!);
  void record.run(() => new Promise(() => {}));
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(record.unsettled).toBe(1);
  record.countUnsettled();
  expect(record.stallsMS[1]).toBeGreaterThanOrEqual(29);
});
