import { InvalidNameError } from '../../lib/errors/usage-errors.js';
import { checkCollectionName, checkDatabaseName } from '../../lib/options/names.js';

test.each(['test', 'a'.repeat(63), 'ünï-code_1', '$external', 'a=b', 'some,db'])('database %j is allowed', (name) => {
  expect(checkDatabaseName(name)).toBe(name);
});

test.each([...'/\\."$*<>:|? \0'])('a database name must not contain %j', (character) => {
  expect(() => checkDatabaseName(`a${character}b`)).toThrow(InvalidNameError);
  expect(() => checkDatabaseName(`a${character}b`)).toThrow(JSON.stringify(character));
});

test.each([
  ['', 'not be empty'],
  ['a'.repeat(64), '63 bytes'],
  ['ü'.repeat(32), '63 bytes'],
  [5 as unknown as string, 'of type number: it must be a string'],
  [null as unknown as string, 'of type null'],
])('database %j is refused', (name, reason) => {
  expect(() => checkDatabaseName(name)).toThrow(InvalidNameError);
  expect(() => checkDatabaseName(name)).toThrow(reason);
});

test.each(['users', 'a.b', '$cmd', '$cmd.aggregate', 'oplog.$main', 'with space', 'system.views', 'ü'])(
  'collection %j is allowed',
  (name) => {
    expect(checkCollectionName(name)).toBe(name);
  },
);

test.each([
  ['', 'not be empty'],
  ['a\0b', 'NUL'],
  ['a$b', '"$"'],
  ['$cmdx', '"$"'],
  ['$main', '"$"'],
  ['.a', 'start or end'],
  ['a.', 'start or end'],
  ['a..b', '".."'],
  [undefined as unknown as string, 'of type undefined'],
])('collection %j is refused', (name, reason) => {
  expect(() => checkCollectionName(name)).toThrow(InvalidNameError);
  expect(() => checkCollectionName(name)).toThrow(reason);
});
