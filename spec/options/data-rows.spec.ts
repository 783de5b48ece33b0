import { BSON_NAMES, DATA_ROWS } from '../../lib/options/data-rows.js';

const row = (name: string) => DATA_ROWS.find((each) => each.name === name);

test.each([
  ['retryReads', true],
  ['retryWrites', true],
  ['maxAdaptiveRetries', 2],
  ['enableOverloadRetargeting', false],
  ['readPreference', 'primary'],
  ['w', undefined],
  ['uuidRepresentation', 'standard'],
  ['promoteValues', true],
  ['promoteLongs', true],
  ['promoteBuffers', false],
  ['useBigInt64', false],
  ['ignoreUndefined', false],
  ['enableUtf8Validation', true],
])('the default of %s is %j', (name, value) => {
  expect(row(name)).toBeDefined();
  expect(row(name)?.default).toBe(value);
});

test('the objects stand for the single settings', () => {
  expect(row('writeConcern')?.spread?.({ w: 2, wtimeout: 5, j: true })).toEqual({
    w: 2,
    wTimeoutMS: 5,
    journal: true,
    fsync: undefined,
  });
  expect(row('readConcern')?.spread?.({ level: 'local' })).toEqual({ readConcernLevel: 'local' });
  expect(row('readPreference')?.spread?.({ mode: 'nearest', tags: [{ a: 'b' }] })).toEqual({
    readPreference: 'nearest',
    readPreferenceTags: [{ a: 'b' }],
    maxStalenessSeconds: undefined,
    hedge: undefined,
  });
});

test('pkFactory must make keys', () => {
  expect(row('pkFactory')?.type.check({ createPk: () => 1 })).toBe(true);
  expect(row('pkFactory')?.type.check({})).toBe(false);
});

test('the codec gets its own options alone', () => {
  expect(BSON_NAMES).toContain('promoteLongs');
  for (const name of ['w', 'pkFactory', 'forceServerObjectId']) expect(BSON_NAMES).not.toContain(name);
});
