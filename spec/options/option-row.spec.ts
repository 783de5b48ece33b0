import type { OptionRow } from '../../lib/options/option-row.js';
import { OPTION_TABLE } from '../../lib/options/table.js';

const plain = (name: string): string => name.toLowerCase();
const namesOf = (row: OptionRow): string[] => [row.name, ...(row.aliases ?? []), ...(row.deprecatedAliases ?? [])];

test.each(OPTION_TABLE.map((row) => [row.name, row] as const))('%s is a sound row', (name, row) => {
  expect(name).toMatch(/^[a-z][A-Za-z0-9]*$/);
  // "If a key represents a unit of time it MUST end with that unit of time."
  expect(name).not.toMatch(/(?:Ms|Millis|Time|Timeout)$/);
  if (row.default !== undefined) expect(row.type.check(row.default)).toBe(true);
  expect(row.type.expected).not.toBe('');
  expect(row.ignored !== undefined && row.refused !== undefined).toBe(false);
});

test('no two rows share a name', () => {
  const names = OPTION_TABLE.flatMap(namesOf).map(plain);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

test('what a row stands for has rows itself', () => {
  const samples: Record<string, unknown> = {
    auth: { username: 'a', password: 'b' },
    sslCertReqs: 'CERT_NONE',
    sslMatchHostname: true,
    rejectUnauthorized: false,
    readConcern: 'local',
    writeConcern: { w: 1 },
    readPreference: 'nearest',
    proxyUsername: 'ada',
    proxyPassword: 'sesame',
  };
  const spreading = OPTION_TABLE.filter((row) => row.spread);
  expect(spreading.map((row) => row.name).sort()).toEqual(Object.keys(samples).sort());
  const known = new Set(OPTION_TABLE.map((row) => row.name));
  for (const row of spreading) {
    for (const part of Object.keys(row.spread?.(samples[row.name]) ?? {})) expect(known).toContain(part);
  }
});
