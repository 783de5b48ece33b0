import { faultArguments } from './fault-arguments.js';
import { FAULTS } from './faults.js';

it('lets both drivers meet all faults, with a new seed', () => {
  const { faults, drivers, seed, seconds, json } = faultArguments([]);
  expect(faults).toEqual(Object.keys(FAULTS));
  expect(drivers).toEqual(['rotor', 'official']);
  expect(seed).toBeGreaterThan(0);
  expect([seconds, json]).toEqual([undefined, undefined]);
});

it('takes what it is given', () => {
  const given = ['--fault', 'kill', '--fault', 'freeze', '--driver', 'rotor', '--seed', '7', '--seconds', '60'];
  expect(faultArguments(given)).toMatchObject({ faults: ['kill', 'freeze'], drivers: ['rotor'], seed: 7, seconds: 60 });
});

it.each([
  [['--fault', 'flood'], '--fault: expected one of kill, '],
  [['--driver', 'both,rotor'], '--driver: expected one of rotor, official, got "both,rotor"'],
  [['--seconds', '0'], '--seconds: expected a positive integer, got 0'],
  [['--seed', 'x'], '--seed: expected a positive integer, got x'],
  [['--readme', '--fault', 'kill'], '--readme writes the table of all faults'],
])('refuses %j', (given, message) => {
  expect(() => faultArguments(given)).toThrow(message);
});
