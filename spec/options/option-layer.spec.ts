import { ConfigurationError, InvalidURIError } from '../../lib/errors/usage-errors.js';
import { layerOfCode, layerOfURI, overlay } from '../../lib/options/option-layer.js';
import type { OptionWarning } from '../../lib/options/option-warning.js';
import { parseURI } from '../../lib/options/uri.js';

function fromURI(query: string): { layer: Record<string, unknown>; warnings: string[] } {
  const warnings: OptionWarning[] = [];
  const layer = layerOfURI(parseURI(`mongodb://a/?${query}`).options, warnings);
  return { layer: Object.fromEntries(layer), warnings: warnings.map(({ message }) => message) };
}

function fromCode(options: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(layerOfCode(options, []));
}

describe('a connection string', () => {
  test('values get their types and canonical names', () => {
    const { layer, warnings } = fromURI(
      'MAXPOOLSIZE=5&w=majority&journal=false&compressors=zlib,snappy&readPreference=nearest' +
        '&readPreferenceTags=dc:ny,rack:1&readPreferenceTags=&authMechanismProperties=A:b:c',
    );
    expect(layer).toEqual({
      maxPoolSize: 5,
      w: 'majority',
      journal: false,
      compressors: ['zlib', 'snappy'],
      readPreference: 'nearest',
      readPreferenceTags: [{ dc: 'ny', rack: '1' }, {}],
      authMechanismProperties: { A: 'b:c' },
    });
    expect(warnings).toEqual([]);
  });

  test.each([
    ['foo=1', {}, 'unknown option "foo"'],
    ['promoteLongs=false', {}, 'give it in the options object'],
    ['password=secret', {}, 'give it in the options object'],
    ['maxIdleTimeMS=', {}, 'is empty'],
    ['journal=', {}, 'is empty'],
    ['journal=1', { journal: true }, 'use "journal=true"'],
    ['maxPoolSize=-1', {}, "expected an integer from 0, not '-1'; it is ignored"],
    ['heartbeatFrequencyMS=499', {}, 'expected a whole number of milliseconds from 500 to 2147483647'],
    ['fsync=ifPossible', {}, 'expected true or false'],
    ['readPreference=primry', {}, 'expected primary'],
    ['readPreferenceTags=dc:ny&readPreferenceTags=invalid', {}, 'expected tag sets'],
    ['maxStalenessSeconds=0', {}, 'expected an integer from 1, or -1'],
    ['compressors=lz4,zlib', { compressors: ['zlib'] }, 'expected a list of'],
    ['replicaSet=a&replicaSet=a', { replicaSet: 'a' }, 'appears more than once'],
    ['wtimeout=5', { wTimeoutMS: 5 }, 'deprecated: use "wTimeoutMS"'],
    ['wtimeout=5&wTimeoutMS=6', { wTimeoutMS: 6 }, 'its replacement "wTimeoutMS" is given'],
    ['j=true', { journal: true }, 'deprecated: use "journal"'],
    ['socketKeepAlive=true', {}, 'always kept alive'],
    ['use_greenlets=true', {}, 'no greenlets'],
    ['proxyHost=a&proxyPassword=', { proxyHost: 'a' }, 'ignored, as it is empty'],
  ])('%s warns once and goes on', (query, layer, warning) => {
    const result = fromURI(query);
    expect(result.layer).toEqual(layer);
    expect(result.warnings).toEqual([expect.stringContaining(warning)]);
  });

  test.each([['auto_start_request=true'], ['tls=true&ssl=true'], ['serverSelectionTryOnce=false']])(
    '%s is fine',
    (query) => {
      expect(fromURI(query).warnings).toEqual([]);
    },
  );

  test.each([
    ['w=-2', 'expected an integer from 0'],
    ['tls=maybe', 'expected true or false'],
    ['tls=true&ssl=false', 'options tls and ssl set the same thing'],
    ['tls=true&tls=false', 'more than once with different values'],
    ['authSource=', 'expected a string that is not empty'],
    ['authMechanism=MONGODB-CR', 'MONGODB-CR is no mechanism any more: MongoDB 4.0 removed it'],
    ['authMechanismProperties=secret', 'not the given value'],
    [`appName=${'a'.repeat(129)}`, '128 bytes'],
    ['w=1&w=2', 'more than once with different values'],
    ['proxyHost=a&proxyHost=b', 'more than once with different values'],
    ['maxPoolSize=5&maxConcurrent=6', 'options maxpoolsize and maxconcurrent set the same thing'],
    ['safe=true', 'use w: 1'],
    ['slaveOk=true', 'secondaryPreferred'],
  ])('%s is refused', (query, reason) => {
    expect(() => fromURI(query)).toThrow(InvalidURIError);
    expect(() => fromURI(query)).toThrow(reason);
  });
});

describe('an options object', () => {
  test('any spelling is the canonical option; undefined and null are not given', () => {
    expect(fromCode({ max_pool_size: 5, j: true, wtimeoutMS: 6, appname: undefined, replicaSet: null })).toEqual({
      maxPoolSize: 5,
      journal: true,
      wTimeoutMS: 6,
    });
  });

  test("an empty username or password of a proxy's counts as not given", () => {
    expect(fromCode({ proxyHost: 'a', proxyUsername: '', proxyPassword: '' })).toEqual({ proxyHost: 'a' });
    expect(fromCode({ proxyUsername: 'u', proxyPassword: 'p' })).toEqual({ proxyUsername: 'u', proxyPassword: 'p' });
  });

  test('equal values under two names agree', () => {
    expect(fromCode({ maxPoolSize: 5, maxConcurrent: 5 })).toEqual({ maxPoolSize: 5 });
    expect(fromCode({ writeConcern: { w: 1 }, w: 1, j: false })).toEqual({ w: 1, journal: false });
  });

  test('objects stand for their single settings', () => {
    expect(
      fromCode({ auth: { username: 'a', password: 'b' }, rejectUnauthorized: false, readConcern: 'local' }),
    ).toEqual({
      username: 'a',
      password: 'b',
      tlsAllowInvalidCertificates: true,
      readConcernLevel: 'local',
    });
    expect(fromCode({ readPreference: { mode: 'nearest', tags: { a: 'b' }, maxStalenessSeconds: 90 } })).toEqual({
      readPreference: 'nearest',
      readPreferenceTags: [{ a: 'b' }],
      maxStalenessSeconds: 90,
    });
  });

  test.each([
    [{ maxPolSize: 5 }, 'unknown option maxPolSize; did you mean maxPoolSize?'],
    [{ banana: 5 }, /^unknown option banana$/],
    [{ maxPoolSize: '5' }, "option maxPoolSize must be an integer from 0, not '5'"],
    [{ maxPoolSize: 5, maxConcurrent: 6 }, 'options maxPoolSize and maxConcurrent set the same thing'],
    [{ waitQueueTimeoutMS: 5, maxWaitTime: 6 }, 'options waitQueueTimeoutMS and maxWaitTime'],
    [{ w: 1, writeConcern: 'majority' }, 'options w and writeConcern'],
    [{ writeConcern: { w: -1 } }, 'writeConcern: w must be'],
    [{ readPreference: 'x' }, 'option readPreference must be primary'],
    [{ password: 5 }, 'option password must be a string, not the given value'],
    [{ key: 5 }, 'not the given value'],
    [{ auth: { user: 'a', pass: 'b' } }, 'option auth must be { username, password }, not the given value'],
    [{ safe: true }, 'option safe is not supported: use w: 1'],
    [{ slave_okay: true }, 'option slave_okay is not supported'],
    [{ socketKeepAlive: 'yes' }, 'must be true or false'],
  ])('%j is refused', (options, reason) => {
    expect(() => fromCode(options)).toThrow(ConfigurationError);
    expect(() => fromCode(options)).toThrow(reason);
  });

  test('wrong arguments are TypeErrors', () => {
    for (const options of [{ port: '27017' }, { port: 0 }, { ioLoop: 5 }]) {
      expect(() => fromCode(options)).toThrow(TypeError);
    }
  });

  test('options without effect are taken', () => {
    const warnings: OptionWarning[] = [];
    const layer = layerOfCode({ auto_start_request: true, socketKeepAlive: true, use_greenlets: false }, warnings);
    expect(layer.size).toBe(0);
    expect(warnings.map(({ key }) => key)).toEqual(['ignored:socketKeepAlive', 'ignored:useGreenlets']);
  });
});

test('the upper layer wins by name, and its primary drops what contradicts it', () => {
  const lower = new Map<string, unknown>([
    ['readPreference', 'nearest'],
    ['readPreferenceTags', [{ a: 'b' }]],
    ['maxStalenessSeconds', 90],
    ['w', 1],
  ]);
  expect(Object.fromEntries(overlay(lower, new Map([['readPreference', 'primary']])))).toEqual({
    readPreference: 'primary',
    w: 1,
  });
  expect(overlay(lower, new Map([['readPreference', 'secondary']])).get('readPreferenceTags')).toEqual([{ a: 'b' }]);
  expect(lower.size).toBe(4);
});
