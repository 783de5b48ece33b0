import { findOption, nearestOption } from '../../lib/options/table.js';

test.each([
  ['maxPoolSize', 'maxPoolSize'],
  ['maxpoolsize', 'maxPoolSize'],
  ['max_pool_size', 'maxPoolSize'],
  ['max_concurrent', 'maxPoolSize'],
  ['maxWaitTime', 'waitQueueTimeoutMS'],
  ['secondary_acceptable_latency_ms', 'localThresholdMS'],
  ['tag_sets', 'readPreferenceTags'],
  ['document_class', 'documentClass'],
  ['tz_aware', 'tzAware'],
  ['ssl', 'tls'],
  ['ssl_ca_certs', 'tlsCAFile'],
  ['ssl_certfile', 'sslCertFile'],
  ['ssl_pem_passphrase', 'tlsCertificateKeyFilePassword'],
  ['driver', 'driverInfo'],
  ['event_listeners', 'eventListeners'],
  ['auto_encryption_opts', 'autoEncryption'],
  ['io_loop', 'ioLoop'],
  ['slave_okay', 'slaveOkay'],
  ['slaveok', 'slaveOkay'],
  ['appname', 'appName'],
])('%s is %s', (given, name) => {
  expect(findOption(given)).toMatchObject({ row: { name }, deprecated: false });
});

test.each([
  ['wtimeout', 'wTimeoutMS'],
  ['j', 'journal'],
])('%s is deprecated for %s', (given, name) => {
  expect(findOption(given)).toMatchObject({ row: { name }, deprecated: true });
});

test('unknown names and what they may have meant', () => {
  expect(findOption('maxPolSize')).toBeUndefined();
  expect(findOption('constructor')).toBeUndefined();
  expect(nearestOption('maxPolSize')).toBe('maxPoolSize');
  expect(nearestOption('max_concurent')).toBe('maxConcurrent');
  expect(nearestOption('useGreenlet')).toBeUndefined();
  expect(nearestOption('banana')).toBeUndefined();
});
