import {
  BOOLEAN,
  COMPRESSOR_LIST,
  CONCERN,
  DATA,
  FUNCTION,
  HOSTS,
  integer,
  LIST,
  MILLISECONDS,
  matching,
  OBJECT,
  type OptionType,
  oneOf,
  PROPERTIES,
  READ_PREFERENCE,
  shortText,
  TAG_SETS,
  TEXT,
  W_VALUE,
} from '../../lib/options/option-type.js';

/** The value of a text, or 'invalid'. */
function readValue(type: OptionType, text: string): unknown {
  const value = type.read(text);
  if (value === undefined || !type.check(value)) return 'invalid';
  return type.tidy ? type.tidy(value) : value;
}

test.each([
  [BOOLEAN, 'true', true],
  [BOOLEAN, 'false', false],
  [BOOLEAN, 'yes', true],
  [BOOLEAN, '-1', false],
  [BOOLEAN, 'True', 'invalid'],
  [BOOLEAN, 'maybe', 'invalid'],
  [integer(-1, 9), '-1', -1],
  [integer(-1, 9), '10', 'invalid'],
  [integer(1, undefined, -1), '-1', -1],
  [integer(1, undefined, -1), '0', 'invalid'],
  [integer(0), '1.5', 'invalid'],
  [integer(0), '0x10', 'invalid'],
  [integer(0), '2147483648', 'invalid'],
  [integer(0, Number.MAX_SAFE_INTEGER), '9007199254740991', Number.MAX_SAFE_INTEGER],
  [integer(0, Number.MAX_SAFE_INTEGER), '9007199254740992', 'invalid'],
  [MILLISECONDS, '0', 0],
  [MILLISECONDS, '-2', 'invalid'],
  [TEXT, 'a', 'a'],
  [TEXT, '', 'invalid'],
  [shortText(3), 'ü1', 'ü1'],
  [shortText(3), 'üü', 'invalid'],
  [matching(/^a+$/, 'some a'), 'aa', 'aa'],
  [matching(/^a+$/, 'some a'), 'b', 'invalid'],
  [oneOf('auto', 'poll'), 'poll', 'poll'],
  [oneOf('auto', 'poll'), 'Poll', 'invalid'],
  [W_VALUE, '3', 3],
  [W_VALUE, 'majority', 'majority'],
  [W_VALUE, '-2', 'invalid'],
  [PROPERTIES, 'A:b,C:mongodb://x', { A: 'b', C: 'mongodb://x' }],
  [PROPERTIES, 'A:b,C', 'invalid'],
  [PROPERTIES, ':b', 'invalid'],
  [TAG_SETS, 'dc:ny,rack:1', [{ dc: 'ny', rack: '1' }]],
  [TAG_SETS, '', [{}]],
  [TAG_SETS, 'invalid', 'invalid'],
  [COMPRESSOR_LIST, 'zstd,zlib,zstd', ['zstd', 'zlib']],
  [COMPRESSOR_LIST, 'zlib,lz4', 'invalid'],
  [READ_PREFERENCE, 'nearest', 'nearest'],
  [READ_PREFERENCE, 'Nearest', 'invalid'],
  [FUNCTION, 'x', 'invalid'],
  [OBJECT, '{}', 'invalid'],
  [LIST, 'a', 'invalid'],
])('case %#: the text %j %j', (type, text, value) => {
  expect(readValue(type, text)).toEqual(value);
});

test.each<[OptionType, unknown[], unknown[]]>([
  [BOOLEAN, [true, false], ['true', 1, null]],
  [integer(0), [0, 2147483647], ['5', 1.5, Number.NaN, -1, 2147483648]],
  [TEXT, ['a'], ['', 5]],
  [W_VALUE, [0, 'majority'], [-1, 1.5, '', true]],
  [PROPERTIES, [{ A: () => {} }, 'A:b'], ['A', [], 5]],
  [TAG_SETS, [[{ a: 'b' }, {}], { a: 'b' }], ['a:b', [{ a: 1 }]]],
  [COMPRESSOR_LIST, [['zlib'], 'zlib,snappy', []], [['lz4'], 'lz4', 5]],
  [READ_PREFERENCE, ['primary', { mode: 'nearest' }, { preference: 'nearest' }], ['x', { mode: 'x' }, 5]],
  [FUNCTION, [() => {}], [{}]],
  [OBJECT, [{}], [[], null, 'x']],
  [LIST, [[]], [{}]],
  [CONCERN, [{}, 'majority', 1], [[], true]],
  [HOSTS, ['a', ['a', 'b']], [5, [5]]],
  [DATA, ['pem', Buffer.from('x'), ['a', Buffer.from('b')], [{ pem: 'x' }]], [5, [5]]],
])('case %#: values in code', (type, right, wrong) => {
  for (const value of right) expect([value, type.check(value)]).toEqual([value, true]);
  for (const value of wrong) expect([value, type.check(value)]).toEqual([value, false]);
});

test('values of several forms are made one', () => {
  expect(PROPERTIES.tidy?.('A:b')).toEqual({ A: 'b' });
  expect(TAG_SETS.tidy?.({ a: 'b' })).toEqual([{ a: 'b' }]);
  expect(COMPRESSOR_LIST.tidy?.('zlib,snappy')).toEqual(['zlib', 'snappy']);
  expect(COMPRESSOR_LIST.salvage?.('lz4,zlib')).toEqual(['zlib']);
});

test('what is expected is said in words', () => {
  expect(integer(1).expected).toBe('an integer from 1');
  expect(integer(1, 9).expected).toBe('an integer from 1 to 9');
  expect(integer(1, undefined, -1).expected).toBe('an integer from 1, or -1');
  expect(shortText(128).expected).toBe('a string of 1 to 128 bytes');
  expect(oneOf('a', 'b').expected).toBe('one of a, b');
});
