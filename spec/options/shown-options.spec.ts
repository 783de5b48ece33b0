import { inspect } from 'node:util';
import type { ClientOptions } from '../../lib/options/client-options.js';
import { resolveOptions } from '../../lib/options/resolve.js';
import { shownOptions } from '../../lib/options/shown-options.js';

const show = (uri: string, options: ClientOptions = {}): any => shownOptions(resolveOptions(uri, options));

describe('shownOptions', () => {
  it('gives every option with its value, defaults among them', () => {
    const shown = show('mongodb://a,b:5/shop?w=2&readPreference=nearest&compressors=zlib', { maxConcurrent: 7 });
    expect(shown).toMatchObject({
      ...{ hosts: ['a:27017', 'b:5'], database: 'shop', srv: false, maxPoolSize: 7, compressors: ['zlib'] },
      ...{ serverSelectionTimeoutMS: 30_000, retryWrites: true, warnings: [] },
    });
    expect([shown.readPreference.mode, shown.writeConcern.w]).toEqual(['nearest', 2]);
    expect(Object.isFrozen(shown)).toBe(true);
    expect(show('mongodb+srv://db.example.com/')).toMatchObject({ srv: true, hosts: ['db.example.com:27017'] });
  });

  it('says what is wrong with the connection string', () => {
    expect(show('mongodb://a/?wibble=1').warnings).toEqual([expect.stringContaining('wibble')]);
  });

  it.each<[string, string, ClientOptions]>([
    ['of a user', 'mongodb://ada:s%40same@a/', {}],
    ['of a proxy', 'mongodb://a/?proxyHost=p&proxyUsername=ada&proxyPassword=s%40same', {}],
    ['of a key', 'mongodb://a/?tlsCertificateKeyFile=x&tlsCertificateKeyFilePassword=s%40same', {}],
    ['a key itself', 'mongodb://a/', { key: 's@same', cert: 'x', pfx: Buffer.from('s@same') }],
    ['a token', 'mongodb://ada:pw@a/?authMechanism=MONGODB-AWS&authMechanismProperties=AWS_SESSION_TOKEN:s%40same', {}],
  ])('hides passwords and keys, wherever they are read: %s', (_name, uri, options) => {
    const shown = show(uri, options);
    const texts = [JSON.stringify(shown), inspect(shown, { depth: 20 }), ...leaves(shown)];
    expect(texts.join('\n')).not.toMatch(/s@same|s%40same/);
    expect(texts.join('\n')).toContain('***');
  });
});

function leaves(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [String(value)];
  return Buffer.isBuffer(value) ? [value.toString()] : Object.values(value).flatMap(leaves);
}
