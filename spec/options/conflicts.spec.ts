import { ConfigurationError } from '../../lib/errors/usage-errors.js';
import { checkConflicts, checkExclusive } from '../../lib/options/conflicts.js';

function check(given: Record<string, unknown>, { srv = false, hosts = 1 } = {}): void {
  checkConflicts({ given: new Map(Object.entries(given)), srv, hosts });
}

const revocation = 'tlsDisableCertificateRevocationCheck';

test.each([
  ['tlsInsecure', 'tlsAllowInvalidCertificates'],
  ['tlsInsecure', 'tlsAllowInvalidHostnames'],
  ['tlsInsecure', 'tlsDisableOCSPEndpointCheck'],
  ['tlsInsecure', revocation],
  ['tlsAllowInvalidCertificates', 'tlsDisableOCSPEndpointCheck'],
  ['tlsAllowInvalidCertificates', revocation],
  ['tlsDisableOCSPEndpointCheck', revocation],
  ['tlsCertificateKeyFile', 'sslCertFile'],
  ['tlsCertificateKeyFile', 'sslKeyFile'],
])('%s and %s exclude each other, even as false', (first, second) => {
  expect(() => check({ [first]: false, [second]: false })).toThrow(ConfigurationError);
  expect(() => check({ [first]: false, [second]: false })).toThrow(`${first} and ${second} exclude each other`);
  expect(() => checkExclusive(new Map([first, second].map((name) => [name, false])))).toThrow(ConfigurationError);
  expect(() => checkExclusive(new Map([[first, true]]))).not.toThrow();
  if (first !== 'sslKeyFile') expect(() => check({ [first]: true })).not.toThrow();
});

test.each([
  [{ directConnection: true }, { hosts: 2 }, 'directConnection takes one host, not 2'],
  [{ directConnection: true }, { srv: true }, 'directConnection excludes mongodb+srv://'],
  [{ loadBalanced: true }, { hosts: 3 }, 'loadBalanced takes one host, not 3'],
  [{ loadBalanced: true, replicaSet: 'r' }, {}, 'loadBalanced excludes replicaSet'],
  [{ loadBalanced: true, directConnection: true }, {}, 'loadBalanced excludes directConnection'],
  [{ srvMaxHosts: 0 }, {}, 'srvMaxHosts needs mongodb+srv://'],
  [{ srvServiceName: 'x' }, {}, 'srvServiceName needs mongodb+srv://'],
  [{ srvAllowedHostsSuffix: '.a.b' }, {}, 'srvAllowedHostsSuffix needs mongodb+srv://'],
  [{ srvMaxHosts: 1, replicaSet: 'r' }, { srv: true }, 'srvMaxHosts excludes replicaSet'],
  [{ srvMaxHosts: 1, loadBalanced: true }, { srv: true }, 'srvMaxHosts excludes loadBalanced'],
  [{ proxyPort: 1 }, {}, 'proxyPort needs proxyHost'],
  [{ proxyUsername: 'a', proxyPassword: 'b' }, {}, 'proxyUsername needs proxyHost'],
  [{ proxyPassword: 'b' }, {}, 'proxyPassword needs proxyHost'],
  [{ proxyHost: 'h', proxyUsername: 'a' }, {}, 'proxyUsername needs proxyPassword'],
  [{ proxyHost: 'h', proxyPassword: 'a' }, {}, 'proxyPassword needs proxyUsername'],
  [{ minPoolSize: 5, maxPoolSize: 4 }, {}, 'minPoolSize (5) exceeds maxPoolSize (4)'],
  [{ minPoolSize: 101 }, {}, 'minPoolSize (101) exceeds maxPoolSize (100)'],
  [{ useBigInt64: true, promoteLongs: false }, {}, 'useBigInt64 needs'],
  [{ useBigInt64: true, promoteValues: false }, {}, 'useBigInt64 needs'],
  [{ forceServerObjectId: true, pkFactory: {} }, {}, 'forceServerObjectId excludes pkFactory'],
  [{ sslKeyFile: 'k' }, {}, 'sslKeyFile needs sslCertFile'],
])('%j with %j: %s', (given, place, reason) => {
  expect(() => check(given, place)).toThrow(ConfigurationError);
  expect(() => check(given, place)).toThrow(reason);
});

test.each([
  [{}, { hosts: 3 }],
  [{ directConnection: false }, { hosts: 2 }],
  [{ directConnection: false }, { srv: true }],
  [{ loadBalanced: true, directConnection: false }, {}],
  [{ loadBalanced: false, replicaSet: 'r' }, { hosts: 2 }],
  [{ srvMaxHosts: 0, replicaSet: 'r' }, { srv: true }],
  [{ minPoolSize: 500, maxPoolSize: 0 }, {}],
  [{ proxyHost: 'h', proxyPort: 1, proxyUsername: 'a', proxyPassword: 'b' }, {}],
])('%j with %j is fine', (given, place) => {
  expect(() => check(given, place)).not.toThrow();
});
