import { ConfigurationError } from '../../lib/errors/usage-errors.js';
import { ReadConcern } from '../../lib/options/read-concern.js';

test.each(['local', 'majority', 'linearizable', 'available', 'snapshot'])('%s is shared', (level) => {
  const concern = ReadConcern.from(level);
  expect(concern.level).toBe(level);
  expect(concern.toDocument()).toEqual({ level });
  expect(concern.isServerDefault).toBe(false);
  expect(ReadConcern.from({ level })).toBe(concern);
  expect(ReadConcern.from(concern)).toBe(concern);
  expect(Object.isFrozen(concern) && Object.isFrozen(concern.toDocument())).toBe(true);
});

test('the server default has no level and is shared', () => {
  expect(ReadConcern.from({}).isServerDefault).toBe(true);
  expect(ReadConcern.from({}).toDocument()).toEqual({});
  expect(ReadConcern.from({})).toBe(ReadConcern.from({}));
});

test('unknown levels and further fields are left to the server', () => {
  expect(ReadConcern.from('arbitrary').level).toBe('arbitrary');
  const fields = { level: 'snapshot', atClusterTime: 5 };
  expect(JSON.stringify(ReadConcern.from(fields))).toBe(JSON.stringify(fields));
  expect(ReadConcern.from({ afterClusterTime: 5 } as object).isServerDefault).toBe(false);
});

test.each([[5], [''], [null], [['local']], [{ level: 5 }], [{ level: '' }]])('%j is refused', (value) => {
  expect(() => ReadConcern.from(value as any)).toThrow(ConfigurationError);
  expect(() => ReadConcern.from(value as any)).toThrow('readConcern: expected');
});

test('the names of the official driver', () => {
  const { MAJORITY, AVAILABLE, LINEARIZABLE, SNAPSHOT } = ReadConcern;
  expect([MAJORITY, AVAILABLE, LINEARIZABLE, SNAPSHOT]).toEqual(['majority', 'available', 'linearizable', 'snapshot']);
});
