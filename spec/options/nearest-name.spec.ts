import { nearestName } from '../../lib/options/nearest-name.js';

const known = ['maxPoolSize', 'minPoolSize', 'tls'];

test.each([
  ['maxPolSize', 'maxPoolSize'],
  ['MINPOOLSIZES', 'minPoolSize'],
  ['tsl', undefined],
  ['tl', undefined],
  ['tlss', 'tls'],
  ['banana', undefined],
])('%s means %s', (wrong, meant) => {
  expect(nearestName(wrong, known)).toBe(meant);
});

test('nothing is near among no names', () => {
  expect(nearestName('x', [])).toBeUndefined();
});
