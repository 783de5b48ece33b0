import { missedTargets, type Result } from './result.js';
import { markdownTable, plainTable } from './table.js';

const good: Result = {
  ...{ fault: 'kill', driver: 'rotor', seed: 7, operations: 1000, lost: 0, twice: 0, unsettled: 0 },
  ...{ errorCount: 0, errors: {}, stallMS: 2000, outageMS: 1700, strikes: [], calmMS: 100, heapGrowthKB: 12 },
  ...{ handlesLeft: 0, lagMS: 5, notes: {}, endedByItself: true, stderr: '' },
};

it('misses nothing where all is as it should be', () => {
  expect(missedTargets(good)).toEqual([]);
});

it.each<[Partial<Result>, string]>([
  [{ lost: 1 }, '1 acknowledged writes lost'],
  [{ twice: 2 }, '2 writes applied twice'],
  [{ unsettled: 3 }, '3 operations without an end'],
  [{ errorCount: 4 }, '4 errors reached the caller'],
  [{ handlesLeft: 1 }, '1 handles left'],
  [{ stallMS: 2301 }, 'an operation took 2301 ms, 601 ms longer than the outage (100 ms without a fault)'],
  [{ endedByItself: false }, 'the process did not end by itself'],
  [{ stderr: 'Warning: one\ntwo\n' }, 'stderr: Warning: one'],
])('misses %j', (change, complaint) => {
  expect(missedTargets({ ...good, ...change })).toEqual([complaint]);
});

it('knows no limit where nothing is in flight', () => {
  expect(missedTargets({ ...good, fault: 'cycles', stallMS: 60_000 })).toEqual([]);
});

it('shows a row for each result', () => {
  const rows = [good, { ...good, driver: 'official', unsettled: 2, calmMS: 0 } as const];
  expect(markdownTable(rows).split('\n')[2]).toBe(
    '| primary killed | Rotor | 1000 | 0 | 0 | 0 | 2000 | 1700 | 100 | +12 | 0 |',
  );
  expect(plainTable(rows).split('\n')[2]).toMatch(
    /^primary killed {2}official {8}1000 .* 0 \(2 without an end\) .* 2000 .* - +\+12 +0$/,
  );
});
