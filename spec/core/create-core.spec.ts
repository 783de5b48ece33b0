import { createCore } from '../../lib/core/create-core.js';
import { ConfigurationError } from '../../lib/errors/usage-errors.js';
import type { ClientOptions } from '../../lib/options/client-options.js';
import { resolveOptions } from '../../lib/options/resolve.js';

describe('createCore', () => {
  it('makes a core that is closed, and the scope that all inherit from', () => {
    const { core, scope } = createCore(resolveOptions('mongodb://db:27018/', { w: 2, readPreference: 'nearest' }));
    expect([core.isOpen, core.servers, core.poolStats()]).toEqual([false, [], []]);
    expect(scope).toMatchObject({ db: 'admin', collection: undefined, readPreference: { mode: 'nearest' } });
    expect(scope.writeConcern.toDocument()).toEqual({ w: 2 });
  });

  it.each<[string, ClientOptions, string]>([
    ['mongodb+srv://shop.example.com/', {}, 'mongodb+srv:// connection strings'],
    ['mongodb://a/', { loadBalanced: true }, 'load balancers (loadBalanced=true)'],
    ['mongodb://a,b:5/', {}, 'several hosts (a:27017, b:5)'],
    ['mongodb://a/?replicaSet=rs', {}, 'replica sets (replicaSet=rs)'],
    ['mongodb://ada:secret@a/', {}, 'authentication'],
    ['mongodb://a/?tls=true', {}, 'TLS'],
    ['mongodb://a/?proxyHost=p', {}, 'SOCKS5 proxies (proxyHost)'],
    ['mongodb://a/', { timeoutMS: 5 }, 'timeoutMS'],
  ])('refuses %s %j with words that say so', (uri, given, what) => {
    const options = resolveOptions(uri, given);
    expect(() => createCore(options)).toThrow(ConfigurationError);
    expect(() => createCore(options)).toThrow(`this version of Rotor does not support ${what} yet: `);
    expect(() => createCore(options)).not.toThrow('secret');
  });

  it('takes one member of a replica set that is addressed directly', () => {
    expect(() => createCore(resolveOptions('mongodb://a/?replicaSet=rs&directConnection=true'))).not.toThrow();
  });
});
