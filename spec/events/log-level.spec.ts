import { isLogged, isLogThreshold } from '../../lib/events/log-level.js';

it('lets through what is at least as grave as the threshold', () => {
  expect(isLogged('info', 'debug')).toBe(true);
  expect(isLogged('debug', 'debug')).toBe(true);
  expect(isLogged('trace', 'debug')).toBe(false);
  expect(isLogged('warn', 'error')).toBe(false);
  expect(isLogged('emergency', 'off')).toBe(false);
});

it.each(['off', 'emergency', 'warn', 'trace'])('%s is a threshold', (value) => {
  expect(isLogThreshold(value)).toBe(true);
});

it.each(['warning', 'DEBUG', '', 7, undefined])('%j is none', (value) => {
  expect(isLogThreshold(value)).toBe(false);
});
