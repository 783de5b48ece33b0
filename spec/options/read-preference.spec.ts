import { ConfigurationError } from '../../lib/errors/usage-errors.js';
import { isTagSets, READ_PREFERENCE_MODES, ReadPreference } from '../../lib/options/read-preference.js';

test.each(READ_PREFERENCE_MODES)('%s has one shared object under every form', (mode) => {
  const shared = ReadPreference.from(mode);
  const constant = mode.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
  expect(shared).toBe(ReadPreference[mode]);
  expect(shared).toBe((ReadPreference as any)[constant]);
  expect(shared).toBe(ReadPreference.from({ mode }));
  expect(shared).toBe(ReadPreference.from({ preference: mode, tags: [] }));
  expect(shared).toBe(ReadPreference.from(shared));
  expect(shared.preference).toBe(mode);
  expect(shared.toDocument()).toEqual({ mode });
});

test('settings are kept, frozen and sent', () => {
  const tags = [{ dc: 'ny' }, {}];
  const preference = new ReadPreference('nearest', tags, { maxStalenessSeconds: 120, hedge: { enabled: true } });
  tags.pop();
  const document = { mode: 'nearest', tags: [{ dc: 'ny' }, {}], maxStalenessSeconds: 120, hedge: { enabled: true } };
  expect(preference.toDocument()).toEqual(document);
  expect(JSON.stringify(preference)).toBe(JSON.stringify(document));
  expect(preference.equals(ReadPreference.from(document as any))).toBe(true);
  expect(preference.equals(ReadPreference.NEAREST)).toBe(false);
  expect(Object.isFrozen(preference) && Object.isFrozen(preference.tags?.[0])).toBe(true);
});

test('one tag set is a list of one; -1 is no limit', () => {
  expect(ReadPreference.from({ mode: 'secondary', tags: { dc: 'ny' } }).tags).toEqual([{ dc: 'ny' }]);
  expect(ReadPreference.from({ mode: 'secondary', maxStalenessSeconds: -1 }).maxStalenessSeconds).toBeUndefined();
});

test('primary takes the tag set that fits everything, and no limit', () => {
  expect(ReadPreference.from({ mode: 'primary', tags: [{}], maxStalenessSeconds: -1 }).mode).toBe('primary');
});

test.each([
  ['primry', "mode must be one of primary, primaryPreferred, secondary, secondaryPreferred, nearest, not 'primry'"],
  ['Primary', 'mode must be'],
  [{}, 'mode must be'],
  [{ mode: 'primary', tags: [{ a: 'b' }] }, 'tags cannot be combined'],
  [{ mode: 'primary', maxStalenessSeconds: 90 }, 'maxStalenessSeconds cannot be combined'],
  [{ mode: 'primary', hedge: {} }, 'hedge cannot be combined'],
  [{ mode: 'nearest', tags: 'dc:ny' }, 'tags must be'],
  [{ mode: 'nearest', tags: [{ dc: 5 }] }, 'tags must be'],
  [{ mode: 'nearest', maxStalenessSeconds: 0 }, 'maxStalenessSeconds must be'],
  [{ mode: 'nearest', maxStalenessSeconds: 90.5 }, 'maxStalenessSeconds must be'],
  [{ mode: 'nearest', hedge: true }, 'hedge must be'],
  [{ mode: 'nearest', hedge: { enabled: 1 } }, 'hedge must be'],
  [null, 'expected a mode'],
  [7, 'expected a mode'],
  [[], 'expected a mode'],
])('%j is refused', (value, reason) => {
  expect(() => ReadPreference.from(value as any)).toThrow(ConfigurationError);
  expect(() => ReadPreference.from(value as any)).toThrow(reason);
});

test('isTagSets', () => {
  expect(isTagSets([{}, { a: 'b' }])).toBe(true);
  for (const wrong of [{}, [null], [[]], ['a:b'], [{ a: 1 }]]) expect(isTagSets(wrong)).toBe(false);
});
