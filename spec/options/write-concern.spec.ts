import { ConfigurationError } from '../../lib/errors/usage-errors.js';
import { WriteConcern } from '../../lib/options/write-concern.js';

test.each([
  [{}, {}, true, true],
  [3, { w: 3 }, true, false],
  ['majority', { w: 'majority' }, true, false],
  ['my_mode', { w: 'my_mode' }, true, false],
  [0, { w: 0 }, false, false],
  [{ w: 0, journal: false }, { w: 0, j: false }, false, false],
  [{ w: 0, wtimeoutMS: 500 }, { w: 0, wtimeout: 500 }, false, false],
  [{ wtimeout: 1 }, { wtimeout: 1 }, true, false],
  [{ wTimeoutMS: 0 }, { wtimeout: 0 }, true, false],
  [{ j: true }, { j: true }, true, false],
  [{ journal: false }, { j: false }, true, false],
  [{ fsync: true }, { fsync: true }, true, false],
  [{ w: 3, wtimeoutMS: 1000, j: true, journal: true }, { w: 3, wtimeout: 1000, j: true }, true, false],
])('%j is sent as %j', (value, document, isAcknowledged, isServerDefault) => {
  const concern = WriteConcern.from(value);
  expect(concern.toDocument()).toEqual(document);
  expect(concern).toMatchObject({ isAcknowledged, isServerDefault });
  expect(JSON.stringify(concern)).toBe(JSON.stringify(document));
  expect(Object.isFrozen(concern) && Object.isFrozen(concern.toDocument())).toBe(true);
});

test('common values are shared', () => {
  for (const w of [0, 1, 'majority'] as const) expect(WriteConcern.from({ w })).toBe(WriteConcern.from(w));
  expect(WriteConcern.from({})).toBe(WriteConcern.from({}));
  const own = new WriteConcern(2, 5, true);
  expect(WriteConcern.from(own)).toBe(own);
});

test.each([
  [{ w: -1 }, 'w must be an integer from 0'],
  [-3, 'w must be an integer from 0'],
  [1.5, 'w must be'],
  [{ w: '' }, 'w must be'],
  [{ w: true }, 'w must be'],
  [{ wtimeoutMS: -1 }, 'wtimeoutMS must be'],
  [{ wtimeoutMS: '5' }, "not '5'"],
  [{ j: 1 }, 'journal must be true or false, not 1'],
  [{ fsync: 'no' }, 'fsync must be true or false'],
  [{ w: 0, j: true }, 'w: 0 asks for no answer and journal for one'],
  [{ w: 0, fsync: true }, 'fsync for one'],
  [{ journal: true, fsync: true }, 'exclude each other'],
  [{ journal: true, j: false }, 'journal and j are the same setting'],
  [{ wtimeout: 1, wtimeoutMS: 2 }, 'wtimeoutMS and wtimeout are the same setting'],
  [null, 'expected a number'],
  [[1], 'expected a number'],
  [true, 'expected a number'],
])('%j is refused', (value, reason) => {
  expect(() => WriteConcern.from(value as any)).toThrow(ConfigurationError);
  expect(() => WriteConcern.from(value as any)).toThrow(reason);
});
