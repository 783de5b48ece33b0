import { ConfigurationError, InvalidURIError } from '../../lib/errors/usage-errors.js';
import { HostAddress } from '../../lib/options/host-address.js';
import { ReadPreference } from '../../lib/options/read-preference.js';
import { resolveOptions, withSeedlist } from '../../lib/options/resolve.js';

beforeEach(() => {
  jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
});
afterEach(() => {
  jest.restoreAllMocks();
});

const hosts = (...given: Parameters<typeof resolveOptions>): string[] => resolveOptions(...given).hosts.map(String);

test('the defaults', () => {
  const options = resolveOptions();
  expect(options).toMatchObject({
    srv: false,
    database: undefined,
    credential: undefined,
    tls: undefined,
    proxy: undefined,
    maxPoolSize: 100,
    minPoolSize: 0,
    maxConnecting: 2,
    maxIdleTimeMS: 0,
    waitQueueTimeoutMS: 0,
    connectTimeoutMS: 20_000,
    socketTimeoutMS: 0,
    serverSelectionTimeoutMS: 30_000,
    heartbeatFrequencyMS: 10_000,
    localThresholdMS: 15,
    retryReads: true,
    retryWrites: true,
    directConnection: undefined,
    loadBalanced: false,
    compressors: [],
    appName: undefined,
    warnings: [],
  });
  expect(options.hosts.map(String)).toEqual(['localhost:27017']);
  expect(options.readPreference).toBe(ReadPreference.PRIMARY);
  expect(options.writeConcern.isServerDefault && options.readConcern.isServerDefault).toBe(true);
  expect(options.bson).toMatchObject({ promoteLongs: true, ignoreUndefined: false, uuidRepresentation: 'standard' });
  expect(Object.isFrozen(options) && Object.isFrozen(options.hosts) && Object.isFrozen(options.bson)).toBe(true);
});

test('hosts in all their forms', () => {
  expect(hosts('db', 5)).toEqual(['db:5']);
  expect(hosts('db:6', 5)).toEqual(['db:6']);
  expect(hosts('[::1]')).toEqual(['[::1]:27017']);
  expect(hosts('/tmp/x.sock')).toEqual(['/tmp/x.sock']);
  expect(hosts(['a', 'b:2', 'a'])).toEqual(['a:27017', 'b:2']);
  expect(hosts('a, b')).toEqual(['a:27017', 'b:27017']);
  expect(hosts('mongodb://a,b:2', 9)).toEqual(['a:9', 'b:2']);
  expect(hosts(undefined, { host: ['x'], port: 3 })).toEqual(['x:3']);
  expect(hosts('y', { host: 'x', port: 3 })).toEqual(['y:3']);
  expect(hosts('y', undefined, { port: 4 })).toEqual(['y:4']);
  expect(hosts('mongodb:27018')).toEqual(['mongodb:27018']);
});

test('the options in code win over the connection string', () => {
  const options = resolveOptions('mongodb://u:p@a/db?maxPoolSize=5&w=1&appName=x&tls=true', {
    maxConcurrent: 20,
    writeConcern: { j: true },
    username: 'v',
    authSource: 'other',
    tls: false,
  });
  expect(options).toMatchObject({ maxPoolSize: 20, appName: 'x', database: 'db', tls: undefined });
  expect(options.writeConcern.toDocument()).toEqual({ w: 1, j: true });
  expect(options.credential).toMatchObject({ username: 'v', password: 'p', source: 'other' });
});

test('of several connection strings the last database, user and options win', () => {
  const uris = ['mongodb://u:p@a/one?w=1', 'mongodb://b', 'mongodb://v@c:3/two?w=2'];
  const options = resolveOptions(uris);
  expect(options.hosts.map(String)).toEqual(['a:27017', 'b:27017', 'c:3']);
  expect(options).toMatchObject({ database: 'two', credential: { username: 'v', password: undefined, source: 'two' } });
  expect(options.writeConcern.w).toBe(2);
});

test('a namespace in the place of the database names its database', () => {
  expect(resolveOptions('mongodb://u:p@a/db.users')).toMatchObject({ database: 'db', credential: { source: 'db' } });
});

test('settings of a read preference meet, from wherever they come', () => {
  const uri = 'mongodb://a/?readPreference=secondary&readPreferenceTags=dc:ny&maxStalenessSeconds=120';
  expect(resolveOptions(uri, { readPreference: 'nearest' }).readPreference.toDocument()).toEqual({
    mode: 'nearest',
    tags: [{ dc: 'ny' }],
    maxStalenessSeconds: 120,
  });
  expect(resolveOptions(uri, { readPreference: ReadPreference.PRIMARY }).readPreference).toBe(ReadPreference.PRIMARY);
  expect(() => resolveOptions('mongodb://a/?maxStalenessSeconds=120')).toThrow(ConfigurationError);
});

test('warnings are shown once and kept', () => {
  const twice = [0, 1].map(() => resolveOptions('mongodb://a/?resolveSpecUnknown=1'));
  expect(process.emitWarning).toHaveBeenCalledTimes(1);
  for (const { warnings } of twice) expect(warnings).toHaveLength(1);
});

test('objects of the user are copied where they are kept', () => {
  const driverInfo = { name: 'odm', version: '1' };
  const options = resolveOptions('a', { driverInfo, serverApi: '1', compressors: 'zlib' });
  driverInfo.name = 'changed';
  expect(options).toMatchObject({ driverInfo: { name: 'odm' }, serverApi: { version: '1' }, compressors: ['zlib'] });
});

test.each<[Parameters<typeof resolveOptions>, new (...args: any[]) => Error, string]>([
  [['a', 0], TypeError, 'port must be an integer from 1 to 65535, not 0'],
  [['a', 1.5], TypeError, 'port must be an integer'],
  [['a', '27017' as any], TypeError, 'port must be an integer'],
  [['a', { port: 65536 }], TypeError, 'option port must be an integer'],
  [['a', {}, {}], TypeError, 'options were given twice'],
  [['a', 1, 'x' as any], TypeError, 'options must be an object, not string'],
  [[[]], TypeError, 'a list of them that is not empty'],
  [[5 as any], TypeError, 'host must be'],
  [[['a', 5 as any]], TypeError, 'host must be'],
  [['http://a'], InvalidURIError, 'must start with'],
  [['mongodb:a'], ConfigurationError, 'port'],
  [['mongodb:/a'], ConfigurationError, '.sock'],
  [[{ host: ['mongodb://u:geheim@a', 5] } as any], TypeError, 'host must be'],
  [[undefined, { host: ['mongodb://u:geheim@a', 5] } as any], ConfigurationError, 'not the given value'],
  [['a::1'], ConfigurationError, 'square brackets'],
  [['mongodb://a/?tls=true&ssl=false'], InvalidURIError, 'set the same thing'],
  [['mongodb://a,b/?directConnection=true'], ConfigurationError, 'directConnection takes one host'],
  [['mongodb://a,b', { directConnection: true }], ConfigurationError, 'directConnection takes one host'],
  [['mongodb://a/?w=0&journal=true'], ConfigurationError, 'w: 0 asks for no answer'],
  [['mongodb://a/?tlsInsecure=true&tlsAllowInvalidHostnames=true'], ConfigurationError, 'exclude each other'],
  [['a', { tlsInsecure: true, tlsAllowInvalidHostnames: true }], ConfigurationError, 'exclude each other'],
  [
    ['mongodb://a/?tlsInsecure=true&tlsAllowInvalidHostnames=true', { tlsAllowInvalidHostnames: false }],
    ConfigurationError,
    'exclude each other',
  ],
  [['mongodb+srv://a.b.c', 27017], ConfigurationError, 'takes no port'],
  [[['mongodb+srv://a.b.c', 'b']], ConfigurationError, 'must be the only host'],
  [['mongodb://@a'], ConfigurationError, 'a username is needed'],
  [['a', { maxPoolSise: 5 } as any], ConfigurationError, 'did you mean maxPoolSize?'],
])('case %#: %j is refused', (given, type, reason) => {
  expect(() => resolveOptions(...given)).toThrow(type);
  expect(() => resolveOptions(...given)).toThrow(reason);
});

test('an option in code goes before those of a connection string that it excludes', () => {
  const tls = (uri: string, options: object) => resolveOptions(uri, options).tls;
  const strict = { allowInvalidCertificates: false, allowInvalidHostnames: false };
  expect(tls('mongodb://a/?tlsInsecure=true', { tlsAllowInvalidCertificates: false })).toMatchObject(strict);
  expect(tls('mongodb://a/?tlsInsecure=false', { tlsAllowInvalidHostnames: true })).toMatchObject({
    ...strict,
    allowInvalidHostnames: true,
  });
  expect(tls('mongodb://a/?tlsAllowInvalidHostnames=true', { tlsInsecure: false })).toMatchObject(strict);
  const files = { sslCertFile: 'c.pem', sslKeyFile: 'k.pem' };
  expect(tls('mongodb://a/?tlsCertificateKeyFile=ck.pem', files)).toMatchObject({
    ...{ certificateKeyFile: undefined, certificateFile: 'c.pem', keyFile: 'k.pem' },
  });
});

test('a compressor that nobody knows is left out with a warning, in code as in a connection string', () => {
  const options = resolveOptions('a', { compressors: ['foo', 'zlib'] as never });
  expect(options.compressors).toEqual(['zlib']);
  expect(options.warnings.map(({ message }) => message)).toEqual([
    "option compressors must be a list of snappy, zlib, zstd, not [ 'foo', 'zlib' ]; what is not is ignored",
  ]);
  expect(resolveOptions('a', { compressors: 'lz4' as never }).compressors).toEqual([]);
  expect(() => resolveOptions('a', { compressors: [5] as never })).toThrow('option compressors must be a list of');
  expect(() => resolveOptions('a', { compressors: 5 as never })).toThrow(ConfigurationError);
});

test('a mechanism that servers have removed is refused as such', () => {
  const words = 'option authMechanism MONGODB-CR is no mechanism any more: MongoDB 4.0 removed it';
  expect(() => resolveOptions('a', { authMechanism: 'MONGODB-CR' as never })).toThrow(words);
  expect(() => resolveOptions('a', { authMechanism: 'OTHER' as never })).toThrow('must be one of DEFAULT');
});

describe('mongodb+srv', () => {
  const found = [HostAddress.of('s1.b.c'), HostAddress.of('s2.b.c', 5)];

  test('implies TLS until it is turned off', () => {
    expect(resolveOptions('mongodb+srv://a.b.c')).toMatchObject({ srv: true, srvServiceName: 'mongodb' });
    expect(resolveOptions('mongodb+srv://a.b.c').tls).toBeDefined();
    expect(resolveOptions('mongodb+srv://a.b.c/?ssl=false').tls).toBeUndefined();
  });

  test('the answer of DNS lies below the connection string', () => {
    const options = resolveOptions('mongodb+srv://u:p@a.b.c/?authSource=mine');
    const settled = withSeedlist(options, found, 'authSource=theirs&replicaSet=rs');
    expect(settled.hosts.map(String)).toEqual(['s1.b.c:27017', 's2.b.c:5']);
    expect(settled).toMatchObject({ srv: true, replicaSet: 'rs', credential: { source: 'mine' } });
    expect(withSeedlist(settled, found.slice(1)).hosts.map(String)).toEqual(['s2.b.c:5']);
    expect(options.hosts.map(String)).toEqual(['a.b.c:27017']);
  });

  test.each([
    ['mongodb+srv://a.b.c', 'ssl=false', 'TXT record of a.b.c: option "ssl" is not allowed there'],
    ['mongodb+srv://a.b.c', 'authSource', 'TXT record of a.b.c: option "authSource" must have the form'],
    ['mongodb+srv://a.b.c', 'loadBalanced=true', 'loadBalanced takes one host, not 2'],
    ['mongodb+srv://a.b.c/?srvMaxHosts=1', 'replicaSet=rs', 'srvMaxHosts excludes replicaSet'],
    ['mongodb+srv://a.b.c/?srvMaxHosts=1', 'loadBalanced=true', 'exclude'],
  ])('%s with the TXT record %s is refused', (uri, txt, reason) => {
    const options = resolveOptions(uri);
    const seeds = txt === 'loadBalanced=true' && uri.includes('srvMaxHosts') ? found.slice(1) : found;
    expect(() => withSeedlist(options, seeds, txt)).toThrow(ConfigurationError);
    expect(() => withSeedlist(options, seeds, txt)).toThrow(reason);
  });

  test('only options of such a client take it', () => {
    expect(() => withSeedlist(resolveOptions('a'), found)).toThrow(TypeError);
  });
});
