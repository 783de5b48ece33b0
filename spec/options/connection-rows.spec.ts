import { Resolver } from 'node:dns/promises';
import { CONNECTION_ROWS } from '../../lib/options/connection-rows.js';

const row = (name: string) => CONNECTION_ROWS.find((each) => each.name === name);

test.each([
  ['maxPoolSize', 100],
  ['minPoolSize', 0],
  ['maxConnecting', 2],
  ['maxIdleTimeMS', 0],
  ['waitQueueTimeoutMS', 0],
  ['connectTimeoutMS', 20_000],
  ['socketTimeoutMS', 0],
  ['timeoutMS', undefined],
  ['serverSelectionTimeoutMS', 30_000],
  ['heartbeatFrequencyMS', 10_000],
  ['minHeartbeatFrequencyMS', 500],
  ['localThresholdMS', 15],
  ['serverMonitoringMode', 'auto'],
  ['srvServiceName', 'mongodb'],
  ['loadBalanced', false],
  ['connect', false],
  ['requireOpen', false],
])('the default of %s is %j', (name, value) => {
  expect(row(name)).toBeDefined();
  expect(row(name)?.default).toEqual(value);
});

test.each([
  ['mongodb', true],
  ['a'.repeat(62), true],
  ['a'.repeat(63), false],
  ['my-service-2', true],
  ['-a', false],
  ['a-', false],
  ['a--b', false],
  ['123', false],
  ['a_b', false],
])('srvServiceName %s: %s', (name, valid) => {
  expect(row('srvServiceName')?.type.check(name)).toBe(valid);
});

test.each([
  ['1', true],
  [{ version: '1', strict: true, deprecationErrors: false }, true],
  ['2', false],
  [{ version: '1', strict: 1 }, false],
  [{}, false],
])('serverApi %j: %s', (value, valid) => {
  expect(row('serverApi')?.type.check(value)).toBe(valid);
});

test('srvAllowedHostsSuffix is a domain, in the one form that is compared', () => {
  const { check, tidy } = row('srvAllowedHostsSuffix')!.type;
  expect([check('mydomain.net'), check('net'), check(''), check(1)]).toEqual([true, false, false, false]);
  expect(tidy!('MyDomain.net.')).toBe('.mydomain.net');
});

test('resolver has the two functions, as one of Node.js has', () => {
  const { check } = row('resolver')!.type;
  expect([check(new Resolver()), check({ resolveSrv: () => [] }), check(() => [])]).toEqual([true, false, false]);
});

test('family is 4 or 6', () => {
  expect([4, 5, 6].map((family) => row('family')?.type.check(family))).toEqual([true, false, true]);
});
