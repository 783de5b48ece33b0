import type { DeploymentChoice } from '../format.js';
import { unmetBefore } from './requirements.js';
import { compareVersions, parseVersion } from './server-version.js';

const choice: DeploymentChoice = { name: 'one', topology: 'single', version: '6.0.5', auth: false, facade: false };

it('compares versions by their first three numbers', () => {
  expect(parseVersion('4.9.0-alpha4-271-g7d5cf02')).toEqual([4, 9, 0]);
  expect(parseVersion('7')).toEqual([7, 0, 0]);
  expect(() => parseVersion('latest')).toThrow(TypeError);
  expect(compareVersions('4.0.10', '4.0.9')).toBeGreaterThan(0);
  expect(compareVersions('3.6', '4.0.10')).toBeLessThan(0);
  expect(compareVersions('4.2', '4.2.0')).toBe(0);
});

it.each([
  [{ minServerVersion: '6.0.5', maxServerVersion: '6.0.5' }, undefined],
  [{ minServerVersion: '6.0.6' }, 'a server from 6.0.6'],
  [{ maxServerVersion: '6.0.4' }, 'a server up to 6.0.4'],
  [{ topologies: ['replicaset', 'single'] }, undefined],
  [{ topologies: ['replicaset', 'sharded'] }, 'a topology of replicaset or sharded'],
  [{ auth: false }, undefined],
  [{ auth: true }, 'access control'],
  [{ serverless: 'require' as const }, 'an Atlas Serverless instance'],
  [{ serverless: 'forbid' as const }, undefined],
  [{ csfle: false }, undefined],
  [{ csfle: true }, 'client-side encryption'],
])('%j: %s', (requirement, expected) => {
  expect(unmetBefore(requirement, choice)).toBe(expected);
});

it('takes a cluster of replica sets for any cluster', () => {
  const cluster = { ...choice, topology: 'sharded-replicaset' as const };
  expect(unmetBefore({ topologies: ['sharded'] }, cluster)).toBeUndefined();
  expect(unmetBefore({ topologies: ['sharded-replicaset'] }, { ...choice, topology: 'sharded' })).toBeDefined();
});
