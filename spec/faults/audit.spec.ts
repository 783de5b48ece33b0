import { audit, insertId } from './audit.js';
import type { WriterLog } from './job.js';

const log = (more: Partial<WriterLog> = {}): WriterLog => ({
  ...{ inserts: 0, failedInserts: [], increments: 0, failedIncrements: [] },
  ...more,
});
const nothing = { inserted: new Set<number>(), counters: new Map() };

it('finds nothing wrong where everything is there once', () => {
  const found = {
    inserted: new Set([insertId(0, 0), insertId(1, 0)]),
    counters: new Map([[1, { n: 2, seen: [0, 1] }]]),
  };
  expect(audit([log({ inserts: 1 }), log({ inserts: 1, increments: 2 })], found)).toEqual({ lost: 0, twice: 0 });
});

it('misses acknowledged writes', () => {
  expect(audit([log({ inserts: 3, increments: 2 })], nothing)).toEqual({ lost: 5, twice: 0 });
});

it('does not care whether writes that failed are there', () => {
  const failed = log({ inserts: 2, failedInserts: [0, 1], increments: 2, failedIncrements: [0, 1] });
  expect(audit([failed], nothing)).toEqual({ lost: 0, twice: 0 });
  const found = { inserted: new Set([0]), counters: new Map([[0, { n: 1, seen: [1] }]]) };
  expect(audit([failed], found)).toEqual({ lost: 0, twice: 0 });
});

it('sees increments that were applied twice, also failed ones', () => {
  const counters = new Map([[0, { n: 3, seen: [0, 0, 1] }]]);
  const found = { inserted: new Set<number>(), counters };
  expect(audit([log({ increments: 2 })], found)).toEqual({ lost: 0, twice: 1 });
  expect(audit([log({ increments: 2, failedIncrements: [0] })], found)).toEqual({ lost: 0, twice: 1 });
});
